"""Projects that several engines run, and what they leave in them."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from tocsin import wire
from tocsin.clock import ReplayClock
from tocsin.demo import run as demo
from tocsin.engines.ingest import IngestOptions, open_ingest, record_channels
from tocsin.engines.project import Project
from tocsin.plugins import load_sources
from tocsin.settings import FILE_NAME, Settings
from tocsin.sources import ReadOptions
from tocsin.sources.profiles import read_profiles
from tocsin.store import schema

_TAKEN_AT = ReplayClock(datetime(2026, 1, 1, tzinfo=UTC))
_TABLES = (
    schema.readings,
    schema.sightings,
    schema.rumours,
    schema.suggestions,
    schema.warnings,
)


def ingested_demo(folder: Path) -> Path:
    """The reconstruction's exports in a project that was not run."""
    with demo.package_exports() as exports:
        files = [(path, ReadOptions(channel=path.stem)) for path in sorted(exports.glob("*.json"))]
        return ingested(folder, files, channels=exports / "channels.csv")


def ingested(
    folder: Path,
    files: Iterable[tuple[Path, ReadOptions]],
    reading: str = "",
    channels: Path | None = None,
) -> Path:
    """Files in a project that was not run; ``reading``: lines of that table of its settings."""
    desk = demo._project(folder)
    with desk.writing() as (archive, store):
        profiles = [] if channels is None else read_profiles(channels)
        record_channels(archive, store, [wire.profile_form(profile) for profile in profiles])
        intake = open_ingest(desk, archive, store)
        for path, options in files:
            taken = IngestOptions(read=options, operator="demo")
            intake.take(path, load_sources(), taken, _TAKEN_AT)
    settings = folder / FILE_NAME
    settings.write_text(f"{settings.read_text()}\n[reading]\n{reading}\n", encoding="utf-8")
    return folder


def copied(project: Path, to: Path) -> Path:
    return Path(shutil.copytree(project, to / "desk"))


def found_in(folder: Path) -> dict[str, list[str]]:
    """All that a run writes into the store."""
    desk = Project(folder, Settings.load(folder))
    with desk.reading() as store, store.reading() as connection:
        found = {
            table.name: sorted(repr(tuple(row)) for row in connection.execute(select(table)))
            for table in _TABLES
        }
        texts = connection.exec_driver_sql("SELECT rowid, text FROM post_search ORDER BY rowid")
        return {**found, "texts": [repr(tuple(row)) for row in texts]}
