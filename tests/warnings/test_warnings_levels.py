"""Caps: how high the facts allow, whatever the score says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from warning_builders import T0, called, situation, spread

from tocsin.model import Level, Situation
from tocsin.warnings import WarningDesk, WarningPolicy, ceiling
from tocsin.warnings.evidence import MAX_POSTS, posts

BACKED: list[dict[str, Any]] = [
    {"independent_channels": 2},
    {"uptake_refs": ("two/u",)},
    {"event_refs": ("x/1", "y/1")},
    {"confirmed_by": "desk"},
]
SUPPORT = situation(
    hostile_refs=(), independent_channels=0, support_refs=("a/1", "b/1", "c/1"), support_channels=3
)


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (situation(), Level.WATCH),
        (situation(hostile_refs=("one/h1", "one/h2")), Level.WATCH),
        (situation(independent_channels=2), Level.ALERT),
        (situation(directed_refs=("one/h1",)), Level.ALERT),
        (called(None), Level.ALERT),
        (called(5), Level.ALERT),
        (called(5, hostility_inherited=True), Level.ALERT),
        (called(5, weak_refs=("one/c0",)), Level.WATCH),
        (called(5, weak_refs=("one/c0",), hostile_refs=()), Level.WATCH),
        (situation(hostile_refs=(), peaceful_only=True, support_refs=("x/t",)), Level.WATCH),
        (situation(hostile_refs=()), Level.NONE),
        (situation(hostile_refs=(), event_refs=("x/1", "y/1")), Level.NONE),
    ],
)
def test_what_each_situation_allows(known: Situation, expected: Level) -> None:
    assert ceiling(known, {}, T0) is expected


@pytest.mark.parametrize("backed", BACKED)
@pytest.mark.parametrize(
    ("start", "expected"),
    [(5, Level.ALARM), (24, Level.ALARM), (25, Level.ALERT), (None, Level.ALERT)],
)
def test_an_alarm_needs_a_time_within_a_day_and_a_second_leg(
    backed: dict[str, Any], start: float | None, expected: Level
) -> None:
    assert ceiling(called(start, **backed), {}, T0) is expected


def test_a_weak_calls_time_is_no_time() -> None:
    known = called(5, None, weak_refs=("one/c0",), independent_channels=2)
    assert ceiling(known, {}, T0) is Level.ALERT


def test_two_channels_of_inherited_hostility_alone_are_no_alert() -> None:
    known = situation(hostility_inherited=True, independent_channels=2)
    assert ceiling(known, {}, T0) is Level.WATCH


@pytest.mark.parametrize(
    ("channels", "growth", "expected"),
    [(3, 2.0, Level.WATCH), (2, 9.0, Level.NONE), (9, 1.9, Level.NONE)],
)
def test_support_alone_needs_three_channels_and_growth(
    channels: int, growth: float, expected: Level
) -> None:
    known = replace(SUPPORT, support_channels=channels)
    assert ceiling(known, {"r1": spread(growth=growth)}, T0) is expected
    assert ceiling(known, {}, T0) is Level.NONE


def test_levels_by_probability() -> None:
    policy = WarningPolicy()
    reached = [policy.reached(p) for p in (0.0, 0.009, 0.01, 0.04, 0.149, 0.15, 1.0)]
    assert reached == [Level.NONE] * 2 + [Level.WATCH] + [Level.ALERT] * 2 + [Level.ALARM] * 2


refs = st.lists(st.sampled_from([f"{c}/{n}" for c in "abc" for n in range(20)]), unique=True)


@given(refs, refs, refs, refs, refs)
def test_evidence_is_bounded_and_kinds_come_in_order(
    calls: list[str], hostile: list[str], uptake: list[str], support: list[str], events: list[str]
) -> None:
    known = situation(
        hostile_refs=tuple(hostile),
        call_refs=tuple(calls),
        uptake_refs=tuple(uptake),
        support_refs=tuple(support),
        event_refs=tuple(events),
    )
    if not any((calls, hostile, uptake, support, events)):
        with pytest.raises(ValueError, match="no post"):
            posts(known)
        return
    named = posts(known)
    assert 0 < len(named) <= MAX_POSTS
    assert len(set(named)) == len(named)
    if calls:
        assert named[0] == calls[-1]
    if hostile:
        assert hostile[-1] in named


def test_the_budget_orders_the_queue_and_never_hides_an_alert() -> None:
    from warning_builders import OF_LEVEL, forecast

    desk = WarningDesk(WarningPolicy(budget_per_week=1))
    levels = (Level.WATCH, Level.ALERT, Level.ALARM, Level.ALERT)
    for number, level in enumerate(levels):
        known = called(5, independent_channels=2)
        known = replace(known, key=replace(known.key, place_id=f"town:{number}"))
        desk.decide(known, forecast(OF_LEVEL[level], T0), {}, (), T0)
    queue = [action.level for action in desk.queue()]
    assert queue == [Level.ALARM, Level.ALERT, Level.ALERT]
    assert len(desk.open()) == 4
