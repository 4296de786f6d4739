"""Channels that are silent for longer than they usually are: unseen is not calm.

A channel's usual silence is learnt from its own gaps between posts: the length x that it had been
silent for longer than in no more than ``UNUSUAL`` of all time. Time is counted and not gaps, so
that a hundred posts in one minute do not make a weekly channel look like one that never rests. A
channel is silent where it has not posted for ``TIMES`` that length, and never under
``LEAST_HOURS``. Gaps are kept as counts in steps of half an octave, halved when they grow many, so
that a channel may change its ways; memory is bounded by ``MOST_CHANNELS``.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

HOUR = 3600.0
EDGES = tuple(HOUR / 4 * 2 ** (step / 2) for step in range(26))
"""Upper ends of the steps, in seconds: a quarter of an hour to 60 days."""

UNUSUAL = 0.01
TIMES = 2.0
LEAST_GAPS = 30
LEAST_HOURS = 12.0
GONE_DAYS = 30.0
"""A channel silent for longer is gone, and no longer told of."""

MOST_GAPS = 1_000
MOST_CHANNELS = 20_000
MOST_NAMED = 5

_RHYTHMS = ((12.0, "every few hours"), (36.0, "daily"), (240.0, "weekly"))
"""(longest usual silence in hours, how often it posts)."""


@dataclass(slots=True)
class Gaps:
    """One channel's habit.

    Args:
        last: time of its newest post, in seconds since 1970.
        counts: gaps by step.
        usual: its usual silence in seconds, as last worked out; None: too few gaps to say.
        due: gaps after which it is worked out again.
    """

    last: float
    counts: list[int] = field(default_factory=lambda: [0] * len(EDGES))
    total: int = 0
    usual: float | None = None
    due: int = LEAST_GAPS

    def add(self, at: float) -> None:
        """Take in a post; time never runs backwards here."""
        if at > self.last:
            self.counts[min(bisect_left(EDGES, at - self.last), len(EDGES) - 1)] += 1
            self.total += 1
            self.last = at
        if self.total >= self.due:
            self.usual = usual_silence(self.counts)
            self.due = self.total + self.total // 8
        if self.total >= MOST_GAPS:
            self.counts = [count // 2 for count in self.counts]
            self.total = sum(self.counts)
            self.due = self.total + self.total // 8

    def silent(self, at: float) -> bool:
        """Whether it is silent at ``at`` for longer than it usually is, and not gone."""
        since = at - self.last
        return (
            self.usual is not None
            and since > max(TIMES * self.usual, LEAST_HOURS * HOUR)
            and since <= GONE_DAYS * 24 * HOUR
        )


def usual_silence(counts: Sequence[int]) -> float:
    """Seconds that a channel had been silent for longer than in ``UNUSUAL`` of all time."""
    gaps = list(zip(EDGES, counts, strict=True))
    whole = sum(edge * count for edge, count in gaps)
    beyond = longer = 0.0
    for (edge, count), (below, _) in zip(
        reversed(gaps), reversed([(0.0, 0), *gaps[:-1]]), strict=True
    ):
        longer += count
        if beyond + longer * (edge - below) > UNUSUAL * whole:
            return edge - (UNUSUAL * whole - beyond) / longer
        beyond += longer * (edge - below)
    return 0.0


class Silence:
    """Every channel's habit, the longest silent first."""

    def __init__(self) -> None:
        self._channels: dict[str, Gaps] = {}
        self._suspects: tuple[int, tuple[str, ...]] = (-1, ())  # by hour

    def add(self, channel: str, at: datetime) -> None:
        """Take in a post; posts come in the order in which they were known."""
        when = at.timestamp()
        gaps = self._channels.pop(channel, None) or Gaps(when)
        gaps.add(when)
        self._channels[channel] = gaps
        if len(self._channels) > MOST_CHANNELS:
            del self._channels[next(iter(self._channels))]

    def silent(self, as_of: datetime) -> tuple[str, ...]:
        """Channels silent since before the full hour of ``as_of``, in name order."""
        hour = int(as_of.timestamp() // HOUR)
        start = hour * HOUR
        if self._suspects[0] != hour:
            found = (name for name, gaps in self._channels.items() if gaps.silent(start))
            self._suspects = (hour, tuple(sorted(found)))
        known = self._channels
        return tuple(c for c in self._suspects[1] if c in known and known[c].last < start)

    def sentences(self, as_of: datetime) -> tuple[str, ...]:
        """One for each rhythm of which a channel is silent, in plain words."""
        by_rhythm: dict[str, list[str]] = {}
        for channel in self.silent(as_of):
            by_rhythm.setdefault(_rhythm(self._channels[channel].usual or 0.0), []).append(channel)
        names = [*(name for _, name in _RHYTHMS), _RARELY]
        return tuple(
            self._sentence(name, by_rhythm[name], as_of) for name in names if name in by_rhythm
        )

    def _sentence(self, rhythm: str, channels: Sequence[str], as_of: datetime) -> str:
        least = as_of.timestamp() - max(self._channels[channel].last for channel in channels)
        some, post, are = (
            ("1 channel", "posts", "is")
            if len(channels) == 1
            else (f"{len(channels)} channels", "post", "are")
        )
        more = "" if len(channels) == 1 else " or more"
        return (
            f"{some} that usually {post} {rhythm} {are} silent for {_span(least)}{more}: "
            f"{_named(channels)}"
        )

    def snapshot(self) -> list[Any]:
        """As JSON values."""
        return [
            (name, one.last, one.counts, one.usual, one.due) for name, one in self._channels.items()
        ]

    def restore(self, data: Iterable[Sequence[Any]]) -> None:
        """Take up a snapshot."""
        self._channels = {
            name: Gaps(last, list(counts), sum(counts), usual, due)
            for name, last, counts, usual, due in data
        }
        self._suspects = (-1, ())


_RARELY = "now and then"


def _rhythm(usual: float) -> str:
    return next((name for longest, name in _RHYTHMS if usual <= longest * HOUR), _RARELY)


def _span(seconds: float) -> str:
    hours = int(seconds // HOUR)
    return f"{hours} hours" if hours < 48 else f"{hours // 24} days"


def _named(channels: Sequence[str]) -> str:
    rest = len(channels) - MOST_NAMED
    named = ", ".join(channels[:MOST_NAMED])
    return f"{named} and {rest} more" if rest > 0 else named
