"""``tocsin channels``: what is known of channels, and what came from them."""

from __future__ import annotations

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
from tocsin.cli.output import show, show_rows
from tocsin.engines.ingest import record_channels
from tocsin.engines.project import profiles
from tocsin.store.lists import channel_counts

app = typer.Typer(help="Channels: list (the default), import.", invoke_without_command=True)
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
