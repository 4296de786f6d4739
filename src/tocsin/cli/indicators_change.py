"""What people say of signs: what they saw, that they looked, that a sign is out of use."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.decide import record
from tocsin.cli.indicators_register import group_check, known_sign, moment_of, register
from tocsin.cli.options import AsOption, ProjectOption, ReasonOption, named_person, open_project
from tocsin.cli.output import show
from tocsin.clock import SystemClock
from tocsin.engines.project import Project
from tocsin.errors import UsageError
from tocsin.indicators import (
    checked_place,
    finding_value,
    look_value,
)
from tocsin.model import (
    Credibility,
    DecisionKind,
    Finding,
    Grade,
    IndicatorStatus,
    Reliability,
)

_Id = Annotated[str, typer.Argument(metavar="ID", help="A sign's id, from the list.")]
_Place = Annotated[str, typer.Option(help="Gazetteer id or two-letter country; none: all.")]
_Group = Annotated[str, typer.Option(help="Neutral English group name; none: all.")]
_Evidence = Annotated[
    list[str] | None, typer.Option("--evidence", metavar="CHANNEL/ID", help="Repeatable.")
]


def status(
    sign_id: _Id,
    value: Annotated[str, typer.Argument(help="observed, possible, absent, withdrawn")],
    evidence: _Evidence = None,
    reliability: Annotated[str, typer.Option(help="Of the source: A to F.")] = "F",
    credibility: Annotated[int, typer.Option(help="Of the item: 1 to 6.")] = 6,
    place: _Place = "",
    group: _Group = "",
    seen: Annotated[
        str | None, typer.Option(metavar="T", help="When it was seen (ISO 8601); none: now.")
    ] = None,
    by: AsOption = None,
    reason: ReasonOption = "",
    project: ProjectOption = Path(),
) -> None:
    """Say what you saw of a sign. People do this, never the machine."""
    who = named_person(by)
    desk = open_project(project)
    now = SystemClock().now()
    finding = Finding(
        indicator=sign_id,
        status=_status(value),
        by=who,
        at=now,
        seen_at=now if seen is None else moment_of("--seen", seen),
        place=_where(desk, place, group),
        group=group,
        grade=_grade(reliability, credibility),
        evidence=tuple(_refs(evidence)),
        note=reason,
    )
    _may_be_said(desk, finding)
    kept = finding_value(finding)
    record(desk, DecisionKind.INDICATOR_STATUS, sign_id, kept, (who, reason))
    show(f"{sign_id}: {value}, graded {finding.grade}")


def looked(
    sign_id: _Id,
    place: _Place = "",
    group: _Group = "",
    by: AsOption = None,
    reason: ReasonOption = "",
    project: ProjectOption = Path(),
) -> None:
    """Say that you looked for a sign and saw nothing new; earlier findings stand."""
    named_person(by)
    desk = open_project(project)
    kept = look_value(_where(desk, place, group), group)
    with desk.reading() as store:
        known_sign(register(store, moment_of("", None)), sign_id)
    record(desk, DecisionKind.INDICATOR_LOOKED, sign_id, kept, (by, reason))
    show(f"{sign_id}: looked, nothing new")


def retire(
    sign_id: _Id,
    by: AsOption = None,
    reason: ReasonOption = "",
    project: ProjectOption = Path(),
) -> None:
    """Take a sign out of use, with a reason; it counts no more, and its history stays."""
    if not reason.strip():
        raise UsageError("a sign is retired with a reason: add --reason '…'")
    named_person(by)
    desk = open_project(project)
    with desk.reading() as store:
        known_sign(register(store, moment_of("", None)), sign_id)
    record(desk, DecisionKind.INDICATOR_RETIRE, sign_id, "retired", (by, reason))
    show(f"{sign_id}: retired")


def _status(value: str) -> IndicatorStatus:
    known = [status.value for status in IndicatorStatus]
    if value not in known:
        raise UsageError(f"status {value}: say one of {', '.join(known[1:])}")
    return IndicatorStatus(value)


def _grade(reliability: str, credibility: int) -> Grade:
    letters = [letter.value for letter in Reliability]
    if reliability.upper() not in letters or credibility not in list(Credibility):
        raise UsageError(
            f"grade {reliability}{credibility}: --reliability is A to F, --credibility 1 to 6; "
            "F and 6 where you cannot judge"
        )
    return Grade(Reliability(reliability.upper()), Credibility(credibility))


def _where(desk: Project, place: str, group: str) -> str:
    """The place, after both were checked."""
    why = group_check(desk)(group) if group else None
    if why is not None:
        raise UsageError(f"--group '{group}' {why}")
    return checked_place(place, "--place") if place else ""


def _refs(evidence: list[str] | None) -> Iterable[str]:
    for ref in dict.fromkeys(evidence or ()):
        channel, slash, number = ref.rpartition("/")
        if not (channel and slash and number):
            raise UsageError(f"--evidence {ref}: write a post's id as channel/id")
        yield ref


def _may_be_said(desk: Project, finding: Finding) -> None:
    """The sign is known, and what is taken back was said by the same person."""
    from tocsin.store.lists import newest_post

    with desk.reading() as store:
        state = known_sign(register(store, finding.at), finding.indicator)
        for ref in finding.evidence:
            channel, _, number = ref.rpartition("/")
            if newest_post(store, channel, number) is None:
                raise UsageError(f"--evidence {ref}: no such post in this project")
    own = {(f.by, f.place, f.group) for f in state.standing}
    mine = (finding.by, finding.place, finding.group) in own
    if finding.status is IndicatorStatus.WITHDRAWN and not mine:
        raise UsageError(
            f"{finding.by} has said nothing of {finding.indicator} there that could be withdrawn; "
            "to contradict somebody else say absent"
        )
