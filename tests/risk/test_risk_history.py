"""Base rate and contagion: what past events say, and never more than was known."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import exp

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.risk.contagion import PlaceTable
from tocsin.risk.history import EventHistory, Outlook
from tocsin.risk.kernels import Basis, Kernels, prior_kernels
from tocsin.risk.past_events import PastEvent, day_of

T0 = datetime(2020, 1, 6, tzinfo=UTC)  # a Monday
DAY = timedelta(days=1)
TOWNS = {"Aford": (50.0, 8.0), "Bexley": (50.2, 8.1), "Carden": (51.5, 9.0), "Derrow": (48.0, 11.0)}
TABLE = PlaceTable(tuple(TOWNS.values()), (4.0, 1.0, 2.0, 1.0))


def event(town: str, at: float, lag: float = 0.5, violence: str = "riot") -> PastEvent:
    """An event ``at`` days after T0, known ``lag`` days later."""
    happened = T0 + at * DAY
    return PastEvent(town, *TOWNS[town], happened, happened + lag * DAY, violence)


def ask(history: EventHistory, town: str, at: float, hours: float = 24.0) -> Outlook:
    return history.outlook(*TOWNS[town], T0 + at * DAY, timedelta(hours=hours))


def expected(outlook: Outlook) -> float:
    return outlook.base + outlook.contagion


@st.composite
def histories(draw: st.DrawFn) -> list[PastEvent]:
    towns, kinds = st.sampled_from(sorted(TOWNS)), st.sampled_from(["riot", "arson", "march"])
    one = st.builds(event, towns, st.floats(0, 300), st.floats(-1, 90), kinds)
    return draw(st.lists(one, max_size=40))


TIMES = st.floats(-10, 400)
SOME_TOWN = st.sampled_from(sorted(TOWNS))


@settings(max_examples=80, deadline=None)
@given(histories(), TIMES, SOME_TOWN, st.booleans())
def test_what_was_not_known_changes_nothing(
    events: list[PastEvent], at: float, town: str, listed: bool
) -> None:
    table = TABLE if listed else None
    moment = T0 + at * DAY
    now = day_of(moment)
    known = [e for e in events if max(day_of(e.known_at), day_of(e.event_time)) <= now]
    whole, cut = EventHistory(events, table=table), EventHistory(known, table=table)
    assert ask(whole, town, at) == ask(cut, town, at)
    assert ask(whole, town, at).known_events == len(known)


@settings(max_examples=40, deadline=None)
@given(histories(), TIMES, SOME_TOWN, st.randoms(use_true_random=False))
def test_order_of_events_and_of_questions_is_nothing(
    events: list[PastEvent], at: float, town: str, rng: random.Random
) -> None:
    shuffled = list(events)
    rng.shuffle(shuffled)
    other = EventHistory(shuffled[:3])
    ask(other, "Bexley", at + 3)
    other.add(shuffled[3:])
    assert ask(other, town, at) == ask(EventHistory(events), town, at)


@settings(max_examples=80, deadline=None)
@given(histories(), TIMES, SOME_TOWN, st.floats(1, 336))
def test_probabilities_hold_together(
    events: list[PastEvent], at: float, town: str, hours: float
) -> None:
    history = EventHistory(events, table=TABLE)
    outlook, longer = ask(history, town, at, hours), ask(history, town, at, hours * 1.5)
    assert 0 < outlook.probability < 1
    assert outlook.probability == pytest.approx(1 - exp(-expected(outlook)), rel=1e-9)
    low, high = outlook.interval
    assert low < outlook.probability < high
    assert longer.probability > outlook.probability
    assert min(outlook.base, outlook.relative) > 0 <= outlook.contagion


def test_a_place_never_seen_has_a_rate() -> None:
    events = [event("Aford", day) for day in range(0, 100, 5)]
    unseen = EventHistory(events).outlook(60.0, 30.0, T0 + 100 * DAY, DAY)
    assert 1e-5 < unseen.probability < ask(EventHistory(events), "Aford", 100).probability
    assert unseen.contagion == pytest.approx(0, abs=1e-9)
    nothing = EventHistory().outlook(60.0, 30.0, T0, DAY)
    assert 0 < nothing.probability < 0.01
    assert nothing.known_events == 0


def test_a_late_report_counts_from_when_it_came() -> None:
    history = EventHistory([event("Aford", 1, lag=20), event("Carden", 0)])
    before = EventHistory([event("Carden", 0)])
    assert ask(history, "Aford", 20.9) == ask(before, "Aford", 20.9)
    assert ask(history, "Aford", 21.1).probability > 2 * ask(before, "Aford", 21.1).probability


def test_no_event_is_known_before_it_happens() -> None:
    early = EventHistory([event("Aford", 10, lag=-5)])
    assert ask(early, "Aford", 9.9).known_events == 0
    assert ask(early, "Aford", 10).known_events == 1


def raised(violence: str, town: str) -> float:
    """Contagion at ``town`` an hour after one event at Aford, 23 km from Bexley."""
    kernels = prior_kernels(Basis(counted=("riot", "clandestine")))
    history = EventHistory([event("Aford", 0, 0, violence)], kernels, TABLE)
    return ask(history, town, 1 / 24).contagion


def test_riots_spread_to_neighbours_and_clandestine_attacks_do_not() -> None:
    assert raised("riot", "Bexley") > 0.001
    assert raised("riot", "Bexley") > 50 * raised("riot", "Derrow")
    assert raised("clandestine", "Bexley") == 0
    assert raised("clandestine", "Aford") > 0.001


def test_contagion_of_neighbours_is_over_within_a_month_and_mostly_within_a_week() -> None:
    history = EventHistory([event("Aford", 0, 0)], table=TABLE)
    now, week = (ask(history, "Bexley", at, 168).contagion for at in (0.0, 7.0))
    assert week < 0.2 * now
    assert ask(history, "Bexley", 30).contagion < 0.001 * now


def test_what_one_event_adds_to_all_neighbours_is_its_weight() -> None:
    degrees = tuple((50 + 0.2 * i, 8 + 0.2 * j) for i in range(9) for j in range(9))
    table = PlaceTable(degrees, (1.0,) * 81)
    kernels = only("riot: neighbours 4 d", 0.4)
    middle = PastEvent("m", *degrees[40], T0, T0, "riot")
    history = EventHistory([middle], kernels, table)
    long = timedelta(days=100)
    total = sum(expected(history.outlook(*at, T0, long)) for at in degrees)
    assert total == pytest.approx(0.4, rel=1e-3)


def only(term: str, weight: float) -> Kernels:
    """Kernels with one part (and next to nothing else)."""
    basis = Basis()
    terms = basis.terms()
    weights = tuple(weight if name == term else 0.0 for name in terms)
    size = len(terms)
    floor = 1e-9
    weights = (floor, *weights[1:]) if term != "even" else weights
    return Kernels(basis, weights, tuple((0.0,) * size for _ in range(size)))


@pytest.mark.parametrize("lag", [0.0, 2.0, 10.0])
def test_the_level_is_events_per_day_whatever_the_lag(lag: float) -> None:
    towns = sorted(TOWNS)
    events = [event(towns[n % 4], n / 4, lag) for n in range(1600)]
    history = EventHistory(events, only("even", 1.0), TABLE)
    total = sum(expected(ask(history, town, 400)) for town in towns)
    assert total == pytest.approx(4.0, rel=0.03)
    assert ask(history, "Aford", 400).relative == pytest.approx(1.0, rel=1e-9)


def test_exposure_shares_the_level_out() -> None:
    history = EventHistory([event("Carden", 0)], only("exposed", 1.0), TABLE)
    assert ask(history, "Aford", 9).base == pytest.approx(4 * ask(history, "Bexley", 9).base, 1e-6)
    elsewhere = history.outlook(0.0, 0.0, T0 + 9 * DAY, DAY)
    assert elsewhere.relative == pytest.approx(1.0, rel=1e-6)


def test_only_counted_kinds_make_the_level_and_others_excite() -> None:
    marches = EventHistory([event("Aford", day, 0, "march") for day in range(30)])
    riots = EventHistory([event("Aford", day, 0, "riot") for day in range(30)])
    none = EventHistory()
    assert ask(marches, "Derrow", 30).base < 2 * ask(none, "Derrow", 30).base
    assert ask(riots, "Derrow", 30).base > 3 * ask(none, "Derrow", 30).base
    assert ask(marches, "Aford", 30).contagion > 0


def test_the_base_factor_leaves_contagion_alone() -> None:
    history = EventHistory([event("Aford", 0, 0)])
    plain = ask(history, "Aford", 1)
    doubled = history.outlook(*TOWNS["Aford"], T0 + DAY, DAY, base_factor=2.0)
    assert doubled.base == pytest.approx(2 * plain.base)
    assert doubled.contagion == pytest.approx(plain.contagion)


def test_weekdays_follow_local_time() -> None:
    basis = Basis(utc_offset_h=3.0)
    factors = (1.0, 1.0, 1.0, 1.0, 1.0, 2.0, 0.0)
    kernels = replace(prior_kernels(basis), weekday=factors)
    history = EventHistory([event("Aford", 0, 0)], kernels)
    saturday = 5 - 3 / 24
    flat = EventHistory([event("Aford", 0, 0)], prior_kernels(basis))
    assert expected(ask(history, "Aford", saturday)) == pytest.approx(
        2 * expected(ask(flat, "Aford", saturday)), rel=1e-6
    )
    week = ask(history, "Aford", saturday, 168), ask(flat, "Aford", saturday, 168)
    assert expected(week[0]) == pytest.approx(expected(week[1]), rel=1e-6)


def test_forgetting_keeps_the_rest() -> None:
    events = [event("Aford", day) for day in (0, 50, 100)]
    history = EventHistory(events)
    history.forget(T0 + 40 * DAY)
    assert len(history) == 2
    assert ask(history, "Aford", 120) == ask(EventHistory(events[1:]), "Aford", 120)


@pytest.mark.parametrize("where", [(91.0, 0.0), (float("nan"), 0.0), (0.0, 400.0)])
def test_no_point_on_earth(where: Sequence[float]) -> None:
    with pytest.raises(ValueError, match="no point on earth"):
        EventHistory().outlook(where[0], where[1], T0, DAY)


def test_no_horizon_and_no_table() -> None:
    with pytest.raises(ValueError, match="horizon"):
        ask(EventHistory(), "Aford", 0, 0)
    with pytest.raises(ValueError, match="places"):
        PlaceTable((), ())
    with pytest.raises(ValueError, match="exposures"):
        PlaceTable(((0.0, 0.0),), (0.0,))
