"""What a format of event files is, and what all of them share."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.events.values import Fields
from tocsin.model import MobEvent

DEFAULT_LAG = timedelta(days=14)
"""How long after an event its file is taken to have told of it, where it does not say."""

DAY_HOURS = 12.0
"""Half-width of a day: an event known by its day alone is put at noon of it, in UTC."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One format of event files.

    Args:
        needed: columns that a file of this shape has; of those in one group, any one will do.
        make: one row and the default reporting lag → the event; raises ``Unfit``.
        counts_rows: whether equal ids in one file are different events (the file has no ids
            of its own), instead of versions of one.
        dates_versions: whether ``known_at`` says when the row was last changed.
    """

    name: str
    summary: str
    needed: tuple[frozenset[str], ...]
    make: Callable[[Fields, timedelta], MobEvent]
    counts_rows: bool = False
    dates_versions: bool = False

    def lacks(self, columns: frozenset[str]) -> list[str]:
        """What a file with these columns lacks, in words."""
        return [" or ".join(sorted(group)) for group in self.needed if not group & columns]


def any_of(*names: str) -> frozenset[str]:
    """A group of columns of which one is needed."""
    return frozenset(names)


def known_at(
    event_time: datetime, precision_hours: float, stated: datetime | None, lag: timedelta
) -> datetime:
    """When an event could be known.

    Args:
        stated: what the file says; None where it says nothing, then ``lag`` after the event.

    Never before the end of the span in which the event may have begun: a file that says
    otherwise was wrong about one of the two, and the later is the safe one.
    """
    over = event_time + timedelta(hours=precision_hours)
    return max(over, event_time + lag if stated is None else stated)


def digest_id(source: str, *parts: str | None) -> str:
    """An id for a row without one: the same for the same parts, whatever its place in the file."""
    told = "\x1f".join(part or "" for part in parts)
    return f"{source}:{hashlib.sha256(told.encode()).hexdigest()[:16]}"
