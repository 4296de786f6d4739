"""What a method claims about places, and the alerts it would have raised.

Every method, ours or a baseline, is brought into the same two forms. A claim says of one site,
for a stretch of time: this likely (or this high a score). An alarm is what a desk is disturbed
by: it is raised once, and stands while it is renewed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

from tocsin.backtest.rules import Rules

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Site:
    """A place that is claimed about, in degrees (WGS84)."""

    id: str
    name: str
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Claims:
    """Claims of one method as columns, shape (n,); times in seconds since 1970, half-open.

    Args:
        site: index into ``sites``.
        score: higher is more alarming; comparable within one method only.
        renews: a later claim at the same site keeps an alarm standing. False for methods that
            claim about all places all the time: their alarms last one period and are then
            counted anew, else one alarm would stand for ever.
    """

    sites: tuple[Site, ...]
    site: Ints
    start: Floats
    end: Floats
    score: Floats
    renews: bool = True

    def __len__(self) -> int:
        return len(self.site)


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alert, from the moment it was raised until it no longer stands.

    Args:
        score: highest score or probability while it stood.
        posts: evidence ids, where the method names any.
    """

    id: str
    site: Site
    start: datetime
    end: datetime
    score: float
    posts: tuple[str, ...] = ()
    level: str = "alert"
    target: str = ""


def make_claims(
    sites: Sequence[Site], rows: Iterable[tuple[int, float, float, float]], renews: bool = True
) -> Claims:
    """Claims from rows of site index, start, end (seconds) and score."""
    table = np.array(list(rows), dtype=np.float64).reshape(-1, 4)
    site, start, end, score = table.T
    return Claims(tuple(sites), site.astype(np.int64), start, end, score, renews)


def alarms_at(claims: Claims, threshold: float, rules: Rules) -> list[Alarm]:
    """Alarms that claims of at least ``threshold`` raise, in time order."""
    chosen = np.flatnonzero(claims.score >= threshold)
    order = chosen[np.lexsort((claims.start[chosen], claims.site[chosen]))]
    spans: list[list[float]] = []  # site, start, end, score
    for at in order.tolist():
        site, start, end = int(claims.site[at]), float(claims.start[at]), float(claims.end[at])
        score = float(claims.score[at])
        last = spans[-1] if spans else None
        if last is None or last[0] != site or start >= last[2]:
            spans.append([site, start, end if claims.renews else start + rules.hold_s, score])
        else:
            last[2] = max(last[2], end) if claims.renews else last[2]
            last[3] = max(last[3], score)
    raised = (_alarm(claims.sites[int(site)], *rest) for site, *rest in spans)
    return counted_anew(raised, rules)


def counted_anew(alarms: Iterable[Alarm], rules: Rules) -> list[Alarm]:
    """Alarms in time order; one that stands beyond ``rules.longest_days`` becomes several."""
    longest = timedelta(days=rules.longest_days)
    pieces: list[Alarm] = []
    for alarm in alarms:
        start = alarm.start
        while alarm.end - start > longest:
            pieces.append(replace(alarm, start=start, end=start + longest))
            start += longest
        pieces.append(replace(alarm, start=start))
    return sorted(pieces, key=lambda one: (one.start, one.id))


def threshold_for(claims: Claims, load: int, rules: Rules, since: float) -> float:
    """The threshold at which a method raises as near to ``load`` alarms as it can.

    Args:
        since: alarms raised before this moment (seconds) do not count.

    Of two thresholds as near, the higher; infinity where ``load`` is 0 or nothing is claimed.
    """
    levels = np.unique(claims.score)[::-1]
    if load <= 0 or not len(levels):
        return float("inf")
    counts: dict[int, int] = {}

    def count(at: int) -> int:
        if at not in counts:
            raised = alarms_at(claims, float(levels[at]), rules)
            counts[at] = sum(alarm.start.timestamp() >= since for alarm in raised)
        return counts[at]

    low, high = 0, 1
    while high < len(levels) and count(high) < load:
        low, high = high, high * 2
    high = min(high, len(levels) - 1)
    while high - low > 1:  # counts rise with lower thresholds, but for alarms that grow together
        middle = (low + high) // 2
        low, high = (middle, high) if count(middle) < load else (low, middle)
    count(low), count(high)
    return float(levels[min(counts, key=lambda at: (abs(counts[at] - load), at))])


def _alarm(site: Site, start: float, end: float, score: float) -> Alarm:
    raised = moment_of(start)
    return Alarm(f"{site.id}@{raised:%Y%m%dT%H%M%S}", site, raised, moment_of(end), score)


def moment_of(seconds: float) -> datetime:
    """Seconds since 1970 as an aware moment in UTC."""
    return datetime.fromtimestamp(seconds, UTC)
