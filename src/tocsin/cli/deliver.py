"""``tocsin deliver``, ``tocsin outbox`` and ``tocsin cap``: what leaves the desk."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.gazetteer import load_gazetteer
from tocsin.cli.options import (
    AsOption,
    JsonOption,
    LogFormatOption,
    LogLevelOption,
    ProjectOption,
    before_subcommand,
    named_person,
    open_logged,
    open_project,
)
from tocsin.cli.output import say, show, show_json, show_rows
from tocsin.cli.stop import Stop
from tocsin.clock import SystemClock
from tocsin.delivery import Queued, State
from tocsin.delivery.folder import replace as put_in_place
from tocsin.desk.release import FollowUp
from tocsin.engines.delivering import Delivery, RoundOptions, Rounds, carrier_options, put_back
from tocsin.engines.holding import resume
from tocsin.engines.outbox import outbox_form, queued
from tocsin.engines.project import Project, filing
from tocsin.engines.release import Told
from tocsin.engines.wording import ProjectWording
from tocsin.errors import EXIT_FINDING, UsageError
from tocsin.model import Clearance, Level, Message, PlacePrecision, Recipient
from tocsin.plugins import load_carriers
from tocsin.store import Store
from tocsin.store import outbox as outbox_rows
from tocsin.store.lists import warning_life

app = typer.Typer(
    help="The outbox: list (the default), retry dead letters.", invoke_without_command=True
)
SHORTEST = timedelta(seconds=1)
_COLUMNS = ("key", "state", "to", "warning", "number", "level", "tries", "next_try", "note")


def deliver(
    project: ProjectOption = Path(),
    once: Annotated[bool, typer.Option("--once", help="Send what is due, then end.")] = False,
    drill: Annotated[bool, typer.Option("--drill", help="Send drills alone.")] = False,
    as_json: JsonOption = False,
    log_level: LogLevelOption = None,
    log_format: LogFormatOption = None,
) -> None:
    """Send what people released, in order and once, and page the desk; goes on until stopped.

    Who gets it: the list of tocsin recipients, and tocsin staff for pages. What goes: what tocsin
    release has released. A message that is not taken waits and is tried again. With --once, ends
    with 1 where a message was given up, or a release could not be put into the outbox.
    """
    desk = open_logged(project, log_level, log_format)
    carriers = load_carriers(carrier_options(desk.settings))
    options = RoundOptions(carriers, load_gazetteer, drills_alone=drill)
    with desk.reading() as store, Stop.on_signals() as stop:
        rounds = Rounds(desk, store, SystemClock(), options)
        while True:
            done = rounds.round(lambda entry: show_try(entry, as_json))
            show_delivery(done, as_json)
            if once:
                code = EXIT_FINDING if done.states[State.DEAD.value] or done.stuck else stop.code
                break
            if stop.wait(max(rounds.rest(), SHORTEST)):
                code = stop.code
                break
    if code:
        raise typer.Exit(code)


def show_try(entry: Queued, as_json: bool) -> None:
    """One try, as it ends."""
    form = outbox_form(entry)
    if as_json:
        show_json(form)
        return
    drill = "drill, " if form["drill"] else ""
    about = f"{drill}warning {form['warning']}, action {form['number']}"
    show(f"{form['state']:9}  {form['to']}  {about}  {form['note']}")


def show_delivery(done: Delivery, as_json: bool) -> None:
    """What a round came to besides its tries: what a person must do."""
    for one in done.stuck:
        if as_json:
            show_json({"stuck": one.release, "warning": one.warning, "why": one.why})
        else:
            say(f"NOT SENT: {one.why}")
    show_untold(done.untold, as_json)
    if done.held:
        say(
            f"HELD since the restore: {done.held} messages; say which had gone already: tocsin "
            "outbox, then tocsin outbox resume --sent KEY --as NAME"
        )
    if done.receipts is None:
        say("receipts wait: another tocsin is writing to the ledger; they go there the next time")


def show_untold(untold: Iterable[FollowUp], as_json: bool) -> None:
    """Who still waits for an update or a cancellation, and what is to be done."""
    for due in untold:
        if as_json:
            show_json({"warning": due.warning, "untold": due.action, "to": list(due.recipients)})
        else:
            who = ", ".join(due.recipients)
            say(
                f"{due.warning}: {due.action} not told to {who}, who got the first; next: "
                f"tocsin release propose {due.warning} --as NAME"
            )


@app.callback()
def outbox(
    context: typer.Context,
    project: ProjectOption = Path(),
    dead: Annotated[bool, typer.Option("--dead", help="Only dead letters.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List what waits, what was delivered, and what was given up."""
    if context.invoked_subcommand is not None:
        before_subcommand(project)
        return
    _list(project, dead=dead, as_json=as_json)


@app.command("list")
def list_outbox(
    project: ProjectOption = Path(),
    dead: Annotated[bool, typer.Option("--dead", help="Only dead letters.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List what waits, what was delivered, and what was given up."""
    _list(project, dead=dead, as_json=as_json)


def _list(project: Path, *, dead: bool, as_json: bool) -> None:
    with open_project(project).reading() as store:
        rows = outbox_rows.rows(store, outbox_rows.DEAD if dead else None)
    forms = [outbox_form(queued(row)) for row in rows]
    if not forms and not as_json:
        show("the outbox is empty" if not dead else "no dead letters")
        return
    show_rows(forms, _COLUMNS, as_json)


@app.command()
def retry(
    keys: Annotated[list[str] | None, typer.Argument(metavar="KEY…", help="From the list.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every dead letter.")] = False,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Put dead letters back, to be sent at the next delivery; none out of order."""
    desk = open_project(project)
    with desk.reading() as store:
        back = put_back(desk, store, SystemClock(), None if every else keys or ())
    if as_json:
        show_json({"put_back": list(back)})
        return
    show(f"put back: {len(back)}; send with: tocsin deliver --once")


@app.command("resume")
def resume_outbox(
    who: AsOption = None,
    sent: Annotated[
        list[str] | None,
        typer.Option("--sent", metavar="KEY", help="It had gone before the restore. Repeatable."),
    ] = None,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """After a restore: say which messages had gone already, and let the others go.

    A backup does not know what was sent after it was made. Ask the recipients, or look into what
    the mail server kept. What is named by --sent is not sent again; its receipt says who said so.
    """
    name = named_person(who)
    desk = open_project(project)
    with desk.reading() as store:
        marked, waiting = resume(desk, store, sent or (), name, SystemClock().now())
    if as_json:
        show_json({"had_gone": marked, "will_be_sent": waiting})
        return
    show(f"{marked} had gone, {waiting} will be sent; send with: tocsin deliver --once")


def cap(
    warning: Annotated[str, typer.Argument(metavar="WARNING", help="A warning's id.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where to write it.")],
    project: ProjectOption = Path(),
    number: Annotated[
        int | None, typer.Option("--number", min=1, help="Which action; default: the newest.")
    ] = None,
    language: Annotated[
        list[str] | None, typer.Option("--language", help="Repeatable; default: en.")
    ] = None,
    venue: Annotated[
        bool, typer.Option("--venue", help="As for who is cleared for venues.")
    ] = False,
    drill: Annotated[bool, typer.Option("--drill", help="As a drill: status Test.")] = False,
) -> None:
    """Preview the CAP file of a warning, as a recipient would get it; nothing is sent."""
    desk = open_project(project)
    precision = PlacePrecision.VENUE if venue else PlacePrecision.DISTRICT
    reader = Recipient(
        id="preview",
        name="preview",
        kind="folder",
        address=str(out),
        languages=tuple(language or ["en"]),
        least=Level.NONE,
        clearance=Clearance(precision),
    )
    with desk.reading() as store:
        made = _preview(desk, store, warning, number, reader, drill=drill)
    with filing(out.parent):
        put_in_place(out, made.cap.encode())
    show(f"{out}: {made.subject}")
    say("a preview; nothing was sent")


def _preview(
    desk: Project, store: Store, warning: str, number: int | None, reader: Recipient, *, drill: bool
) -> Message:
    life = warning_life(store, warning)
    if not life:
        raise UsageError(f"no warning {warning}; the list: tocsin warnings")
    if number is not None and number > len(life):
        raise UsageError(f"--number {number}: this warning has actions 1 to {len(life)}")
    told = Told(life, number or len(life), drill=drill)
    made = ProjectWording(store, desk.settings, load_gazetteer)(told, reader)
    if made is None:
        raise UsageError(
            f"{warning}: an ending goes only to whoever was told before; "
            "preview an earlier action with --number"
        )
    return made
