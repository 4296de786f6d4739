"""Baselines from earlier events alone: history rate, persistence, EMA × share.

Each day at 00:00 UTC they look at the events known by then (``known_at``), and at nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from math import exp, log

import numpy as np

from tocsin.backtest.alarms import Claims, Floats, Ints, Site, make_claims
from tocsin.backtest.rules import DAY_S, Rules, Window
from tocsin.model import MobEvent
from tocsin.reading.gazetteer import distances_km

PERSISTENCE_DAYS = 7.0
EMA_HALF_LIFE_DAYS = 14.0
PRIOR_EVENTS = 1.0
"""How many events' worth the prior of a place weighs (shape of its Gamma distribution)."""

_DAILY_SITES = 200
"""How many sites a baseline claims about on one day; no desk could bear more alerts."""


@dataclass(frozen=True, slots=True)
class _Day:
    """What is known on one morning.

    Args:
        now: seconds since 1970.
        ages: days since each known event happened, never negative, shape (k,).
        counts: known events near each site, shape (s,).
        newest: days since the newest known event near each site, infinite without one, shape (s,).
        span: days since the first known event, at least 1.
    """

    now: float
    ages: Floats
    counts: Floats
    newest: Floats
    span: float


class KnownEvents:
    """Events in the order in which they became known, and the sites they happened at.

    A site is the first event known there; later ones within ``rules.km`` belong to it.
    """

    def __init__(self, events: Sequence[MobEvent], rules: Rules) -> None:
        self._events = sorted(events, key=lambda one: (one.known_at, one.event_time, one.id))
        self._km = rules.km
        self._known = np.array([e.known_at.timestamp() for e in self._events], dtype=np.float64)
        self._times = np.array([e.event_time.timestamp() for e in self._events], dtype=np.float64)
        self._lats = np.array([e.latitude for e in self._events], dtype=np.float64)
        self._lons = np.array([e.longitude for e in self._events], dtype=np.float64)
        self.sites: list[Site] = []
        self._born: list[float] = []
        for event in self._events:
            self._settle(event)

    def _settle(self, event: MobEvent) -> None:
        lats = np.array([site.latitude for site in self.sites], dtype=np.float64)
        lons = np.array([site.longitude for site in self.sites], dtype=np.float64)
        gaps = distances_km(lats, lons, event.latitude, event.longitude)
        if not len(gaps) or gaps.min() > self._km:
            name = event.place or f"{event.latitude:.2f}, {event.longitude:.2f}"
            self.sites.append(Site(f"event:{event.id}", name, event.latitude, event.longitude))
            self._born.append(event.known_at.timestamp())

    def known_sites(self, now: float) -> int:
        """How many of ``sites`` are known at ``now``; they come first."""
        return int(np.searchsorted(np.array(self._born), now, side="right"))

    def near(self, latitude: float, longitude: float) -> Ints:
        """Indices of all events within the distance of a point, in the order they became known."""
        gaps = distances_km(self._lats, self._lons, latitude, longitude)
        return np.flatnonzero(gaps <= self._km)

    def rate(self, latitude: float, longitude: float, now: float) -> float:
        """Events a day to be expected near a point, from what is known at ``now``.

        The mean of a Gamma distribution over the rate: prior of PRIOR_EVENTS events at the mean
        rate of the known sites, and the known events near the point. Zero before any is known.
        """
        known = int(np.searchsorted(self._known, now, side="right"))
        if not known:
            return 0.0
        span = max((now - self._times[:known].min()) / DAY_S, 1.0)
        here = np.array([np.sum(self.near(latitude, longitude) < known)], dtype=np.float64)
        return float(_gamma_rate(here, known / self.known_sites(now) / span, span)[0])

    def days(self, window: Window) -> Iterator[_Day]:
        """Each midnight (UTC) from the one before the window to its end, with what is known."""
        members = [self.near(s.latitude, s.longitude) for s in self.sites]
        morning = window.start.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        while morning <= window.end:
            now = morning.timestamp()
            known = int(np.searchsorted(self._known, now, side="right"))
            if known:
                yield self._day(now, known, members[: self.known_sites(now)])
            morning += timedelta(days=1)

    def _day(self, now: float, known: int, members: Sequence[Ints]) -> _Day:
        ages = np.maximum((now - self._times[:known]) / DAY_S, 0.0)
        here = [at[: int(np.searchsorted(at, known))] for at in members]
        counts = np.array([len(at) for at in here], dtype=np.float64)
        newest = np.array([ages[at].min() if len(at) else np.inf for at in here])
        return _Day(now, ages, counts, newest, max(float(ages.max()), 1.0))


def history_rate(history: KnownEvents, window: Window) -> Claims:
    """The smoothed rate of each place where something is known to have happened."""
    return _daily(history, window, _rates)


def persistence(history: KnownEvents, window: Window) -> Claims:
    """An event near the place within the last 7 days: the fresher, the higher."""
    return _daily(history, window, _fresh)


def ema_share(history: KnownEvents, window: Window) -> Claims:
    """The level of all places together (exponential mean, half-life 14 days) × a place's share."""
    return _daily(history, window, _level_shares)


def _daily(history: KnownEvents, window: Window, score: Callable[[_Day], Floats]) -> Claims:
    rows: list[tuple[int, float, float, float]] = []
    for day in history.days(window):
        scores = score(day)
        best = np.argsort(-scores, kind="stable")[:_DAILY_SITES]
        rows += [
            (at, day.now, day.now + DAY_S, float(scores[at])) for at in best.tolist() if scores[at]
        ]
    return make_claims(history.sites, rows, renews=False)


def _gamma_rate(counts: Floats, mean: float, span: float) -> Floats:
    return (counts + PRIOR_EVENTS) / (span + PRIOR_EVENTS / mean)


def _rates(day: _Day) -> Floats:
    mean = len(day.ages) / len(day.counts) / day.span
    return _gamma_rate(day.counts, mean, day.span)


def _fresh(day: _Day) -> Floats:
    fresh = np.exp(-day.newest / PERSISTENCE_DAYS)
    return np.where(day.newest <= PERSISTENCE_DAYS, fresh, 0.0)


def _level_shares(day: _Day) -> Floats:
    decay = log(2) / EMA_HALF_LIFE_DAYS
    level = (1 - exp(-decay)) * float(np.exp(-decay * day.ages).sum())
    total = day.counts.sum() + PRIOR_EVENTS * len(day.counts)
    shares: Floats = (day.counts + PRIOR_EVENTS) / total
    return level * shares
