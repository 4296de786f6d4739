"""Quality floors on the development cases; they are never lowered silently.

The cases are our own wording. Kind "hard" was written to evade the packs; "varied" and "fresh"
were first read before any rule was made for them (recall then: 54 %, 79 % and 80 %).
"""

from __future__ import annotations

import pytest
from reading_acts_support import cases, read_case

from tocsin.model.reading import HOSTILE_ACTS, Act, Frame

RECALL, FALSE_ALARMS, TARGETS = 0.95, 2, 0.97
_QUIET_KINDS = """football vigil evac protest memorial prayer blood jobfair relief police official
    history crime war idiom commerce debunk condemn calm plea newscall nogroup civic talk news"""
MUST_STAY_QUIET = frozenset(_QUIET_KINDS.split())


def test_most_hostile_calls_are_caught_and_few_others() -> None:
    hostile = [case for case in cases() if case["alarming"]]
    others = [case for case in cases() if not case["alarming"]]
    caught = [case for case in hostile if _alarm(case) >= 0.5]
    false = [case["id"] for case in others if _alarm(case) >= 0.5]
    assert len(hostile) > 200
    assert len(others) > 300
    assert len(caught) / len(hostile) >= RECALL
    assert len(false) <= FALSE_ALARMS, false


def test_targets_are_those_the_cases_name() -> None:
    named = [case for case in cases() if "target" in case]
    right = [case for case in named if _target(case) == case["target"]]
    assert len(right) / len(named) >= TARGETS


@pytest.mark.parametrize(
    "case",
    [c for c in cases() if c["kind"] in MUST_STAY_QUIET and not c["alarming"]],
    ids=lambda c: c["id"],
)
def test_what_must_not_alarm_does_not(case: dict[str, str]) -> None:
    reading = read_case(case["text"], case["lang"])
    assert reading.alarm is not None
    assert reading.alarm < 0.5
    assert not reading.hostile or reading.frame is not Frame.PEACEFUL


@pytest.mark.parametrize("case", [c for c in cases() if "frame" in c], ids=lambda c: c["id"])
def test_frames(case: dict[str, str]) -> None:
    assert read_case(case["text"], case["lang"]).frame == case["frame"]


def test_an_alarming_post_is_asserted_and_shows_a_hostile_act() -> None:
    for case in cases():
        reading = read_case(case["text"], case["lang"])
        assert reading.alarm is not None
        if reading.alarm >= 0.5:
            assert reading.frame is Frame.ASSERTED, case["id"]
            assert max(reading.act_scores[act] for act in HOSTILE_ACTS) > 0.4, case["id"]


def test_peaceful_gatherings_are_gatherings_without_a_target() -> None:
    for case in cases():
        reading = read_case(case["text"], case["lang"])
        if reading.frame is Frame.PEACEFUL:
            assert reading.target is None, case["id"]
            assert not reading.hostile


def test_act_scores_cover_every_act_between_nought_and_one() -> None:
    for case in cases():
        scores = read_case(case["text"], case["lang"]).act_scores
        assert set(scores) == set(Act)
        assert all(0 <= score <= 1 for score in scores.values())


def _alarm(case: dict[str, str]) -> float:
    alarm = read_case(case["text"], case["lang"]).alarm
    assert alarm is not None
    return alarm


def _target(case: dict[str, str]) -> str | None:
    target = read_case(case["text"], case["lang"]).target
    return target.group if target else None
