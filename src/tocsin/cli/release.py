"""``tocsin release``: what may leave the desk, in which words, and who said so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from tocsin import wire
from tocsin.cli.decide import record
from tocsin.cli.deliver import show_untold
from tocsin.cli.gazetteer import load_gazetteer
from tocsin.cli.options import (
    AsOption,
    JsonOption,
    ProjectOption,
    ReasonOption,
    before_subcommand,
    named_person,
    open_project,
)
from tocsin.cli.output import say, show, show_rows
from tocsin.clock import SystemClock
from tocsin.desk.release import (
    STANDS,
    WITHDRAW,
    Harms,
    ReleaseFile,
    Standing,
    proposal_from,
)
from tocsin.engines import release as engine
from tocsin.engines.delivering import open_outbox, untold
from tocsin.engines.desk import desk_box
from tocsin.engines.project import Project
from tocsin.engines.released import queue_released
from tocsin.engines.wording import ProjectWording
from tocsin.errors import UsageError
from tocsin.model import DecisionKind, Message
from tocsin.store import Store
from tocsin.store.lists import warning_life

app = typer.Typer(
    help="Release outside the desk: two named people, the very words shown before; an alarm by "
    "one, reviewed within 12 hours. Paging the desk itself needs none of this. What is released "
    "waits in the outbox until tocsin deliver sends it.",
    no_args_is_help=True,
)
_Warning = Annotated[str, typer.Argument(metavar="WARNING", help="Id, from tocsin warnings.")]
_Release = Annotated[
    str | None, typer.Option("--release", metavar="ID", help="Which; default: the newest.")
]


_To = Annotated[
    list[str] | None,
    typer.Option(
        "--to",
        metavar="ID",
        help="A recipient. Repeatable; who was told before of this warning comes in without being "
        "named.",
    ),
]
_All = Annotated[bool, typer.Option("--all", help="Everybody on the list whom it concerns.")]
_Cancelled = Annotated[
    str, typer.Option("--if-cancelled", help="Who is harmed if it is cancelled.")
]
_Alone = Annotated[
    bool, typer.Option("--alone", help="An alarm, now; a second person reviews in 12 hours.")
]
_Drill = Annotated[bool, typer.Option("--drill", help="An exercise; every word says so.")]
_Number = Annotated[
    int | None, typer.Option("--number", help="In a drill: an action before the newest.")
]


@app.callback()
def _before(project: ProjectOption = Path()) -> None:
    before_subcommand(project)


@app.command()
def propose(
    warning: _Warning,
    to: _To = None,
    everybody: _All = False,
    right: Annotated[str, typer.Option("--if-right", help="Who is harmed if it is right.")] = "",
    wrong: Annotated[str, typer.Option("--if-wrong", help="Who is harmed if it is wrong.")] = "",
    cancelled: _Cancelled = "",
    alone: _Alone = False,
    drill: Annotated[
        bool, typer.Option("--drill", help="An exercise; every word says so.")
    ] = False,
    number: _Number = None,
    by: AsOption = None,
    project: ProjectOption = Path(),
) -> None:
    """Show every word that would leave, and propose it; nothing leaves until enough people agree.

    What is told is the newest action of the warning. An update or a cancellation goes to whoever
    got the first, without --to; harms that are not said again are those of the last release.

    Example: tocsin release propose 3f2a9c --to r1 --if-right "…" --if-wrong "…" --if-cancelled
    "…" --as ana
    """
    who, desk = named_person(by), open_project(project)
    lists, harms = desk_box(desk).read(), Harms(right, wrong, cancelled)
    wish = engine.Wish(who, tuple(to or ()), harms, everybody, alone, drill, number)
    with desk.reading() as store:
        known, life = engine.standings(desk, store, warning), _life(store, warning)
        made = engine.drafts(lists, life, known, wish, wording_of(desk, store))
    for one in made:
        show_messages(one.messages)
        show(f"harm: {one.proposal.harms.sentence}")
    for one in made:
        subject, value = engine.proposal_decision(one)
        said = record(desk, DecisionKind.RELEASE_PROPOSE, subject, value, (who, ""))
        _tell(desk, _file(desk, warning, proposal_from(said).id))


def wording_of(desk: Project, store: Store) -> engine.Wording:
    """The words of a project's messages."""
    return ProjectWording(store, desk.settings, load_gazetteer)


def _life(store: Store, warning: str) -> list[dict[str, Any]]:
    life = warning_life(store, warning)
    if not life:
        raise UsageError(f"no warning {warning}; the list: tocsin warnings")
    return life


def show_messages(messages: Sequence[Message]) -> None:
    """The exact text for each recipient."""
    for message in messages:
        mark = "DRILL  " if message.drill else ""
        show(f"{mark}to {message.recipient}, in {message.language}:", "bold")
        show(f"  {message.subject}")
        for line in message.text.splitlines():
            show(f"  {line}")
        show(f"  digest {message.digest}", "dim")


def _tell(desk: Project, file: ReleaseFile) -> None:
    """Where a release stands now; what is released goes into the outbox at once."""
    name, warning = file.proposal.id, file.proposal.warning
    standing = file.standing(SystemClock().now())
    show(f"release {name}: {standing.value}, by {', '.join(file.agreed)}")
    if standing is Standing.PROPOSED:
        show(f"next: another person: tocsin release approve {warning} --release {name} --as NAME")
        return
    if standing is Standing.REVIEW_DUE:
        say(f"a second person reviews by {file.review_until:%Y-%m-%d %H:%M} UTC: tocsin release "
            f"review {warning} --release {name} --as NAME")  # fmt: skip
    if file.release() is not None:
        _queue(desk, warning)


def _queue(desk: Project, warning: str) -> None:
    with desk.reading() as store:
        words = (desk_box(desk).read(), wording_of(desk, store))
        outbox = open_outbox(desk, store, SystemClock())
        handed = queue_released(desk, store, outbox, words, warning)
    if handed.keys:
        show(f"{len(handed.keys)} messages in the outbox; they are sent by: tocsin deliver")
    for one in handed.stuck:
        say(f"NOT SENT: {one.why}")


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
    lists, file = desk_box(desk).read(), _file(desk, warning, release, _waits)
    engine.check_approval(lists, file, who, SystemClock().now())
    with desk.reading() as store:
        known, life = engine.standings(desk, store, warning), _life(store, warning)
        told = engine.told_of(file, life, known)
        engine.refuse_overtaken(file, told)
        show_messages(engine.agreed_words(lists, file, told, wording_of(desk, store)))
    show(f"harm: {file.proposal.harms.sentence}")
    if len(life) > file.proposal.number:
        say(f"the warning has changed since this was proposed: tocsin warnings show {warning}")
    record(desk, DecisionKind.RELEASE_APPROVE, warning, file.proposal.id, (who, reason))
    _tell(desk, _file(desk, warning, file.proposal.id))


def _waits(file: ReleaseFile) -> bool:
    return file.standing(SystemClock().now()) is Standing.PROPOSED


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
    _tell(desk, _file(desk, warning, file.proposal.id))


def _file(
    desk: Project,
    warning: str,
    release: str | None,
    first: Callable[[ReleaseFile], bool] | None = None,
) -> ReleaseFile:
    """The release that was named, else the newest; ``first``: rather one of these."""
    with desk.reading() as store:
        files = engine.release_book(desk, store, warning).files
    found = [file for file in files if release in (None, file.proposal.id)]
    if not found:
        name = f" {release}" if release else ""
        raise UsageError(f"no release{name} of warning {warning}; the list: tocsin release list")
    return ([file for file in found if first is not None and first(file)] or found)[-1]


@app.command("list")
def list_releases(
    warning: Annotated[str, typer.Argument(metavar="[WARNING]")] = "",
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Releases, and who still waits for an update or a cancellation."""
    desk, now = open_project(project), SystemClock().now()
    with desk.reading() as store:
        book = engine.release_book(desk, store, warning or None)
        due = untold(desk, store, warning or None)
    columns = ("release", "warning", "level", "standing", "agreed", "to", "drill", "review_until")
    rows = [_row(file, file.standing(now)) for file in book.files]
    if rows or as_json:
        show_rows(rows, columns, as_json)
    else:
        show("no releases; propose one: tocsin release propose WARNING --to ID --as NAME")
    show_untold(due, as_json)


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
