"""The register is a fold over decisions: no hindsight, no order, no machine."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from indicators_support import A1, NOW, after, defined, looked, retired, saw, sign

from tocsin.errors import UsageError
from tocsin.indicators import IndicatorState, finding_value, register_at
from tocsin.model import Decision, DecisionKind, Finding, IndicatorStatus

DECISIONS = (
    saw(at=1),
    saw("possible", "bo", 2, place="RU"),
    looked("cy", 3),
    saw("absent", "bo", 4, place="RU"),
    saw("withdrawn", "ana", 5),
    defined(6, diagnosticity=0.2),
    retired(7),
    looked("ana", 8, group="Roma"),
    defined(9, id="other"),
    saw(at=9, indicator="other"),
    Decision(DecisionKind.RUMOUR_STATUS, "r1", "false", "ana", NOW),
)


def _one(*decisions: Decision, at: float = 100) -> IndicatorState:
    (state,) = register_at((sign(),), decisions, after(at))
    return state


def test_never_looked_looked_and_seen_are_three_things() -> None:
    assert _one().status is IndicatorStatus.UNOBSERVED
    assert _one().last_looked is None
    empty = _one(looked("bo", 3))
    assert empty.status is IndicatorStatus.ABSENT
    assert empty.last_looked is not None
    assert (empty.last_looked.by, empty.last_looked.at) == ("bo", after(3))
    assert _one(saw("possible")).status is IndicatorStatus.POSSIBLE
    assert _one(saw("possible"), saw(by="bo")).status is IndicatorStatus.OBSERVED


def test_a_look_leaves_what_was_seen() -> None:
    state = _one(saw(at=1), looked("ana", 5))
    assert state.status is IndicatorStatus.OBSERVED
    assert state.last_looked is not None
    assert state.last_looked.at == after(5)


def test_a_look_elsewhere_is_none_here() -> None:
    state = _one(looked("bo", 3, place="DE"), looked("ana", 1, group="Sikhs"))
    assert state.about((), "").status is IndicatorStatus.ABSENT
    assert state.about(("RU",), "Roma").status is IndicatorStatus.UNOBSERVED
    assert state.about(("DE",), "Roma").last_looked == state.looks[1]
    assert state.about(("RU",), "Sikhs").last_looked == state.looks[0]
    assert _one(looked()).about(("RU",), "Roma").status is IndicatorStatus.ABSENT


def test_what_is_taken_back_no_longer_stands() -> None:
    state = _one(saw(at=1), saw("withdrawn", at=2))
    assert state.status is IndicatorStatus.WITHDRAWN
    assert not state.standing
    assert _one(saw(at=1), saw("withdrawn", at=2), looked("bo", 3)).status is IndicatorStatus.ABSENT
    assert _one(saw(at=1), saw("withdrawn", "bo", 2)).status is IndicatorStatus.OBSERVED


def test_people_may_differ_and_it_shows() -> None:
    assert _one(saw(), saw("absent", "bo")).disputed
    assert not _one(saw(place="RU"), saw("absent", "bo", place="DE")).disputed
    assert _one(saw("absent", "bo")).status is IndicatorStatus.ABSENT


def test_a_definition_replaces_the_one_before_and_brings_a_sign_back() -> None:
    gone = _one(saw(), retired(2))
    assert gone.retired_by == "ana"
    back = _one(saw(), retired(2), defined(3, diagnosticity=0.2))
    assert back.retired_by is None
    assert (back.indicator.diagnosticity, back.defined_by) == (0.2, "bo")
    assert back.status is IndicatorStatus.OBSERVED


def test_the_finding_that_says_most_is_shown() -> None:
    state = _one(saw("possible", at=9), saw(by="bo", at=1), saw(by="cy", at=3, grade=A1))
    assert state.newest_seen is not None
    assert state.newest_seen.by == "cy"
    assert _one(saw("absent")).newest_seen is None


def test_a_finding_about_no_sign_is_passed_over() -> None:
    assert register_at((), (saw(),), after(9)) == ()


@given(st.permutations(DECISIONS), st.floats(0, 12))
def test_the_order_in_which_decisions_come_in_does_not_matter(
    mixed: list[Decision], at: float
) -> None:
    assert register_at((sign(),), mixed, after(at)) == register_at((sign(),), DECISIONS, after(at))


@given(st.floats(0, 12))
def test_nothing_counts_before_its_time(at: float) -> None:
    moment = after(at)
    by_then = [decision for decision in DECISIONS if decision.at <= moment]
    full = register_at((sign(),), DECISIONS, moment)
    assert full == register_at((sign(),), by_then, moment)
    assert all(f.at <= moment for state in full for f in state.findings)
    assert all(look.at <= moment for state in full for look in state.looks)


@pytest.mark.parametrize(
    ("finding", "says"),
    [
        (Finding("x", IndicatorStatus.OBSERVED, "ana", NOW, NOW), "what it rests on"),
        (Finding("x", IndicatorStatus.UNOBSERVED, "ana", NOW, NOW, note="n"), "nobody has looked"),
        (
            Finding("x", IndicatorStatus.OBSERVED, "ana", NOW, NOW + timedelta(1), note="n"),
            "later than",
        ),
    ],
)
def test_a_status_without_ground_is_refused(finding: Finding, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        finding_value(finding)
