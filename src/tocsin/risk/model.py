"""Situation → Forecast by a logistic score with documented priors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from math import exp, log, sqrt

from tocsin.model import Background, Correction, Forecast, HorizonRisk, Situation, Spread, Term
from tocsin.risk.coefficients import Coefficients, Prior
from tocsin.risk.features import features
from tocsin.risk.kernels import Z90

HORIZONS_H = (6, 24, 72, 336)
"""The horizons that a desk is shown, in hours."""

MOST_RELATIVE = log(20.0)
"""A place's own history moves the base rate by a factor of 20 at most, up or down."""

_FADING_H = 72.0
"""What is said now tells about the next hours: beyond a day its share fades with this constant."""

_NOTHING = Background()


class RiskModel:
    """Probability of mob violence at a situation's place within a horizon.

    log-odds = log-odds(base rate over the horizon) + log(relative rate of the place)
    + Σ weight × value. The 90 % interval is closed-form on the log-odds scale: coefficients are
    independent normals, so the variance is base_sd² + relative_sd² + Σ (sd × value)².

    Args:
        horizon_h: hours; the base rate of 24 h is scaled by 1 − (1 − p)^(h / 24).
    """

    def __init__(self, coefficients: Coefficients | None = None, horizon_h: int = 24) -> None:
        if horizon_h < 1:
            raise ValueError(f"horizon_h must be at least 1 hour, not {horizon_h}")
        self._coefficients = coefficients or Coefficients()
        self._horizon_h = horizon_h

    def forecast(
        self,
        situation: Situation,
        spreads: Mapping[str, Spread],
        as_of: datetime,
        background: Background = _NOTHING,
    ) -> Forecast:
        """The forecast at ``as_of``; ``spreads`` by rumour id, missing ones count for nothing."""
        return self._over(self._horizon_h, (situation, spreads, background), as_of)

    def outlook(
        self,
        situation: Situation,
        spreads: Mapping[str, Spread],
        as_of: datetime,
        background: Background = _NOTHING,
    ) -> tuple[HorizonRisk, ...]:
        """Every horizon of ``HORIZONS_H``, shortest first.

        More time never makes an event less likely: each is at least the one before.
        """
        told: list[HorizonRisk] = []
        for hours in HORIZONS_H:
            found = self._over(hours, (situation, spreads, background), as_of)
            risk = HorizonRisk(hours, found.probability, found.interval)
            if told and risk.probability < told[-1].probability:
                risk = replace(told[-1], horizon_h=hours)
            told.append(risk)
        return tuple(told)

    def base_rate(self, hours: int, background: Background) -> float:
        """The prior over so many hours, moved by what has happened at the place before."""
        base: float = 1 - (1 - self._coefficients.base_rate) ** (hours / 24)
        if background.relative == 1.0:
            return base
        moved = max(-MOST_RELATIVE, min(MOST_RELATIVE, log(background.relative)))
        return _logistic(_logit(base) + moved)

    def _over(
        self, hours: int, known: tuple[Situation, Mapping[str, Spread], Background], as_of: datetime
    ) -> Forecast:
        situation, spreads, background = known
        base_rate = self.base_rate(hours, background)
        terms, variance = self._terms(features(situation, spreads, as_of, timedelta(hours=hours)))
        fading = _fading(hours)
        terms = [replace(term, weight=term.weight * fading) for term in terms]
        terms += background.terms
        terms.sort(key=lambda term: (-term.share, term.name))
        score = _logit(base_rate) + sum(term.share for term in terms)
        variance += self._coefficients.base_sd**2 + background.relative_sd**2
        score, reach = _corrected(score, variance, background.correction)
        return Forecast(
            key=situation.key,
            origin_time=as_of,
            horizon_h=hours,
            probability=_logistic(score),
            interval=(_logistic(score - reach), _logistic(score + reach)),
            base_rate=base_rate,
            terms=tuple(terms),
            calibrated=background.correction is not None and background.correction.calibrated,
        )

    def _terms(self, found: Iterable[tuple[str, float, str]]) -> tuple[list[Term], float]:
        """Terms, and the variance they bring."""
        terms: list[Term] = []
        variance = 0.0
        for name, value, text in found:
            prior: Prior = getattr(self._coefficients, name)
            terms.append(Term(name, value, prior.weight, text))
            variance += (prior.sd * value) ** 2
        return terms, variance


def _fading(hours: int) -> float:
    """Share of a term's weight that holds over a horizon: the mean of exp(−t / 72 h) beyond the
    first day; 1 up to a day.
    """
    beyond = max(0.0, hours - 24.0)
    if not beyond:
        return 1.0
    faded = _FADING_H * (1 - exp(-beyond / _FADING_H))
    return (24.0 + faded) / (24.0 + beyond)


def _corrected(score: float, variance: float, correction: Correction | None) -> tuple[float, float]:
    """Log-odds and the half-width of their 90 % interval, after what outcomes have taught."""
    if correction is None:
        return score, Z90 * sqrt(variance)
    corrected = correction.intercept + correction.slope * score
    return corrected, Z90 * sqrt(correction.slope**2 * variance + correction.sd**2)


def _logit(p: float) -> float:
    return log(p / (1 - p))


def _logistic(score: float) -> float:
    return 1 / (1 + exp(-score))
