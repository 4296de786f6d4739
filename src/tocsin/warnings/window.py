"""When it may happen: the window of a warning, from the calls behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tocsin.model import EventTime, Granularity, Situation

_EXACTNESS = {grain: rank for rank, grain in enumerate(Granularity)}


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open interval in UTC.

    Args:
        granularity: how exact the call was.
    """

    start: datetime
    end: datetime
    granularity: Granularity


def strong_times(situation: Situation) -> list[EventTime]:
    """Times of the calls with hostility behind them, newest call last."""
    weak = set(situation.weak_refs)
    return [
        call.time
        for ref, call in zip(situation.call_refs, situation.calls, strict=True)
        if ref not in weak and call.time is not None
    ]


def called_window(situation: Situation, as_of: datetime) -> Window | None:
    """The soonest hour that is still ahead, as exactly as another call inside it says it.

    A channel's later call takes the place of its own earlier one, never of another channel's: who
    wants a warning looked at too late could otherwise call for next week. With none ahead, the
    latest that has begun or passed; None where no call names a time. Weak calls count only where
    there are no others.
    """
    times = strong_times(situation) or [c.time for c in situation.calls if c.time is not None]
    if not times:
        return None
    ahead = _standing(situation, as_of)
    if ahead:
        soonest = min(ahead, key=lambda time: time.start)
        chosen = _finest_within(soonest, ahead)
    else:
        chosen = _finest_within(times[-1], times)
    return Window(chosen.start, chosen.end, chosen.granularity)


def _standing(situation: Situation, as_of: datetime) -> list[EventTime]:
    """The last hour ahead that each channel called for; of weak calls only where there are no
    others.
    """
    weak = set(situation.weak_refs)
    named = [
        (ref, call.time)
        for ref, call in zip(situation.call_refs, situation.calls, strict=True)
        if call.time is not None
    ]
    strong = [(ref, time) for ref, time in named if ref not in weak] or named
    strong = [(ref, time) for ref, time in strong if time.end > as_of]
    last: dict[str, list[EventTime]] = {}
    for ref, time in strong:
        of_channel = last.setdefault(ref.rpartition("/")[0], [])
        if not any(_same_moment(time, held) for held in of_channel):
            of_channel.clear()
        of_channel.append(time)
    return [time for times in last.values() for time in times]


def _same_moment(one: EventTime, other: EventTime) -> bool:
    """A vaguer or more exact way to say the same hour, so that neither takes the other's place."""
    return one.start < other.end and other.start < one.end


def _finest_within(chosen: EventTime, times: Sequence[EventTime]) -> EventTime:
    inside = [t for t in times if chosen.start <= t.start and t.end <= chosen.end]
    best = min(_EXACTNESS[t.granularity] for t in inside)
    return next(t for t in reversed(inside) if _EXACTNESS[t.granularity] == best)
