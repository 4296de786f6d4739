"""``tocsin report``: what people on the ground see, by role and never by name."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from tocsin.cli.gazetteer import load_gazetteer
from tocsin.cli.indicators_register import moment_of
from tocsin.cli.options import (
    AsOption,
    JsonOption,
    ProjectOption,
    before_subcommand,
    named_person,
    open_project,
)
from tocsin.cli.output import say, show, show_json, show_rows
from tocsin.clock import SystemClock
from tocsin.engines.project import Project
from tocsin.engines.register import group_check
from tocsin.engines.reports import add_report, all_reports, report_named
from tocsin.errors import UsageError
from tocsin.model import Credibility, FieldReport, Grade, Place, Reliability, Seen
from tocsin.reading import read_added
from tocsin.wire import report_form

app = typer.Typer(
    help="Reports from the ground: add, list, show.",
    no_args_is_help=True,
)
_COLUMNS = ("id", "received_at", "place", "seen", "grade", "role", "group", "text")
_SEEN = ", ".join(Seen)


@app.callback()
def report(project: ProjectOption = Path()) -> None:
    """What people on the ground see. A role and a grade, never a name.

    "crowd gathering" and "violence", graded C3 or better, stand for a person's confirmation of
    what is known of that place, so a warning may become an alarm; "violence" also counts as an
    event for places nearby, if the threatened group is named. Everything else is shown beside the
    warning and changes no level: "calm" and "crowd dispersed" never lower one before a called hour.
    """
    before_subcommand(project)


@app.command()
def add(
    role: Annotated[str, typer.Option(help="A configured role (reports.roles), never a name.")],
    place: Annotated[str, typer.Option(help="A town's name, or its gazetteer id.")],
    seen: Annotated[str, typer.Option(help=_SEEN)],
    grade: Annotated[
        str,
        typer.Option(help="Admiralty: source A to F, item 1 to 6; F6 where you cannot judge."),
    ] = "F6",
    group: Annotated[str, typer.Option(help="The threatened group; none: whichever.")] = "",
    text: Annotated[str, typer.Option(help="In words, without names; '-': standard input.")] = "",
    seen_at: Annotated[
        str | None, typer.Option(metavar="T", help="When it was seen (ISO 8601); none: now.")
    ] = None,
    by: AsOption = None,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Take one report down; it counts from now on, at the next run. Example:

    tocsin report add --role monitor --place Derby --seen "crowd gathering" --grade B2 --as ana
    """
    who = named_person(by)
    desk = open_project(project)
    now = SystemClock().now()
    where = _place(desk, place)
    told = FieldReport(
        id="",
        received_at=now,
        seen_at=now if seen_at is None else moment_of("--seen-at", seen_at),
        role=role,
        place_id=where.id,
        place=where.name,
        latitude=where.latitude,
        longitude=where.longitude,
        seen=_seen(seen),
        text=sys.stdin.read() if text == "-" else text,
        grade=_grade(grade),
        group=_group(desk, group),
        by=who,
    )
    with desk.writing() as (archive, store):
        kept, removed = add_report(archive, store, told, desk.settings.texts("reports.roles"))
    _tell(kept, removed, as_json)


@app.command("list")
def list_reports(project: ProjectOption = Path(), as_json: JsonOption = False) -> None:
    """List reports, the newest first."""
    with open_project(project).reading() as store:
        rows = all_reports(store)
    if not rows and not as_json:
        show("no reports")
        return
    show_rows(rows, _COLUMNS, as_json)


@app.command("show")
def show_report(
    report_id: Annotated[str, typer.Argument(metavar="ID", help="A report's id, from the list.")],
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Show one report whole."""
    with open_project(project).reading() as store:
        row = report_named(store, report_id)
    if row is None:
        raise UsageError(f"no report {report_id}; the list: tocsin report list")
    if as_json:
        show_json(row)
        return
    for name, value in row.items():
        _line(name, value)


def _tell(kept: FieldReport, removed: tuple[str, ...], as_json: bool) -> None:
    for kind in dict.fromkeys(removed):
        say(f"taken out of the text: {removed.count(kind)} × {kind}; look for names yourself")
    if as_json:
        show_json(report_form(kept))
        return
    show(f"{kept.id}: {kept} at {kept.place}; then: tocsin run")


def _line(name: str, value: Any) -> None:
    if value != "":
        show(f"{name.replace('_', ' ')}: {value}")


def _place(desk: Project, name: str) -> Place:
    """The largest place of this name; areas are too wide to see anything in."""
    own = read_added(map(Path, desk.settings.texts("reading.places")))
    gazetteer = load_gazetteer().with_added(own)
    if ":" in name:
        try:
            return gazetteer.place(name)
        except (KeyError, ValueError):
            raise UsageError(f"--place {name}: no place has this id") from None
    found = [one for one in gazetteer.named(name) if one.kind in ("city", "district")]
    if not found:
        raise UsageError(f"--place {name}: no town is called so; see tocsin places search {name}")
    return found[0]


def _seen(value: str) -> Seen:
    if value not in list(Seen):
        raise UsageError(f"--seen {value}: say one of {_SEEN}")
    return Seen(value)


def _grade(value: str) -> Grade:
    letter, digit = value[:1].upper(), value[1:]
    known = [one.value for one in Reliability], [str(one.value) for one in Credibility]
    if letter not in known[0] or digit not in known[1]:
        raise UsageError(
            f"--grade {value}: a letter A to F for the source and a digit 1 to 6 for what it says, "
            "e.g. B2; F6 where you cannot judge"
        )
    return Grade(Reliability(letter), Credibility(int(digit)))


def _group(desk: Project, name: str) -> str:
    why = group_check(desk)(name) if name else None
    if why is not None:
        raise UsageError(f"--group '{name}' {why}")
    return name
