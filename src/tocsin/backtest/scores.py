"""Scores of probabilities against what happened. Pure functions of numbers.

Sources: Brier (1950); Good (1952) for the log score; Murphy and Winkler (1977) for reliability;
Naeini et al. (2015) for the expected calibration error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tocsin.backtest.alarms import Floats

LEAST_P = 1e-6
"""Probabilities are kept this far from 0 and 1 in the log score, which has no bound else."""


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Forecasts whose probability fell into one bin.

    Args:
        low, high: bounds; the upper one belongs to the next bin, but for the last.
        count: forecasts in it.
        mean: mean probability; None where the bin is empty.
        share: observed share of events; None where the bin is empty.
        interval: 90 % interval of ``share`` (Wilson 1927); None where the bin is empty.
    """

    low: float
    high: float
    count: int
    mean: float | None
    share: float | None
    interval: tuple[float, float] | None


def brier(probabilities: Sequence[float], outcomes: Sequence[bool]) -> float | None:
    """Mean squared difference of probability and outcome; None without forecasts."""
    p, y = _checked(probabilities, outcomes)
    return float(np.mean((p - y) ** 2)) if len(p) else None


def log_score(probabilities: Sequence[float], outcomes: Sequence[bool]) -> float | None:
    """Mean of −ln(probability given to what happened), in nats; None without forecasts."""
    p, y = _checked(probabilities, outcomes)
    p = np.clip(p, LEAST_P, 1 - LEAST_P)
    return float(np.mean(-np.log(np.where(y > 0, p, 1 - p)))) if len(p) else None


def reliability(
    probabilities: Sequence[float], outcomes: Sequence[bool], bins: int = 10
) -> list[ReliabilityBin]:
    """Forecasts in equal bins of probability, empty ones included."""
    p, y = _checked(probabilities, outcomes)
    at = np.minimum((p * bins).astype(np.int64), bins - 1)
    return [_bin(number, bins, p[at == number], y[at == number]) for number in range(bins)]


def expected_calibration_error(bins: Sequence[ReliabilityBin]) -> float | None:
    """Σ count/n × |mean probability − observed share|; None without forecasts."""
    total = sum(one.count for one in bins)
    if not total:
        return None
    return sum(
        one.count / total * abs(one.mean - one.share)
        for one in bins
        if one.mean is not None and one.share is not None
    )


def wilson(hits: float, count: int, z: float = 1.6449) -> tuple[float, float]:
    """Interval of a share by Wilson (1927); the default ``z`` is for 90 %."""
    share, spread = hits / count, z * z / count
    middle = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * float(np.sqrt(share * (1 - share) / count + spread / 4 / count))
    return max(0.0, middle - half), min(1.0, middle + half)


def quantiles(values: Sequence[float]) -> dict[str, float] | None:
    """Least, quartiles, most and number of ``values``; None where there are none."""
    if not values:
        return None
    low, first, middle, third, high = np.quantile(np.array(values), (0, 0.25, 0.5, 0.75, 1))
    return {
        "n": len(values),
        "min": float(low),
        "q25": float(first),
        "median": float(middle),
        "q75": float(third),
        "max": float(high),
    }


def counted_between(values: Sequence[float], bounds: Sequence[float]) -> list[int]:
    """How many of ``values`` lie from each bound up to the next, the last without end."""
    edges = np.array([*bounds, np.inf])
    return [int(n) for n in np.histogram(np.array(values, dtype=np.float64), edges)[0]]


def ratio(part: float, whole: float) -> float | None:
    """``part`` of ``whole``; None of nothing."""
    return part / whole if whole else None


def _bin(number: int, bins: int, p: Floats, y: Floats) -> ReliabilityBin:
    low, high = number / bins, (number + 1) / bins
    if not len(p):
        return ReliabilityBin(low, high, 0, None, None, None)
    interval = wilson(float(y.sum()), len(y))
    return ReliabilityBin(low, high, len(p), float(p.mean()), float(y.mean()), interval)


def _checked(probabilities: Sequence[float], outcomes: Sequence[bool]) -> tuple[Floats, Floats]:
    """As columns.

    Raises:
        ValueError: not as many outcomes as probabilities, or a probability outside 0 to 1.
    """
    p = np.array(probabilities, dtype=np.float64)
    y = np.array(outcomes, dtype=np.float64)
    if p.shape != y.shape:
        raise ValueError(f"{len(p)} probabilities, but {len(y)} outcomes")
    if not np.all((p >= 0) & (p <= 1)):
        raise ValueError("a probability lies outside 0 to 1")
    return p, y
