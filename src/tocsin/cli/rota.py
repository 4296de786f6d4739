"""``tocsin rota``: who is on duty, and who is called next."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated

import typer

from tocsin import wire
from tocsin.cli.desk_lists import change_now
from tocsin.cli.options import (
    AsOption,
    JsonOption,
    ProjectOption,
    before_subcommand,
    named_person,
    open_project,
)
from tocsin.cli.output import say, show, show_json
from tocsin.clock import SystemClock
from tocsin.desk.forms import form_of
from tocsin.desk.paging import next_due, pages_due
from tocsin.desk.rota import change_said, gaps, names_said, on_duty, unknown_people, zone_of
from tocsin.engines.desk import desk_box
from tocsin.engines.paging import all_raised, answers, roster_of, standing
from tocsin.errors import UsageError
from tocsin.model import Duty, Rota, RotaChange

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_AHEAD = timedelta(days=14)

app = typer.Typer(
    help="Duty rota: show, set, who. A watch wakes nobody; an alert reaches who is on duty once; "
    "an alarm goes from one to the next until somebody acknowledges it.",
    no_args_is_help=True,
)


@app.callback()
def _before(project: ProjectOption = Path()) -> None:
    before_subcommand(project)


@app.command("show")
def show_rota(project: ProjectOption = Path(), as_json: JsonOption = False) -> None:
    """Show the pattern, its exceptions, and where nobody is on duty in the next two weeks."""
    lists = desk_box(open_project(project)).read()
    rota, now = lists.rota, SystemClock().now()
    if as_json:
        show_json(form_of(rota))
        return
    show(f"hours in {rota.zone}; to the next person after {rota.escalate_minutes} minutes")
    for duty in rota.duties:
        days = " ".join(_DAYS[day] for day in duty.days)
        show(f"  {days}  {duty.start:%H:%M}-{duty.end:%H:%M}  {', '.join(duty.people)}")
    for change in rota.changes:
        if change.end > now:
            span = f"{_local(rota, change.start)} to {_local(rota, change.end)}"
            show(f"  {span}  {', '.join(change.people)}  {change.reason}")
    for name in unknown_people(rota, lists.staff):
        say(f"{name} is in the rota and on no staff list: nobody would be reached")
    for start, end in gaps(rota, now, now + _AHEAD):
        say(f"nobody on duty {_local(rota, start)} to {_local(rota, end)}: everybody is called")


def _local(rota: Rota, moment: datetime) -> str:
    return f"{moment.astimezone(zone_of(rota.zone)):%a %d %b %H:%M}"


@app.command("who")
def who(
    at: Annotated[str | None, typer.Option(help="When (ISO 8601); default: now.")] = None,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Who is on duty, who is called next, and what waits for an answer."""
    desk = open_project(project)
    lists, now = desk_box(desk).read(), moment_said("--at", at) or SystemClock().now()
    roster = roster_of(lists)
    with desk.reading() as store:
        raised, answered = all_raised(standing(store)), answers(store)
    pages = pages_due(roster, raised, answered, now)
    following = next_due(roster, raised, answered, now)
    if as_json:
        order = list(roster.order(now))
        duty = list(on_duty(lists.rota, now))
        forms = [form_of(page) for page in pages]
        show_json({"duty": duty, "order": order, "pages": forms, "next": wire.iso(following)})
        return
    show(f"on duty: {', '.join(on_duty(lists.rota, now)) or 'nobody'}")
    show(f"called, in order: {', '.join(roster.order(now)) or 'nobody: tocsin staff add'}")
    for page in pages:
        way = "phone" if page.wakes else "chat"
        show(f"  {page.level} {page.warning}: {page.handle} by {way}, due {page.due:%H:%M} UTC")
    if following is not None:
        show(f"next, if nobody answers: {following:%H:%M} UTC")


@app.command("set")
def set_rota(
    duty: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DAYS HH:MM-HH:MM PEOPLE",
            help='"mon-fri 20:00-08:00 ana,ben": who is called first, then who. Repeatable; '
            "replaces the pattern.",
        ),
    ] = None,
    instead: Annotated[
        list[str] | None,
        typer.Option(
            metavar="START END PEOPLE",
            help='"2024-05-01T20:00 2024-05-02T08:00 ben,ana", hours of the rota\'s zone: an '
            "exception. Repeatable; added to those there are.",
        ),
    ] = None,
    zone: Annotated[str | None, typer.Option(help="IANA zone of the hours.")] = None,
    escalate: Annotated[
        int | None, typer.Option(min=1, help="Minutes until an alarm goes to the next person.")
    ] = None,
    by: AsOption = None,
    project: ProjectOption = Path(),
) -> None:
    """Set the weekly pattern, exceptions, and how long an alarm waits for an answer.

    Example: tocsin rota set --zone Europe/Moscow --duty "mon-sun 08:00-20:00 ana,ben" --duty
    "mon-sun 20:00-08:00 ben,ana" --as ana
    """
    named_person(by)
    desk = open_project(project)
    old = desk_box(desk).read().rota
    new = replace(
        old,
        duties=tuple(map(_duty, duty)) if duty else old.duties,
        zone=zone or old.zone,
        escalate_minutes=escalate or old.escalate_minutes,
    )
    zone_of(new.zone)
    changes = tuple(_change(one, new.zone) for one in instead or ())
    new = replace(new, changes=(*old.changes, *changes))
    change_now(desk, ("rota", ("rota",)), lambda lists: replace(lists, rota=new), by)
    show("rota set; look at it with: tocsin rota show")


def _duty(said: str) -> Duty:
    try:
        days, hours, people = said.split(maxsplit=2)
        start, _, end = hours.partition("-")
        return Duty(
            _days(days), time.fromisoformat(start), time.fromisoformat(end), names_said(people)
        )
    except ValueError:
        example = '"mon-fri 20:00-08:00 ana,ben"'
        raise UsageError(f"--duty {said}: write it as {example}") from None


def _days(said: str) -> tuple[int, ...]:
    """``mon-fri`` or ``sat,sun``; a span may go over the week's end."""
    found: list[int] = []
    for part in said.casefold().split(","):
        first, _, last = part.partition("-")
        start = _DAYS.index(first[:3])
        length = (_DAYS.index((last or first)[:3]) - start) % 7
        found += [(start + n) % 7 for n in range(length + 1)]
    return tuple(sorted(set(found)))


def _change(said: str, zone: str) -> RotaChange:
    try:
        start, end, people = said.split(maxsplit=2)
        return change_said(start, end, people, zone)
    except ValueError:
        example = '"2024-05-01T20:00 2024-05-02T08:00 ben,ana"'
        raise UsageError(f"--instead {said}: write it as {example}") from None


def moment_said(option: str, said: str | None) -> datetime | None:
    """A moment given on the command line; None: not given.

    Raises:
        UsageError: it is no ISO 8601 time.
    """
    try:
        return wire.moment(said)
    except ValueError:
        raise UsageError(f"{option} {said}: write a time as 2024-10-29T19:00:00+03:00") from None


def first_of_year(year: int) -> date:
    """The first day of a year.

    Raises:
        UsageError: no such year.
    """
    try:
        return date(year, 1, 1)
    except ValueError:
        raise UsageError(f"{year}: no such year") from None
