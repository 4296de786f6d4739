"""The contents: every evidence entry has its own, and each is the one that was committed to."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tocsin.archive.blocks import Block
from tocsin.archive.findings import KEEP, REOPEN, RESTORE, Findings, ProblemKind, Spot, span
from tocsin.archive.format import ContentRecord, LedgerEntry, commitment
from tocsin.archive.survey import block_names, content_name, entry_name, read_contents


@dataclass(slots=True)
class Contents:
    """What the content blocks of one batch hold.

    Args:
        records: by position, each with the block it lies in.
        unreadable: blocks that could not be taken apart.
    """

    records: dict[int, tuple[Block, ContentRecord]] = field(default_factory=dict)
    unreadable: list[Block] = field(default_factory=list)

    @property
    def names(self) -> list[str | None]:
        """The items, as their contents name themselves."""
        return [content_name(record) for _, record in self.records.values()]


@dataclass(frozen=True, slots=True)
class _Mismatch:
    """A content that is not the one its entry committed to."""

    spot: Spot
    committed: str
    found: str


class ContentCheck:
    """Compares the contents of one batch after another with their entries.

    Args:
        items: evidence entries seen.
        lost: evidence entries without content.
        strays: contents without an entry.
        tombstones: evidence entries whose content was destroyed.
    """

    def __init__(self, blocks: Sequence[Block], findings: Findings) -> None:
        self.items = 0
        self.lost: list[Spot] = []
        self.strays: list[Spot] = []
        self.tombstones: dict[int, Spot] = {}
        self._blocks = blocks
        self._first_seqs = [block.header.first_seq for block in blocks]
        self._findings = findings
        self._mismatches: list[_Mismatch] = []

    def between(self, first_seq: int, end_seq: int) -> tuple[Block, ...]:
        """The content blocks that begin at these positions."""
        low = bisect_left(self._first_seqs, first_seq)
        return tuple(self._blocks[low : bisect_left(self._first_seqs, end_seq)])

    def read(self, first_seq: int, end_seq: int) -> Contents:
        """The contents of the blocks that begin at these positions."""
        found = Contents()
        for block in self.between(first_seq, end_seq):
            self._read_block(block, found)
        return found

    def _read_block(self, block: Block, found: Contents) -> None:
        read = read_contents(block)
        if not read.readable:
            found.unreadable.append(block)
            return
        if not read.sound:
            names = span([content_name(record) for record in read.records])
            self._findings.add(ProblemKind.DAMAGED, block.where, names, RESTORE)
        self._check_order(block, read.records)
        for record in read.records:
            if record.seq in found.records:
                self.strays.append(_spot(block, record))
            else:
                found.records[record.seq] = (block, record)

    def _check_order(self, block: Block, records: Sequence[ContentRecord]) -> None:
        ordered = sorted(record.seq for record in records)
        moved = [
            _spot(block, record)
            for record, belongs in zip(records, ordered, strict=True)
            if record.seq != belongs
        ]
        self._findings.add_each(ProblemKind.REORDERED, moved)

    def unchecked(self, contents: Contents) -> None:
        """Note contents whose entries cannot be read: only their blocks can be judged."""
        for block in contents.unreadable:
            self._findings.add(ProblemKind.DAMAGED, block.where, None, RESTORE)

    def compare(
        self, entries: Mapping[int, LedgerEntry], contents: Contents, excused: Iterable[int]
    ) -> None:
        """Match evidence entries and contents of one batch.

        Args:
            entries: evidence entries of the batch, by position.
            excused: positions whose entries are reported elsewhere.
        """
        self.items += len(entries)
        bare = []
        for seq, entry in entries.items():
            if seq in contents.records:
                self._compare_one(entry, *contents.records[seq])
            else:
                bare.append(Spot(seq, f"ledger entry {seq}", entry_name(entry)))
        self._report_bare(bare, contents)
        expected = {*entries, *excused}
        for seq, (block, record) in contents.records.items():
            if seq not in expected:
                self.strays.append(_spot(block, record))

    def _report_bare(self, bare: Sequence[Spot], contents: Contents) -> None:
        for block in contents.unreadable:
            names = span([spot.name for spot in bare])
            self._findings.add(ProblemKind.DAMAGED, block.where, names, RESTORE)
        if not contents.unreadable:
            self.lost += bare

    def _compare_one(self, entry: LedgerEntry, block: Block, record: ContentRecord) -> None:
        if record.erased:
            where = f"{block.where}: content of entry {entry.seq}"
            self.tombstones[entry.seq] = Spot(entry.seq, where, entry_name(entry))
            return
        found = commitment(record.salt, record.content).hex()
        committed = entry.payload.get("commitment")
        if found != committed:
            where = f"{block.where}: content of entry {entry.seq}"
            spot = Spot(entry.seq, where, entry_name(entry))
            self._mismatches.append(_Mismatch(spot, str(committed), found))

    def finish(self, end_seq: int) -> None:
        """Report what can only be told at the end; ``end_seq``: where the ledger ends."""
        self._report_uncommitted(end_seq)
        wanted = {mismatch.committed for mismatch in self._mismatches}
        for moved, kind in ((True, ProblemKind.REORDERED), (False, ProblemKind.CHANGED)):
            spots = [m.spot for m in self._mismatches if (m.found in wanted) is moved]
            self._findings.add_each(kind, spots)
        self._findings.settle(self.lost, self.strays)

    def _report_uncommitted(self, end_seq: int) -> None:
        """Contents after the last ledger entry: one block is an interrupted write, more is not."""
        blocks = self._blocks[bisect_left(self._first_seqs, end_seq) :]
        if len(blocks) == 1:
            names = span(block_names(blocks[0]))
            self._findings.add(ProblemKind.TRUNCATED, blocks[0].where, names, REOPEN)
        elif blocks:
            names = span([name for block in blocks for name in block_names(block)])
            where = f"ledger entries from {end_seq} on"
            self._findings.add(ProblemKind.MISSING, where, names, KEEP)


def _spot(block: Block, record: ContentRecord) -> Spot:
    return Spot(record.seq, f"{block.where}: content {record.seq}", content_name(record))
