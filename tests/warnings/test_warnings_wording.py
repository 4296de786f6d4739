"""Reasons and windows as a person reads them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from warning_builders import AIRPORT, T0, TOWN, at, called, forecast, situation, spread, when

from tocsin.model import GatheringCall, Granularity, Situation, Target, Term
from tocsin.warnings import called_window, place_label, reasons

INHERITED = called(
    5.5,
    place=AIRPORT,
    hostile_refs=("one/h1", "one/h2", "one/h3"),
    hostility_inherited=True,
    target=Target("Group A", 0.5, ("one/h1",)),
)


def why(known: Situation, *names: str, growth: float = 1.0) -> tuple[str, ...]:
    terms = (Term(name, 1.0, 1.0, f"text of {name}") for name in names)
    return reasons(known, forecast(0.1, T0, *terms), {"r1": spread(growth=growth)})


def test_a_call_with_place_hour_and_how_long_it_is() -> None:
    assert why(INHERITED, "call", "call_soon")[0] == (
        "A call to gather at Aford airport at 14:30 local time on 1 March (in 5 h 30 min)"
    )


def test_what_was_inherited_is_marked() -> None:
    expected = (
        "The call names no group: hostility inherited from 3 earlier posts of the same channel "
        "(marked inherited)"
    )
    assert why(INHERITED, "hostility_inherited")[0] == expected
    named = replace(INHERITED, target=Target("Group A", 1), hostile_refs=("two/h", "three/h"))
    assert "makes no threat" in why(named, "hostility_inherited")[0]
    assert "2 earlier posts of 2 channels" in why(named, "hostility_inherited")[0]
    single = replace(INHERITED, hostile_refs=("two/h",))
    assert "1 earlier post of 1 channel " in why(single, "hostility_inherited")[0]
    twins = replace(called(5, 6), call_refs=("one/c", "two/c"), hostile_refs=("one/h", "two/h"))
    assert "of the same channels" in why(twins, "hostility_inherited")[0]


def test_the_pace_of_the_rumour_is_told_once() -> None:
    expected = "12 posts in 4 independent channels in 24 hours, 5.0 times the usual rate"
    assert why(situation(), "hostile_act", "growth", growth=5.0)[1:] == (expected,)
    assert why(situation(), "hostile_act")[1:] == (
        "12 posts in 4 independent channels in 24 hours",
    )
    alone = {"r1": spread(posts=1)}
    assert reasons(situation(), forecast(0.1, T0), alone) == ()


def test_denials_are_shown_last() -> None:
    known = situation(denial_refs=("x/1",))
    assert why(known, "hostile_act")[-1] == (
        "Denials or appeals for calm: 1 (shown; they lower nothing)"
    )


def test_every_term_has_words_and_none_repeats_text() -> None:
    names = (
        *("hostile_act", "directed", "channels", "weak_call", "uptake", "event_nearby"),
        *("nearby", "support", "preparation", "target_marking", "ultimatum", "confirmed"),
        "peaceful_met",
    )
    told = why(replace(INHERITED, uptake_refs=("a/1", "a/2"), confirmed_by="K."), *names)
    assert not [reason for reason in told if "{" in reason or "text of" in reason or "K." in reason]
    assert why(situation(), "a term of a plugin")[0] == "text of a term of a plugin"


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        (when(-2), " at 07:00 local time on 1 March (2 h ago)"),
        (when(0.5), " at 09:30 local time on 1 March (in 30 min)"),
        (when(9, 4, Granularity.DAY_PART), " at about 18:00 local time on 1 March (in 9 h)"),
        (when(21, 24, Granularity.DAY), " on 2 March"),
        (when(21, 168, Granularity.WEEK), " in the week of 2 March"),
    ],
)
def test_how_times_are_said(time: object, expected: str) -> None:
    known = called(1, calls=(GatheringCall(TOWN, time),))  # type: ignore[arg-type]
    assert why(known, "call")[0] == f"A call to gather at Aford{expected}"


def test_an_unknown_zone_is_said_in_utc() -> None:
    known = called(5, place=replace(TOWN, time_zone="Nowhere/Land"))
    assert "at 11:00 UTC on 1 March" in why(known, "call")[0]


def test_the_venue_is_not_said_twice() -> None:
    assert place_label(AIRPORT) == "Aford airport"
    assert place_label(replace(AIRPORT, name="Aford Airport")) == "Aford Airport"
    assert place_label(TOWN) == "Aford"


def test_a_channel_moves_its_own_call() -> None:
    for starts, start in (((5, 9), 9), ((9, 5), 5), ((5, -3), 5), ((-9, -3), -3)):
        window = called_window(called(*starts), T0)
        assert window is not None
        assert window.start == when(start).start
    assert called_window(called(None), T0) is None
    assert called_window(situation(), T0) is None


def test_nobody_moves_the_call_of_another_channel() -> None:
    known = called(5, 30, call_refs=("one/c0", "two/c1"))
    for hours, start in ((0, 5), (7, 30)):
        window = called_window(known, at(hours))
        assert window is not None
        assert window.start == at(start)


def test_a_vague_repeat_keeps_the_exact_hour() -> None:
    day = GatheringCall(TOWN, when(0, 24, Granularity.DAY))
    exact = GatheringCall(TOWN, when(5))
    window = called_window(called(1, 2, calls=(exact, day)), T0)
    assert window is not None
    assert (window.start, window.granularity) == (when(5).start, Granularity.HOUR)


def test_weak_calls_give_a_window_only_alone() -> None:
    both = called(5, 9, weak_refs=("one/c1",))
    alone = called(9, weak_refs=("one/c0",))
    for known, start in ((both, 5), (alone, 9)):
        window = called_window(known, T0)
        assert window is not None
        assert window.start == when(start).start
