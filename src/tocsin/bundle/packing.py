"""A bundle's files as one zip: the same bytes for the same files."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, Final

import orjson

MANIFEST: Final = "manifest.sha256"
SIGNATURE: Final = "manifest.sig"
_SIGNED: Final = b"tocsin bundle\n"
"""What the signature of a manifest begins with, so that it is none of anything else."""

_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_PLAIN_FILE: Final = 0o100644 << 16
_UNIX: Final = 3
_READ_FIRST: Final = ("README.txt", MANIFEST, SIGNATURE, "verify.py", "timeline.html")

Files = Mapping[str, bytes]


def manifest(files: Files) -> bytes:
    """``<SHA-256>  <name>`` for each file, sorted: what ``sha256sum -c`` reads."""
    lines = (f"{sha256(data).hexdigest()}  {name}\n" for name, data in sorted(files.items()))
    return "".join(lines).encode()


def sealed(files: Files, key: str, sign: Callable[[bytes], bytes]) -> dict[str, bytes]:
    """The files with their manifest and its signature.

    Args:
        key: id of the key that signs.
        sign: gives 64 bytes.
    """
    listed = manifest(files)
    mark = {"key": key, "signature": sign(_SIGNED + listed).hex()}
    return {**files, MANIFEST: listed, SIGNATURE: json_bytes(mark)}


def zipped(files: Files) -> bytes:
    """The zip: what to read first in front, then by name; no time of the clock in it."""
    ranks = {name: rank for rank, name in enumerate(_READ_FIRST)}
    order = sorted(files, key=lambda name: (ranks.get(name, len(ranks)), name))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in order:
            info = zipfile.ZipInfo(name, _EPOCH)
            info.create_system, info.external_attr = _UNIX, _PLAIN_FILE
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, files[name])
    return buffer.getvalue()


def json_bytes(value: Mapping[str, Any]) -> bytes:
    """JSON for people and programs: keys sorted, indented, a line's end."""
    options = orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps(value, option=options)
