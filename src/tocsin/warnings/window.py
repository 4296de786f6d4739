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
    """What the latest call still ahead says, as exactly as another call inside it says it.

    With none ahead, the latest that has begun or passed; None where no call names a time. Weak
    calls count only where there are no others.
    """
    times = strong_times(situation) or [c.time for c in situation.calls if c.time is not None]
    if not times:
        return None
    ahead = [time for time in times if time.end > as_of]
    chosen = _finest_within(ahead or times)
    return Window(chosen.start, chosen.end, chosen.granularity)


def _finest_within(times: Sequence[EventTime]) -> EventTime:
    latest = times[-1]
    inside = [t for t in times if latest.start <= t.start and t.end <= latest.end]
    best = min(_EXACTNESS[t.granularity] for t in inside)
    return next(t for t in reversed(inside) if _EXACTNESS[t.granularity] == best)
