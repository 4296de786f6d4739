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
    return [time for ref, time in _timed(situation) if ref not in weak]


def _timed(situation: Situation) -> list[tuple[str, EventTime]]:
    """The calls that name a time, newest last, each with its post."""
    calls = zip(situation.call_refs, situation.calls, strict=True)
    return [(ref, call.time) for ref, call in calls if call.time is not None]


def called_window(situation: Situation, as_of: datetime) -> Window | None:
    """The soonest hour that is still ahead, as exactly as another call inside it says it.

    A channel's later call takes the place of its own earlier one, never of another channel's: who
    wants a warning looked at too late could otherwise call for next week. With none ahead, the
    latest that has begun or passed; None where no call names a time. Weak calls count only where
    there are no others.
    """
    weak, timed = set(situation.weak_refs), _timed(situation)
    counted = [(ref, time) for ref, time in timed if ref not in weak] or timed
    if not counted:
        return None
    ahead = _standing([(ref, time) for ref, time in counted if time.end > as_of])
    if ahead:
        soonest = min(ahead, key=lambda time: time.start)
        chosen = _finest_within(soonest, ahead)
    else:
        times = [time for _, time in counted]
        chosen = _finest_within(times[-1], times)
    return Window(chosen.start, chosen.end, chosen.granularity)


def _standing(ahead: Sequence[tuple[str, EventTime]]) -> list[EventTime]:
    """The last of these hours that each channel called for."""
    last: dict[str, list[EventTime]] = {}
    for ref, time in ahead:
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
