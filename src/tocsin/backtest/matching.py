"""Which alarm saw which event coming.

An alarm may claim an event if it was raised not later than the event's time, still stood at it
(less the event's uncertainty), and lies within ``rules.km``. One alarm claims one event at most,
and the pairs are chosen so that as many events as possible are claimed: augmenting paths in a
bipartite graph (Berge 1957), events in the order of time, the earliest alarm tried first.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from datetime import timedelta

import numpy as np

from tocsin.backtest.alarms import Alarm, Floats, Ints
from tocsin.backtest.rules import Rules
from tocsin.model import MobEvent
from tocsin.reading.gazetteer import distances_km


def candidates(
    alarms: Sequence[Alarm], events: Sequence[MobEvent], rules: Rules
) -> list[tuple[int, ...]]:
    """For each event the alarms that may claim it, earliest first."""
    starts, lats, lons = _columns(alarms)
    ends = np.array([alarm.end.timestamp() for alarm in alarms], dtype=np.float64)
    found: list[tuple[int, ...]] = []
    for event in events:
        at = event.event_time.timestamp()
        earliest = (event.event_time - timedelta(hours=event.precision_hours)).timestamp()
        standing = np.flatnonzero((starts <= at) & (ends >= earliest))
        gaps = distances_km(lats[standing], lons[standing], event.latitude, event.longitude)
        near: Ints = standing[gaps <= rules.km]
        found.append(tuple(near[np.lexsort((near, starts[near]))].tolist()))
    return found


def too_late(alarms: Sequence[Alarm], events: Sequence[MobEvent], rules: Rules) -> set[int]:
    """Alarms raised after an event's time, but within its uncertainty: before or after it,
    nobody can say."""
    late: set[int] = set()
    starts, lats, lons = _columns(alarms)
    for event in events:
        at, slack = event.event_time.timestamp(), event.precision_hours * 3600
        after = np.flatnonzero((starts > at) & (starts <= at + slack))
        gaps = distances_km(lats[after], lons[after], event.latitude, event.longitude)
        late.update(after[gaps <= rules.km].tolist())
    return late


def matched(alarms: Sequence[Alarm], events: Sequence[MobEvent], rules: Rules) -> dict[int, int]:
    """Pairs event → alarm (indices), as many as there can be; no alarm twice."""
    may = candidates(alarms, events, rules)
    order = sorted(range(len(events)), key=lambda at: (events[at].event_time, events[at].id))
    taken: dict[int, int] = {}  # alarm → event
    for event in order:
        _augment(event, may, taken)
    return {event: alarm for alarm, event in taken.items()}


def _columns(alarms: Sequence[Alarm]) -> tuple[Floats, Floats, Floats]:
    """When alarms were raised (seconds) and where (degrees), each shape (n,)."""
    return (
        np.array([alarm.start.timestamp() for alarm in alarms], dtype=np.float64),
        np.array([alarm.site.latitude for alarm in alarms], dtype=np.float64),
        np.array([alarm.site.longitude for alarm in alarms], dtype=np.float64),
    )


def _augment(event: int, may: Sequence[Sequence[int]], taken: dict[int, int]) -> None:
    """Give ``event`` an alarm, moving others to another of theirs where that frees one."""
    came_from: dict[int, int] = {}  # alarm → the event that asks for it
    queue = deque([event])
    while queue:
        asking = queue.popleft()
        for alarm in may[asking]:
            if alarm in came_from:
                continue
            came_from[alarm] = asking
            if alarm not in taken:
                _hand_over(alarm, event, came_from, taken)
                return
            queue.append(taken[alarm])


def _hand_over(alarm: int, event: int, came_from: Mapping[int, int], taken: dict[int, int]) -> None:
    held = {at: number for number, at in taken.items()}
    while True:
        asking = came_from[alarm]
        taken[alarm] = asking
        if asking == event:
            return
        alarm = held[asking]
