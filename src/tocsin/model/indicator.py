"""Signs that people define in advance (indications and warning)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class IndicatorStatus(StrEnum):
    """Set by named people only."""

    UNOBSERVED = "unobserved"
    POSSIBLE = "possible"
    OBSERVED = "observed"


@dataclass(frozen=True, slots=True)
class Indicator:
    """One sign in the register.

    Args:
        question: what it helps to answer.
        evidence_rule: what counts as evidence, in words.
        diagnosticity: 0 to 1: how much seeing it changes the answer.
        half_life_days: after this long an observation counts half.
        owner: role or handle of who keeps it.
    """

    id: str
    question: str
    sign: str
    evidence_rule: str
    diagnosticity: float
    half_life_days: float
    owner: str
    status: IndicatorStatus = IndicatorStatus.UNOBSERVED
    changed_at: datetime | None = None
    evidence: tuple[str, ...] = ()
