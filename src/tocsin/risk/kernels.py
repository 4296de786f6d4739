"""What a rate of violence is made of, and the weights of its parts.

Events expected per day at a place x at time T, all from what was known at T:

    rate(x, T) = weekday(T) · { L(T) · Σ_b w_b · s_b(x, T) + Σ_i Σ_k w_{k, kind of i} · g_k(x, i) }

L is the level of the whole region (exponential moving average), s_b a share of it, and the last
sum is contagion: a space-time Hawkes process (Hawkes 1971; Mohler et al. 2011, "Self-exciting
point process modeling of crime") whose kernels are mixtures of exponentials with given scales
and fitted, non-negative weights. The weight of a kernel is the number of events that one event
of that kind is followed by through it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, floor, log, sqrt

BASE_TERMS = ("even", "exposed", "share", "share_all", "region", "region_all")
"""Shares of the region's level: the same for every place; by exposure (population); by past
events of the place that are of a counted kind, or of any; by those of places around."""

Z90 = 1.6448536269514722
"""Half-width of a central 90 % interval of the standard normal distribution."""

OTHER = "other"
LASTING_DAYS = 30.0
"""A kernel with a longer scale remembers what a place is like: it counts as base rate."""

THURSDAY = 3
"""1970-01-01, with Monday 0."""


@dataclass(frozen=True, slots=True)
class Basis:
    """Kinds of violence and scales; what is not fitted.

    Args:
        kinds: kinds that may excite; "other" takes whatever is not named.
        counted: kinds that are forecast; the rest only excite.
        level_days: memory of the region's level.
        share_days: memory of a place's share.
        share_prior: events spread evenly over all places and added to every count.
        region_km, neighbour_km: scale of exp(−km / scale).
        same_km: within this distance two points are one place.
        near_days: scales of contagion within a place.
        neighbour_days: scale of contagion to places around; 83 % of what exp(−t / 4 d) carries
            comes within a week.
        level_pull: how far what the place is like is drawn towards the region's level where its
            sum over all places has drifted from it: 0 not at all, 1 wholly.
        place_km2: area of a place, where no table says which places there are.
        utc_offset_h: local time, for the day of the week.
    """

    kinds: tuple[str, ...] = ("riot", "assault", "arson", "clandestine", OTHER)
    counted: tuple[str, ...] = ("riot", "assault", "arson")
    level_days: float = 21.0
    share_days: float = 730.0
    share_prior: float = 10.0
    region_km: float = 40.0
    neighbour_km: float = 40.0
    same_km: float = 10.0
    near_days: tuple[float, ...] = (3.0, 180.0)
    neighbour_days: float = 4.0
    level_pull: float = 1.0
    place_km2: float = 1000.0
    utc_offset_h: float = 0.0

    def __post_init__(self) -> None:
        scales = (self.level_days, self.share_days, self.region_km, self.neighbour_km)
        if min(*scales, *self.near_days, self.neighbour_days, self.place_km2) <= 0:
            raise ValueError("scales of time and space must be positive")
        if self.kinds[-1] != OTHER:
            raise ValueError(f"the last kind must be {OTHER!r}, not {self.kinds[-1]!r}")

    @property
    def kernel_days(self) -> tuple[float, ...]:
        """Time scale of each kernel of one kind: the places' own, then the neighbours'."""
        return (*self.near_days, self.neighbour_days)

    def lasting(self) -> tuple[bool, ...]:
        """For each of ``terms()`` whether it tells of the place rather than of a recent event."""
        of_kind = tuple(days > LASTING_DAYS for days in self.kernel_days)
        return (True,) * len(BASE_TERMS) + of_kind * len(self.kinds)

    def terms(self) -> tuple[str, ...]:
        """Names of all parts, in the order of the weights."""
        named = [f"here {days:g} d" for days in self.near_days]
        named.append(f"neighbours {self.neighbour_days:g} d")
        return (*BASE_TERMS, *(f"{kind}: {name}" for kind in self.kinds for name in named))


PRIOR_SHARES = {
    "even": 0.05,
    "exposed": 0.05,
    "share": 0.2,
    "share_all": 0.2,
    "region": 0.2,
    "region_all": 0.1,
}
"""Events that the region's level leads to by each share, before any fit; 0.8 in all, since the
level counts the followers of events as well."""

PRIOR_OFFSPRING: Mapping[str, tuple[float, float]] = {
    "riot": (0.1, 0.15),
    "assault": (0.05, 0.03),
    "arson": (0.05, 0.0),
    "clandestine": (0.05, 0.0),
    OTHER: (0.02, 0.01),
}
"""Events that follow one: at each time scale in the same place, and at neighbours. Riots spread to
neighbours within days (Bonnasse-Gahot et al. 2018 on France 2005); clandestine attacks are not seen
to (our own fit to ARVIG: docs/base-rates.md). The sizes are ours, until a fit says otherwise."""


@dataclass(frozen=True, slots=True)
class Kernels:
    """A basis with weights.

    Args:
        weights: one for each of ``basis.terms()``; non-negative.
        covariance: of the weights, row by row; zero where nobody fitted them.
        weekday: factor for Monday to Sunday, mean about 1.
        intercept, slope: calibrated rate per day = exp(intercept) · rate^slope.
        fitted_on: events of a counted kind in the fit; 0 for priors.
    """

    basis: Basis
    weights: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]
    weekday: tuple[float, ...] = (1.0,) * 7
    intercept: float = 0.0
    slope: float = 1.0
    fitted_on: int = 0

    def __post_init__(self) -> None:
        if len(self.weights) != len(self.basis.terms()) or len(self.weekday) != 7:
            raise ValueError("one weight per term and seven factors for the days of the week")
        if min(self.weights) < 0:
            raise ValueError("weights must not be negative")

    def interval(self, term: str) -> tuple[float, float]:
        """90 % interval of a weight: normal approximation, cut off at zero."""
        place = self.basis.terms().index(term)
        reach = Z90 * sqrt(self.covariance[place][place])
        return max(0.0, self.weights[place] - reach), self.weights[place] + reach

    def calibrated(self, rate: float) -> float:
        """Events per day after calibration."""
        return exp(self.intercept + self.slope * log(rate))

    def rhythm(self, day: float, days: float) -> float:
        """Mean factor of the days of the week over [``day``, ``day`` + ``days``)."""
        start = day + self.basis.utc_offset_h / 24
        end, total, at = start + days, 0.0, start
        while at < end:
            midnight = min(floor(at) + 1.0, end)
            total += self.weekday[(floor(at) + THURSDAY) % 7] * (midnight - at)
            at = midnight
        return total / days


def prior_weights(basis: Basis) -> tuple[float, ...]:
    """Weights before any fit."""
    shares = [PRIOR_SHARES[name] for name in BASE_TERMS]
    for kind in basis.kinds:
        here, neighbours = PRIOR_OFFSPRING.get(kind, PRIOR_OFFSPRING[OTHER])
        shares += [*(here for _ in basis.near_days), neighbours]
    return tuple(shares)


def prior_kernels(basis: Basis | None = None) -> Kernels:
    """Kernels that nobody has fitted; each weight is uncertain by its own size."""
    basis = basis or Basis()
    weights = prior_weights(basis)
    size = range(len(weights))
    covariance = tuple(tuple(weights[i] ** 2 * (i == j) for j in size) for i in size)
    return Kernels(basis, weights, covariance)
