"""How fast a rumour is growing, as a Gamma-Poisson posterior.

Counts are sightings, exposures are hours. Each rate has the prior Gamma(1/2, 1 h); Poisson
counts make its posterior Gamma(1/2 + count, 1 h + exposure). With X and Y such rates of shapes
a, b and exposures A, B, XA / (XA + YB) is Beta(a, b), so the ratio X / Y is known exactly.
"""

from dataclasses import dataclass
from math import exp, lgamma, log, log1p

PRIOR_SHAPE = 0.5  # Jeffreys prior for a Poisson rate, made proper by one hour
PRIOR_HOURS = 1.0
MASS = 0.90
_TINY = 1e-300


@dataclass(frozen=True, slots=True)
class Growth:
    """The recent rate over the earlier one, a ratio without unit.

    Args:
        low, high: ends of the 90 % credible interval.
        doubled: probability that the ratio is at least 2.
    """

    median: float
    low: float
    high: float
    doubled: float


def growth(recent: int, recent_hours: float, earlier: int, earlier_hours: float) -> Growth:
    """Compare two spans of one rumour.

    Raises:
        ValueError: a count or an exposure is negative.
    """
    if min(recent, recent_hours, earlier, earlier_hours) < 0:
        raise ValueError("counts and exposures of a growth rate must not be negative")
    a, b = recent + PRIOR_SHAPE, earlier + PRIOR_SHAPE
    exposure = (recent_hours + PRIOR_HOURS) / (earlier_hours + PRIOR_HOURS)
    tail = (1 - MASS) / 2
    low, median, high = (_quantile(q, a, b) / exposure for q in (tail, 0.5, 1 - tail))
    return Growth(median, low, high, 1 - _below(2 * exposure, a, b))


def _quantile(share: float, a: float, b: float) -> float:
    """The odds below which ``share`` of Beta(a, b) lies, by bisection of their logarithm."""
    low, high = -60.0, 60.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _below(exp(middle), a, b) < share else (low, middle)
    return exp((low + high) / 2)


def _below(odds: float, a: float, b: float) -> float:
    """The share of Beta(a, b) below ``odds`` : 1."""
    if odds > (a + 1) / (b + 1):
        return 1 - _below(1 / odds, b, a)  # where the fraction converges fast
    x = odds / (1 + odds)
    front = a * log(odds) - (a + b) * log1p(odds) + lgamma(a + b) - lgamma(a) - lgamma(b)
    return exp(front) / a * _fraction(x, a, b)


def _fraction(x: float, a: float, b: float) -> float:
    """Continued fraction of the incomplete beta function (DLMF 8.17.22), Lentz's method."""
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1) or _TINY)
    value = d
    for m in range(1, 1000):
        n = a + 2 * m
        even = m * (b - m) * x / ((n - 1) * n)
        odd = -(a + m) * (a + b + m) * x / (n * (n + 1))
        step = 1.0
        for term in (even, odd):
            d, c = 1 / (1 + term * d or _TINY), 1 + term / c or _TINY
            step = c * d
            value *= step
        if abs(step - 1) < 1e-12:
            break
    return value
