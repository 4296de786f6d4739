"""Findings and looks as the value of a decision (JSON), and back."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from tocsin.clock import as_utc
from tocsin.errors import UsageError
from tocsin.model import (
    Credibility,
    Decision,
    Finding,
    Grade,
    IndicatorStatus,
    Look,
    Reliability,
)


def finding_value(finding: Finding) -> str:
    """What a decision keeps of a finding; who, when and the note are the decision's own.

    Raises:
        UsageError: it breaks a rule of the register.
    """
    _check(finding)
    return _dumps(
        {
            "status": finding.status.value,
            "seen_at": as_utc(finding.seen_at).isoformat(),
            "place": finding.place,
            "group": finding.group,
            "reliability": finding.grade.reliability.value,
            "credibility": finding.grade.credibility.value,
            "evidence": list(finding.evidence),
        }
    )


def finding_from(decision: Decision) -> Finding:
    """The inverse of :func:`finding_value`."""
    form = json.loads(decision.value)
    return Finding(
        indicator=decision.subject,
        status=IndicatorStatus(form["status"]),
        by=decision.by,
        at=decision.at,
        seen_at=datetime.fromisoformat(form["seen_at"]),
        place=form["place"],
        group=form["group"],
        grade=Grade(Reliability(form["reliability"]), Credibility(form["credibility"])),
        evidence=tuple(form["evidence"]),
        note=decision.reason,
    )


def look_value(place: str = "", group: str = "") -> str:
    """What a decision keeps of a look."""
    return _dumps({"place": place, "group": group})


def look_from(decision: Decision) -> Look:
    """The inverse of :func:`look_value`."""
    form = json.loads(decision.value)
    return Look(
        indicator=decision.subject,
        by=decision.by,
        at=decision.at,
        place=form["place"],
        group=form["group"],
        note=decision.reason,
    )


def _check(finding: Finding) -> None:
    if not (finding.evidence or finding.note.strip()):
        raise UsageError("a status needs what it rests on: add --evidence channel/id or --reason")
    if finding.status is IndicatorStatus.UNOBSERVED:
        raise UsageError(
            "unobserved means that nobody has looked, so nobody can say it; say absent, or "
            "withdrawn to take back what you said"
        )
    if finding.seen_at > finding.at + timedelta(seconds=1):
        raise UsageError("a sign cannot be seen later than it is told; mend --seen")


def _dumps(form: dict[str, Any]) -> str:
    return json.dumps(form, ensure_ascii=False, sort_keys=True)
