"""What stands behind a place: history, days of the calendar, and several horizons."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st
from risk_builders import T0, call, hostile, hours, key, look, place, when

from tocsin.model import (
    Background,
    Correction,
    GatheringCall,
    Role,
    Signal,
    Situation,
    Target,
    Term,
)
from tocsin.risk import CalendarDay, RiskModel, Sources, background
from tocsin.risk.model import HORIZONS_H, MOST_RELATIVE

HOSTILE = Situation(key(), T0, place(), Target("Group A", 0.9), hostile_refs=("one/h1",))
CALLED = replace(
    HOSTILE, calls=(GatheringCall(place(), when(10)),), call_refs=("one/c1",), uptake_refs=("u/1",)
)


def names(situation: Situation, at_h: float = 0, horizon_h: int = 24) -> set[str]:
    forecast = RiskModel(horizon_h=horizon_h).forecast(situation, {}, T0 + hours(at_h))
    return {term.name for term in forecast.terms}


# -- horizons ----------------------------------------------------------------------------------


@given(st.integers(0, 8), st.integers(0, 3), st.booleans(), st.integers(0, 5))
def test_more_time_never_makes_it_less_likely(
    posts: int, coming: int, called: bool, denials: int
) -> None:
    situation = replace(
        CALLED if called else HOSTILE,
        hostile_refs=tuple(f"one/h{n}" for n in range(posts + 1)),
        uptake_refs=tuple(f"two/u{n}" for n in range(coming)),
        denial_refs=tuple(f"two/d{n}" for n in range(denials)),
    )
    outlook = RiskModel().outlook(situation, {}, T0)
    assert tuple(risk.horizon_h for risk in outlook) == HORIZONS_H
    told = [risk.probability for risk in outlook]
    assert told == sorted(told)
    assert all(low <= risk.probability <= high for risk in outlook for low, high in [risk.interval])


def test_the_day_in_the_outlook_is_the_forecast() -> None:
    model = RiskModel()
    (day,) = [risk for risk in model.outlook(CALLED, {}, T0) if risk.horizon_h == 24]
    assert day.probability == model.forecast(CALLED, {}, T0).probability


def test_calm_counts_in_long_horizons_alone_and_never_before_a_called_hour() -> None:
    calmed = replace(HOSTILE, denial_refs=("two/d1", "two/d2"))
    assert "calm" not in names(calmed)
    assert "calm" in names(calmed, horizon_h=72)
    waiting = replace(CALLED, denial_refs=("two/d1",))
    assert "calm" not in names(waiting, horizon_h=72)
    assert "calm" in names(waiting, at_h=11, horizon_h=72)


# -- history and corrections -------------------------------------------------------------------


def test_a_place_with_a_history_starts_higher_and_within_bounds() -> None:
    model = RiskModel()
    plain, moved, wild = (
        model.forecast(HOSTILE, {}, T0, Background(relative=relative))
        for relative in (1.0, 4.0, 1e9)
    )
    assert plain.probability < moved.probability < wild.probability
    odds = wild.probability / (1 - wild.probability) * (1 - plain.probability) / plain.probability
    assert log(odds) == pytest.approx(MOST_RELATIVE)
    assert moved.base_rate > plain.base_rate


def test_what_is_uncertain_widens_the_interval() -> None:
    model = RiskModel()
    sure, unsure = (
        model.forecast(HOSTILE, {}, T0, Background(relative=2.0, relative_sd=sd)) for sd in (0, 1)
    )
    assert sure.probability == unsure.probability
    assert unsure.interval[0] < sure.interval[0]
    assert unsure.interval[1] > sure.interval[1]


def test_a_term_from_behind_is_a_reason_with_its_share() -> None:
    term = Term("contagion", 1.0, 0.7, "an attack two days ago")
    forecast = RiskModel().forecast(HOSTILE, {}, T0, Background(terms=(term,)))
    assert term in forecast.terms
    assert forecast.probability > RiskModel().forecast(HOSTILE, {}, T0).probability


@pytest.mark.parametrize("calibrated", [True, False])
def test_outcomes_correct_and_only_enough_of_them_calibrate(calibrated: bool) -> None:
    down = Correction(-1.0, 1.0, 0.2, 40, calibrated)
    told = RiskModel().forecast(CALLED, {}, T0, Background(correction=down))
    assert told.probability < RiskModel().forecast(CALLED, {}, T0).probability
    assert told.calibrated is calibrated


# -- the calendar ------------------------------------------------------------------------------

TODAY = T0.date()


@pytest.mark.parametrize(
    ("day", "counts"),
    [
        (CalendarDay(TODAY, "a verdict"), True),
        (CalendarDay(TODAY + timedelta(days=1), "a funeral"), True),
        (CalendarDay(TODAY + timedelta(days=2), "later"), False),
        (CalendarDay(TODAY, "another group", group="Group B"), False),
        (CalendarDay(TODAY, "this group", group="Group A"), True),
        (CalendarDay(TODAY, "here", latitude=43.1, longitude=47.5), True),
        (CalendarDay(TODAY, "far away", latitude=52.0, longitude=0.0), False),
        (CalendarDay(date(1990, TODAY.month, TODAY.day), "every year", yearly=True), True),
        (CalendarDay(date(1990, TODAY.month, TODAY.day), "once"), False),
    ],
)
def test_a_day_counts_around_its_date_for_its_group_and_place(
    day: CalendarDay, counts: bool
) -> None:
    found = background(HOSTILE, Sources(calendar=(day,)), T0)
    assert [term.text for term in found.terms] == ([day.what] if counts else [])


def test_slow_sources_are_asked_about_the_place_and_group() -> None:
    asked: list[object] = []

    def slow(*about: object) -> tuple[float, float, tuple[Term, ...]]:
        asked.append(about)
        return 2.0, 0.3, ()

    found = background(HOSTILE, Sources(slow=slow), T0)
    assert asked == [(HOSTILE.place, "Group A", T0)]
    assert (found.relative, found.relative_sd) == (2.0, 0.3)


# -- what has just happened --------------------------------------------------------------------


def test_a_crowd_that_found_nobody_may_go_on() -> None:
    there = place("Bexley", role=Role.GATHER_AT)
    early = call(0.5, "c1", start_h=3, channel="one", places=(there,), rumour="r")
    posts = [hostile(0, places=(), rumour="r"), early, hostile(2, "h2", channel="two")]
    before, after = look(posts, 2.5), look(posts, 4)
    assert before is not None
    assert before.retarget_refs == ()
    assert after is not None
    assert after.retarget_refs == ("one/c1",)
    assert "retargeting" in names(after, at_h=4)


def test_a_far_or_old_call_is_no_retargeting() -> None:
    far = place("Corby", role=Role.GATHER_AT)
    near = place("Bexley", role=Role.GATHER_AT)
    posts = [
        hostile(0, places=(), rumour="r"),
        call(0.5, "c1", start_h=3, places=(far,), rumour="r"),
        hostile(2, "h2", channel="two"),
        call(2.5, "c2", start_h=5, places=(near,), channel="two"),
        hostile(80, "h3", channel="two"),
    ]
    for at_h, known in ((4, posts[:3]), (80, posts)):
        situation = look(known, at_h)
        assert situation is not None
        assert situation.retarget_refs == ()


def test_fear_of_the_group_adds_and_opens_nothing() -> None:
    afraid = replace(hostile(1, "f1", channel="two"), acts=(), signals=frozenset({Signal.FEAR}))
    assert look([afraid], 2) is None
    situation = look([hostile(0), afraid], 2)
    assert situation is not None
    assert situation.fear_refs == ("two/f1",)
    assert "fear" in names(situation, at_h=2)


def test_an_ultimatum_counts_until_it_has_run_out() -> None:
    running = replace(HOSTILE, deadline=T0 + hours(20))
    assert "ultimatum_due" in names(running)
    assert "ultimatum_due" not in names(replace(HOSTILE, deadline=T0 + hours(30)))
