"""``tocsin rumours``: list, show, suggestions; what changes them is in ``rumours_change``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from tocsin import wire
from tocsin.cli import rumours_change
from tocsin.cli.options import JsonOption, ProjectOption, before_subcommand, open_project
from tocsin.cli.output import show, show_json, show_rows
from tocsin.cli.rumours_change import RumourId
from tocsin.cli.rumours_show import show_card
from tocsin.engines.rumour_card import card, card_json, phase_now
from tocsin.engines.rumour_decisions import known_rumour
from tocsin.store.rumours import Shown, ShownRumours
from tocsin.store.suggestions import likeliest

app = typer.Typer(
    help="Rumours: list (the default), show, suggestions, status, merge, unmerge, split, dismiss.",
    invoke_without_command=True,
)
_COLUMNS = ("id", "posts", "texts", "first_seen", "last_seen", "phase", "languages", "status")


@app.callback()
def rumours(
    context: typer.Context,
    project: ProjectOption = Path(),
    limit: Annotated[int, typer.Option(min=1, help="How many.")] = 20,
    live: Annotated[bool, typer.Option("--live", help="Only those still open.")] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Also those merged into others.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """List the rumours with most posts."""
    if context.invoked_subcommand is not None:
        before_subcommand(project)
        return
    with open_project(project).reading() as store:
        book = ShownRumours(store)
        rows = _rows(book, book.largest(limit, live_only=live, merged_too=everything))
    if not rows and not as_json:
        show("no rumours yet: tocsin ingest EXPORT, then tocsin run")
        return
    more = ("merged_into",) if everything else ()
    show_rows(rows if as_json else list(map(_brief, rows)), (*_COLUMNS, *more), as_json)


def _rows(book: ShownRumours, listed: Sequence[Shown]) -> list[dict[str, Any]]:
    reached = book.reached()
    languages = book.languages([one for one in listed if one.into is None])
    return [
        {
            **wire.rumour_line(one.rumour, phase_now(one, reached)),
            "languages": languages.get(one.rumour.id, []),
            "merged_into": one.into,
        }
        for one in listed
    ]


def _brief(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row for people: times to the minute, nothing where nothing was merged."""
    times = {name: row[name][:16].replace("T", " ") for name in ("first_seen", "last_seen")}
    return {**row, **times, "merged_into": row["merged_into"] or ""}


@app.command("show")
def show_rumour(
    rumour_id: RumourId,
    project: ProjectOption = Path(),
    limit: Annotated[int, typer.Option(min=1, help="How many posts.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """Show one rumour: its words, its life day by day, its sightings, and what was decided."""
    with open_project(project).reading() as store:
        book = ShownRumours(store)
        found = card(book, rumour_id, known_rumour(book, rumour_id), limit)
    if as_json:
        show_json(card_json(found))
        return
    show_card(found)


@app.command()
def suggestions(
    project: ProjectOption = Path(),
    limit: Annotated[int, typer.Option(min=1, help="How many.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """List pairs of rumours that may be one, the likeliest first: merge them, or dismiss it."""
    with open_project(project).reading() as store:
        rows = [wire.suggestion_line(one) for one in likeliest(ShownRumours(store), limit)]
    if not rows and not as_json:
        show("no suggestions")
        return
    show_rows(rows, ("rumour", "other", "probability", "ref"), as_json)


app.command()(rumours_change.status)
app.command()(rumours_change.merge)
app.command()(rumours_change.unmerge)
app.command()(rumours_change.split)
app.command()(rumours_change.dismiss)
