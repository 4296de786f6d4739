"""``tocsin ingest``: exports and tables into the archive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from tocsin import wire
from tocsin.archive.sealing import Recipients, read_recipients
from tocsin.cli.heads import sign_at_end
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
from tocsin.cli.output import progress, say_refused, show_json, show_taken_in
from tocsin.clock import SystemClock
from tocsin.engines.indexing import Indexer
from tocsin.engines.ingest import (
    Ingest,
    IngestOptions,
    IngestSummary,
    open_ingest,
    record_channels,
)
from tocsin.engines.project import Project, filing
from tocsin.engines.project import profiles as profiles_known
from tocsin.errors import EXIT_REFUSED, RecordRefused, UsageError
from tocsin.plugins import load_sources
from tocsin.sources import ChannelNames, ReadOptions, Source, channel_names

NamedChannelOption = Annotated[
    str | None,
    typer.Option(
        help="The public @channel, where the file does not name it; it is recorded that you said "
        "so."
    ),
]
ZoneOption = Annotated[
    str | None,
    typer.Option(
        metavar="ZONE",
        help="Where an old export was made that holds local times alone, e.g. Europe/Moscow.",
    ),
]
SealOption = Annotated[
    Path | None,
    typer.Option(
        metavar="PUBLIC",
        help="Also keep each original, for two people to open together: see tocsin seal keys.",
    ),
]


def ingest(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="PATH…", help="Exports or tables of posts.")
    ] = None,
    project: ProjectOption = Path(),
    forced: FormatOption = None,
    mapping: MapOption = None,
    channels: ChannelsOption = None,
    channel: NamedChannelOption = None,
    zone: ZoneOption = None,
    seal_to: SealOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take exports into the archive: Telegram Desktop (JSON, HTML), 4CAT, Telethon, tables.

    The format is detected from the content. The same export again adds nothing; a re-export
    with edits adds versions. Private chats are refused. Examples:

        tocsin ingest result.json --channel some_public_channel

        tocsin ingest ChatExport_2023-10-29/ --channel some_public_channel

        tocsin ingest posts.parquet --map id=msg_id --map posted_at=date
    """
    if not paths and channels is None:
        raise UsageError("nothing to ingest: name a file, e.g. tocsin ingest result.json")
    desk = open_project(project)
    recipients = None if seal_to is None else read_recipients(seal_to)
    reading = replace(read_options(mapping, channel), zone=zone)
    job = _Job(desk, reading, forced, as_json, recipients)
    profiles = [wire.profile_form(profile) for profile in known_channels(channels).values()]
    if job.take(paths or [], profiles):
        raise typer.Exit(EXIT_REFUSED)


@dataclass(frozen=True, slots=True)
class _Job:
    desk: Project
    reading: ReadOptions
    forced: str | None
    as_json: bool
    seal_to: Recipients | None = None

    def take(self, paths: list[Path], profiles: list[dict[str, Any]]) -> int:
        """Take in every file; returns how many records or files were refused."""
        refused = 0
        with self.desk.writing() as (archive, store):
            record_channels(archive, store, profiles)
            intake = open_ingest(self.desk, archive, store, self.seal_to)
            sources = load_sources()
            known = channel_names(profiles_known(store).values())
            for path in paths:
                summary = self._take_one(intake, path, sources, known)
                refused += len(summary.refused)
                _tell(path, summary, self.as_json)
            sign_at_end(self.desk, archive)
            Indexer(store).catch_up(archive)
        return refused

    def _take_one(
        self, intake: Ingest, path: Path, sources: Mapping[str, Source], known: ChannelNames
    ) -> IngestSummary:
        with filing(path), progress(f"ingest {path.name}") as (bar, task):
            options = IngestOptions(
                read=replace(self.reading, names=known),
                forced=self.forced,
                operator=self.desk.settings.text("project.operator"),
                progress=lambda seen: bar.update(task, completed=seen),
            )
            try:
                return intake.take(path, sources, options, SystemClock())
            except RecordRefused as error:
                return IngestSummary(refused=[str(error)])


def _tell(path: Path, summary: IngestSummary, as_json: bool) -> None:
    say_refused(path, summary.refused)
    if as_json:
        counts = {"added": summary.added, "versions": summary.versions}
        counts["erased"] = summary.erased
        rest = {"unchanged": summary.unchanged, "refused": summary.refused}
        show_json({"file": str(path), **counts, **rest})
        return
    others = {
        "edited": summary.versions,
        "already here": summary.unchanged,
        "erased before and left out": summary.erased,
        "refused": len(summary.refused),
    }
    show_taken_in(path, summary.added, others)
