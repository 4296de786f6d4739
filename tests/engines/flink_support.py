"""Projects that several engines run, and what they leave in them."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

from engine_support import ingest_file
from sqlalchemy import select

from tocsin.demo import run as demo
from tocsin.engines.project import Project
from tocsin.settings import FILE_NAME, Settings
from tocsin.store import schema

_TABLES = (
    schema.readings,
    schema.sightings,
    schema.rumours,
    schema.suggestions,
    schema.warnings,
)


def ingested_demo(folder: Path) -> Path:
    """The reconstruction's exports in a project that was not run."""
    desk = demo._project(folder)
    with demo.package_exports() as exports, desk.writing() as opened:
        demo.take_exports(desk, opened, exports, datetime(2026, 1, 1, tzinfo=UTC))
    return folder


def ingested(folder: Path, path: Path, settings: str) -> Path:
    """A file of posts in a project that was not run; ``settings``: lines of its own."""
    desk = demo._project(folder)
    ingest_file(desk, path)
    add_settings(folder, settings)
    return folder


def add_settings(folder: Path, lines: str) -> None:
    """Lines of its own for a project's settings."""
    with (folder / FILE_NAME).open("a", encoding="utf-8") as file:
        file.write(lines)


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
