"""Files of blocks: found, read, and added to."""

from __future__ import annotations

import os
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from tocsin.archive import disk
from tocsin.archive.format import (
    HEADER_BYTES,
    MAGIC,
    BlockKind,
    Header,
    NewerFormat,
    decompress,
    is_sound,
    read_header,
    seal,
)
from tocsin.errors import ArchiveDamaged, UsageError

FILE_BYTES: Final = 64 << 20
"""A file that has reached this size is added to no more."""

_PLACES: Final = {BlockKind.CONTENT: ("segments", "seg"), BlockKind.LEDGER: ("ledger", "log")}
SEE_VERIFY: Final = "run tocsin verify to see what is affected, then restore the file from a copy"


@dataclass(frozen=True, slots=True)
class Block:
    """Where a block lies."""

    path: Path
    offset: int
    header: Header

    @property
    def end(self) -> int:
        """Offset of the byte after it."""
        return self.offset + HEADER_BYTES + self.header.stored

    @property
    def where(self) -> str:
        """For people: ``ledger/00000001.log, byte 0``."""
        return f"{place(self.path)}, byte {self.offset}"

    def stored(self) -> bytes:
        """The payload as it lies on disk, unchecked."""
        with disk.plain_failures("could not be read", self.path), self.path.open("rb") as file:
            file.seek(self.offset + HEADER_BYTES)
            return file.read(self.header.stored)

    def payload(self) -> bytes:
        """The payload, its checksum checked.

        Raises:
            ArchiveDamaged: it is not what was written.
        """
        stored = self.stored()
        if not is_sound(self.header, stored):
            raise ArchiveDamaged(f"{self.where}: the block is damaged; {SEE_VERIFY}")
        return decompress(self.header, stored)


@dataclass(frozen=True, slots=True)
class Gap:
    """Bytes that are no block.

    Args:
        torn: they end the file, and a write that was cut short leaves just this.
    """

    path: Path
    offset: int
    length: int
    torn: bool

    @property
    def where(self) -> str:
        """For people: ``ledger/00000001.log, bytes 0 to 12``."""
        return f"{place(self.path)}, bytes {self.offset} to {self.offset + self.length}"


def place(path: Path) -> str:
    """A file's path inside the archive."""
    return f"{path.parent.name}/{path.name}"


def folder_of(archive: Path, kind: BlockKind) -> Path:
    """Where the blocks of a kind lie."""
    return archive / _PLACES[kind][0]


def files(archive: Path, kind: BlockKind) -> list[Path]:
    """The files of a kind, in order."""
    suffix = _PLACES[kind][1]
    return sorted(folder_of(archive, kind).glob(f"{'[0-9]' * 8}.{suffix}"))


def numbered(archive: Path, kind: BlockKind, number: int) -> Path:
    """The file of a kind with a number, from 1."""
    return folder_of(archive, kind) / f"{number:08d}.{_PLACES[kind][1]}"


def scan(path: Path, kind: BlockKind) -> Iterator[Block | Gap]:
    """What a file consists of, in order; payloads are not read.

    After bytes that are no block it goes on at the next sound header, so that one damaged
    block hides no other.

    Raises:
        UsageError: a later version of tocsin wrote the file.
    """
    size = path.stat().st_size
    offset = 0
    with path.open("rb") as file:
        while offset < size:
            part = _part_at(file, path, kind, offset)
            yield part
            offset = part.end if isinstance(part, Block) else offset + part.length


def _part_at(file: BinaryIO, path: Path, kind: BlockKind, offset: int) -> Block | Gap:
    file.seek(offset)
    header = _header(file.read(HEADER_BYTES), path)
    if header is None or header.kind != kind:
        return _gap_at(file, path, offset, cut_short=False)
    block = Block(path, offset, header)
    if block.end > file.seek(0, os.SEEK_END):
        return _gap_at(file, path, offset, cut_short=True)
    return block


def _gap_at(file: BinaryIO, path: Path, offset: int, *, cut_short: bool) -> Gap:
    file.seek(offset)
    rest = file.read()
    found = rest.find(MAGIC, 1)
    while found != -1 and _header(rest[found : found + HEADER_BYTES], path) is None:
        found = rest.find(MAGIC, found + 1)
    if found != -1:
        return Gap(path, offset, found, torn=False)
    torn = cut_short or len(rest) < HEADER_BYTES or not any(rest)
    return Gap(path, offset, len(rest), torn)


def _header(data: bytes, path: Path) -> Header | None:
    try:
        return read_header(data)
    except NewerFormat as error:
        raise UsageError(
            f"{path}: written by a later version of tocsin ({error}); upgrade tocsin"
        ) from error


class BlockFiles:
    """The blocks of one kind, in the order of their positions.

    Args:
        blocks: all sound ones.
        torn: what a write that was cut short has left at the end, if anything.
    """

    def __init__(self, archive: Path, kind: BlockKind, file_bytes: int = FILE_BYTES) -> None:
        """Look at every header.

        Raises:
            ArchiveDamaged: anything but a torn end is amiss.
        """
        self.blocks: list[Block] = []
        self.torn: Gap | None = None
        self._archive = archive
        self._kind = kind
        self._file_bytes = file_bytes
        self._first_seqs: list[int] = []
        self._number, self._size = 1, 0
        for number, path in enumerate(files(archive, kind), start=1):
            self._load(number, path)

    def _load(self, number: int, path: Path) -> None:
        if self.torn is not None:
            raise ArchiveDamaged(f"{self.torn.where}: the file is cut short; {SEE_VERIFY}")
        expected = numbered(self._archive, self._kind, number)
        if path != expected:
            raise ArchiveDamaged(f"{place(expected)}: the file is missing; {SEE_VERIFY}")
        self._number, self._size = number, 0
        for part in scan(path, self._kind):
            if isinstance(part, Block):
                self._add(part)
            elif part.torn:
                self.torn = part
            else:
                raise ArchiveDamaged(f"{part.where}: no block; {SEE_VERIFY}")

    def _add(self, block: Block) -> None:
        first = block.header.first_seq
        dense = self._kind is BlockKind.LEDGER
        if first < self.end_seq or (dense and first > self.end_seq):
            raise ArchiveDamaged(f"{block.where}: the block is out of its order; {SEE_VERIFY}")
        self._first_seqs.append(block.header.first_seq)
        self.blocks.append(block)
        self._size = block.end

    @property
    def end_seq(self) -> int:
        """The position after the last block's, as far as headers tell; 0 for none."""
        return self.blocks[-1].header.end_seq if self.blocks else 0

    def between(self, first_seq: int, end_seq: int) -> list[Block]:
        """The blocks that begin at or after ``first_seq`` and before ``end_seq``."""
        low = bisect_left(self._first_seqs, first_seq)
        return self.blocks[low : bisect_left(self._first_seqs, end_seq)]

    def index_of(self, seq: int) -> int:
        """Index of the last block that begins at or before ``seq``; 0 if none does."""
        return max(0, bisect_right(self._first_seqs, seq) - 1)

    def append(self, first_seq: int, count: int, payload: bytes) -> None:
        """Write a block; it is on the disk when this returns.

        Raises:
            OSError: it could not be written; the end may be torn.
        """
        if self._size >= self._file_bytes:
            self._number, self._size = self._number + 1, 0
        path = numbered(self._archive, self._kind, self._number)
        sealed = seal(self._kind, first_seq, count, payload)
        disk.append(path, self._size, sealed)
        header = read_header(sealed)
        assert header is not None
        self._add(Block(path, self._size, header))

    def drop_torn(self) -> Gap | None:
        """Cut off a torn end; returns what was cut."""
        gap, self.torn = self.torn, None
        if gap is not None:
            disk.cut(gap.path, gap.offset)
        return gap

    def drop_last(self) -> Block:
        """Cut off the last block; returns it."""
        block = self.blocks.pop()
        self._first_seqs.pop()
        disk.cut(block.path, block.offset)
        self._number, self._size = int(block.path.stem), block.offset
        return block
