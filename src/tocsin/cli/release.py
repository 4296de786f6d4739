"""``tocsin release``: what may leave the desk, in which words, and who said so."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from tocsin import wire
from tocsin.cli.decide import record
from tocsin.cli.options import (
    AsOption,
    JsonOption,
    ProjectOption,
    ReasonOption,
    before_subcommand,
    named_person,
    open_project,
)
from tocsin.cli.output import say, show, show_json, show_rows
from tocsin.clock import SystemClock
from tocsin.desk.release import (
    STANDS,
    WITHDRAW,
    Harms,
    ReleaseFile,
    Standing,
    follow_ups,
    proposal_from,
)
from tocsin.engines import release as engine
from tocsin.engines.desk import desk_box, lives
from tocsin.engines.project import Project
from tocsin.engines.told import plain_message
from tocsin.errors import UsageError
from tocsin.model import DecisionKind, Message
from tocsin.store import Store
from tocsin.store.lists import warning_life

app = typer.Typer(
    help="Release outside the desk: two named people, the very words shown before; an alarm by "
    "one, reviewed within 12 hours. Paging the desk itself needs none of this.",
    no_args_is_help=True,
)
WORDING: engine.Wording = plain_message
"""The words of a message; one place to put others in."""
_Warning = Annotated[str, typer.Argument(metavar="WARNING", help="Id, from tocsin warnings.")]
_Release = Annotated[
    str | None, typer.Option("--release", metavar="ID", help="Which; default: the newest.")
]


@app.callback()
def _before(project: ProjectOption = Path()) -> None:
    before_subcommand(project)


@app.command()
def propose(
    warning: _Warning,
    to: Annotated[
        list[str] | None,
        typer.Option("--to", metavar="ID", help="A recipient. Repeatable; who was told before of "
        "this warning comes in without being named."),
    ] = None,
    right: Annotated[str, typer.Option("--if-right", help="Who is harmed if it is right.")] = "",
    wrong: Annotated[str, typer.Option("--if-wrong", help="Who is harmed if it is wrong.")] = "",
    cancelled: Annotated[
        str, typer.Option("--if-cancelled", help="Who is harmed if it is cancelled.")
    ] = "",
    alone: Annotated[
        bool, typer.Option("--alone", help="An alarm, now; a second person reviews in 12 hours.")
    ] = False,
    drill: Annotated[
        bool, typer.Option("--drill", help="An exercise; every word says so.")
    ] = False,
    by: AsOption = None,
    project: ProjectOption = Path(),
) -> None:  # fmt: skip
    """Show every word that would leave, and propose it; nothing leaves until enough people agree.

    Example: tocsin release propose 3f2a9c --to r1 --if-right "…" --if-wrong "…" --if-cancelled
    "…" --as ana
    """
    who, desk = named_person(by), open_project(project)
    lists = desk_box(desk).read()
    with desk.reading() as store:
        book = engine.release_book(desk, store)
        told = _told(store, warning, drill=drill)
    wish = engine.Wish(who, tuple(to or ()), Harms(right, wrong, cancelled), alone)
    made = engine.draft(book, lists, told, wish, WORDING)
    show_messages(made.messages)
    subject, value = engine.proposal_decision(made)
    proposal = proposal_from(record(desk, DecisionKind.RELEASE_PROPOSE, subject, value, (who, "")))
    _tell(_file(desk, warning, proposal.id))


def _told(store: Store, warning: str, number: int | None = None, *, drill: bool) -> engine.Told:
    life = warning_life(store, warning)
    if not life:
        raise UsageError(f"no warning {warning}; the list: tocsin warnings")
    return engine.Told(life, number or len(life), drill)


def show_messages(messages: Sequence[Message]) -> None:
    """The exact text for each recipient."""
    for message in messages:
        mark = "DRILL  " if message.drill else ""
        show(f"{mark}to {message.recipient}, in {message.language}:", "bold")
        show(f"  {message.subject}")
        for line in message.text.splitlines():
            show(f"  {line}")
        show(f"  digest {message.digest}", "dim")


def _tell(file: ReleaseFile) -> None:
    name, warning = file.proposal.id, file.proposal.warning
    standing = file.standing(SystemClock().now())
    show(f"release {name}: {standing.value}, by {', '.join(file.agreed)}")
    if standing is Standing.PROPOSED:
        show(f"next: another person: tocsin release approve {warning} --release {name} --as NAME")
    elif standing is Standing.REVIEW_DUE:
        say(f"a second person reviews by {file.review_until:%Y-%m-%d %H:%M} UTC: tocsin release "
            f"review {warning} --release {name} --as NAME")  # fmt: skip


@app.command()
def approve(
    warning: _Warning,
    release: _Release = None,
    by: AsOption = None,
    reason: ReasonOption = "",
    project: ProjectOption = Path(),
) -> None:
    """Agree to a proposal after reading every word again; a changed text is refused."""
    who, desk = named_person(by), open_project(project)
    lists, file = desk_box(desk).read(), _file(desk, warning, release)
    engine.check_approval(lists, file, who, SystemClock().now())
    with desk.reading() as store:
        told = _told(store, warning, file.proposal.number, drill=file.proposal.drill)
        newest = len(warning_life(store, warning))
    show_messages(engine.agreed_words(lists, file, told, WORDING))
    show(f"harm: {file.proposal.harms.sentence}")
    if newest > file.proposal.number:
        say("the warning has changed since this was proposed; look at it: tocsin warnings show")
    record(desk, DecisionKind.RELEASE_APPROVE, warning, file.proposal.id, (who, reason))
    _tell(_file(desk, warning, file.proposal.id))


@app.command()
def review(
    warning: _Warning,
    release: _Release = None,
    withdraw: Annotated[
        bool, typer.Option("--withdraw", help="It must not stand; what is not sent stays here.")
    ] = False,
    by: AsOption = None,
    reason: ReasonOption = "",
    project: ProjectOption = Path(),
) -> None:
    """Review an alarm that one person released, or withdraw any release, with a reason."""
    who, desk = named_person(by), open_project(project)
    if withdraw and not reason.strip():
        raise UsageError("a release is withdrawn with a reason: add --reason '…'")
    file = _file(desk, warning, release)
    engine.check_review(desk_box(desk).read(), file, who, withdraw=withdraw)
    value = f"{file.proposal.id} {WITHDRAW if withdraw else STANDS}"
    record(desk, DecisionKind.RELEASE_REVIEW, warning, value, (who, reason))
    _tell(_file(desk, warning, file.proposal.id))


def _file(desk: Project, warning: str, release: str | None) -> ReleaseFile:
    with desk.reading() as store:
        files = engine.release_book(desk, store).of(warning)
    found = [file for file in files if release in (None, file.proposal.id)]
    if not found:
        name = f" {release}" if release else ""
        raise UsageError(f"no release{name} of warning {warning}; the list: tocsin release list")
    return found[-1]


@app.command("list")
def list_releases(
    warning: Annotated[str, typer.Argument(metavar="[WARNING]")] = "",
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Releases, and who still waits for an update or a cancellation."""
    desk, now = open_project(project), SystemClock().now()
    with desk.reading() as store:
        book = engine.release_book(desk, store)
        due = follow_ups(book, dict(lives(store)))
    files = book.of(warning) if warning else book.files
    columns = ("release", "warning", "level", "standing", "agreed", "to", "drill", "review_until")
    show_rows([_row(file, file.standing(now)) for file in files], columns, as_json)
    for one in due:
        if warning in ("", one.warning):
            told = {"warning": one.warning, "untold": one.action, "to": list(one.recipients)}
            if as_json:
                show_json(told)
            else:
                who = ", ".join(one.recipients)
                say(f"{one.warning}: {one.action} not told to {who}, who got the first")


def _row(file: ReleaseFile, standing: Standing) -> dict[str, Any]:
    proposal = file.proposal
    return {
        "release": proposal.id,
        "warning": proposal.warning,
        "number": proposal.number,
        "level": proposal.level.word,
        "standing": standing.value.upper() if standing is Standing.OVERDUE else standing.value,
        "agreed": list(file.agreed),
        "to": [one.recipient for one in proposal.shown],
        "drill": "DRILL" if proposal.drill else "",
        "review_until": wire.iso(file.review_until) or "",
        "harms": proposal.harms.sentence,
    }
