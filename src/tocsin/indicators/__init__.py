"""The register: signs that people define in advance, what they saw of them, and its weight."""

from tocsin.indicators.definition import (
    GroupCheck,
    checked,
    checked_place,
    definition_form,
    definition_from,
)
from tocsin.indicators.files import definitions_in, starter_set
from tocsin.indicators.findings import finding_value, look_value
from tocsin.indicators.proposals import matches, proposals_for
from tocsin.indicators.register import KINDS, IndicatorState, register_at
from tocsin.indicators.weight import (
    CAP,
    contribution,
    decay,
    grade_factor,
    log_likelihood_ratio,
    slow_risk,
)

__all__ = [
    "CAP",
    "KINDS",
    "GroupCheck",
    "IndicatorState",
    "checked",
    "checked_place",
    "contribution",
    "decay",
    "definition_form",
    "definition_from",
    "definitions_in",
    "finding_value",
    "grade_factor",
    "log_likelihood_ratio",
    "look_value",
    "matches",
    "proposals_for",
    "register_at",
    "slow_risk",
    "starter_set",
]
