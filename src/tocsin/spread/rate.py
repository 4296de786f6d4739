"""How fast a rumour is growing, as a Gamma-Poisson posterior.

Counts are sightings, exposures are hours weighted by the stream's own rhythm.
The prior is Gamma(shape, rate) on each rate; Poisson counts make the posterior
Gamma(shape + count, rate + exposure). The ratio of two independent gammas is a
scaled F variable (Johnson, Kotz and Balakrishnan, Continuous Univariate
Distributions 2, chapter 27), so nothing is sampled and the result is exact.
"""

from dataclasses import dataclass

from scipy.stats import f as f_distribution

PRIOR_SHAPE = 0.5  # Jeffreys prior for a Poisson rate, made proper below
PRIOR_HOURS = 1.0
MASS = 0.90


@dataclass(frozen=True)
class Growth:
    """The recent rate over the baseline rate, a ratio without unit."""

    median: float
    low: float
    high: float
    doubled: float  # probability that the ratio is at least 2


def growth(recent: int, recent_hours: float, earlier: int, earlier_hours: float) -> Growth:
    """Compare two spans of one rumour; hours must be finite and at least 0.

    Raises ValueError when a count or an exposure is negative.
    """
    if min(recent, recent_hours, earlier, earlier_hours) < 0:
        raise ValueError("counts and exposures of a growth rate must not be negative")
    top, bottom = recent + PRIOR_SHAPE, earlier + PRIOR_SHAPE
    scale = (top / (recent_hours + PRIOR_HOURS)) / (bottom / (earlier_hours + PRIOR_HOURS))
    ratio = f_distribution(2 * top, 2 * bottom, scale=scale)
    tail = (1 - MASS) / 2
    low, median, high = (float(ratio.ppf(share)) for share in (tail, 0.5, 1 - tail))
    return Growth(median, low, high, float(ratio.sf(2.0)))
