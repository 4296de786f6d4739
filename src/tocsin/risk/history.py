"""Base rate and contagion at any point, as of any moment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp, expm1, isnan, sqrt

import numpy as np

from tocsin.clock import as_utc
from tocsin.risk.contagion import Map, PlaceTable, Snapshot, parts, point, snapshot, sums
from tocsin.risk.kernels import Z90, Kernels, prior_kernels
from tocsin.risk.past_events import (
    SECONDS_A_DAY,
    EventColumns,
    Floats,
    PastEvent,
    columns_of,
    day_of,
)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What past events say about one point and one horizon.

    Args:
        probability: of at least one event of a counted kind within the horizon.
        interval: 90 %, from the uncertainty of weights and level alone.
        relative: expected events over those at the mean place of the region.
        base: events expected from the region's level and from what the place is like.
        contagion: events expected in the wake of recent ones; base + contagion are all.
        known_events: how many events were known.
    """

    probability: float
    interval: tuple[float, float]
    relative: float
    base: float
    contagion: float
    known_events: int


class EventHistory:
    """Past events, asked about a point at a moment; deterministic, and blind to what came later.

    Memory grows with the events (about 100 bytes each) and their places; ``forget`` bounds it.

    Args:
        events: in any order.
        kernels: fitted ones; the priors if None.
        table: the region's places, where they are known beforehand.
    """

    def __init__(
        self,
        events: Iterable[PastEvent] = (),
        kernels: Kernels | None = None,
        table: PlaceTable | None = None,
    ) -> None:
        self.kernels = kernels or prior_kernels()
        self.table = table
        self._lasting = np.array(self.kernels.basis.lasting())
        self._weights = np.array(self.kernels.weights)
        self._covariance = np.array(self.kernels.covariance)
        self._events: list[PastEvent] = []
        self._now: Snapshot | None = None
        self.add(events)

    def add(self, events: Iterable[PastEvent]) -> None:
        """More events, such as violence reported as in progress."""
        self._events.extend(events)
        basis = self.kernels.basis
        self.columns: EventColumns = columns_of(self._events, basis.kinds, basis.counted)
        self.map = Map(self.columns.spots, basis, self.table)
        self._now = None

    def forget(self, before: datetime) -> None:
        """Drop events that happened earlier; only ever relative to a replay's own time."""
        kept = [event for event in self._events if as_utc(event.event_time) >= as_utc(before)]
        self._events = []
        self.add(kept)

    def __len__(self) -> int:
        return len(self._events)

    def outlook(
        self,
        latitude: float,
        longitude: float,
        as_of: datetime,
        horizon: timedelta,
        base_factor: float = 1.0,
    ) -> Outlook:
        """Probability of violence at a point within ``horizon`` from ``as_of``.

        Args:
            latitude, longitude: degrees.
            base_factor: multiplies the base rate; ``structure.Factors.factor`` gives one.

        Raises:
            ValueError: the horizon is not positive, or the point is not on earth.
        """
        days = horizon.total_seconds() / SECONDS_A_DAY
        if days <= 0:
            raise ValueError(f"the horizon must be positive, not {horizon}")
        if isnan(latitude + longitude) or abs(latitude) > 90 or abs(longitude) > 360:
            raise ValueError(f"no point on earth: latitude {latitude}, longitude {longitude}")
        now = self._snapshot(day_of(as_of))
        rows = self.drawn(point(latitude, longitude), now.day, days)[:, 0]
        return self._outlook(now, np.where(self._lasting, rows * base_factor, rows), days)

    def rows(self, points: Floats, day: float, days: float) -> Floats:
        """Events expected through each part at weight 1, shape (terms, points).

        Args:
            points: unit vectors, shape (points, 3).
            day: the moment, days since 1970.
            days: length of the horizon.
        """
        now = self._snapshot(day)
        seen = now.shares.shape[1]
        where = self.map.own(seen) if points is self.map.points else self.map.at(points, seen)
        return parts(now, self.kernels.basis, where, days)

    def drawn(self, points: Floats, day: float, days: float) -> Floats:
        """``rows``, those that last drawn towards the region's level.

        Weights that were fitted while violence grew expect too much when it wanes. The lasting
        parts are multiplied by (level / weighted sum of all parts over all places) ^
        ``level_pull``: the level counts events in the wake of others as well.
        """
        rows = self.rows(points, day, days)
        now, kernels = self._snapshot(day), self.kernels
        whole = float(self._weights @ sums(now, kernels.basis, days))
        factor = (now.level * days / whole) ** kernels.basis.level_pull
        return np.where(self._lasting[:, None], rows * factor, rows)

    def expected(self, points: Floats, day: float, days: float) -> Floats:
        """Events expected at ``points``, calibrated, shape (points,); arguments as of ``rows``."""
        kernels = self.kernels
        rate = self._weights @ self.drawn(points, day, days) / days
        rate *= kernels.rhythm(day, days)
        return np.asarray(days * np.exp(kernels.intercept + kernels.slope * np.log(rate)))

    def _snapshot(self, day: float) -> Snapshot:
        if self._now is None or self._now.day != day:
            places = len(self.table.degrees) if self.table else None
            self._now = snapshot(self.columns, self.kernels.basis, day, places)
        return self._now

    def _outlook(self, now: Snapshot, rows: Floats, days: float) -> Outlook:
        kernels = self.kernels
        each = self._weights * rows
        raw_base, raw_rest = float(each[self._lasting].sum()), float(each[~self._lasting].sum())
        raw = raw_base + raw_rest
        rhythm = kernels.rhythm(now.day, days)
        events = days * kernels.calibrated(raw * rhythm / days)
        # Delta method on the log scale; the level is a Gamma variable of level_events + 1/2.
        variance = float(rows @ self._covariance @ rows) / raw**2
        variance += (raw_base / raw) ** 2 / (2 * now.level_events + 0.5)
        reach = exp(kernels.slope * Z90 * sqrt(variance))
        return Outlook(
            probability=-expm1(-events),
            interval=(-expm1(-events / reach), -expm1(-events * reach)),
            relative=events * now.places / (now.level * days * rhythm),
            base=events * raw_base / raw,
            contagion=events * raw_rest / raw,
            known_events=self.columns.known_by(now.day),
        )
