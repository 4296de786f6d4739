"""What verify finds: problems, named and with advice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

RESTORE: Final = "restore the file from a copy and run tocsin verify again"
REOPEN: Final = (
    "if no tocsin is writing now, an interrupted write left this: the next tocsin ingest or "
    "run cuts it off, and nothing it had confirmed is lost"
)
UNFINISHED: Final = (
    "if no tocsin is erasing now, an erasure was interrupted: the next tocsin ingest, run or "
    "erase finishes it"
)
KEEP: Final = "keep this archive as it is, compare it with a copy, and find out who could write it"

_SINGLY: Final = 20
"""So many items in a row are named one by one; a longer row by its first and last."""


class ProblemKind(StrEnum):
    """What happened to a part of the archive."""

    CHANGED = "changed"
    MISSING = "missing"
    REORDERED = "reordered"
    INSERTED = "inserted"
    TRUNCATED = "truncated"
    DAMAGED = "damaged"
    SWAPPED_KEY = "swapped key"
    UNTRUSTED = "untrusted"
    UNFINISHED = "erasure unfinished"


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding.

    Args:
        where: file and byte, or ledger position.
        item: ``channel/id v1``; for several ``first to last (n items)``; None: no item, or
            none that can be named.
        advice: what to do.
    """

    kind: ProblemKind
    where: str
    item: str | None
    advice: str


def span(names: Sequence[str | None]) -> str | None:
    """Names as one: the name itself, or ``first to last (n items)``."""
    known = [name for name in names if name is not None]
    if len(known) < 2:
        return known[0] if known else None
    return f"{known[0]} to {known[-1]} ({len(known):,} items)"


@dataclass(frozen=True, slots=True)
class Spot:
    """An entry or a content and where it belongs or lies."""

    seq: int
    where: str
    name: str | None


class Findings:
    """Problems in the order they were met."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def add(self, kind: ProblemKind, where: str, item: str | None, advice: str = KEEP) -> None:
        """Note one problem."""
        self.problems.append(Problem(kind, where, item, advice))

    def add_each(self, kind: ProblemKind, spots: Sequence[Spot], advice: str = KEEP) -> None:
        """Note one problem for each of ``spots``, long rows of neighbours as one."""
        for row in _rows(spots):
            if len(row) > _SINGLY:
                where = f"{row[0].where}, to entry {row[-1].seq}"
                self.add(kind, where, span([spot.name for spot in row]), advice)
                continue
            for spot in row:
                self.add(kind, spot.where, spot.name, advice)

    def settle(self, lost: Sequence[Spot], strays: Sequence[Spot]) -> None:
        """What is lost in one place and lies in another was moved; the rest was taken or added."""
        at_home = {spot.seq: spot for spot in lost}
        moved = {spot.seq for spot in strays if spot.seq in at_home}
        found = [spot for spot in strays if spot.seq in moved]
        self.add_each(ProblemKind.REORDERED, found)
        self.add_each(ProblemKind.MISSING, [s for s in lost if s.seq not in moved], RESTORE)
        self.add_each(ProblemKind.INSERTED, [s for s in strays if s.seq not in moved])


def _rows(spots: Sequence[Spot]) -> list[list[Spot]]:
    """``spots`` cut wherever the next is not the neighbour of the one before."""
    rows: list[list[Spot]] = []
    for spot in spots:
        # Other entries may stand between two neighbours among the evidence.
        if rows and 0 < spot.seq - rows[-1][-1].seq <= _SINGLY:
            rows[-1].append(spot)
        else:
            rows.append([spot])
    return rows
