"""What is scored against: the events of the window, and what is known about each."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from tocsin.backtest.mentions import SeenPosts
from tocsin.backtest.rules import DAY_S, Rules, Window
from tocsin.backtest.waves import waves
from tocsin.errors import UsageError
from tocsin.model import MobEvent
from tocsin.reading.gazetteer import distances_km

_PREVENTED = "prevented"


@dataclass(frozen=True, slots=True)
class Ground:
    """Events in the window, in time order, and facts about each, shape (n,).

    Args:
        prevented: crowds met by police or counter-mobilisation in the window: censored.
        others: how many events in the window are no mob violence, and were left out.
        earlier: events before the window that were known when it began.
        onset: no other event within ``rules.km`` in the ``rules.onset_days`` before.
        seen: a post named a place within ``rules.km`` in the ``rules.hold_h`` before.
        first_call: when (seconds) the first call to gather nearby was known, in the
            ``rules.onset_days`` before; None: there was none.
        wave: number of its wave.
    """

    events: tuple[MobEvent, ...]
    prevented: tuple[MobEvent, ...]
    others: int
    earlier: tuple[MobEvent, ...]
    onset: tuple[bool, ...]
    seen: tuple[bool, ...]
    first_call: tuple[float | None, ...]
    wave: tuple[int, ...]
    window: Window
    rules: Rules


def ground(events: Sequence[MobEvent], seen: SeenPosts, window: Window, rules: Rules) -> Ground:
    """Sort events out for a window.

    Raises:
        UsageError: none lies in it.
    """
    ordered = sorted(events, key=lambda one: (one.event_time, one.id))
    real = [event for event in ordered if counts(event)]
    scored = tuple(event for event in real if window.holds(event.event_time))
    if not scored:
        raise UsageError(_nothing_there(real, window))
    stopped = [e for e in ordered if was_prevented(e) and window.holds(e.event_time)]
    calls = (seen.first_call(_at(e), rules.km, _before(e, rules.onset_days)) for e in scored)
    near = (seen.any_post(_at(e), rules.km, _before(e, rules.hold_h / 24)) for e in scored)
    places = [(e.event_time, e.latitude, e.longitude) for e in scored]
    return Ground(
        events=scored,
        prevented=tuple(stopped),
        others=sum(window.holds(e.event_time) for e in ordered) - len(scored) - len(stopped),
        earlier=tuple(e for e in real if max(e.event_time, e.known_at) < window.start),
        onset=tuple(_is_onset(event, real, rules) for event in scored),
        seen=tuple(near),
        first_call=tuple(calls),
        wave=tuple(waves(places, rules)),
        window=window,
        rules=rules,
    )


def counts(event: MobEvent) -> bool:
    """Whether an event is what a warning is for: mob violence that happened."""
    return event.violence.is_mob_violence and not was_prevented(event)


def was_prevented(event: MobEvent) -> bool:
    """Whether the event file says so by its kind ("prevented", "prevented?")."""
    return event.kind.strip().casefold().startswith(_PREVENTED)


def _is_onset(event: MobEvent, real: Sequence[MobEvent], rules: Rules) -> bool:
    since = event.event_time - timedelta(days=rules.onset_days)
    first = bisect_left(real, since, key=lambda one: one.event_time)
    last = bisect_left(real, event.event_time, key=lambda one: one.event_time)
    lats = np.array([one.latitude for one in real[first:last]], dtype=np.float64)
    lons = np.array([one.longitude for one in real[first:last]], dtype=np.float64)
    return not bool((distances_km(lats, lons, *_at(event)) <= rules.km).any())


def _at(event: MobEvent) -> tuple[float, float]:
    return event.latitude, event.longitude


def _before(event: MobEvent, days: float) -> tuple[float, float]:
    at = event.event_time.timestamp()
    return at - days * DAY_S, at


def _nothing_there(real: Sequence[MobEvent], window: Window) -> str:
    span = f"{window.start:%Y-%m-%d %H:%M} and {window.end:%Y-%m-%d %H:%M}"
    if not real:
        return f"no mob violence in the event file to score against between {span}; give another"
    first, last = f"{real[0].event_time:%Y-%m-%d}", f"{real[-1].event_time:%Y-%m-%d}"
    return (
        f"none of the {len(real)} events of mob violence ({first} to {last}) lies between {span}; "
        "give posts and events of one time, or change --from and --to"
    )
