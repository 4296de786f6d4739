"""The logistic score: what its priors promise."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from risk_builders import T0, key, place, when

from tocsin.model import GatheringCall, Signal, Situation, Spread, Target
from tocsin.risk import Coefficients, Prior, RiskModel, haversine_km
from tocsin.risk.features import MOST_DOUBLINGS, doublings

BARE = Situation(key(), T0, place(), Target("Group A", 0.9))
CALLED = replace(
    BARE,
    hostile_refs=("one/h1",),
    calls=(GatheringCall(place(), None),),
    call_refs=("one/c1",),
    independent_channels=1,
)
TIMED = replace(CALLED, calls=(GatheringCall(place(), when(10)),))
INHERITED = replace(TIMED, hostility_inherited=True)


def p(situation: Situation, spreads: dict[str, Spread] | None = None) -> float:
    return RiskModel().forecast(situation, spreads or {}, T0).probability


def spread(growth: float, posts: int = 10) -> Spread:
    return Spread("r", T0, posts, posts, posts, 3, 3, 1, growth, None, T0)


def test_nothing_but_the_base_rate() -> None:
    forecast = RiskModel().forecast(BARE, {}, T0)
    assert forecast.probability == pytest.approx(0.002)
    assert forecast.terms == ()
    assert not forecast.calibrated


@pytest.mark.parametrize(
    ("situation", "expected"),
    [
        (replace(BARE, hostile_refs=("one/h1",)), 0.015),
        (replace(BARE, hostile_refs=("one/h1",), directed_refs=("one/h1",)), 0.05),
        (replace(BARE, hostile_refs=("a/1", "b/1"), independent_channels=2), 0.045),
        (CALLED, 0.08),
        (TIMED, 0.19),
        (INHERITED, 0.10),
        (replace(INHERITED, uptake_refs=("two/u",)), 0.18),
        (replace(TIMED, uptake_refs=("two/u",)), 0.32),
    ],
)
def test_the_documented_table(situation: Situation, expected: float) -> None:
    assert p(situation) == pytest.approx(expected, rel=0.08)


@pytest.mark.parametrize(
    "more",
    [
        {"uptake_refs": ("x/1",)},
        {"event_refs": ("x/1", "y/1")},
        {"nearby_refs": ("x/1",)},
        {"confirmed_by": "desk"},
        {"directed_refs": ("one/h1",)},
        {"independent_channels": 2},
        {"hostile_refs": ("one/h1", "one/h2")},
        {"support_channels": 2},
        {"signals": (Signal.ULTIMATUM,)},
        {"signals": (Signal.PREPARATION,)},
        {"signals": (Signal.TARGET_MARKING,)},
        {"peaceful_only": True},
    ],
)
def test_every_sign_adds(more: dict[str, object]) -> None:
    assert p(replace(CALLED, **more)) > p(CALLED)  # type: ignore[arg-type]


def test_what_adds_nothing() -> None:
    shown = replace(CALLED, denial_refs=("x/1",), signals=(Signal.FEAR,), rumours=("r",))
    assert p(shown) == p(CALLED)


def test_growth_of_a_rumour_that_moves() -> None:
    moving = replace(CALLED, rumours=("unknown", "r"))
    assert p(moving, {"r": spread(4.0)}) > p(moving, {"r": spread(2.0)}) > p(CALLED)
    assert p(moving, {"r": spread(4.0, posts=2)}) == p(CALLED)
    assert p(moving, {"r": spread(0.5)}) == p(CALLED)


def test_a_weak_call_counts_once_and_only_without_a_strong_one() -> None:
    weak = replace(CALLED, weak_refs=CALLED.call_refs)
    names = {term.name for term in RiskModel().forecast(weak, {}, T0).terms}
    assert "weak_call" in names
    assert not names & {"call", "call_timed", "call_soon"}


def test_a_call_beyond_the_horizon_is_timed_and_not_soon() -> None:
    later = replace(CALLED, calls=(GatheringCall(place(), when(30)),))
    assert p(CALLED) < p(later) < p(TIMED)


def test_the_interval_holds_the_probability_and_widens_with_the_terms() -> None:
    few, many = (RiskModel().forecast(s, {}, T0) for s in (BARE, TIMED))
    for forecast in (few, many):
        low, high = forecast.interval
        assert 0 < low < forecast.probability < high < 1
    assert many.interval[1] / many.interval[0] != few.interval[1] / few.interval[0]


def test_without_spread_the_interval_is_a_point() -> None:
    sure = {f.name: Prior(1.0, 0.0) for f in fields(Coefficients) if f.type == "Prior"}
    forecast = RiskModel(Coefficients(base_sd=0.0, **sure)).forecast(TIMED, {}, T0)  # type: ignore[arg-type]
    assert forecast.interval == (forecast.probability, forecast.probability)


def test_terms_come_by_share_and_add_up() -> None:
    terms = RiskModel().forecast(TIMED, {}, T0).terms
    shares = [term.share for term in terms]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(2.0 + 1.8 + 0.4 + 0.6)


@pytest.mark.parametrize(("horizon", "rate"), [(24, 0.002), (72, 0.005988), (6, 0.0005004)])
def test_the_base_rate_follows_the_horizon(horizon: int, rate: float) -> None:
    assert RiskModel(horizon_h=horizon).forecast(BARE, {}, T0).base_rate == pytest.approx(
        rate, rel=1e-3
    )


def test_no_horizon_is_refused() -> None:
    with pytest.raises(ValueError, match="horizon_h"):
        RiskModel(horizon_h=0)


def test_counts_saturate() -> None:
    assert doublings(0.1) == 0
    assert doublings(2) == 1
    assert doublings(1e9) == MOST_DOUBLINGS


def test_distance() -> None:
    assert haversine_km(0, 0, 0, 180) == pytest.approx(20015, rel=1e-3)
    assert haversine_km(43.0, 47.5, 43.0, 47.5) == 0
