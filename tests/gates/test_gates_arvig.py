"""What base rate and contagion have reached on ARVIG is not lost."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
DIGEST = "13e02985ab419e39fc7ccdf9f13440f4b6e8eee82ba6d51208ca657bf31bd57f"


def _bench() -> Any:
    if str(BENCHMARKS) not in sys.path:
        sys.path.append(str(BENCHMARKS))
    return importlib.import_module("arvig")


@pytest.mark.data
@pytest.mark.parametrize("lag_days", [0.0, 2.0])
def test_past_events_say_more_than_the_baselines_do(lag_days: float) -> None:
    bench = _bench()
    if not bench.ARVIG.exists():
        pytest.skip("the data folder has no ARVIG")
    assert bench.digest_of(bench.ARVIG) == DIGEST, "other data than was measured on"
    found = bench.bench_test(lag_days)
    for baseline in ("ema × share", "plain Hawkes"):
        assert found["against"][baseline]["nats_per_event"] >= 0.03, baseline
    ours = found["models"]["ours"]
    assert ours["auc"] >= 0.81
    assert 0.85 <= ours["expected_over_observed"] <= 1.15
    assert 0.8 <= ours["slope"] <= 1.2
    assert found["events"] == 153


def test_the_measure_is_the_one_described() -> None:
    """Two districts, two days, by hand: y log(λ/λ_ref) − λ + λ_ref, over the events."""
    import numpy as np

    bench = _bench()
    rate, happened = np.array([[0.2, 0.4], [0.1, 0.3]]), np.array([[0.0, 2.0], [0.0, 1.0]])
    found = bench.scores(rate, happened, np.array([[0.2], [0.2]]))
    by_hand = (2 * np.log(0.4 / 0.2) + np.log(0.3 / 0.2) - 1.0 + 0.8) / 3
    assert found["nats_per_event"] == pytest.approx(by_hand, abs=1e-4)
    assert found["auc"] == 1.0
    assert found["expected_over_observed"] == pytest.approx(1 / 3, abs=1e-3)


def test_kinds_of_rows_with_several_categories() -> None:
    category = _bench().category
    assert category({"category_en": "miscellaneous attack & assault"}) == "assault"
    assert category({"category_en": "arson & miscellaneous attack"}) == "arson"
    assert category({"category_en": "demonstration"}) == "demonstration"
    assert category({"category_en": "suspicion"}) == "other"
    assert _bench().district({"community_id": "73140000000"}) == "07314"
