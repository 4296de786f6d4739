"""The growth of a rumour: exact posterior figures and their invariants."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.spread.rate import PRIOR_HOURS, PRIOR_SHAPE, growth
from tocsin.spread.tracker import SpreadTracker

counts = st.integers(0, 500)


def test_figures_agree_with_sampled_gammas() -> None:
    draw = np.random.default_rng(7)
    new = draw.gamma(20 + PRIOR_SHAPE, 1 / (6 + PRIOR_HOURS), 200_000)
    old = draw.gamma(10 + PRIOR_SHAPE, 1 / (18 + PRIOR_HOURS), 200_000)
    found = growth(20, 6, 10, 18)
    assert found.median == pytest.approx(np.median(new / old), rel=0.02)
    assert found.low == pytest.approx(np.quantile(new / old, 0.05), rel=0.02)
    assert found.high == pytest.approx(np.quantile(new / old, 0.95), rel=0.02)
    assert found.doubled == pytest.approx(np.mean(new / old >= 2), abs=0.01)


@settings(max_examples=50, deadline=None)
@given(counts, counts)
def test_more_recent_sightings_never_lower_the_growth(recent: int, earlier: int) -> None:
    less, more = growth(recent, 6, earlier, 18), growth(recent + 1, 6, earlier, 18)
    assert less.low < less.median < less.high
    assert less.median < more.median
    assert less.doubled <= more.doubled + 1e-12


@pytest.mark.parametrize("bad", [(-1, 1, 1, 1), (1, -1, 1, 1), (1, 1, -1, 1), (1, 1, 1, -1)])
def test_negative_input_is_refused(bad: tuple[int, float, int, float]) -> None:
    with pytest.raises(ValueError, match="must not be negative"):
        growth(*bad)


def test_no_sighting_says_little() -> None:
    found = SpreadTracker({}).growth("none", datetime(2022, 1, 1, tzinfo=UTC))
    assert found == growth(0, 6, 0, 66)
    assert found.low < 0.1
    assert found.high > 10


@pytest.mark.parametrize(("recent", "earlier"), [(0, 0), (0, 400), (3, 1), (400, 0), (5000, 9000)])
def test_tails_agree_with_an_f_distribution(recent: int, earlier: int) -> None:
    from scipy.stats import f as f_distribution  # two seconds that no other test need wait for

    a, b = recent + PRIOR_SHAPE, earlier + PRIOR_SHAPE
    exact = f_distribution(2 * a, 2 * b, scale=(a / 7) / (b / 67))
    found = growth(recent, 6, earlier, 66)
    assert (found.low, found.high) == pytest.approx(exact.ppf([0.05, 0.95]), rel=1e-6)
    assert found.doubled == pytest.approx(exact.sf(2), abs=1e-8)
