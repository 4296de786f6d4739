"""Our probabilities as forecasts that can be checked.

A warning forecasts when it is issued, and again each horizon later while it stands, so that the
hours of one warning's forecasts never overlap. Watches count. Where nothing was warned of, there
is no forecast to check.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp

import numpy as np

from tocsin.backtest.alarms import Site
from tocsin.backtest.ours import Stretch, site_of
from tocsin.backtest.rules import Rules, Window
from tocsin.model import Level, MobEvent
from tocsin.reading.gazetteer import distances_km


@dataclass(frozen=True, slots=True)
class Checked:
    """One forecast and what came of it.

    Args:
        happened: an event within ``rules.km`` in the horizon; None: it cannot be known, since the
            horizon ends after the window, or a crowd was met by police or counter-mobilisation.
    """

    site: Site
    at: datetime
    horizon_h: int
    probability: float
    happened: bool | None
    calibrated: bool


def checked_forecasts(
    lives: Sequence[Sequence[Stretch]],
    events: Sequence[MobEvent],
    prevented: Sequence[MobEvent],
    window: Window,
    rules: Rules,
) -> list[Checked]:
    """Forecasts made in the window, warnings in the order of their issue."""
    real, stopped = Nearby(events, rules), Nearby(prevented, rules)
    return [
        _check(stretch, at, (real.any, stopped.any), window)
        for life in lives
        for stretch, at in _moments(life)
        if window.holds(at)
    ]


def _moments(life: Sequence[Stretch]) -> Iterator[tuple[Stretch, datetime]]:
    due: datetime | None = None
    for stretch in life:
        if stretch.action.level < Level.WATCH:
            continue
        due = stretch.start if due is None else max(due, stretch.start)
        while due < stretch.end:
            yield stretch, due
            due += timedelta(hours=stretch.action.horizon_h)


Ask = Callable[[Site, datetime, int], bool]


def _check(stretch: Stretch, at: datetime, asks: tuple[Ask, Ask], window: Window) -> Checked:
    action, site = stretch.action, site_of(stretch.action)
    happened: bool | None = asks[0](site, at, action.horizon_h)
    stopped = not happened and asks[1](site, at, action.horizon_h)
    if stopped or at + timedelta(hours=action.horizon_h) > window.end:
        happened = None
    return Checked(site, at, action.horizon_h, action.probability, happened, action.calibrated)


class Nearby:
    """Whether any of some events lies near a site within a horizon."""

    def __init__(self, events: Sequence[MobEvent], rules: Rules) -> None:
        self._km = rules.km
        self._lats = np.array([event.latitude for event in events], dtype=np.float64)
        self._lons = np.array([event.longitude for event in events], dtype=np.float64)
        self._times = np.array([e.event_time.timestamp() for e in events], dtype=np.float64)
        self._slack = np.array([e.precision_hours * 3600 for e in events], dtype=np.float64)

    def any(self, site: Site, at: datetime, horizon_h: int) -> bool:
        """An event after ``at``, at the latest ``horizon_h`` later, less its uncertainty."""
        now = at.timestamp()
        soon = (self._times > now) & (self._times - self._slack <= now + horizon_h * 3600)
        gaps = distances_km(self._lats[soon], self._lons[soon], site.latitude, site.longitude)
        return bool(np.any(gaps <= self._km))


def probability_of(rate: float, horizon_h: int) -> float:
    """P(at least one event) of a Poisson process with ``rate`` events a day."""
    return 1 - exp(-rate * horizon_h / 24)
