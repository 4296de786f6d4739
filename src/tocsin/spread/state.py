"""How the spread stage's memory is kept between runs: JSON, compressed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any

import orjson
import zstandard

from tocsin.errors import UsageError

FORMAT = "tocsin-spread-3"
_DIGEST = re.compile(r'"([0-9a-f]{32})"')


def packed(state: Mapping[str, Any]) -> bytes:
    """The state as bytes; the same for the same state."""
    return zstandard.ZstdCompressor(level=1).compress(orjson.dumps({"format": FORMAT, **state}))


def unpacked(data: bytes, options: Mapping[str, Any]) -> dict[str, Any]:
    """The state that ``packed`` was given.

    Raises:
        UsageError: not a snapshot, of another version, or taken under other ``options``.
    """
    try:
        state: dict[str, Any] = orjson.loads(zstandard.ZstdDecompressor().decompress(data))
    except (zstandard.ZstdError, orjson.JSONDecodeError) as problem:
        raise UsageError(
            "the spread snapshot cannot be read; rebuild from the archive"
        ) from problem
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise UsageError("the spread snapshot is of another version; rebuild from the archive")
    if state["options"] != options:
        raise UsageError("the spread snapshot has other options; rebuild from the archive")
    return state


def with_stand_ins(data: bytes, digests: Iterable[bytes], secret: bytes) -> bytes:
    """A packed state with keyed stand-ins in the place of some digests of texts."""
    stand_in = {
        digest.hex(): blake2b(digest, key=secret, digest_size=len(digest)).hexdigest()
        for digest in digests
    }
    state = zstandard.ZstdDecompressor().decompress(data).decode()
    state = _DIGEST.sub(lambda found: f'"{stand_in.get(found[1], found[1])}"', state)
    return zstandard.ZstdCompressor(level=1).compress(state.encode())
