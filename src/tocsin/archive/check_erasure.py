"""Erasures: what the ledger says is gone is gone, and nothing else is."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from tocsin.archive.blocks import Block
from tocsin.archive.check_contents import ContentCheck
from tocsin.archive.erasure import ERASURE, positions_of
from tocsin.archive.findings import RESTORE, UNFINISHED, Findings, ProblemKind, Spot
from tocsin.archive.format import LedgerEntry
from tocsin.archive.survey import content_name, read_contents


class ErasureCheck:
    """Compares ``erasure`` entries with tombstones.

    Args:
        erased: positions that some erasure entry names.
    """

    def __init__(self, blocks: Sequence[Block], findings: Findings) -> None:
        self.erased: set[int] = set()
        self._blocks = blocks
        self._first_seqs = [block.header.first_seq for block in blocks]
        self._findings = findings

    def note(self, entry: LedgerEntry) -> None:
        """Take note of an entry, of any kind; one that makes no sense erases nothing."""
        if entry.kind != ERASURE:
            return
        try:
            named = positions_of(entry.payload)
        except (KeyError, TypeError, ValueError):
            return
        # Nothing can be erased before it was archived.
        self.erased.update(seq for seq in named if seq < entry.seq)

    def finish(self, contents: ContentCheck) -> None:
        """Report tombstones that nobody ordered, and contents that should be gone."""
        unordered = [s for seq, s in contents.tombstones.items() if seq not in self.erased]
        self._findings.add_each(ProblemKind.MISSING, unordered, RESTORE)
        contents.lost = [spot for spot in contents.lost if spot.seq not in self.erased]
        left = self._left(self.erased - contents.tombstones.keys())
        self._findings.add_each(ProblemKind.UNFINISHED, left, UNFINISHED)

    def _left(self, seqs: set[int]) -> list[Spot]:
        """Contents that still lie at these positions."""
        at: dict[int, set[int]] = {}
        for seq in seqs:
            at.setdefault(bisect_right(self._first_seqs, seq) - 1, set()).add(seq)
        found = []
        for index, wanted in sorted(at.items()):
            block = self._blocks[index]
            for record in read_contents(block).records if index >= 0 else ():
                if record.seq in wanted and not record.erased:
                    where = f"{block.where}: content of entry {record.seq}"
                    found.append(Spot(record.seq, where, content_name(record)))
        return found
