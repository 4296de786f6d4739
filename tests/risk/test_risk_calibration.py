"""What outcomes teach: towards the truth, never far on little, and only where there is enough."""

from __future__ import annotations

from math import exp, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.risk import KnownOutcome, calibrate
from tocsin.risk.calibration import ENOUGH, ENOUGH_OF_EACH


def many(region: str, told: float, occurred: int, not_: int) -> list[KnownOutcome]:
    return [KnownOutcome(region, told, n < occurred) for n in range(occurred + not_)]


def corrected(intercept: float, slope: float, told: float) -> float:
    return 1 / (1 + exp(-(intercept + slope * log(told / (1 - told)))))


def test_without_outcomes_nothing_is_corrected() -> None:
    known = calibrate([])
    anywhere = known.of("Europe/Moscow")
    assert (anywhere.intercept, anywhere.slope) == (0, 1)
    assert not anywhere.calibrated


def test_told_too_high_is_brought_down_to_the_share_that_came() -> None:
    outcomes = many("Europe/Moscow", 0.6, 40, 160) + many("Europe/Moscow", 0.2, 10, 190)
    one = calibrate(outcomes).of("Europe/Moscow")
    assert corrected(one.intercept, one.slope, 0.6) == pytest.approx(0.2, abs=0.06)
    assert corrected(one.intercept, one.slope, 0.2) == pytest.approx(0.05, abs=0.03)
    assert one.calibrated


def test_a_region_borrows_from_the_others_and_leaves_them_as_it_learns() -> None:
    others = many("Europe/London", 0.5, 10, 190)
    few = calibrate([*others, *many("Asia/Kolkata", 0.5, 1, 0)]).of("Asia/Kolkata")
    lots = calibrate([*others, *many("Asia/Kolkata", 0.5, 150, 50)]).of("Asia/Kolkata")
    assert corrected(few.intercept, few.slope, 0.5) < 0.25
    assert corrected(lots.intercept, lots.slope, 0.5) > 0.6
    unseen = calibrate(others).of("Africa/Lagos")
    assert corrected(unseen.intercept, unseen.slope, 0.5) < 0.25
    assert unseen.sd > calibrate(others).of("Europe/London").sd


@pytest.mark.parametrize(
    ("occurred", "not_", "enough"),
    [
        (ENOUGH_OF_EACH, ENOUGH - ENOUGH_OF_EACH, True),
        (ENOUGH_OF_EACH - 1, ENOUGH, False),
        (ENOUGH, ENOUGH_OF_EACH - 1, False),
        (ENOUGH_OF_EACH, ENOUGH - ENOUGH_OF_EACH - 1, False),
    ],
)
def test_calibrated_needs_enough_of_each(occurred: int, not_: int, enough: bool) -> None:
    assert calibrate(many("x", 0.3, occurred, not_)).of("x").calibrated is enough


@given(
    st.lists(
        st.builds(KnownOutcome, st.sampled_from(["a", "b", "c"]), st.floats(0, 1), st.booleans()),
        max_size=40,
    )
)
def test_order_does_not_matter_and_a_higher_told_stays_higher(outcomes: list[KnownOutcome]) -> None:
    known, again = calibrate(outcomes), calibrate(outcomes[::-1])
    for name, one in known.regions.items():
        other = again.regions[name]
        assert one.intercept == pytest.approx(other.intercept, abs=1e-6)
        assert one.slope == pytest.approx(other.slope, abs=1e-6)
        assert one.outcomes == sum(o.region == name for o in outcomes)
        assert one.sd > 0
