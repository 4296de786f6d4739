"""Kernels fitted to past events by likelihood, and calibrated on later ones.

Every place and day is one observation: y events of a counted kind, expected from what was known
when the day began. The likelihood is Poisson's, Σ y log λ − λ, so the lag of reports is respected
on both sides: what was not yet known excites nothing. Weights enter λ linearly, which makes the
posterior log-concave; expectation maximisation (each event is shared among the parts that may
have caused it: Veen & Schoenberg 2008) finds its one maximum, the same on every machine order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil

import numpy as np

from tocsin.risk.contagion import PlaceTable
from tocsin.risk.history import EventHistory
from tocsin.risk.kernels import THURSDAY, Basis, Kernels, prior_kernels, prior_weights
from tocsin.risk.past_events import Floats, Indices, PastEvent, day_of

ROUNDS = 4
"""Weights and days of the week are fitted in turn; both have settled after three."""

STEPS, SETTLED = 2_000, 1e-9
"""Steps of expectation maximisation at most, and the change of any weight that ends them."""

WEEKDAY_EVENTS = 60.0
"""Events at the mean rate that are added to each day of the week."""


@dataclass(frozen=True, slots=True)
class FitOptions:
    """What a fit is told beside the events.

    Args:
        prior_parents: how much the prior weights count: as this many events whose offspring
            was counted.
        weekdays: whether days of the week have factors.
    """

    prior_parents: float = 5.0
    weekdays: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Observed:
    """Places and days with an event, and the sums over all of them.

    Args:
        rows: parts at place-days with events, shape (terms, cells).
        events: how many there, shape (cells,).
        cell_day: day of the week of each, 0 Monday, shape (cells,).
        sums: parts summed over all place-days, by day of the week, shape (7, terms).
    """

    rows: Floats
    events: Floats
    cell_day: Indices
    sums: Floats


def fit_kernels(
    events: Sequence[PastEvent],
    days: tuple[float, float],
    basis: Basis | None = None,
    table: PlaceTable | None = None,
    options: FitOptions | None = None,
) -> Kernels:
    """The most probable weights, with their covariance, from the days [first, last).

    Args:
        events: only those that happened before ``days[1]`` and were known by then are used.
        days: whole days since 1970; leave some history before the first.
        table: the region's places; those of the events if None.

    Raises:
        ValueError: no event of a counted kind lies within the days.
    """
    basis, options = basis or Basis(), options or FitOptions()
    usable = [event for event in events if _known(event) < days[1]]
    history = EventHistory(usable, prior_kernels(basis), table)
    observed = _observed(history, days[0], days[1] - _delay(usable))
    if not observed.events.size:
        raise ValueError("nothing to fit: no event of a counted kind within the days")
    # A weight of zero would stay there: every part starts with a share in every event.
    weights, weekday = np.maximum(prior_weights(basis), 0.01), np.ones(7)
    for _ in range(ROUNDS if options.weekdays else 1):
        weights = _maximise(weights, weekday, observed, basis, options)
        if options.weekdays:
            weekday = _weekdays(weights, observed)
    covariance = _covariance(weights, weekday, observed, basis, options)
    return Kernels(
        basis=basis,
        weights=tuple(weights.tolist()),
        covariance=tuple(tuple(row) for row in covariance.tolist()),
        weekday=tuple(weekday.tolist()),
        fitted_on=int(observed.events.sum()),
    )


def calibrated(
    kernels: Kernels,
    events: Sequence[PastEvent],
    days: tuple[float, float],
    table: PlaceTable | None = None,
) -> Kernels:
    """The kernels with intercept and slope from days after the fit: rate' = exp(a) · rate^b."""
    usable = [event for event in events if _known(event) < days[1]]
    history = EventHistory(usable, replace(kernels, intercept=0.0, slope=1.0), table)
    rate, happened = [], []
    for day, start in _days(history, days[0], days[1] - _delay(usable)):
        rate.append(history.expected(history.map.points, start, 1.0))
        happened.append(day)
    intercept, slope = poisson_line(np.log(np.concatenate(rate)), np.concatenate(happened))
    return replace(kernels, intercept=intercept, slope=slope)


def poisson_line(x: Floats, y: Floats) -> tuple[float, float]:
    """Intercept and slope of the Poisson regression log E[y] = a + b x, by Newton's method.

    A slope without enough contrast is kept near 1 by a normal prior of standard deviation 1/2.
    """
    centre = float(x.mean())
    design = np.stack([np.ones_like(x), x - centre])
    beta = np.array([np.log((y.sum() + 0.5) / (np.exp(x - centre).sum())), 1.0])
    for _ in range(50):
        mean = np.exp(beta @ design)
        slope_pull = np.array([0.0, (1.0 - beta[1]) * 4.0])
        curvature = (design * mean) @ design.T + np.diag([0.0, 4.0])
        step = np.linalg.solve(curvature, design @ (y - mean) + slope_pull)
        beta = beta + np.clip(step, -1.0, 1.0)
        if np.abs(step).max() < SETTLED:
            break
    return float(beta[0] - beta[1] * centre), float(beta[1])


def _observed(history: EventHistory, first: float, last: float) -> Observed:
    rows, events, weekdays = [], [], []
    sums = np.zeros((7, len(history.kernels.weights)))
    offset = history.kernels.basis.utc_offset_h / 24
    for happened, start in _days(history, first, last):
        of_day = _rows(history, start)
        weekday = (round(start + offset) + THURSDAY) % 7
        sums[weekday] += of_day.sum(axis=1)
        cells = np.flatnonzero(happened)
        rows.append(of_day[:, cells])
        events.append(happened[cells])
        weekdays.append(np.full(cells.size, weekday))
    if not rows:
        raise ValueError("nothing to fit: the days end before they begin")
    return Observed(np.concatenate(rows, 1), np.concatenate(events), np.concatenate(weekdays), sums)


def _days(history: EventHistory, first: float, last: float) -> Iterator[tuple[Floats, float]]:
    """(events by point, start in days since 1970) of each local day within [first, last)."""
    columns, points = history.columns, history.map.points
    chosen = np.flatnonzero(columns.counted)
    point_of = history.map.nearest(columns.spots)[columns.spot[chosen]]
    start = ceil(first) - history.kernels.basis.utc_offset_h / 24
    while start + 1 <= last:
        happened = columns.happened[chosen]
        today = point_of[(happened >= start) & (happened < start + 1) & (point_of >= 0)]
        yield np.bincount(today, minlength=len(points)).astype(np.float64), start
        start += 1


def _rows(history: EventHistory, start: float) -> Floats:
    return history.rows(history.map.points, start, 1.0)


def _maximise(
    weights: Floats, weekday: Floats, observed: Observed, basis: Basis, options: FitOptions
) -> Floats:
    prior = np.array(prior_weights(basis)) * options.prior_parents
    total = weekday @ observed.sums + options.prior_parents
    rows = observed.rows * weekday[observed.cell_day]
    for _ in range(STEPS):
        shared = weights * (rows @ (observed.events / (weights @ rows)))
        better = (shared + prior) / total
        settled = np.abs(better - weights).max() < SETTLED
        weights = better
        if settled:
            break
    return weights


def _weekdays(weights: Floats, observed: Observed) -> Floats:
    expected = observed.sums @ weights
    events = np.bincount(observed.cell_day, weights=observed.events, minlength=7)
    mean = events.sum() / expected.sum()
    factors = (events / mean + WEEKDAY_EVENTS) / (expected + WEEKDAY_EVENTS)
    return np.asarray(factors / factors.mean())


def _covariance(
    weights: Floats, weekday: Floats, observed: Observed, basis: Basis, options: FitOptions
) -> Floats:
    """Inverse curvature of the log-posterior.

    A weight at its bound of zero falls off like an exponential there; its rate is the gradient,
    whose square therefore joins the curvature.
    """
    rows = observed.rows * weekday[observed.cell_day]
    rate = weights @ rows
    prior = np.array(prior_weights(basis)) * options.prior_parents
    kept = np.maximum(weights, 1e-9)
    total = weekday @ observed.sums + options.prior_parents
    gradient = total - rows @ (observed.events / rate) - prior / kept
    curvature = (rows * (observed.events / rate**2)) @ rows.T
    curvature += np.diag(prior / kept**2 + np.maximum(gradient, 0.0) ** 2)
    return np.asarray(np.linalg.pinv(curvature, hermitian=True))


def _known(event: PastEvent) -> float:
    return max(day_of(event.event_time), day_of(event.known_at))


def _delay(events: Iterable[PastEvent]) -> float:
    """Days at the end of a period that are not yet reported in full: 95 % of delays are shorter."""
    delays = [_known(event) - day_of(event.event_time) for event in events]
    return ceil(float(np.quantile(delays, 0.95)) - 1.0) if delays else 0.0
