"""``tocsin brief``, ``purpose``, ``report-year``, ``shift``: what the desk reads and hands over."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.options import (
    AsOption,
    JsonOption,
    ProjectOption,
    before_subcommand,
    named_person,
    open_project,
)
from tocsin.cli.output import show, show_json, show_rows
from tocsin.cli.rota import first_of_year, moment_said
from tocsin.clock import SystemClock
from tocsin.desk.box import write_whole
from tocsin.desk.forms import form_of
from tocsin.desk.pages import brief_page, page, workbook
from tocsin.engines.desk import desk_box
from tocsin.engines.desk_lists import add_note
from tocsin.engines.papers import morning_brief, purpose, year_counts
from tocsin.model import ShiftNote

HtmlOption = Annotated[Path | None, typer.Option("--html", help="Write a printable page.")]

shift = typer.Typer(
    help="The shift log: notes, and what the next shift must know. Encrypted at rest.",
    no_args_is_help=True,
)


@shift.callback()
def _before(project: ProjectOption = Path()) -> None:
    before_subcommand(project)


@shift.command("note")
def note(
    text: Annotated[str, typer.Argument(help="What happened; no names of people who posted.")],
    handover: Annotated[
        bool, typer.Option("--handover", help="For the next shift; stands in the brief.")
    ] = False,
    warning: Annotated[str, typer.Option(help="The warning it is about.")] = "",
    by: AsOption = None,
    project: ProjectOption = Path(),
) -> None:
    """Write a note to the shift log. It is kept encrypted, and not in the ledger."""
    who = named_person(by)
    desk = open_project(project)
    add_note(desk, ShiftNote(SystemClock().now(), who, text.strip(), handover, warning))
    show("noted")


@shift.command("show")
def show_notes(
    hours: Annotated[float, typer.Option(min=0, help="Of the last so many hours.")] = 24,
    handover: Annotated[bool, typer.Option("--handover", help="Only for the next shift.")] = False,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Show the notes, the newest last."""
    since = SystemClock().now() - timedelta(hours=hours)
    notes = desk_box(open_project(project)).read().notes
    found = [one for one in notes if one.at >= since and (one.handover or not handover)]
    show_rows([form_of(one) for one in found], ("at", "by", "handover", "warning", "text"), as_json)


def brief(
    html: HtmlOption = None,
    xlsx: Annotated[Path | None, typer.Option("--xlsx", help="Write a spreadsheet.")] = None,
    since: Annotated[str | None, typer.Option(help="ISO 8601; default: 12 hours ago.")] = None,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """What is open, what changed overnight, what is due, what was not seen, drills.

    Example: tocsin brief --html brief.html --xlsx brief.xlsx
    """
    desk, now = open_project(project), SystemClock().now()
    start = moment_said("--since", since) or now - timedelta(hours=12)
    lists = desk_box(desk).read()
    with desk.reading() as store:
        made = morning_brief(desk, store, lists, start, now)
    if html is not None:
        write_whole(html, brief_page(made, desk.settings.text("project.name")).encode())
    if xlsx is not None:
        write_whole(xlsx, workbook(made.sections))
    if as_json:
        show_json({title: list(rows) for title, rows in made.sections})
        return
    for title, rows in made.sections:
        show(f"{title}: {len(rows)}", "bold")
        if title != "Coverage" and rows:
            show_rows(rows, tuple(rows[0]), as_json=False)


def show_purpose(project: ProjectOption = Path(), as_json: JsonOption = False) -> None:
    """What this desk is for, on what basis, and who could be harmed, as answered at the start."""
    desk = open_project(project)
    rows = purpose(desk)
    if as_json:
        for row in rows:
            show_json(row)
        return
    for row in rows:
        show(f"{row['question'].replace('_', ' ')}: {row['answer']}")
        if row["changed"]:
            show(f"    {row['changed']}", "yellow")


def report_year(
    year: Annotated[int, typer.Argument(metavar="YEAR")],
    html: HtmlOption = None,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Counts of what was watched, warned, confirmed, released and erased in a year.

    Numbers alone: no text, no name, no place. It may be published.
    """
    first_of_year(year)
    desk = open_project(project)
    with desk.reading() as store:
        rows, answers = year_counts(desk, store, year), purpose(desk)
    if html is not None:
        said = [f"{row['question'].replace('_', ' ')}: {row['answer']}" for row in answers]
        write_whole(html, page(f"The year {year}", said, [("Counts", rows)]).encode())
    show_rows(rows, ("what", "count"), as_json)
