"""Molchan and ROC diagrams: how much is missed for how much is alarmed.

Zechar and Jordan (2008), "Testing alarm-based earthquake predictions": the miss rate ν against the
fraction τ of space-time under alarm, where space is weighted by a reference model, here the
smoothed rate of earlier events. A method that knows no more than the reference lies on the
diagonal; the area skill score is the area above the curve, 1/2 for such a method and 1 at best.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor

import numpy as np
import numpy.typing as npt

from tocsin.backtest.alarms import Claims, Floats, Ints
from tocsin.backtest.rules import Rules, Window
from tocsin.model import MobEvent
from tocsin.reading.gazetteer import distances_km

CELL_DEGREES = 0.5
PRIOR_WEIGHT = 0.5
"""What a cell weighs in which nothing is known to have happened: half an event."""

_MOST_CELLS = 64_000_000
_BIN_HOURS = (1, 3, 6, 12, 24, 72, 168)
_STEPS = 100
_MOST_CLAIMS = 200_000


@dataclass(frozen=True, slots=True)
class Diagram:
    """One curve, from nothing under alarm to everything; each shape (n,).

    Args:
        thresholds: score from which a claim counts; infinite at the first point, 0 at the last.
        fraction: τ, weighted share of space-time under alarm.
        miss: ν, share of the events that were not under alarm.
        false_positive: share of all bins without an event that were under alarm, unweighted.
        skill: area skill score.
        auc: area under the ROC curve (1 − ``miss`` against ``false_positive``).
    """

    thresholds: tuple[float, ...]
    fraction: tuple[float, ...]
    miss: tuple[float, ...]
    false_positive: tuple[float, ...]
    skill: float
    auc: float


class Grid:
    """Space-time in cells of half a degree and bins of hours, with the events in it.

    Args:
        points: latitude and longitude of every place to be covered: those that posts name,
            those that anything is claimed about, those of events.
        earlier: events that weigh the cells; they must lie before the window.
        events: those to be forecast, all in the window.
    """

    def __init__(
        self,
        points: Iterable[tuple[float, float]],
        earlier: Sequence[MobEvent],
        events: Sequence[MobEvent],
        window: Window,
        rules: Rules,
    ) -> None:
        self._km = rules.km
        every = [*points, *((e.latitude, e.longitude) for e in (*earlier, *events))]
        self._cells = {key: at for at, key in enumerate(sorted({cell(*p) for p in every}))}
        middle = [((a + 0.5) * CELL_DEGREES, (b + 0.5) * CELL_DEGREES) for a, b in self._cells]
        self._lats = np.array([m[0] for m in middle], dtype=np.float64)
        self._lons = np.array([m[1] for m in middle], dtype=np.float64)
        self._start = window.start.timestamp()
        seconds = max(window.end.timestamp() - self._start, 1.0)
        fits = [h for h in _BIN_HOURS if len(middle) * seconds / h / 3600 <= _MOST_CELLS]
        self.bin_hours = (fits or _BIN_HOURS[-1:])[0]
        self._bins = floor(seconds / self.bin_hours / 3600) + 1
        self._weights = self._weigh(earlier)
        self._event_cell = np.array([self._cell_of(e) for e in events], dtype=np.int64)
        bins = [self._bin_of(e.event_time.timestamp()) for e in events]
        self._event_bin = np.array(bins, dtype=np.int64)

    @property
    def shape(self) -> tuple[int, int]:
        """Cells and bins."""
        return len(self._cells), self._bins

    def diagram(self, claims: Claims) -> Diagram | None:
        """The curve of a method; None without events."""
        if not len(self._event_cell):
            return None
        covered = np.zeros(self.shape, dtype=np.bool_)
        order = np.argsort(-claims.score, kind="stable")[:_MOST_CLAIMS]
        discs = {at: self._disc(claims, at) for at in np.unique(claims.site[order]).tolist()}
        points = [(float("inf"), 0.0, 1.0, 0.0)]
        for part in _steps(claims.score[order]):
            for at in order[part].tolist():
                first, last = self._span(claims.start[at], claims.end[at])
                if first < last:
                    covered[discs[int(claims.site[at])], first:last] = True
            points.append((float(claims.score[order[part]].min()), *self._measure(covered)))
        return _diagram([*points, (0.0, 1.0, 0.0, 1.0)])

    def _weigh(self, earlier: Sequence[MobEvent]) -> Floats:
        weights = np.full(len(self._cells), PRIOR_WEIGHT)
        for event in earlier:
            weights[self._cell_of(event)] += 1
        total: Floats = weights / weights.sum()
        return total

    def _cell_of(self, event: MobEvent) -> int:
        return self._cells[cell(event.latitude, event.longitude)]

    def _bin_of(self, seconds: float) -> int:
        return min(max(floor((seconds - self._start) / 3600 / self.bin_hours), 0), self._bins - 1)

    def _span(self, start: float, end: float) -> tuple[int, int]:
        """Bins under a claim: from the first that begins after it was made."""
        first = max(ceil((start - self._start) / 3600 / self.bin_hours), 0)
        return first, min(ceil((end - self._start) / 3600 / self.bin_hours), self._bins)

    def _disc(self, claims: Claims, at: int) -> Ints:
        site = claims.sites[at]
        gaps = distances_km(self._lats, self._lons, site.latitude, site.longitude)
        near = gaps <= self._km
        near[self._cells[cell(site.latitude, site.longitude)]] = True
        return np.flatnonzero(near)

    def _measure(self, covered: npt.NDArray[np.bool_]) -> tuple[float, float, float]:
        alarmed = covered.sum(axis=1, dtype=np.int64)
        hits = covered[self._event_cell, self._event_bin]
        bins = set(zip(self._event_cell.tolist(), self._event_bin.tolist(), strict=True))
        held = sum(bool(covered[at]) for at in bins)
        free = covered.size - len(bins)
        false = (int(alarmed.sum()) - held) / free if free else 0.0
        return float(self._weights @ alarmed) / self._bins, 1 - float(hits.mean()), false


def cell(latitude: float, longitude: float) -> tuple[int, int]:
    """The cell a point lies in, by its south-western corner."""
    return floor(latitude / CELL_DEGREES), floor(longitude / CELL_DEGREES)


def _steps(scores: Floats) -> list[slice]:
    """Falling scores cut into at most 100 parts; equal scores stay together."""
    if not len(scores):
        return []
    ends = np.flatnonzero(np.append(scores[1:] != scores[:-1], True)) + 1
    wanted = np.unique(np.linspace(0, len(ends) - 1, _STEPS).round().astype(np.int64))
    cuts = [0, *ends[wanted].tolist()]
    return [slice(a, b) for a, b in pairwise(cuts) if b > a]


def _diagram(points: Sequence[tuple[float, float, float, float]]) -> Diagram:
    thresholds, fraction, miss, false = (tuple(column) for column in zip(*points, strict=True))
    hit = 1 - np.array(miss)
    return Diagram(
        thresholds,
        fraction,
        miss,
        false,
        float(np.trapezoid(hit, np.array(fraction))),
        float(np.trapezoid(hit, np.array(false))),
    )
