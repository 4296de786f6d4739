"""The demo's run: exports of the package through the real pipeline, in a project of its own."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import orjson

from tocsin import wire
from tocsin.archive import Archive, VerifyReport, verify
from tocsin.clock import ReplayClock
from tocsin.engines.ingest import IngestOptions, open_ingest, record_channels
from tocsin.engines.local import RunWatch, run_project
from tocsin.engines.project import Project
from tocsin.plugins import load_sources
from tocsin.settings import FILE_NAME, Settings
from tocsin.sources import ReadOptions
from tocsin.sources.profiles import read_profiles
from tocsin.store import Store
from tocsin.store.lists import channel_counts
from tocsin.store.rumours import ShownRumours
from tocsin.store.sightings import sightings_of

__all__ = ["DemoResult", "package_exports", "run_demo"]


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What the run of a reconstruction left behind.

    Args:
        warnings: all warning actions, as ``wire.warning_line`` gives them.
        rumours: the rumours behind the warnings: each with its sightings, oldest first.
        channels: what came from each channel.
    """

    posts: int
    warnings: list[dict[str, Any]]
    rumours: list[dict[str, Any]]
    channels: list[dict[str, Any]]
    archive: VerifyReport


@contextmanager
def package_exports() -> Any:
    """The folder with the reconstruction's exports."""
    with as_file(files("tocsin.demo") / "exports") as folder:
        yield folder


def run_demo(
    exports: Path, folder: Path, captured_at: datetime, tell: Callable[[str], None]
) -> DemoResult:
    """Ingest every export in ``exports`` into a project in ``folder``, run it, look at it.

    Args:
        captured_at: the capture time to note.
        tell: told each step.
    """
    desk = _project(folder)
    with desk.writing() as (archive, store):
        tell("taking the exports in")
        take_exports(desk, (archive, store), exports, captured_at)
        tell("reading, following rumours, weighing")
        summary = run_project(desk, archive, store, RunWatch())
        lines = [wire.warning_line(action) for action in summary.actions]
        rumours = _rumours_behind(store, lines)
        channels = channel_counts(store)
    tell("checking the archive")
    return DemoResult(summary.posts, lines, rumours, channels, verify(desk.archive_folder))


def take_exports(
    desk: Project, opened: tuple[Archive, Store], exports: Path, captured_at: datetime
) -> None:
    """Ingest every export in ``exports``, and what is said there of their channels."""
    profiles = [wire.profile_form(p) for p in read_profiles(exports / "channels.csv")]
    record_channels(*opened, profiles)
    intake, sources = open_ingest(desk, *opened), load_sources()
    for path in sorted(exports.glob("*.json")):
        options = IngestOptions(read=ReadOptions(channel=path.stem), operator="demo")
        intake.take(path, sources, options, ReplayClock(captured_at))


def _rumours_behind(store: Any, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    names = list(dict.fromkeys(line["rumour"] for line in lines if line["rumour"]))
    book = ShownRumours(store)
    rows = [
        {**wire.rumour_line(shown.rumour), "sightings": sightings_of(book, shown, 1000)}
        for name in names
        if (shown := book.find(name)) is not None
    ]
    return sorted(rows, key=lambda row: (-row["posts"], row["id"]))


def _project(folder: Path) -> Project:
    folder.mkdir(parents=True, exist_ok=True)
    key = folder.parent / f"{folder.name}.key"
    Archive.create(folder / "archive").close()
    (folder / FILE_NAME).write_bytes(
        b'[project]\nname = "reconstruction"\nkey_file = '
        + orjson.dumps(str(key))
        + b'\n[delivery]\nsender = "demo@example.org"\n'
    )
    return Project(folder, Settings.load(folder))
