"""Situation → Forecast by a logistic score with documented priors."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from math import exp, log, sqrt

from tocsin.model import Forecast, Situation, Spread, Term
from tocsin.risk.coefficients import Coefficients, Prior
from tocsin.risk.features import features

Z90 = 1.6448536269514722
"""Half-width of a central 90 % interval of the standard normal distribution."""


class RiskModel:
    """Probability of mob violence at a situation's place within a horizon.

    log-odds = log-odds(base rate over the horizon) + Σ weight × value. The 90 % interval is
    closed-form on the log-odds scale: coefficients are independent normals, so the variance is
    base_sd² + Σ (sd × value)².

    Args:
        horizon_h: hours; the base rate of 24 h is scaled by 1 − (1 − p)^(h / 24).
    """

    def __init__(self, coefficients: Coefficients | None = None, horizon_h: int = 24) -> None:
        if horizon_h < 1:
            raise ValueError(f"horizon_h must be at least 1 hour, not {horizon_h}")
        self._coefficients = coefficients or Coefficients()
        self._horizon_h = horizon_h
        self._base_rate = 1 - (1 - self._coefficients.base_rate) ** (horizon_h / 24)

    def forecast(
        self, situation: Situation, spreads: Mapping[str, Spread], as_of: datetime
    ) -> Forecast:
        """The forecast at ``as_of``; ``spreads`` by rumour id, missing ones count for nothing."""
        terms: list[Term] = []
        variance = self._coefficients.base_sd**2
        horizon = timedelta(hours=self._horizon_h)
        for name, value, text in features(situation, spreads, as_of, horizon):
            prior: Prior = getattr(self._coefficients, name)
            terms.append(Term(name, value, prior.weight, text))
            variance += (prior.sd * value) ** 2
        terms.sort(key=lambda term: (-term.share, term.name))
        score = _logit(self._base_rate) + sum(term.share for term in terms)
        reach = Z90 * sqrt(variance)
        return Forecast(
            key=situation.key,
            origin_time=as_of,
            horizon_h=self._horizon_h,
            probability=_logistic(score),
            interval=(_logistic(score - reach), _logistic(score + reach)),
            base_rate=self._base_rate,
            terms=tuple(terms),
        )


def _logit(p: float) -> float:
    return log(p / (1 - p))


def _logistic(score: float) -> float:
    return 1 / (1 + exp(-score))
