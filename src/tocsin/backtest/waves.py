"""Waves of events, and a bootstrap that draws whole waves.

Riots come in waves, so single events are not independent; drawing waves keeps intervals honest
(cluster bootstrap: Field and Welsh 2007).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from tocsin.backtest.alarms import Floats
from tocsin.backtest.rules import Rules
from tocsin.reading.gazetteer import distances_km

Moment = tuple[datetime, float, float]
"""When and where (degrees)."""


def waves(moments: Sequence[Moment], rules: Rules) -> list[int]:
    """The wave of each moment, numbered in the order of time.

    Two belong to one wave if they lie within ``wave_days`` and ``wave_km``, or if a chain of such
    pairs joins them (single linkage).
    """
    order = sorted(range(len(moments)), key=lambda at: (moments[at], at))
    lats = np.array([moments[at][1] for at in order], dtype=np.float64)
    lons = np.array([moments[at][2] for at in order], dtype=np.float64)
    root = list(range(len(order)))
    oldest = 0
    for new, at in enumerate(order):
        while moments[at][0] - moments[order[oldest]][0] > timedelta(days=rules.wave_days):
            oldest += 1
        gaps = distances_km(lats[oldest:new], lons[oldest:new], lats[new], lons[new])
        for old in (np.flatnonzero(gaps <= rules.wave_km) + oldest).tolist():
            _join(root, old, new)
    numbers: dict[int, int] = {}
    found = [0] * len(order)
    for new, at in enumerate(order):
        found[at] = numbers.setdefault(_root(root, new), len(numbers))
    return found


def _root(root: list[int], at: int) -> int:
    while root[at] != at:
        root[at] = root[root[at]]
        at = root[at]
    return at


def _join(root: list[int], one: int, other: int) -> None:
    first, second = sorted((_root(root, one), _root(root, other)))
    root[second] = first


def bootstrap_ratio(
    parts: Sequence[float], wholes: Sequence[float], wave: Sequence[int], rules: Rules
) -> tuple[float, float] | None:
    """90 % interval of Σ parts / Σ wholes, drawing waves with replacement; seeded.

    None where there are fewer than two waves, from which nothing can be said.
    """
    count = max(wave, default=-1) + 1
    if count < 2:
        return None
    part = np.bincount(wave, weights=parts, minlength=count)
    whole = np.bincount(wave, weights=wholes, minlength=count)
    drawn = _draws(count, rules)
    sums = whole[drawn].sum(axis=1)
    ratios: Floats = part[drawn].sum(axis=1)[sums > 0] / sums[sums > 0]
    if not len(ratios):
        return None
    low, high = np.quantile(ratios, (0.05, 0.95))
    return float(low), float(high)


def _draws(count: int, rules: Rules) -> npt.NDArray[np.int64]:
    generator = np.random.Generator(np.random.PCG64(rules.seed))
    return generator.integers(0, count, size=(rules.resamples, count))
