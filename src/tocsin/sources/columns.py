"""Which column of a table is which column of a post."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from tocsin.sources.protocol import POST_COLUMNS, ReadOptions
from tocsin.sources.refusals import Unfit

REQUIRED = ("id", "channel", "posted_at", "text")

ALIASES: Mapping[str, str] = {"forward_posted_at": "forward_date", "media": "media_type"}
"""Other common names of optional columns, used without ``--map``; required ones never guess."""


_LIKELY = {"posted_at": "date", "id": "msg_id"}


@dataclass(frozen=True, slots=True)
class Plan:
    """How the rows of one table become posts.

    Args:
        file: as the person gave it, for messages.
        required: our columns that a row must have.
        channel: fills in where the table names no channel.
    """

    file: str
    options: ReadOptions
    required: Collection[str] = REQUIRED
    channel: str | None = None

    def needed(self) -> list[str]:
        """The required columns that nothing else can fill, in their documented order."""
        filled = {"channel"} if self.channel else set()
        return [
            column for column in POST_COLUMNS if column in self.required and column not in filled
        ]

    def theirs(self, ours: str, found: Collection[str]) -> str | None:
        """The name that ``ours`` has among the columns ``found``; None if it is not there."""
        if ours in self.options.column_map:
            mapped = self.options.column_map[ours]
            return mapped if mapped in found else None
        if ours in found:
            return ours
        alias = ALIASES.get(ours)
        return alias if alias in found else None

    def resolve(self, found: Collection[str]) -> dict[str, str]:
        """Our column → theirs, for every column of a post that is there."""
        pairs = ((ours, self.theirs(ours, found)) for ours in POST_COLUMNS)
        return {ours: theirs for ours, theirs in pairs if theirs is not None}

    def check(self, found: Collection[str], mapped: Iterable[str]) -> None:
        """Make sure that ``found`` has what is required, and ``mapped`` of what ``--map`` names.

        Raises:
            Unfit: naming what is missing, what is there, and how to map it.
        """
        for ours in mapped:
            theirs = self.options.column_map[ours]
            if theirs not in found:
                raise Unfit(f"--map {ours}={theirs}: no column {theirs!r}", _advice([ours], found))
        missing = [ours for ours in self.needed() if self.theirs(ours, found) is None]
        if missing:
            raise Unfit(f"no column {', '.join(map(repr, missing))}", _advice(missing, found))


def _advice(missing: Collection[str], found: Collection[str]) -> str:
    shown = ", ".join(_printable(column) for column in list(found)[:30]) or "none"
    example = " ".join(f"--map {ours}={_LIKELY.get(ours, 'their_name')}" for ours in missing)
    fill = ", or name the channel" if "channel" in missing else ""
    return f"columns found: {shown}; say which they are: {example}{fill}"


def _printable(column: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in column[:40])
