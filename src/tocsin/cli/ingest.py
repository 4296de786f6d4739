"""``tocsin ingest``: exports and tables into the archive."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from tocsin import wire
from tocsin.cli.options import (
    ChannelsOption,
    FormatOption,
    JsonOption,
    MapOption,
    ProjectOption,
    known_channels,
    open_project,
    read_options,
)
from tocsin.cli.output import progress, say, show, show_json
from tocsin.clock import SystemClock
from tocsin.engines.ingest import IngestOptions, IngestSummary, open_ingest, record_channels
from tocsin.engines.project import Project, filing
from tocsin.errors import EXIT_REFUSED, RecordRefused, UsageError
from tocsin.plugins import load_sources
from tocsin.sources import ReadOptions

_SHOWN = 20


def ingest(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="PATH…", help="Exports or tables of posts.")
    ] = None,
    project: ProjectOption = Path(),
    forced: FormatOption = None,
    mapping: MapOption = None,
    channels: ChannelsOption = None,
    channel: Annotated[
        str | None,
        typer.Option(help="The public @channel, where the file does not name it."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Take exports into the archive: Telegram Desktop result.json, JSON Lines, CSV, Parquet.

    The format is detected from the content. The same export again adds nothing; a re-export
    with edits adds versions. Private chats are refused. Examples:

        tocsin ingest result.json --channel some_public_channel

        tocsin ingest posts.parquet --map id=msg_id --map posted_at=date
    """
    if not paths and channels is None:
        raise UsageError("nothing to ingest: name a file, e.g. tocsin ingest result.json")
    desk = open_project(project)
    reading = read_options(mapping, channel)
    profiles = [wire.profile_form(profile) for profile in known_channels(channels).values()]
    total, failed = IngestSummary(), 0
    with desk.writing() as (archive, store):
        record_channels(archive, store, profiles)
        intake = open_ingest(desk, archive, store)
        sources = load_sources()
        for path in paths or ():
            with filing(path), progress(f"ingest {path.name}") as (bar, task):
                options = _options(
                    desk, reading, forced, lambda seen: bar.update(task, completed=seen)
                )
                try:
                    summary = intake.take(path, sources, options, SystemClock())
                except RecordRefused as error:
                    failed += 1
                    summary = IngestSummary(refused=[str(error)])
            _add(total, summary)
            _tell(path, summary, as_json)
    if total.refused or failed:
        raise typer.Exit(EXIT_REFUSED)


def _options(
    desk: Project, reading: ReadOptions, forced: str | None, tell: Callable[[int], None]
) -> IngestOptions:
    operator = desk.settings.text("project.operator")
    return IngestOptions(read=reading, forced=forced, operator=operator, progress=tell)


def _add(total: IngestSummary, summary: IngestSummary) -> None:
    total.added += summary.added
    total.versions += summary.versions
    total.unchanged += summary.unchanged
    total.refused.extend(summary.refused)


def _tell(path: Path, summary: IngestSummary, as_json: bool) -> None:
    for line in summary.refused[:_SHOWN]:
        say(f"refused: {line}")
    if len(summary.refused) > _SHOWN:
        say(f"refused: {len(summary.refused) - _SHOWN} more in {path}")
    if as_json:
        counts = {"added": summary.added, "versions": summary.versions}
        rest = {"unchanged": summary.unchanged, "refused": summary.refused}
        show_json({"file": str(path), **counts, **rest})
        return
    parts = [f"{summary.added:,} new"]
    if summary.versions:
        parts.append(f"{summary.versions:,} edited")
    if summary.unchanged:
        parts.append(f"{summary.unchanged:,} already here")
    if summary.refused:
        parts.append(f"{len(summary.refused):,} refused")
    show(f"{path}: {', '.join(parts)}")
