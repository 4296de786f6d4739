"""What outcomes teach about told probabilities: a correction for each region.

log-odds(event) = intercept + intercept of the region + slope × log-odds(told)

after Platt (1999), "Probabilistic outputs for support vector machines", with a normal prior on each
part (no correction: 0, 0, 1), so that a region with few outcomes borrows from all others and none
moves far on little (Gelman & Hill 2007, chapter 12). The fit is the maximum of the penalised
likelihood by Newton's method; its curvature gives the standard deviations.

Only outcomes that people recorded may come in here. A warning met by police or counter-mobilisation
(``prevented?``) is censored and left out, and so is one whose outcome nobody knows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import log, sqrt

import numpy as np
import numpy.typing as npt

from tocsin.model import Correction

ENOUGH = 30
"""Outcomes of a region from which its numbers may be shown as probabilities."""

ENOUGH_OF_EACH = 5
"""Of which so many must have occurred, and so many not."""

INTERCEPT_SD, REGION_SD, SLOPE_SD = 1.5, 0.7, 0.4
"""Standard deviations of the priors, on the log-odds scale."""

_MOST = 12.0
_STEPS = 50
_CLOSE = 1e-9
_LONGEST_STEP = 2.0

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class KnownOutcome:
    """What came of one warning.

    Args:
        region: IANA zone of its place.
        told: the probability as first told, without any correction.
        occurred: violence came within the horizon.
    """

    region: str
    told: float
    occurred: bool


@dataclass(frozen=True, slots=True)
class Calibration:
    """Corrections by region; a region without outcomes gets what all of them taught.

    Args:
        everywhere: for regions without outcomes of their own; never calibrated.
    """

    everywhere: Correction
    regions: Mapping[str, Correction] = field(default_factory=dict)

    def of(self, region: str) -> Correction:
        """The correction for a place in this region."""
        return self.regions.get(region, self.everywhere)


def calibrate(outcomes: Sequence[KnownOutcome]) -> Calibration:
    """The corrections that these outcomes teach; without any, none."""
    names = sorted({outcome.region for outcome in outcomes})
    columns = _columns(outcomes, names)
    happened = np.array([outcome.occurred for outcome in outcomes], dtype=np.float64)
    priors = np.array([INTERCEPT_SD, SLOPE_SD, *[REGION_SD] * len(names)])
    centre = np.array([0.0, 1.0, *[0.0] * len(names)])
    fitted, covariance = _fit(columns, happened, centre, 1 / priors**2)
    counts = Counter(outcome.region for outcome in outcomes)
    came = Counter(outcome.region for outcome in outcomes if outcome.occurred)
    new = sqrt(covariance[0, 0] + REGION_SD**2) if outcomes else 0.0
    return Calibration(
        everywhere=Correction(float(fitted[0]), float(fitted[1]), new, 0, calibrated=False),
        regions={
            name: Correction(
                intercept=float(fitted[0] + fitted[at]),
                slope=float(fitted[1]),
                sd=sqrt(covariance[0, 0] + covariance[at, at] + 2 * covariance[0, at]),
                outcomes=counts[name],
                calibrated=_enough(counts[name], came[name]),
            )
            for at, name in enumerate(names, 2)
        },
    )


def _enough(outcomes: int, occurred: int) -> bool:
    return outcomes >= ENOUGH and ENOUGH_OF_EACH <= occurred <= outcomes - ENOUGH_OF_EACH


def _columns(outcomes: Sequence[KnownOutcome], names: Sequence[str]) -> Floats:
    """Shape (outcomes, 2 + regions): one, told log-odds, which region."""
    rows = np.zeros((len(outcomes), 2 + len(names)))
    for row, outcome in zip(rows, outcomes, strict=True):
        row[0], row[1] = 1.0, _log_odds(outcome.told)
        row[2 + names.index(outcome.region)] = 1.0
    return rows


def _log_odds(p: float) -> float:
    """Kept within ±12, so that a certainty stays a number."""
    p = min(max(p, 1e-9), 1 - 1e-9)
    return max(-_MOST, min(_MOST, log(p / (1 - p))))


def _fit(
    columns: Floats, happened: Floats, centre: Floats, precision: Floats
) -> tuple[Floats, Floats]:
    """Maximum of the penalised log-likelihood and the inverse of its curvature (both exact:
    the function is concave).
    """
    at = centre.copy()
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(-(columns @ at)))
        slope = columns.T @ (happened - p) - precision * (at - centre)
        curvature = (columns.T * (p * (1 - p))) @ columns + np.diag(precision)
        step = np.linalg.solve(curvature, slope)
        at = at + np.clip(step, -_LONGEST_STEP, _LONGEST_STEP)
        if float(np.abs(step).max()) < _CLOSE:
            break
    covariance = np.asarray(np.linalg.inv(curvature), dtype=np.float64)
    return at, covariance
