"""``tocsin rumours``: list, show, set the status."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.decide import record
from tocsin.cli.options import (
    AsOption,
    JsonOption,
    ProjectOption,
    ReasonOption,
    before_subcommand,
    open_project,
)
from tocsin.cli.output import show, show_json, show_rows
from tocsin.errors import UsageError
from tocsin.model import DecisionKind, Verification
from tocsin.store.lists import decisions_about, rumour, rumours_by_size, sightings_of

app = typer.Typer(help="Rumours: list (the default), show, status.", invoke_without_command=True)
RumourId = Annotated[str, typer.Argument(metavar="ID", help="A rumour's id, from the list.")]
_COLUMNS = ("id", "posts", "texts", "first_seen", "last_seen", "live", "status", "first_ref")


@app.callback()
def rumours(
    context: typer.Context,
    project: ProjectOption = Path(),
    limit: Annotated[int, typer.Option(min=1, help="How many.")] = 20,
    live: Annotated[bool, typer.Option("--live", help="Only those still open.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List the rumours with most posts."""
    if context.invoked_subcommand is not None:
        before_subcommand(project)
        return
    with open_project(project).reading() as store:
        rows = rumours_by_size(store, limit, live)
    if not rows and not as_json:
        show("no rumours yet: tocsin ingest EXPORT, then tocsin run")
        return
    show_rows(rows, _COLUMNS, as_json)


@app.command("show")
def show_rumour(
    rumour_id: RumourId,
    project: ProjectOption = Path(),
    limit: Annotated[int, typer.Option(min=1, help="How many posts.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """Show one rumour: its sightings in time order, who was first, and its status."""
    with open_project(project).reading() as store:
        found = rumour(store, rumour_id)
        if found is None:
            raise UsageError(f"no rumour {rumour_id}; the list: tocsin rumours")
        seen = sightings_of(store, rumour_id, limit)
        decisions = decisions_about(store, rumour_id)
    if as_json:
        show_json({**found, "sightings": seen, "decisions": decisions})
        return
    show(f"rumour {rumour_id}: {found['posts']} posts, {found['texts']} wordings", "bold")
    show(f"status {found['status']}; first seen {found['first_seen']} in {found['first_ref']}")
    for row in seen:
        head = " ".join(row["text"].split())[:100]
        ref = f"{row['channel']}/{row['message_id']}"
        show(f"  {row['known_at'][:16]}  {row['method']:6}  {row['lang']:3}  {ref}  {head}")
    for row in decisions:
        show(f"{row['at']}  {row['value']}, by {row['by']}  {row['reason']}")


@app.command()
def status(
    rumour_id: RumourId,
    value: Annotated[str, typer.Argument(help=", ".join(v.value for v in Verification))],
    by: AsOption = None,
    reason: ReasonOption = "",
    project: ProjectOption = Path(),
) -> None:
    """Set a rumour's verification status. People do this, never the machine."""
    known = [v.value for v in Verification]
    if value not in known:
        raise UsageError(f"status {value}: say one of {', '.join(known)}")
    desk = open_project(project)
    with desk.reading() as store:
        if rumour(store, rumour_id) is None:
            raise UsageError(f"no rumour {rumour_id}; the list: tocsin rumours")
    record(desk, DecisionKind.RUMOUR_STATUS, rumour_id, value, (by, reason))
    show(f"{rumour_id}: {value}")
