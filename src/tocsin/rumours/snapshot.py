"""Bytes that hold a header and arrays: JSON and .npz under zstd, never pickle."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import zstandard

from tocsin.errors import UsageError

Arrays = dict[str, npt.NDArray[Any]]

FORMAT = "tocsin-rumours-3"
_HEADER = "header"


def pack(header: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """One byte string; equal input gives equal bytes."""
    json = orjson.dumps({"format": FORMAT, **header})
    buffer = io.BytesIO()
    columns: dict[str, Any] = {_HEADER: np.frombuffer(json, np.uint8), **arrays}
    np.savez(buffer, **columns)
    return zstandard.ZstdCompressor(level=1).compress(buffer.getvalue())


def unpack(data: bytes) -> tuple[dict[str, Any], Arrays]:
    """The header and the arrays.

    Raises:
        UsageError: not a rumour snapshot of this format, or damaged.
    """
    try:
        content = zstandard.ZstdDecompressor().decompress(data)
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        header: dict[str, Any] = orjson.loads(arrays.pop(_HEADER).tobytes())
    except (zstandard.ZstdError, zipfile.BadZipFile, ValueError, KeyError) as problem:
        raise UsageError(
            "the rumour snapshot cannot be read; rebuild from the archive"
        ) from problem
    if header.get("format") != FORMAT:
        raise UsageError("the rumour snapshot is of another version; rebuild from the archive")
    return header, arrays
