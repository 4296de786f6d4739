"""Time is an argument: stages are handed a clock, they never read one.

A back-test is the same code with a :class:`ReplayClock`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Protocol

TICK = timedelta(minutes=10)
"""Situations are evaluated at each ``known_at`` and at every tick of this length, in UTC."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)


class Clock(Protocol):
    """Anything that can say what time it is."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        return datetime.now(UTC)


class ShiftedClock:
    """A clock that goes on from another moment, as fast as the one it is made of."""

    def __init__(self, of: Clock, start: datetime) -> None:
        self._of = of
        self._shift = as_utc(start) - of.now()

    def now(self) -> datetime:
        """The moment there, aware, in UTC."""
        return self._of.now() + self._shift


class ReplayClock:
    """A clock that only moves when it is told to, and never backwards."""

    def __init__(self, start: datetime) -> None:
        self._now = as_utc(start)

    def now(self) -> datetime:
        """The moment the replay has reached, aware, in UTC."""
        return self._now

    def advance(self, to: datetime) -> None:
        """Move to ``to``; a time before the present one leaves the clock where it is."""
        self._now = max(self._now, as_utc(to))

    def ticks_until(self, to: datetime) -> Iterator[datetime]:
        """Every tick after the present moment and not after ``to``; the clock follows them."""
        for tick in ticks_between(self._now, to):
            self._now = tick
            yield tick


def as_utc(moment: datetime) -> datetime:
    """``moment`` in UTC; a naive one is taken as UTC."""
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC)


def micros(moment: datetime) -> int:
    """Microseconds since 1970, exactly (a float of seconds is not)."""
    return (moment - _EPOCH) // _MICRO


def moment_at(at: int) -> datetime:
    """The aware UTC datetime of ``at`` microseconds since 1970.

    Raises:
        OverflowError: no calendar has it.
    """
    return _EPOCH + at * _MICRO


def ticks_between(after: datetime, until: datetime) -> Iterator[datetime]:
    """Ticks in the half-open interval (``after``, ``until``], aligned to the hour in UTC."""
    tick = next_tick(after)
    until = as_utc(until)
    while tick <= until:
        yield tick
        tick += TICK


def next_tick(after: datetime) -> datetime:
    """The first tick strictly later than ``after``."""
    after = as_utc(after)
    floor = after.replace(minute=after.minute - after.minute % 10, second=0, microsecond=0)
    return floor + TICK
