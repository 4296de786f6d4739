"""The recent sightings of one rumour, aggregated so that a flood stays small.

Times are whole microseconds since 1970; windows are half-open: (as_of − width, as_of].
Independent origins are counted as they come, by the ``Rules`` of the hour.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Any

from tocsin.spread.independence import Link, link_of, link_record
from tocsin.spread.options import HOUR, WINDOW_HOURS
from tocsin.spread.origins import Rules, Tally

TEN_MINUTES = HOUR // 6
WINDOW = WINDOW_HOURS * HOUR
_ALWAYS = 2**62


@dataclass(frozen=True, slots=True)
class Trace:
    """Sightings of one hour that are the same in all that matters here.

    Args:
        hour: hours since 1970.
        language: None where it cannot be told.
        towns: ids of the places it names.
        young: its channel was known to be young.
    """

    link: Link
    hour: int
    language: str | None = None
    towns: tuple[str, ...] = ()
    young: bool = False


class Circle:
    """Who took part in a rumour during a window, and which places were named.

    Attributes:
        origins: the independent ones among them.
        since, until: the answer holds for ``as_of`` in [since, until).
    """

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.channels: set[str] = set()
        self.languages: set[str] = set()
        self.towns: set[str] = set()
        self.origins = Tally(rules.ties)
        self.since = -_ALWAYS
        self.until = _ALWAYS

    def holds(self, as_of: int, rules: Rules) -> bool:
        """Whether it answers for ``as_of`` under these rules."""
        return self.rules is rules and self.since <= as_of < self.until

    def include(self, trace: Trace, first: int, last: int) -> None:
        """Take in a trace seen from ``first`` to ``last``, for any ``as_of`` that sees it."""
        self.channels.add(trace.link.channel)
        if trace.language is not None:
            self.languages.add(trace.language)
        self.towns.update(trace.towns)
        if not trace.young:
            newcomer = self.rules.newcomer(trace.link.channel, first)
            self.origins.add(trace.link, newcomer=newcomer)
        self.since = max(self.since, first)
        self.until = min(self.until, last + WINDOW)


@dataclass(slots=True)
class Trail:
    """Posting times with counts, sorted, and traces with their first and last time.

    Args:
        crowd: traces per (channel, hour).
        known: the last answer of :meth:`circle`, while it holds.
    """

    times: array[int] = field(default_factory=lambda: array("q"))
    counts: array[int] = field(default_factory=lambda: array("q"))
    traces: dict[Trace, tuple[int, int]] = field(default_factory=dict)
    crowd: dict[tuple[str, int], int] = field(default_factory=dict)
    known: Circle | None = None

    def count(self, at: int, burst: int) -> None:
        """Count one post; after ``burst`` entries in ten minutes, with an entry not earlier."""
        place = bisect_right(self.times, at)
        if place < burst or self.times[place - burst] <= at - TEN_MINUTES:
            self.times.insert(place, at)
            self.counts.insert(place, 1)
            return
        if place == len(self.times):
            place -= 1
            self.times[place] = at
        self.counts[place] += 1

    def note(self, trace: Trace, at: int, most: int) -> bool:
        """Remember a sighting; of the ``most``-th new trace of a channel in an hour and on,
        only the channel. Returns whether the link itself was remembered."""
        crowd = (trace.link.channel, trace.hour)
        whole = trace in self.traces or self.crowd.get(crowd, 0) < most
        if not whole:
            trace = Trace(Link(trace.link.channel), trace.hour, young=trace.young)
        if trace not in self.traces:
            self.crowd[crowd] = self.crowd.get(crowd, 0) + 1
        self._extend(trace, at)
        return whole

    def posts(self, after: int, until: int) -> int:
        """Posts in (after, until]."""
        low, high = bisect_right(self.times, after), bisect_right(self.times, until)
        return sum(self.counts[low:high])

    def hourly(self, after: int, until: int) -> list[tuple[int, int]]:
        """(hour since 1970, posts) of the hours with posts in (after, until]."""
        low, high = bisect_right(self.times, after), bisect_right(self.times, until)
        hours: dict[int, int] = {}
        for at, count in zip(self.times[low:high], self.counts[low:high], strict=True):
            hours[at // HOUR] = hours.get(at // HOUR, 0) + count
        return list(hours.items())

    def circle(self, as_of: int, rules: Rules) -> Circle:
        """Who took part in (as_of − WINDOW, as_of]; the answer is kept while it holds."""
        if self.known is None or not self.known.holds(as_of, rules):
            self.known = self._circle(as_of, rules)
        return self.known

    def forget(self, before: int) -> None:
        """Drop what was seen before ``before``."""
        place = bisect_right(self.times, before - 1)
        del self.times[:place], self.counts[:place]
        self.traces = {k: seen for k, seen in self.traces.items() if seen[1] >= before}
        self._take_census()

    def _extend(self, trace: Trace, at: int) -> None:
        """Widen a trace; the kept answer grows with it or, where it cannot, is dropped."""
        seen = self.traces.get(trace)
        first, last = (at, at) if seen is None else (min(seen[0], at), max(seen[1], at))
        self.traces[trace] = (first, last)
        if self.known is None:
            return
        if seen is None and at >= self.known.since:
            self.known.include(trace, at, at)
        elif seen is None or at < seen[0] or seen[1] + WINDOW <= self.known.since:
            self.known = None

    def _take_census(self) -> None:
        self.known = None
        self.crowd = {}
        for trace in self.traces:
            crowd = (trace.link.channel, trace.hour)
            self.crowd[crowd] = self.crowd.get(crowd, 0) + 1

    def _circle(self, as_of: int, rules: Rules) -> Circle:
        circle = Circle(rules)
        for trace, (first, last) in self.traces.items():
            if first > as_of:
                circle.until = min(circle.until, first)
            elif last <= as_of - WINDOW:
                circle.since = max(circle.since, last + WINDOW)
            else:
                circle.include(trace, first, last)
        return circle

    def state(self) -> dict[str, Any]:
        """As JSON values."""
        traces = [
            (*link_record(one.link), one.hour, one.language, one.towns, one.young, *seen)
            for one, seen in self.traces.items()
        ]
        return {"times": list(self.times), "counts": list(self.counts), "traces": traces}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Trail:
        """The trail that ``state`` described."""
        trail = cls(array("q", state["times"]), array("q", state["counts"]))
        for channel, origin, digest, hour, language, towns, young, first, last in state["traces"]:
            link = link_of(channel, origin, digest)
            trail.traces[Trace(link, hour, language, tuple(towns), young)] = (first, last)
        trail._take_census()
        return trail
