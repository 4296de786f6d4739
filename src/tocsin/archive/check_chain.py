"""The chain: every entry is there, in its place, and the one its successor was chained to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.archive.blocks import Block
from tocsin.archive.check_block import SoundBlock
from tocsin.archive.findings import Findings, ProblemKind, Spot
from tocsin.archive.format import GENESIS, LedgerEntry
from tocsin.archive.survey import ReadEntries, entry_name


@dataclass(slots=True)
class _Link:
    """The last entry that was looked at; ``digest`` None where the chain is interrupted."""

    digest: bytes | None = GENESIS
    seq: int = -1
    name: str | None = None


class ChainCheck:
    """Follows the entries of one ledger block after another.

    Args:
        head: digest of the last entry so far.
        lost: positions without an entry.
        strays: entries that do not belong where they lie.
    """

    def __init__(self, findings: Findings) -> None:
        self.head = GENESIS
        self.entries = 0
        self.lost: list[int] = []
        self.strays: list[Spot] = []
        self._findings = findings
        self._link = _Link()

    def interrupt(self) -> None:
        """What comes next cannot be compared with what came before."""
        self._link.digest = None

    def take(self, block: Block, read: ReadEntries, positions: range) -> dict[int, LedgerEntry]:
        """The entries at ``positions``, in order, after their links were checked."""
        own: dict[int, LedgerEntry] = {}
        for entry in read.entries:
            if entry.seq in positions and entry.seq not in own:
                own[entry.seq] = entry
            else:
                where = f"{block.where}: entry {entry.seq}"
                self.strays.append(Spot(entry.seq, where, entry_name(entry)))
        self._check_order(block, list(own.values()))
        self._check_presence(block, read, [seq for seq in positions if seq not in own])
        own = dict(sorted(own.items()))
        for entry in own.values():
            self._check_link(block, entry)
        return own

    def follow(self, block: Block, sound: SoundBlock) -> None:
        """Link a block that was found sound in itself to what came before."""
        self._check_link(block, sound.first)
        self._link = _Link(sound.last.digest, sound.last.seq, entry_name(sound.last))
        self.head = sound.last.digest
        self.entries += block.header.count - 1

    def _check_order(self, block: Block, found: Sequence[LedgerEntry]) -> None:
        ordered = sorted(entry.seq for entry in found)
        moved = [
            Spot(entry.seq, f"{block.where}: entry {entry.seq}", entry_name(entry))
            for entry, belongs in zip(found, ordered, strict=True)
            if entry.seq != belongs
        ]
        self._findings.add_each(ProblemKind.REORDERED, moved)

    def _check_presence(self, block: Block, read: ReadEntries, absent: Sequence[int]) -> None:
        if read.unreadable:
            where = f"{block.where}: {read.unreadable} lines are no entries"
            self._findings.add(ProblemKind.CHANGED, where, None)
        else:
            self.lost += absent

    def _check_link(self, block: Block, entry: LedgerEntry) -> None:
        before, name = self._link, entry_name(entry)
        follows = before.digest is not None and before.seq == entry.seq - 1
        if follows and entry.prev != before.digest:
            # A change to an entry shows in what its successor was chained to.
            where = f"{block.where}: entry {entry.seq} was chained to another entry {before.seq}"
            self._findings.add(ProblemKind.CHANGED, where, before.name if before.seq >= 0 else name)
        self._link = _Link(entry.digest, entry.seq, name)
        self.head = entry.digest
        self.entries += 1
