"""Files of a project as one stream of bytes: a tar in zstd, a manifest at its end."""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

import orjson
import zstandard

from tocsin.errors import EnvironmentFailed

FORMAT: Final = 1
HEAD: Final = "backup.json"
"""The first file: what this is a backup of."""
MANIFEST: Final = "manifest.json"
"""The last file: size and SHA-256 of every other; who has it whole has everything."""
PIECE: Final = 1 << 20
_LEVEL: Final = 3
_END: Final = bytes(2 * tarfile.BLOCKSIZE)


@dataclass(frozen=True, slots=True)
class Member:
    """One file on its way into the tar.

    Args:
        name: with slashes, relative.
        size: bytes that ``parts`` give in all.
    """

    name: str
    size: int
    parts: Iterable[bytes]


def of_bytes(name: str, data: bytes) -> Member:
    """A small file."""
    return Member(name, len(data), (data,))


def of_file(name: str, file: BinaryIO, size: int) -> Member:
    """The first ``size`` bytes of an open file, which is closed when they were read."""
    return Member(name, size, _pieces(file, size))


def of_path(name: str, path: Path) -> Member:
    """A file as long as it is now; what is added to it later is not in it.

    Raises:
        FileNotFoundError: it is gone.
    """
    file = path.open("rb")
    return of_file(name, file, file.seek(0, 2))


def _pieces(file: BinaryIO, size: int) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while size and (part := file.read(min(size, PIECE))):
            size -= len(part)
            yield part


@dataclass(slots=True)
class Packing:
    """How far a packing has come; whole once :func:`packed` is at its end.

    Args:
        told: called with the bytes taken in so far.
        files: name → size and SHA-256 (hex).
    """

    told: Callable[[int], None] = lambda _: None
    files: dict[str, tuple[int, str]] = field(default_factory=dict)
    done: int = 0


def packed(head: Mapping[str, Any], members: Iterable[Member], note: Packing) -> Iterator[bytes]:
    """The compressed tar, in pieces.

    Raises:
        EnvironmentFailed: a file is shorter than it was.
    """
    squeeze = zstandard.ZstdCompressor(level=_LEVEL).compressobj()
    for part in _tar(head, members, note):
        if squeezed := squeeze.compress(part):
            yield squeezed
    yield squeeze.flush()


def _tar(head: Mapping[str, Any], members: Iterable[Member], note: Packing) -> Iterator[bytes]:
    yield from _file(of_bytes(HEAD, orjson.dumps({**head, "format": FORMAT})), note)
    for member in members:
        yield from _file(member, note)
    rows = {name: {"size": size, "sha256": digest} for name, (size, digest) in note.files.items()}
    yield from _file(of_bytes(MANIFEST, orjson.dumps({"files": rows})), note)
    yield _END


def _file(member: Member, note: Packing) -> Iterator[bytes]:
    info = tarfile.TarInfo(member.name)
    info.size, info.mode = member.size, 0o600
    yield info.tobuf(tarfile.PAX_FORMAT)
    digest, left = hashlib.sha256(), member.size
    for part in member.parts:
        digest.update(part)
        left -= len(part)
        note.done += len(part)
        yield part
        note.told(note.done)
    if left:
        raise EnvironmentFailed(
            f"{member.name}: was changed while it was read; nothing was written, run it again"
        )
    note.files[member.name] = (member.size, digest.hexdigest())
    yield bytes(-member.size % tarfile.BLOCKSIZE)
