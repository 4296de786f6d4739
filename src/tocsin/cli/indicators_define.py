"""Signs of a project's own: defined on the command line or in a file, and changed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from tocsin.cli.decide import record
from tocsin.cli.indicators_register import moment_of
from tocsin.cli.options import AsOption, ProjectOption, ReasonOption, named_person, open_project
from tocsin.cli.output import show
from tocsin.engines.project import Project
from tocsin.engines.register import group_check, known_sign, register
from tocsin.errors import UsageError
from tocsin.indicators import checked, definition_form, definition_from, definitions_in
from tocsin.model import DecisionKind, Indicator

_PARTS = (
    "question",
    "sign",
    "evidence_rule",
    "diagnosticity",
    "half_life_days",
    "owner",
    "source",
    "places",
    "groups",
)
_Id = Annotated[str | None, typer.Argument(metavar="ID", help="Small letters, digits and '-'.")]
_Text = Annotated[str | None, typer.Option(help="In words.")]
_Weight = Annotated[
    float | None, typer.Option(help="0 to 0.9; .5: three times as likely, .8: nine times.")
]
_Days = Annotated[float | None, typer.Option(help="After so many days a finding counts half.")]
_Places = Annotated[
    list[str] | None,
    typer.Option("--place", help="Gazetteer id or two-letter country; repeatable; none: all."),
]
_Groups = Annotated[
    list[str] | None,
    typer.Option("--group", help="Neutral English group name; repeatable; none: all."),
]
_File = Annotated[
    Path | None,
    typer.Option("--file", metavar="YAML", help="Signs in a file instead, with their rules."),
]


def add(
    sign_id: _Id = None,
    question: _Text = None,
    sign: _Text = None,
    evidence_rule: _Text = None,
    diagnosticity: _Weight = None,
    half_life_days: _Days = None,
    owner: _Text = None,
    source: _Text = None,
    places: _Places = None,
    groups: _Groups = None,
    file: _File = None,
    by: AsOption = None,
    reason: ReasonOption = "",
    project: ProjectOption = Path(),
) -> None:
    """Define a sign of your own, in advance: with every option, or with --file."""
    named_person(by)
    desk = open_project(project)
    form = _form(
        (
            question,
            sign,
            evidence_rule,
            diagnosticity,
            half_life_days,
            owner,
            source,
            places,
            groups,
        )
    )
    signs = _signs(file, sign_id, form)
    with desk.reading() as store:
        known = register(store, moment_of("", None))
    there = [one.id for one in signs if one.id in known]
    if there:
        raise UsageError(f"indicator {there[0]} is there already; change it with edit")
    _define(desk, signs, (by, reason))


def edit(
    sign_id: _Id = None,
    question: _Text = None,
    sign: _Text = None,
    evidence_rule: _Text = None,
    diagnosticity: _Weight = None,
    half_life_days: _Days = None,
    owner: _Text = None,
    source: _Text = None,
    places: _Places = None,
    groups: _Groups = None,
    file: _File = None,
    by: AsOption = None,
    reason: ReasonOption = "",
    project: ProjectOption = Path(),
) -> None:
    """Change a sign's definition, or bring a retired one back; what people saw of it stays."""
    named_person(by)
    desk = open_project(project)
    form = _form(
        (
            question,
            sign,
            evidence_rule,
            diagnosticity,
            half_life_days,
            owner,
            source,
            places,
            groups,
        )
    )
    with desk.reading() as store:
        known = register(store, moment_of("", None))
    if file is None and sign_id is not None:
        form = {**definition_form(known_sign(known, sign_id).indicator), **form}
    signs = _signs(file, sign_id, form)
    for one in signs:
        known_sign(known, one.id)
    _define(desk, signs, (by, reason))


def _form(options: Sequence[Any]) -> dict[str, Any]:
    """What was said of a definition on the command line; what was not said is left out."""
    said = zip(_PARTS, options, strict=True)
    return {name: value for name, value in said if value not in (None, [])}


def _signs(file: Path | None, sign_id: str | None, form: dict[str, Any]) -> tuple[Indicator, ...]:
    if (file is None) == (sign_id is None):
        raise UsageError("name one sign by its ID, or a file of signs with --file, not both")
    if file is not None:
        return definitions_in(file)
    return (definition_from({**form, "id": sign_id}, "command line"),)


def _define(desk: Project, signs: Iterable[Indicator], who: tuple[str | None, str]) -> None:
    refused = group_check(desk)
    wanted = [checked(one, refused) for one in signs]
    for one in wanted:
        kept = json.dumps(definition_form(one), ensure_ascii=False, sort_keys=True)
        record(desk, DecisionKind.INDICATOR_DEFINE, one.id, kept, who)
        show(f"{one.id}: defined")
