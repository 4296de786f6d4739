"""What signs add: bounded, decaying, never lowering, never from the future."""

from __future__ import annotations

from math import log
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from indicators_support import A1, after, retired, saw, sign

from tocsin.indicators import (
    CAP,
    contribution,
    decay,
    grade_factor,
    log_likelihood_ratio,
    register_at,
    slow_risk,
)
from tocsin.indicators.findings import finding_from
from tocsin.model import Credibility, Decision, Grade, Indicator, Reliability, Term

GRADES = st.builds(Grade, st.sampled_from(Reliability), st.sampled_from(Credibility))
STATUSES = st.sampled_from(["observed", "possible", "absent"])


def _terms(
    decisions: list[Decision], at: float = 0, signs: tuple[Indicator, ...] = (sign(),)
) -> tuple[Term, ...]:
    states = register_at(signs, decisions, after(at))
    return slow_risk(states, ("geonames:1", "RU"), "Roma", after(at))


def _total(
    decisions: list[Decision], at: float = 0, signs: tuple[Indicator, ...] = (sign(),)
) -> float:
    return sum(term.share for term in _terms(decisions, at, signs))


def test_the_formula() -> None:
    assert log_likelihood_ratio(0) == 0
    assert log_likelihood_ratio(0.5) == pytest.approx(log(3))
    assert _total([saw(grade=A1)]) == pytest.approx(log(3))
    assert _total([saw(grade=A1)], at=10) == pytest.approx(log(3) / 2)
    assert _total([saw("possible", grade=A1)]) == pytest.approx(log(3) / 2)
    assert _total([saw()]) == pytest.approx(0.16 * log(3))  # F6
    assert _total([saw(at=10, seen=0, grade=A1)], at=10) == pytest.approx(log(3) / 2)


def test_a_term_says_what_was_seen_and_how_it_is_graded() -> None:
    (term,) = _terms([saw(grade=A1), saw("absent", "bo")])
    assert term.name == "indicator:leaflets"
    assert term.text == "sign observed: Leaflets name a day (A1, 2022-03-01, disputed)"


def test_absent_and_unobserved_add_nothing() -> None:
    assert _terms([]) == ()
    assert _terms([saw("absent", grade=A1)]) == ()
    assert _terms([saw(grade=A1), saw("withdrawn", at=1)], at=1) == ()


def test_where_people_differ_their_log_odds_are_averaged() -> None:
    b2 = Grade(Reliability.B, Credibility.PROBABLE)
    assert _total([saw(grade=A1), saw("absent", "bo")]) == pytest.approx(log(3) / 2)
    both = (1 + grade_factor(b2)) / 2
    assert _total([saw(grade=A1), saw(by="bo", grade=b2)]) == pytest.approx(both * log(3))
    # Elsewhere is not here: no average over places.
    assert _total([saw(grade=A1), saw("absent", "bo", place="RU")]) == pytest.approx(log(3))


@pytest.mark.parametrize(
    ("more", "counts"),
    [
        ({"place": "RU"}, True),
        ({"place": "geonames:1", "group": "Roma"}, True),
        ({"place": "DE"}, False),
        ({"group": "Sikhs"}, False),
    ],
)
def test_a_finding_counts_where_and_of_whom_it_speaks(more: dict[str, Any], counts: bool) -> None:
    assert bool(_terms([saw(grade=A1, **more)])) is counts


@pytest.mark.parametrize(
    ("change", "counts"),
    [
        ({"places": ["RU"], "groups": ["Roma"]}, True),
        ({"places": ["DE"]}, False),
        ({"groups": ["Sikhs"]}, False),
        ({"diagnosticity": 0}, False),
    ],
)
def test_a_sign_counts_where_and_of_whom_it_speaks(
    change: dict[str, list[str]], counts: bool
) -> None:
    assert bool(_terms([saw(grade=A1)], signs=(sign(**change),))) is counts


def test_a_retired_sign_counts_no_more() -> None:
    assert _terms([saw(grade=A1), retired(1)], at=0.5)
    assert _terms([saw(grade=A1), retired(1)], at=1) == ()


def test_grades_are_independent_and_ordered() -> None:
    letters = [grade_factor(Grade(letter, Credibility.CONFIRMED)) for letter in Reliability]
    figures = [grade_factor(Grade(Reliability.A, figure)) for figure in Credibility]
    for factors in (letters, figures):
        assert factors[:5] == sorted(factors[:5], reverse=True)
        assert factors[4] < factors[5] < factors[2]  # no verdict is no proof against
    assert str(Grade()) == "F6"
    assert grade_factor(Grade()) == pytest.approx(0.16)


@given(st.floats(0, 400), st.floats(0, 400), st.floats(0.1, 400), GRADES)
def test_decay_never_rises(early: float, late: float, half_life: float, grade: Grade) -> None:
    early, late = sorted((early, late))
    finding = finding_from(saw(grade=grade))
    first = contribution(finding, half_life, after(early))
    assert 0 <= contribution(finding, half_life, after(late)) <= first <= 1
    assert decay(finding, half_life, after(half_life)) == pytest.approx(0.5)


@given(
    st.lists(st.tuples(st.floats(0, 0.9), GRADES, STATUSES), max_size=25),
    st.floats(0, 100),
)
def test_the_cap_holds_and_nothing_lowers(seen: list[tuple[float, Grade, str]], at: float) -> None:
    signs = tuple(sign(id=f"s-{n}", diagnosticity=d) for n, (d, _, _) in enumerate(seen))
    said = [saw(s, grade=g, indicator=f"s-{n}") for n, (_, g, s) in enumerate(seen)]
    terms = _terms(said, at, signs)
    assert sum(term.share for term in terms) <= CAP + 1e-9
    assert all(term.share > 0 and 0 < term.value <= 1 for term in terms)
    assert list(terms) == sorted(terms, key=lambda term: -term.share)


def test_many_sure_signs_reach_the_cap() -> None:
    signs = tuple(sign(id=f"s-{n}", diagnosticity=0.9) for n in range(4))
    said = [saw(grade=A1, indicator=one.id) for one in signs]
    assert _total(said, signs=signs) == pytest.approx(CAP)


@given(st.floats(0.01, 50))
def test_nothing_counts_before_it_was_said(before: float) -> None:
    late = saw(grade=A1, at=50, seen=0)
    assert _terms([late], at=50 - before) == ()
    # Not even where a register of a later moment is handed in.
    states = register_at((sign(),), [late], after(60))
    assert slow_risk(states, ("RU",), "Roma", after(50 - before)) == ()
    assert decay(finding_from(late), 10, after(50 - before)) == 0
