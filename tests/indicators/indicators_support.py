"""Signs and decisions as a test writes them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from tocsin.indicators import definition_form, definition_from, finding_value, look_value
from tocsin.indicators.findings import finding_from
from tocsin.model import (
    Credibility,
    Decision,
    DecisionKind,
    Finding,
    Grade,
    Indicator,
    IndicatorStatus,
    Reliability,
)

NOW = datetime(2022, 3, 1, 12, tzinfo=UTC)
A1 = Grade(Reliability.A, Credibility.CONFIRMED)
FORM: dict[str, Any] = {
    "id": "leaflets",
    "question": "Has a date been set?",
    "sign": "Leaflets name a day",
    "evidence_rule": "One leaflet",
    "diagnosticity": 0.5,
    "half_life_days": 10,
    "owner": "desk",
    "source": "the test",
}


def sign(**more: Any) -> Indicator:
    """The sign of the tests, with changes."""
    return definition_from({**FORM, **more}, "test")


def after(days: float) -> datetime:
    """NOW and so many days."""
    return NOW + timedelta(days=days)


def saw(status: str = "observed", by: str = "ana", at: float = 0, **more: Any) -> Decision:
    """Somebody says something of a sign, ``at`` days after NOW."""
    about = more.pop("indicator", "leaflets")
    seen = after(more.pop("seen", at))
    finding = Finding(
        about, IndicatorStatus(status), by, after(at), seen, note="leaflet in hand", **more
    )
    value = finding_value(finding)
    decision = Decision(
        DecisionKind.INDICATOR_STATUS, about, value, by, after(at), "leaflet in hand"
    )
    assert finding_from(decision) == finding
    return decision


def looked(by: str = "ana", at: float = 0, **where: str) -> Decision:
    """Somebody looked and saw nothing new."""
    value = look_value(**where)
    return Decision(DecisionKind.INDICATOR_LOOKED, "leaflets", value, by, after(at))


def retired(at: float) -> Decision:
    """Somebody retires the sign."""
    return Decision(DecisionKind.INDICATOR_RETIRE, "leaflets", "retired", "ana", after(at), "old")


def defined(at: float, **more: Any) -> Decision:
    """Somebody defines the sign anew."""
    value = json.dumps(definition_form(sign(**more)))
    about = more.get("id", "leaflets")
    return Decision(DecisionKind.INDICATOR_DEFINE, about, value, "bo", after(at))
