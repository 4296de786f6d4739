"""An archive as it was at one moment, to be copied while others add to it.

What was confirmed is never changed, so a boundary in the ledger is all that is needed: blocks
before it are copied, what comes later or is torn is not. Only an erasure rewrites; one that is
under way, or comes while the copy is made, is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tocsin.archive import disk
from tocsin.archive.archive import Archive
from tocsin.archive.blocks import Block, BlockFiles, folder_of, place
from tocsin.archive.erasure import ERASURE, mark_of
from tocsin.archive.format import HEADER_BYTES, BlockKind, is_sound, read_header
from tocsin.archive.recovery import head_of
from tocsin.errors import ArchiveDamaged, Locked, UsageError


@dataclass(frozen=True, slots=True)
class Extent:
    """The beginning of one file of blocks.

    Args:
        name: inside the archive, with a slash.
    """

    name: str
    blocks: tuple[Block, ...]

    @property
    def size(self) -> int:
        """Bytes."""
        return self.blocks[-1].end

    def parts(self) -> Iterator[bytes]:
        """Its bytes, block by block, each checked against its checksum.

        Raises:
            ArchiveDamaged: a block is not what was written.
        """
        path = self.blocks[0].path
        with disk.plain_failures("could not be read", path), path.open("rb") as file:
            for block in self.blocks:
                data = file.read(HEADER_BYTES + block.header.stored)
                header = read_header(data[:HEADER_BYTES])
                if header != block.header or not is_sound(header, data[HEADER_BYTES:]):
                    raise ArchiveDamaged(
                        f"{block.where}: the block is damaged; run tocsin verify to see what is "
                        "affected, then restore from an earlier backup"
                    )
                yield data


@dataclass(frozen=True, slots=True)
class ArchiveMoment:
    """A boundary, and what lies before it; get one from :func:`moment_of`.

    Args:
        entries: ledger entries before the boundary.
        head: digest of the last of them.
    """

    folder: Path
    entries: int
    head: bytes
    extents: tuple[Extent, ...]

    def refuse_if_erasing(self, followed: int) -> None:
        """Called last, before a copy is believed.

        Args:
            followed: entries that the copy of the store has seen; an erasure among the later
                ones has not reached it.

        Raises:
            Locked: an erasure is under way, was interrupted, or came meanwhile.
        """
        if mark_of(self.folder) is None and not self._erasures_from(followed):
            return
        raise Locked(
            f"{self.folder}: an erasure is under way, or was interrupted; nothing was written. Run "
            "the same command again when it has ended (tocsin run finishes an interrupted one)"
        )

    def _erasures_from(self, seq: int) -> bool:
        entries = Archive.open(self.folder).entries(seq)
        return any(entry.kind == ERASURE for entry in entries)


def moment_of(folder: Path) -> ArchiveMoment:
    """The archive as it is now.

    Raises:
        UsageError: there is none here.
        ArchiveDamaged: it is not what was written, as far as headers tell.
    """
    if not all(folder_of(folder, kind).is_dir() for kind in BlockKind):
        raise UsageError(f"{folder}: there is no archive here; make one with tocsin init")
    with disk.plain_failures("the archive could not be read", folder):
        ledger = BlockFiles(folder, BlockKind.LEDGER)
        # Contents are on the disk before their entries: looked at last, none can be missing.
        segments = BlockFiles(folder, BlockKind.CONTENT)
    end = ledger.end_seq
    contents = [block for block in segments.blocks if block.header.first_seq < end]
    extents = (*_extents(ledger.blocks), *_extents(contents))
    return ArchiveMoment(folder, end, head_of(ledger), extents)


def _extents(blocks: Sequence[Block]) -> list[Extent]:
    by_file: dict[Path, list[Block]] = {}
    for block in blocks:
        by_file.setdefault(block.path, []).append(block)
    return [Extent(place(path), tuple(found)) for path, found in by_file.items()]


def check_links(folder: Path) -> tuple[int, bytes]:
    """Read the ledger alone, checking that each entry follows the one before it.

    Returns:
        How many entries there are, and the digest of the last.

    Raises:
        ArchiveDamaged: one does not, or cannot be read.
    """
    archive = Archive.open(folder)
    count, digest = 0, bytes(32)
    for entry in archive.entries():
        if entry.prev != digest or entry.seq != count:
            raise ArchiveDamaged(
                f"ledger entry {entry.seq} does not follow the one before it; run tocsin verify"
            )
        count, digest = count + 1, entry.digest
    return count, digest
