"""What signs add to slow risk, in log-odds, and how that is bounded.

A sign that was observed adds ``log LR × decay × grade × status``:

* ``LR = (1 + d) / (1 - d)`` for diagnosticity d. At even odds beforehand, seeing the sign makes
  it ``(1 + d) / 2`` likely. Its logarithm is the weight of evidence (I. J. Good, *Probability and
  the Weighing of Evidence*, 1950); the word is from R. J. Heuer, *Psychology of Intelligence
  Analysis*, 1999.
* ``decay = 2 ** (-age / half-life)`` from the time when the sign was seen.
* ``grade``: the product of two factors for source and item. The letters and figures are the
  Admiralty code (NATO STANAG 2511); the factors are ours, and no field data stand behind them.
* ``status``: 1 observed, .5 possible, 0 otherwise. A sign that is absent adds nothing: it never
  lowers risk.

Where people differ about one place and group, their log-odds are averaged with equal weights,
which is the logarithmic opinion pool (Genest and Zidek, *Combining Probability Distributions*,
Statistical Science, 1986). Signs are not independent of one another, so their sum is capped.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from math import log, log1p

from tocsin.indicators.register import Cell, IndicatorState, cell
from tocsin.model import Credibility, Finding, Grade, IndicatorStatus, Reliability, Term

CAP = log(10.0)
"""All signs together multiply the odds by ten at most."""

STATUS_PART = {IndicatorStatus.OBSERVED: 1.0, IndicatorStatus.POSSIBLE: 0.5}
RELIABILITY_PART = dict(zip(Reliability, (1.0, 0.85, 0.6, 0.3, 0.1, 0.4), strict=True))
CREDIBILITY_PART = dict(zip(Credibility, (1.0, 0.85, 0.6, 0.3, 0.1, 0.4), strict=True))
SMALLEST = 0.01
"""A term below this is not worth a reason; it is left out."""


def log_likelihood_ratio(diagnosticity: float) -> float:
    """``log((1 + d) / (1 - d))``; 0 for 0, log 3 for .5."""
    return log1p(diagnosticity) - log1p(-diagnosticity)


def decay(finding: Finding, half_life_days: float, as_of: datetime) -> float:
    """0 to 1: what is left of a finding; 0 before it was made."""
    if as_of < finding.at:
        return 0.0
    age = (as_of - finding.seen_at).total_seconds() / 86_400
    return float(2.0 ** -(max(age, 0.0) / half_life_days))


def grade_factor(grade: Grade) -> float:
    """Above 0 to 1; F6, which nobody has judged, is .16."""
    return RELIABILITY_PART[grade.reliability] * CREDIBILITY_PART[grade.credibility]


def contribution(finding: Finding, half_life_days: float, as_of: datetime) -> float:
    """0 to 1: the part of a sign's full weight that one person's finding is worth."""
    part = STATUS_PART.get(finding.status, 0.0)
    return part * decay(finding, half_life_days, as_of) * grade_factor(finding.grade)


def slow_risk(
    states: Iterable[IndicatorState], places: Collection[str], group: str, as_of: datetime
) -> tuple[Term, ...]:
    """One term for each sign that was seen, largest share first; their sum is at most CAP.

    Args:
        states: the register; findings made after ``as_of`` do not count.
        places: the place itself and what it lies in: gazetteer ids and two-letter country.
        group: neutral English group name.
    """
    states = [state.about(places, group) for state in states]
    found = [
        (value, log_likelihood_ratio(state.indicator.diagnosticity), state, best)
        for state in states
        for value, best in (_strongest(state, places, group, as_of),)
        if best is not None and value * state.indicator.diagnosticity > 0
    ]
    total = sum(value * weight for value, weight, _, _ in found)
    scale = min(1.0, CAP / total) if total else 1.0
    terms = [_term(value, weight * scale, state, best) for value, weight, state, best in found]
    worth = [term for term in terms if term.share >= SMALLEST]
    return tuple(sorted(worth, key=lambda term: (-term.share, term.name)))


def _strongest(
    state: IndicatorState, places: Collection[str], group: str, as_of: datetime
) -> tuple[float, Finding | None]:
    """The cell that says most about this place and group: its value, and a finding to show."""
    if state.retired_by is not None or not _speaks_of(state, places, group):
        return 0.0, None
    cells: dict[Cell, list[Finding]] = {}
    for finding in state.standing:
        if finding.at <= as_of:
            cells.setdefault(cell(finding), []).append(finding)
    best: tuple[float, Finding | None] = (0.0, None)
    for _, findings in sorted(cells.items()):
        parts = [contribution(f, state.indicator.half_life_days, as_of) for f in findings]
        pooled = sum(parts) / len(parts)
        if pooled > best[0]:
            best = pooled, findings[parts.index(max(parts))]
    return best


def _speaks_of(state: IndicatorState, places: Collection[str], group: str) -> bool:
    signs = state.indicator
    here = not signs.places or any(place in signs.places for place in places)
    return here and (not signs.groups or group in signs.groups)


def _term(value: float, weight: float, state: IndicatorState, best: Finding) -> Term:
    day = best.seen_at.date().isoformat()
    disputed = ", disputed" if state.disputed else ""
    text = f"sign {best.status.value}: {state.indicator.sign} ({best.grade}, {day}{disputed})"
    return Term(f"indicator:{state.indicator.id}", value, weight, text)
