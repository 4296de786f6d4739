"""Kernels fitted to events that were drawn from known ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np
import pytest

from tocsin.risk.contagion import PlaceTable
from tocsin.risk.distance import haversine_km
from tocsin.risk.fitting import FitOptions, calibrated, fit_kernels, poisson_line
from tocsin.risk.history import EventHistory
from tocsin.risk.kernels import Basis, Kernels, prior_kernels
from tocsin.risk.past_events import PastEvent, day_of

T0 = datetime(2015, 1, 1, tzinfo=UTC)  # a Thursday
FIRST = day_of(T0)
DAYS = 1500
DEGREES = tuple((48 + 0.4 * i, 8 + 0.6 * j) for i in range(7) for j in range(7))
TABLE = PlaceTable(DEGREES, (1.0,) * len(DEGREES))
BASIS = Basis(kinds=("riot", "clandestine", "other"), counted=("riot", "clandestine"))
LOOSE = FitOptions(prior_parents=0.5, weekdays=False)
PERIOD = (FIRST + 100, FIRST + DAYS)


@dataclass(frozen=True)
class World:
    """What events are drawn from: per day and place, per event at home, per event next door."""

    base: float = 0.016
    here: tuple[float, float] = (0.3, 0.1)
    neighbours: tuple[float, float] = (0.25, 0.0)
    weekday: tuple[float, ...] = (1.0,) * 7


@cache
def drawn(seed: int, lag: float = 0.5, world: World = World()) -> tuple[PastEvent, ...]:
    """Riots and clandestine attacks, day by day: a branching process, in code of its own."""
    rng, (here, beside) = np.random.default_rng(seed), (world.here, world.neighbours)
    apart = np.array([[haversine_km(*a, *b) for b in DEGREES] for a in DEGREES])
    near = np.where(apart > BASIS.same_km, np.exp(-apart / BASIS.neighbour_km), 0.0)
    near /= near.sum(axis=0)
    recent = np.zeros((2, 2, len(DEGREES)))  # kind, (here, neighbours), place
    scales = np.array([BASIS.near_days[0], BASIS.neighbour_days])
    events = []
    for day in range(DAYS):
        arriving = np.zeros(len(DEGREES))
        for kind in (0, 1):
            grown = recent[kind] * -np.expm1(-1 / scales)[:, None]
            arriving += here[kind] * grown[0] + beside[kind] * (near @ grown[1])
        rate = (world.base + arriving) * world.weekday[(day + 3) % 7]
        riot = rng.random(len(DEGREES)) < 0.5
        counts = rng.poisson(rate)
        recent *= np.exp(-1 / scales)[None, :, None]
        for place in np.flatnonzero(counts):
            kind = 0 if riot[place] else 1
            recent[kind, :, place] += counts[place] * np.exp(-0.5 / scales)
            at = T0 + timedelta(days=day + 0.5)
            one = PastEvent(
                str(place), *DEGREES[place], at, at + timedelta(days=lag), BASIS.kinds[kind]
            )
            events += [one] * int(counts[place])
    return tuple(events)


@cache
def fitted(seed: int, lag: float = 0.5) -> Kernels:
    return fit_kernels(drawn(seed, lag), PERIOD, BASIS, TABLE, LOOSE)


TRUE = {
    "riot: here 3 d": 0.3,
    "riot: neighbours 4 d": 0.25,
    "clandestine: here 3 d": 0.1,
    "clandestine: neighbours 4 d": 0.0,
    "other: here 3 d": 0.0,
}


def weight(kernels: Kernels, term: str) -> float:
    return kernels.weights[kernels.basis.terms().index(term)]


def test_known_kernels_come_back_within_their_intervals() -> None:
    inside = []
    for seed in range(4):
        kernels = fitted(seed)
        for term, true in TRUE.items():
            low, high = kernels.interval(term)
            inside.append(low <= true <= high)
            assert abs(weight(kernels, term) - true) < 0.16, (seed, term)
    assert sum(inside) >= 0.8 * len(inside)


def test_riots_are_told_from_clandestine_attacks() -> None:
    kernels = fitted(0)
    assert kernels.interval("riot: neighbours 4 d")[0] > 0.1
    assert weight(kernels, "riot: neighbours 4 d") > 2 * weight(
        kernels, "clandestine: neighbours 4 d"
    )


def test_intervals_are_no_wider_than_they_need_be() -> None:
    low, high = fitted(0).interval("riot: here 3 d")
    assert high - low < 0.2


def test_a_fit_is_the_same_each_time_and_in_any_order() -> None:
    events = drawn(1)
    assert fit_kernels(events[::-1], PERIOD, BASIS, TABLE, LOOSE) == fitted(1)


def test_a_fit_sees_nothing_later_than_its_last_day() -> None:
    cut = FIRST + 700
    past = [event for event in drawn(1) if day_of(event.known_at) < cut]
    days = (FIRST + 100, cut)
    whole = fit_kernels(drawn(1), days, BASIS, TABLE, LOOSE)
    assert whole == fit_kernels(past, days, BASIS, TABLE, LOOSE)


def test_reports_that_come_late_cannot_excite_in_time() -> None:
    """Five days late, most of a three-day kernel is over before anybody knows of the event."""
    late = fitted(0, lag=5.5)
    history = EventHistory(drawn(0, 5.5), late, TABLE)
    one = drawn(0, 5.5)[500]
    place, at = (one.latitude, one.longitude), one.event_time
    before = history.outlook(*place, at + timedelta(days=5), timedelta(days=1))
    after = history.outlook(*place, at + timedelta(days=6), timedelta(days=1))
    assert before.known_events < after.known_events
    assert after.contagion > before.contagion


def test_days_of_the_week_come_back() -> None:
    world = World(weekday=(0.8, 0.8, 0.8, 0.8, 0.8, 1.7, 1.3))
    kernels = fit_kernels(drawn(5, 0.5, world), PERIOD, BASIS, TABLE)
    assert kernels.weekday[5] == max(kernels.weekday)
    assert kernels.weekday == pytest.approx(world.weekday, abs=0.25)
    assert sum(kernels.weekday) == pytest.approx(7)


def test_a_fitted_model_forecasts_better_than_the_mean() -> None:
    half = FIRST + 750
    kernels = fit_kernels(drawn(2), (FIRST + 100, half), BASIS, TABLE, LOOSE)
    history = EventHistory(drawn(2), kernels, TABLE)
    gain, rates, seen = 0.0, 0.0, 0
    places = {degrees: n for n, degrees in enumerate(DEGREES)}
    for day in np.arange(half, FIRST + DAYS):
        rate = history.expected(history.map.points, float(day), 1.0)
        rates += float(rate.sum())
        for one in drawn(2):
            if day <= day_of(one.event_time) < day + 1:
                gain += np.log(rate[places[one.latitude, one.longitude]] / rate.mean())
                seen += 1
    assert gain / seen > 0.05
    assert 0.85 < rates / seen < 1.15


def test_calibration_sets_level_and_slope_right() -> None:
    kernels = fitted(3)
    free = replace(BASIS, level_pull=0.0)
    wrong = replace(kernels, basis=free, weights=tuple(3 * w for w in kernels.weights))
    right = calibrated(wrong, drawn(3), PERIOD, TABLE)
    assert right.slope == pytest.approx(1.0, abs=0.15)
    rate = right.calibrated(3 * 0.02), 0.02
    assert rate[0] == pytest.approx(rate[1], rel=0.2)


def test_the_level_is_kept_where_weights_have_grown_too_large() -> None:
    wrong = replace(fitted(3), weights=tuple(2 * w for w in fitted(3).weights))
    free = replace(wrong, basis=replace(BASIS, level_pull=0.0))
    day = FIRST + 1000.0
    totals = []
    for kernels in (fitted(3), wrong, free):
        history = EventHistory(drawn(3), kernels, TABLE)
        totals.append(float(history.expected(history.map.points, day, 1.0).sum()))
    assert totals[2] > 1.8 * totals[0]
    assert totals[1] < 1.4 * totals[0]


def test_a_line_is_found() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(-3, 1, 50_000)
    intercept, slope = poisson_line(x, rng.poisson(np.exp(0.4 + 0.8 * x)).astype(float))
    assert intercept == pytest.approx(0.4, abs=0.1)
    assert slope == pytest.approx(0.8, abs=0.05)
    assert poisson_line(np.full(10, -2.0), np.zeros(10))[1] == pytest.approx(1.0)


def test_places_are_those_of_the_events_where_no_table_is_given() -> None:
    kernels = fit_kernels(drawn(1), (FIRST + 100, FIRST + 400), BASIS)
    assert kernels.fitted_on > 50
    assert weight(kernels, "riot: here 3 d") > 0.05


def test_little_is_learnt_from_little() -> None:
    few = drawn(1)[:3]
    kernels = fit_kernels(few, (FIRST, FIRST + 30), BASIS, TABLE)
    prior = prior_kernels(BASIS)
    for term in BASIS.terms():
        assert abs(weight(kernels, term) - weight(prior, term)) < 0.15, term


def test_nothing_to_fit() -> None:
    with pytest.raises(ValueError, match="no event"):
        fit_kernels([], (FIRST, FIRST + 10), BASIS, TABLE)
    with pytest.raises(ValueError, match="nothing to fit"):
        fit_kernels(drawn(1), (FIRST, FIRST), BASIS, TABLE)
