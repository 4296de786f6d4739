"""``tocsin channels``: what is known of channels, and what came from them."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from tocsin import wire
from tocsin.cli.options import (
    JsonOption,
    ProjectOption,
    before_subcommand,
    known_channels,
    open_project,
)
from tocsin.cli.output import show, show_json, show_rows
from tocsin.cli.replay import moment_of
from tocsin.engines.channel_record import edges, record
from tocsin.engines.ingest import record_channels
from tocsin.engines.project import profiles
from tocsin.errors import UsageError
from tocsin.spread.coordination import CoordinationOptions
from tocsin.store.lists import channel_counts

app = typer.Typer(
    help="Channels: list (the default), show, coordination, import.", invoke_without_command=True
)
_COLUMNS = (
    "channel",
    "posts",
    "unread",
    "first",
    "last",
    "home_place",
    "subscribers",
    "as_of",
    "reliability",
)
_EDGE = ("one", "other", "texts", "together", "p_value", "one_first", "examples")
AsOfOption = Annotated[
    str | None, typer.Option("--as-of", metavar="T", help="As it was known at T (ISO 8601).")
]


@app.callback()
def channels(
    context: typer.Context, project: ProjectOption = Path(), as_json: JsonOption = False
) -> None:
    """List channels: posts, how many could not be read, home, size, reliability."""
    if context.invoked_subcommand is not None:
        before_subcommand(project)
        return
    with open_project(project).reading() as store:
        known = {name: wire.profile_form(p) for name, p in profiles(store).items()}
        counts = {row["channel"]: row for row in channel_counts(store)}
    rows = [_row(name, counts.get(name), known.get(name)) for name in _names(counts, known)]
    if not rows and not as_json:
        show("no channels yet: tocsin ingest EXPORT, or tocsin channels import FILE")
        return
    show_rows(rows, _COLUMNS, as_json)


@app.command("show")
def show_channel(
    channel: Annotated[str, typer.Argument(help="A channel, as tocsin channels lists it.")],
    project: ProjectOption = Path(),
    as_of: AsOfOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a channel's record: what it writes about, its calls and what became of them, silence.

    A call counts as followed where an imported event of mob violence lies within a day of its hour
    and 30 km of its place. Never a person: a channel is all there is.
    """
    with open_project(project).reading() as store:
        found = record(store, channel.removeprefix("@"), moment_of("--as-of", as_of))
    if found is None:
        raise UsageError(f"no posts of {channel}; the list: tocsin channels")
    if as_json:
        show_json(found)
        return
    for name, value in found.items():
        show(f"{name.replace('_', ' ')}: {_told(value)}")


@app.command()
def coordination(
    project: ProjectOption = Path(),
    as_of: AsOfOption = None,
    time_window: Annotated[float, typer.Option(min=0.1, help="Minutes that count as together.")] = (
        15.0
    ),
    min_participation: Annotated[
        int, typer.Option(min=2, help="Texts two channels must share to be looked at.")
    ] = 3,
    edge_weight: Annotated[
        int, typer.Option(min=1, help="Texts shared together that an edge needs.")
    ] = 3,
    as_json: JsonOption = False,
) -> None:
    """Show channels that post the same texts within minutes, more often than others do.

    Looks at the last seven days. Such channels count as one where independence is counted. It shows
    the posts behind each pair, and who was first.
    """
    options = CoordinationOptions(
        time_window=time_window, min_participation=min_participation, edge_weight=edge_weight
    )
    with open_project(project).reading() as store:
        found = [asdict(edge) for edge in edges(store, moment_of("--as-of", as_of), options)]
    if not found and not as_json:
        show("no channels that post together more often than others do")
        return
    show_rows([{**row, "examples": _refs(row, as_json)} for row in found], _EDGE, as_json)


def _refs(row: dict[str, Any], as_json: bool) -> Any:
    if as_json:
        return row["examples"]
    return [" → ".join(pair) for pair in row["examples"]]


def _told(value: Any) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, list):
        return ", ".join(f"{name} ({count})" for name, count in value) or "none"
    return str(value)


@app.command("import")
def import_channels(
    file: Annotated[Path, typer.Argument(help="CSV or JSON Lines, as for --channels.")],
    project: ProjectOption = Path(),
) -> None:
    """Note what is known of channels: home place, time zone, languages, size, reliability."""
    forms = [wire.profile_form(profile) for profile in known_channels(file).values()]
    with open_project(project).writing() as (archive, store):
        record_channels(archive, store, forms)
    show(f"{len(forms)} channels noted")


def _names(counts: dict[str, Any], known: dict[str, Any]) -> list[str]:
    """Channels with posts first, the largest first; then those only known of."""
    return [*counts, *sorted(name for name in known if name not in counts)]


def _row(name: str, count: dict[str, Any] | None, profile: dict[str, Any] | None) -> dict[str, Any]:
    empty = {"channel": name, "posts": 0, "unread": None, "first": None, "last": None}
    return {**(profile or {}), **(count or empty)}
