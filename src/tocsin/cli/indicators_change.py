"""What people say of signs: what they saw, that they looked, that a sign is out of use."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.decide import record
from tocsin.cli.indicators_register import moment_of
from tocsin.cli.options import AsOption, ProjectOption, ReasonOption, named_person, open_project
from tocsin.cli.output import show
from tocsin.clock import SystemClock
from tocsin.engines.register import Told, checked_where, finding_from_words, known_sign, register
from tocsin.errors import UsageError
from tocsin.indicators import finding_value, look_value
from tocsin.model import DecisionKind

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
    told = Told(
        status=value,
        evidence=tuple(evidence or ()),
        reliability=reliability,
        credibility=credibility,
        place=place,
        group=group,
        seen_at=None if seen is None else moment_of("--seen", seen),
        note=reason,
    )
    with desk.reading() as store:
        finding = finding_from_words(desk, store, sign_id, (who, SystemClock().now()), told)
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
    kept = look_value(*checked_where(desk, place, group))
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
