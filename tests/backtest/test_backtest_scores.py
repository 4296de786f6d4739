"""Scores of probabilities, each against a case computed by hand."""

from __future__ import annotations

from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.backtest.scores import (
    brier,
    counted_between,
    expected_calibration_error,
    log_score,
    quantiles,
    ratio,
    reliability,
    wilson,
)

FORECASTS = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40)


def test_brier_and_log_score_by_hand() -> None:
    p, y = [0.8, 0.1, 0.5], [True, False, True]
    assert brier(p, y) == pytest.approx((0.04 + 0.01 + 0.25) / 3)
    assert log_score(p, y) == pytest.approx(-(log(0.8) + log(0.9) + log(0.5)) / 3)
    assert brier([], []) is None
    assert log_score([], []) is None


def test_a_sure_error_costs_much_but_not_everything() -> None:
    assert log_score([0.0], [True]) == pytest.approx(-log(1e-6))


def test_reliability_by_hand() -> None:
    bins = reliability([0.05, 0.12, 0.18, 1.0], [False, False, True, True])
    assert [one.count for one in bins] == [1, 2, 0, 0, 0, 0, 0, 0, 0, 1]
    assert bins[1].mean == pytest.approx(0.15)
    assert bins[1].share == 0.5
    assert (bins[2].mean, bins[2].share, bins[2].interval) == (None, None, None)
    # 1/4 × |.05 − 0| + 2/4 × |.15 − .5| + 1/4 × |1 − 1|
    assert expected_calibration_error(bins) == pytest.approx(0.0125 + 0.175)
    assert expected_calibration_error(reliability([], [])) is None


def test_a_bound_belongs_to_the_bin_above_it() -> None:
    assert [one.count for one in reliability([0.5, 0.25], [True, True], 2)] == [1, 1]


def test_wilson_by_hand() -> None:
    low, high = wilson(5, 10, z=2)
    # middle (.5 + .2) / 1.4 = .5, half 2 / 1.4 × √(.025 + .1 / 10)
    assert (low, high) == pytest.approx((0.5 - 0.26726, 0.5 + 0.26726), abs=1e-4)
    assert wilson(0, 5)[0] == 0
    assert wilson(5, 5)[1] == pytest.approx(1)


def test_quantiles_and_ratio() -> None:
    assert quantiles([3.0, 1.0, 2.0]) == {
        "n": 3, "min": 1, "q25": 1.5, "median": 2, "q75": 2.5, "max": 3
    }  # fmt: skip
    assert quantiles([]) is None
    assert ratio(1, 4) == 0.25
    assert ratio(0, 0) is None


def test_values_are_counted_from_each_bound() -> None:
    assert counted_between([0.5, 1, 5.9, 80], (0, 1, 6, 72)) == [1, 2, 0, 1]
    assert counted_between([], (0, 1)) == [0, 0]


def test_what_is_no_forecast_is_refused() -> None:
    with pytest.raises(ValueError, match="outside 0 to 1"):
        brier([1.2], [True])
    with pytest.raises(ValueError, match="1 probabilities, but 2 outcomes"):
        reliability([0.2], [True, False])


@given(FORECASTS)
def test_bins_hold_every_forecast_and_errors_stay_within_bounds(
    forecasts: list[tuple[float, bool]],
) -> None:
    p, y = [one[0] for one in forecasts], [one[1] for one in forecasts]
    bins = reliability(p, y)
    assert sum(one.count for one in bins) == len(p)
    error = expected_calibration_error(bins)
    assert error is not None
    assert 0 <= error <= 1
    assert 0 <= (brier(p, y) or 0) <= 1
    for one in bins:
        if one.mean is not None and one.share is not None and one.interval is not None:
            assert one.low - 1e-9 <= one.mean <= one.high + 1e-9
            assert one.interval[0] - 1e-9 <= one.share <= one.interval[1] + 1e-9


@given(st.lists(st.booleans(), min_size=1, max_size=40))
def test_no_constant_beats_the_observed_share(outcomes: list[bool]) -> None:
    share = sum(outcomes) / len(outcomes)
    best = brier([share] * len(outcomes), outcomes)
    for other in (0.0, 0.3, 0.5, 1.0):
        assert best is not None
        assert best <= (brier([other] * len(outcomes), outcomes) or 0) + 1e-12
