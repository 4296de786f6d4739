"""``tocsin deliver``, ``tocsin outbox`` and ``tocsin cap``: what leaves the desk."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from tocsin.cli.gazetteer import load_gazetteer
from tocsin.cli.options import JsonOption, ProjectOption, before_subcommand, open_project
from tocsin.cli.output import say, show, show_json, show_rows
from tocsin.clock import SystemClock
from tocsin.delivery import AddressBook, Carrier, Outbox, Queued, State
from tocsin.delivery.folder import replace as put_in_place
from tocsin.engines.addresses import Lists, read_lists
from tocsin.engines.delivering import (
    carrier_options,
    compose_options,
    deliver_once,
    messages_for,
    occasions,
    open_outbox,
    rest,
)
from tocsin.engines.outbox import queued
from tocsin.engines.project import Project, filing
from tocsin.errors import EXIT_FINDING, UsageError
from tocsin.model import Clearance, DeskPage, Level, PlacePrecision, Recipient
from tocsin.plugins import load_carriers
from tocsin.store import Store
from tocsin.store import outbox as outbox_rows

app = typer.Typer(
    help="The outbox: list (the default), retry dead letters.", invoke_without_command=True
)
RecipientsOption = Annotated[
    Path | None,
    typer.Option("--recipients", metavar="FILE", help="A YAML file of recipients and staff."),
]
_COLUMNS = ("key", "state", "to", "warning", "number", "level", "tries", "next_try", "note")


def deliver(
    project: ProjectOption = Path(),
    once: Annotated[bool, typer.Option("--once", help="Send what is due, then end.")] = False,
    drill: Annotated[bool, typer.Option("--drill", help="Send drills alone.")] = False,
    recipients: RecipientsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send what people released, in order and once, and page the desk; goes on until stopped.

    A message that is not taken waits and is tried again. With --once, ends with 1 where a
    message was given up: see tocsin outbox.
    """
    desk = open_project(project)
    book = lists_of(desk, recipients).book()
    carriers = load_carriers(carrier_options(desk.settings))
    with desk.reading() as store:
        sending = (open_outbox(desk, store, SystemClock(), drills_alone=drill), carriers, book)
        dead = _round(desk, store, sending, as_json=as_json)
        while not once:
            time.sleep(rest(store, SystemClock().now()).total_seconds())
            dead += _round(desk, store, sending, as_json=as_json)
    if dead:
        raise typer.Exit(EXIT_FINDING)


def _round(
    desk: Project,
    store: Store,
    sending: tuple[Outbox, dict[str, Carrier], AddressBook],
    *,
    as_json: bool,
) -> int:
    """One round; returns how many messages were given up."""
    told = show_json if as_json else _show_try
    done = deliver_once(desk, store, sending, lambda entry: told(form_of(entry)))
    if done.receipts is None:
        say("receipts wait: another tocsin is writing to the ledger; they go there the next time")
    return done.states[State.DEAD.value]


def _show_try(form: dict[str, Any]) -> None:
    drill = "drill, " if form["drill"] else ""
    about = f"{drill}warning {form['warning']}, action {form['number']}"
    show(f"{form['state']:9}  {form['to']}  {about}  {form['note']}")


def form_of(entry: Queued) -> dict[str, Any]:
    """One line of ``tocsin outbox``: whom by id or handle, never an address or the text."""
    content = entry.content
    page = isinstance(content, DeskPage)
    return {
        "key": entry.key,
        "state": entry.state.value,
        "to": content.staff if isinstance(content, DeskPage) else content.recipient,
        "page": page,
        "warning": content.warning,
        "number": content.number,
        "level": content.level.word,
        "drill": content.drill,
        "tries": entry.tries,
        "next_try": entry.next_try.isoformat() if entry.state is State.WAITING else None,
        "settled_at": None if entry.settled_at is None else entry.settled_at.isoformat(),
        "released_by": [] if entry.release is None else list(entry.release.released_by),
        "note": entry.note,
    }


def lists_of(desk: Project, named: Path | None) -> Lists:
    """Recipients and staff: of the file named, else of the one in the settings.

    Raises:
        UsageError: neither is there.
    """
    configured = desk.settings.text("delivery.recipients")
    if named is None and not configured:
        raise UsageError(
            "nobody to send to; name a file with --recipients FILE or delivery.recipients "
            "(its form: docs/delivery.md)"
        )
    return read_lists(named or Path(configured).expanduser())


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
    forms = [form_of(queued(row)) for row in rows]
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
        box = open_outbox(desk, store, SystemClock())
        wanted = keys or []
        if every:
            rows = outbox_rows.rows(store, outbox_rows.DEAD)
            wanted = [key for row in rows if not box.overtaken(key := row["key"])]
        if not wanted:
            raise UsageError("nothing to put back; the list: tocsin outbox --dead")
        back = box.retry(wanted)
    if as_json:
        show_json({"put_back": list(back)})
        return
    show(f"put back: {len(back)}; send with: tocsin deliver --once")


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
    options = compose_options(desk.settings, drill=drill)
    with desk.reading() as store:
        life = occasions(store, warning, load_gazetteer())
        made = messages_for(store, (life, number or len(life)), [reader], options)
    if not made:
        raise UsageError(
            f"{warning}: an ending goes only to whoever was told before; "
            "preview an earlier action with --number"
        )
    with filing(out.parent):
        put_in_place(out, made[0].cap.encode())
    show(f"{out}: {made[0].subject}")
    say("a preview; nothing was sent")
