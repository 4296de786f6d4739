"""Reading a backup: every file once, in order, and nothing of it believed before the end."""

from __future__ import annotations

import hashlib
import re
import tarfile
from collections.abc import Callable, Iterator, Mapping
from io import RawIOBase
from typing import Any, Final

import orjson
import zstandard

from tocsin.backup.packing import FORMAT, HEAD, MANIFEST, PIECE
from tocsin.backup.refusals import Damaged
from tocsin.backup.streams import Reads
from tocsin.errors import UsageError

PROJECT: Final = "project/"
KEYS: Final = "keys/"
_LONGEST_WORDS: Final = 64 << 20
"""Bytes of head and manifest: a million files."""
_READ: Final = 1 << 16
_FILES: Final = frozenset({tarfile.REGTYPE, tarfile.AREGTYPE})
_KEY: Final = re.compile(r"keys/[^/]+")

Take = Callable[[str, Iterator[bytes]], None]
"""Given a file's name and its bytes, which it must read to their end."""


def unpack(stream: Reads, begin: Callable[[Mapping[str, Any]], None], take: Take) -> int:
    """Hand out every file of a compressed tar; returns how many they were.

    Args:
        begin: given the head, before any file.

    Raises:
        Damaged: it was changed or cut short, or holds what no backup holds.
        UsageError: a later version of tocsin made it.
    """
    try:
        plain = _Decompressed(stream)
        with tarfile.open(fileobj=plain, mode="r|") as tar:
            files = _Reading(tar, begin, take).all()
        while plain.read(PIECE):
            pass
    except (tarfile.TarError, zstandard.ZstdError, EOFError, UnicodeError) as error:
        raise Damaged("it is no whole backup") from error
    return files


class _Decompressed(RawIOBase):
    """The one zstd frame that a stream consists of."""

    def __init__(self, stream: Reads) -> None:
        self._stream = stream
        self._frame = zstandard.ZstdDecompressor().decompressobj()
        self._rest = b""

    def read(self, size: int = -1, /) -> bytes:
        """At most so many bytes; none at the end, which is the frame's and the stream's.

        A negative size gives what is at hand.
        """
        while not self._rest and not self._frame.eof:
            data = self._stream.read(_READ)
            if not data:
                raise Damaged("it ends too early")
            self._rest = self._frame.decompress(data)
        if not self._rest and (self._frame.unused_data or self._stream.read(1)):
            raise Damaged("something follows its end")
        end = len(self._rest) if size < 0 else size
        found, self._rest = self._rest[:end], self._rest[end:]
        return found


class _Reading:
    def __init__(
        self, tar: tarfile.TarFile, begin: Callable[[Mapping[str, Any]], None], take: Take
    ) -> None:
        self._tar = tar
        self._begin = begin
        self._take = take
        self._found: dict[str, dict[str, Any]] = {}

    def all(self) -> int:
        manifest: Mapping[str, Any] | None = None
        for info in self._tar:
            if manifest is not None:
                raise Damaged("something follows its manifest")
            if info.type not in _FILES or info.issparse():
                raise Damaged("it holds something else than files")
            manifest = self._one(info)
        if manifest is None or manifest.get("files") != self._found:
            raise Damaged("what is in it is not what its manifest says")
        return len(self._found)

    def _one(self, info: tarfile.TarInfo) -> Mapping[str, Any] | None:
        parts = self._parts(info)
        if info.name == MANIFEST:
            return _words(b"".join(parts))
        if not self._found:
            self._head(info, parts)
            return None
        if info.name in self._found or not _is_safe(info.name):
            raise Damaged("it holds a file under a name that no backup has")
        self._take(info.name, self._counted(info, parts))
        return None

    def _head(self, info: tarfile.TarInfo, parts: Iterator[bytes]) -> None:
        if info.name != HEAD:
            raise Damaged("it is an age file, and no backup of tocsin")
        head = _words(b"".join(self._counted(info, parts)))
        if head.get("format") != FORMAT:
            raise UsageError("a later version of tocsin made this backup; install that one")
        self._begin(head)

    def _parts(self, info: tarfile.TarInfo) -> Iterator[bytes]:
        if info.name in (HEAD, MANIFEST) and info.size > _LONGEST_WORDS:
            raise Damaged("its manifest is longer than any")
        file = self._tar.extractfile(info)
        assert file is not None, "a regular file"
        while part := file.read(PIECE):
            yield part

    def _counted(self, info: tarfile.TarInfo, parts: Iterator[bytes]) -> Iterator[bytes]:
        digest, size = hashlib.sha256(), 0
        for part in parts:
            digest.update(part)
            size += len(part)
            yield part
        self._found[info.name] = {"size": size, "sha256": digest.hexdigest()}


def _is_safe(name: str) -> bool:
    """Below ``project/`` or a name in ``keys/``: no way up, no other root, on any system."""
    if _KEY.fullmatch(name):
        name = name.removeprefix(KEYS)
    elif name.startswith(PROJECT):
        name = name.removeprefix(PROJECT)
    else:
        return False
    parts = name.split("/")
    plain = not any(c in name for c in "\\:\0") and all(map(str.isprintable, parts))
    return plain and all(part not in ("", ".", "..") for part in parts)


def _words(data: bytes) -> Mapping[str, Any]:
    try:
        words = orjson.loads(data)
    except ValueError:
        raise Damaged("its manifest is none") from None
    if not isinstance(words, dict):
        raise Damaged("its manifest is none")
    return words
