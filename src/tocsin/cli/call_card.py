"""``tocsin call-card`` and ``tocsin call``: whom to call, what to say, and that it was done."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

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
from tocsin.cli.output import say, show, show_json, show_rows
from tocsin.clock import SystemClock
from tocsin.desk.call_card import ANYWHERE, Matter, card_for, script, spoken_in
from tocsin.desk.forms import form_of
from tocsin.desk.lists import with_line
from tocsin.engines.desk import calls_logged, desk_box, log_receipt
from tocsin.errors import UsageError
from tocsin.model import CallCard, Contact, Receipt, ReceiptKind
from tocsin.store.lists import warning_life

card = typer.Typer(
    help="Call cards: whom to call for a community at a place, whom not, and what to say.",
    no_args_is_help=True,
)
call = typer.Typer(help="Calls that were made: log, list.", no_args_is_help=True)
_Warning = Annotated[str, typer.Argument(metavar="WARNING", help="Id, from tocsin warnings.")]


@card.callback()
def _before_card(project: ProjectOption = Path()) -> None:
    before_subcommand(project)


@call.callback()
def _before_call(project: ProjectOption = Path()) -> None:
    before_subcommand(project)


@card.command("show")
def show_card(
    warning: Annotated[str, typer.Argument(metavar="[WARNING]")] = "",
    place: Annotated[str, typer.Option(help="Without a warning: the place.")] = "",
    community: Annotated[str, typer.Option(help="Without a warning: the community.")] = "",
    language: Annotated[list[str] | None, typer.Option(help="Of the script. Repeatable.")] = None,
    drill: Annotated[bool, typer.Option("--drill", help="The script says it is a drill.")] = False,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Show whom to call, in order, whom not, a script for half a minute, and what was done.

    Example: tocsin call-card show 3f2a9c --language ru
    """
    desk = open_project(project)
    lists = desk_box(desk).read()
    with desk.reading() as store:
        life = warning_life(store, warning) if warning else []
        done = calls_logged(store, warning) if warning else []
    if not life and not (place and community):
        raise UsageError("name a warning (tocsin warnings), or --place and --community")
    line = life[-1] if life else {}
    matter = _matter(line, place, community, drill=drill)
    known = (line.get("place_id", ""), matter.place, matter.place.rpartition(" ")[0])
    found = card_for(lists.cards, matter.community, known)
    ours = language or list(desk.settings.texts("desk.languages"))
    scripts = {one: script(matter, one) for one in ours}
    if as_json:
        shown = None if found is None else form_of(found)
        show_json({"card": shown, "scripts": scripts, "done": done})
        return
    show(f"{matter.level.upper()}  {matter.place}, against {matter.community}", "bold")
    show_contacts(found, ours)
    for one, text in scripts.items():
        show(f"\nsay ({one}):", "bold")
        show(f"  {text}")
    for row in done:
        show(f"done  {row['at'][:16]}  {row['recipient']}: {row['note']}, by {row['by']}")
    show("\nlog each call: tocsin call log WARNING --who ROLE --result '…' --as NAME", "dim")


def _matter(line: dict[str, Any], place: str, community: str, *, drill: bool) -> Matter:
    start: datetime | None = wire.moment(line.get("window_start"))
    return Matter(
        place=place or line["place"],
        community=community or line["target"],
        level=line.get("level", "alert"),
        start=start,
        zone=line.get("zone", "UTC"),
        cancelled=line.get("action") == "cancel",
        called=bool(line.get("called", True)),
        drill=drill,
    )


def show_contacts(found: CallCard | None, ours: list[str]) -> None:
    """Whom to call, in order, and whom not."""
    if found is None:
        say("no card for this community here; write one: tocsin call-card set --help")
        return
    for number, contact in enumerate(found.calls, 1):
        speech = spoken_in(contact, ours)
        show(f"  {number}. call {contact.role}  {contact.reach}  ({speech})  {contact.note}")
    for contact in found.not_to_call:
        show(f"  do NOT call {contact.role}: {contact.note}", "bold red")


@card.command("list")
def list_cards(project: ProjectOption = Path(), as_json: JsonOption = False) -> None:
    """List the cards there are."""
    cards = desk_box(open_project(project)).read().cards
    if as_json:
        for one in cards:
            show_json(form_of(one))
        return
    rows = [
        {
            "community": one.community,
            "place": one.place,
            "calls": [contact.role for contact in one.calls],
            "not": [contact.role for contact in one.not_to_call],
        }
        for one in cards
    ]
    show_rows(rows, ("community", "place", "calls", "not"), as_json)


@card.command("set")
def set_card(
    community: Annotated[str, typer.Option(help="Neutral English group name, as warnings say it.")],
    place: Annotated[str, typer.Option(help="Town or gazetteer id; *: anywhere.")] = ANYWHERE,
    calls: Annotated[
        list[str] | None,
        typer.Option(
            "--call",
            metavar="ROLE|REACH|LANGUAGE|NOTE",
            help="Repeatable, in the order in which they are called; what follows the role may "
            "be left out.",
        ),
    ] = None,
    never: Annotated[
        list[str] | None,
        typer.Option("--not", metavar="ROLE|WHY", help="Whom not to call. Repeatable."),
    ] = None,
    by: AsOption = None,
    project: ProjectOption = Path(),
) -> None:
    """Write a call card, or replace it. Roles, no names: the card may be read over a shoulder.

    Example: tocsin call-card set --community Jews --place Makhachkala --call "community
    security|+7 000 000|ru" --not "local police|leaks" --as ana
    """
    named_person(by)
    if not calls:
        raise UsageError("a card without anybody to call helps nobody: add --call 'ROLE|NUMBER'")
    contacts = tuple(_contact(one) for one in calls)
    refused = tuple(_unwanted(one) for one in never or ())
    made = CallCard(community, place, contacts, refused)
    desk = open_project(project)
    key = (community, place)
    change_now(desk, ("cards", key), lambda lists: with_line(lists, "cards", made), by)
    show(f"card for {community} at {place}: {len(contacts)} to call, {len(refused)} not")


def _contact(said: str) -> Contact:
    parts = [part.strip() for part in said.split("|")]
    if len(parts) > 4 or not parts[0]:
        raise UsageError(f"--call {said}: write it as ROLE|REACH|LANGUAGE|NOTE")
    return Contact(*parts)


def _unwanted(said: str) -> Contact:
    role, bar, why = said.partition("|")
    if not bar or not role.strip() or not why.strip():
        raise UsageError(f"--not {said}: write it as ROLE|WHY; the next shift must know why")
    return Contact(role.strip(), note=why.strip())


@call.command("log")
def log_call(
    warning: _Warning,
    who: Annotated[str, typer.Option(help="The role that was called; no name.")],
    result: Annotated[str, typer.Option(help="What came of it, in a few words.")],
    drill: Annotated[bool, typer.Option("--drill", help="It was a drill.")] = False,
    by: AsOption = None,
    project: ProjectOption = Path(),
) -> None:
    """Log a call: a receipt in the ledger, which is never rewritten. Roles, no names.

    Example: tocsin call log 3f2a9c --who "community security" --result "answered, closes" --as ana
    """
    name = named_person(by)
    if not who.strip() or not result.strip():
        raise UsageError("say who was called and what came of it: --who ROLE --result '…'")
    desk = open_project(project)
    with desk.reading() as store:
        life = warning_life(store, warning)
    if not life:
        raise UsageError(f"no warning {warning}; the list: tocsin warnings")
    receipt = Receipt(
        warning=warning,
        number=len(life),
        recipient=who.strip(),
        at=SystemClock().now(),
        kind=ReceiptKind.CALLED,
        note=result.strip(),
        by=name,
        drill=drill,
    )
    log_receipt(desk, receipt)
    show(f"logged: {receipt.recipient}: {receipt.note}")


@call.command("list")
def list_calls(
    warning: Annotated[str | None, typer.Option(help="Only of this warning.")] = None,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """List the calls that were made, the newest last."""
    with open_project(project).reading() as store:
        rows = calls_logged(store, warning)
    show_rows(rows, ("at", "warning", "recipient", "note", "by", "drill"), as_json)
