"""``tocsin sources``: live sources, listed, added, removed, tried."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from tocsin import wire
from tocsin.cli.options import JsonOption, ProjectOption, before_subcommand, open_project
from tocsin.cli.output import say, show, show_json, show_rows
from tocsin.clock import SystemClock
from tocsin.engines.live_sources import build_sources, telethon_client
from tocsin.engines.project import Project, filing
from tocsin.engines.source_health import said_of, states_of
from tocsin.engines.source_tables import KINDS, SourceTable, add_table, read_tables, remove_table
from tocsin.engines.watch_plan import SourceState
from tocsin.engines.watch_state import WatchStates
from tocsin.errors import EXIT_ENVIRONMENT, RecordRefused, TocsinError, UsageError
from tocsin.sources.live import Polled
from tocsin.store.observations import gone_posts

app = typer.Typer(
    help="Live sources: list (the default), add, remove, test, gone, login.",
    invoke_without_command=True,
)
_COLUMNS = ("name", "kind", "where", "every_minutes", "new_at", "next_at", "state")
_SHOWN = 5

EveryOption = Annotated[
    float, typer.Option("--every", help="Minutes between two looks; default: by kind.")
]
SilentOption = Annotated[
    float, typer.Option("--silent-after", help="Hours without anything new; 0: never silent.")
]
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Its name.")]


@app.callback()
def sources(
    context: typer.Context, project: ProjectOption = Path(), as_json: JsonOption = False
) -> None:
    """List the live sources and how each is doing."""
    if context.invoked_subcommand is not None:
        before_subcommand(project)
        return
    _list(open_project(project), as_json)


@app.command("list")
def list_sources(project: ProjectOption = Path(), as_json: JsonOption = False) -> None:
    """List the live sources and how each is doing."""
    _list(open_project(project), as_json)


def _list(desk: Project, as_json: bool) -> None:
    now = SystemClock().now()
    rows = [_row(table, state, now) for table, state in states_of(desk)]
    if not rows and not as_json:
        show("no live sources yet; add one, e.g.: tocsin sources add feed NAME URL")
        return
    if not as_json:
        rows = [row | {key: _short(row[key]) for key in ("new_at", "next_at")} for row in rows]
    show_rows(rows, _COLUMNS, as_json)


def _short(at: str | None) -> str | None:
    return at and at[5:16].replace("T", " ")


def _row(table: SourceTable, state: SourceState, now: datetime) -> dict[str, Any]:
    return {
        "name": table.name,
        "kind": table.kind,
        "where": table.where,
        "every_minutes": table.every.total_seconds() / 60,
        "answered_at": wire.iso(state.answered_at),
        "new_at": wire.iso(state.new_at),
        "next_at": wire.iso(state.next_at),
        "failures": state.failures,
        "state": said_of(table, state, now),
    }


@app.command()
def add(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="feed, folder, kafka or telegram.")],
    name: NameArgument,
    where: Annotated[
        str,
        typer.Argument(metavar="WHERE", help="URL, folder, topic, or public @channel."),
    ],
    project: ProjectOption = Path(),
    every: EveryOption = 0.0,
    silent_after: SilentOption = 24.0,
    channel: Annotated[
        str, typer.Option(help="Of a folder: the public @channel of its exports.")
    ] = "",
    private: Annotated[
        bool, typer.Option("--private", help="Of a feed: it lies in a private network.")
    ] = False,
) -> None:
    """Add a live source to tocsin.toml. Examples:

    tocsin sources add feed town_news https://news.example/rss

    tocsin sources add folder exports ~/exports --channel town_chat

    tocsin sources add telegram town_chat @town_chat

    tocsin sources add kafka monitor kafka://broker.example:9092/posts
    """
    desk = open_project(project)
    if kind not in KINDS:
        raise UsageError(f"no kind {kind!r}; known: {', '.join(KINDS)}")
    said = {"url": "", "path": "", "channel": channel} | {KINDS[kind]: where}
    table = SourceTable(
        kind=kind,
        name=name,
        url=said["url"],
        path=said["path"],
        channel=said["channel"],
        every_minutes=every,
        silent_after_hours=silent_after,
        private_addresses=private,
    )
    with filing(desk.folder):
        add_table(desk.folder, table)
    show(f"added {kind} {name}: {table.where}")
    show(f"next: tocsin sources test {name}, then tocsin watch")


@app.command()
def remove(name: NameArgument, project: ProjectOption = Path()) -> None:
    """Take a live source out of tocsin.toml; what came from it stays."""
    desk = open_project(project)
    with filing(desk.folder):
        table = remove_table(desk.folder, name)
        WatchStates(desk.folder).forget(name)
    show(f"removed {table.kind} {name}; what came from it stays, a running watch needs a restart")


@app.command("test")
def try_source(
    name: NameArgument, project: ProjectOption = Path(), as_json: JsonOption = False
) -> None:
    """Look at a source once, and keep nothing of it."""
    desk = open_project(project)
    tables = [table for table in read_tables(desk.folder) if table.name == name]
    if not tables:
        raise UsageError(f"no source is called {name!r}; see: tocsin sources")
    source = build_sources(desk, tables)[0]
    try:
        polled = source.poll({}, SystemClock().now())
    except TocsinError as error:
        if not as_json:
            raise
        show_json({"name": name, "ok": False, "says": str(error)})
        raise typer.Exit(EXIT_ENVIRONMENT) from None
    finally:
        source.close()
    _show_look(name, polled, as_json)


def _show_look(name: str, polled: Polled, as_json: bool) -> None:
    refused = [str(one) for one in polled.items if isinstance(one, RecordRefused)]
    dates = sorted(
        str(one.content.get("posted_at", "without a date"))
        for one in polled.items
        if not isinstance(one, RecordRefused)
    )
    if as_json:
        counts = {"posts": len(dates), "refused": refused, "notes": list(polled.notes)}
        show_json({"name": name, "ok": True, "newest": dates[-1] if dates else None, **counts})
        return
    show(f"{name} answers: {len(dates)} posts" + (f", newest {dates[-1]}" if dates else ""))
    for line in (*refused[:_SHOWN], *polled.notes):
        say(line)


@app.command()
def gone(
    project: ProjectOption = Path(),
    limit: Annotated[int, typer.Option(min=0, help="How many, the latest; 0: all.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """List posts that were there and were gone at a later look; their evidence stays."""
    with open_project(project).reading() as store:
        rows = gone_posts(store, limit)
    show_rows(rows, ("id", "gone_at"), as_json)


@app.command()
def login(project: ProjectOption = Path()) -> None:
    """Log the desk's own account in to Telegram, once; asks for its phone number and a code."""
    client = telethon_client(open_project(project))
    try:
        show(f"logged in as {client.log_in()}")
    finally:
        client.close()
