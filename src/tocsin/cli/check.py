"""``tocsin check``: is everything here that a run needs? Says what to do if not."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from tocsin.archive import Archive
from tocsin.cli.options import JsonOption, ProjectOption, open_project
from tocsin.cli.output import show, show_json, show_rows
from tocsin.cli.sources import source_lines
from tocsin.clock import SystemClock
from tocsin.engines.local import newest_post
from tocsin.engines.project import Project
from tocsin.engines.workers import PostReader, ReadingPlan
from tocsin.errors import EXIT_FINDING, TocsinError
from tocsin.model import Identity
from tocsin.settings import SETTINGS
from tocsin.text import post_from_content
from tocsin.text.e5 import available

_NEEDED_BYTES = 2 << 30
_BUILT = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    what: str
    ok: bool
    says: str


def check(
    project: ProjectOption = Path(),
    settings: Annotated[
        bool, typer.Option("--settings", help="List every setting with its default and help.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Look at models, language packs, clock, disk, and the project if there is one.

    Exit code 1 if something needs doing.
    """
    if settings:
        rows = [{"name": s.name, "default": s.default, "help": s.help} for s in SETTINGS]
        show_rows(rows, ("name", "default", "help"), as_json)
        return
    findings = list(_look(project))
    for finding in findings:
        if as_json:
            show_json({"what": finding.what, "ok": finding.ok, "says": finding.says})
        else:
            mark, style = ("ok", "green") if finding.ok else ("!!", "bold red")
            show(f"{mark}  {finding.what}: {finding.says}", style)
    if not all(finding.ok for finding in findings):
        raise typer.Exit(EXIT_FINDING)


def _look(folder: Path) -> Iterator[Finding]:
    yield Finding("python", sys.version_info >= (3, 11), sys.version.split()[0])
    now = SystemClock().now()
    sane = now > _BUILT
    yield Finding("clock", sane, f"{now:%Y-%m-%d %H:%M} UTC" + ("" if sane else "; set the clock"))
    yield _tried("models and packs", _reads_a_post)
    yield _tried("compared by meaning", _compares_texts)
    try:
        desk = open_project(folder)
    except TocsinError as error:
        yield Finding("project", True, f"none looked at ({error})")
        return
    yield from _look_at(desk)


def _look_at(desk: Project) -> Iterator[Finding]:
    free = shutil.disk_usage(desk.folder).free
    enough = free > _NEEDED_BYTES
    says = f"{free / (1 << 30):.1f} GB free" + ("" if enough else "; make room")
    yield Finding("disk", enough, says)
    yield _tried("archive", lambda: _archive_says(desk))
    yield _tried("store", lambda: _store_says(desk))
    try:
        for name, heard, says in source_lines(desk, SystemClock().now()):
            yield Finding(f"source {name}", heard, says)
    except TocsinError as error:
        yield Finding("sources", False, str(error))
    there = desk.key_path.is_file()
    missing = f"{desk.key_path} is missing; bring it back, or pseudonyms will differ"
    yield Finding("pseudonym key", there, str(desk.key_path) if there else missing)


def _tried(what: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(what, True, look())
    except (TocsinError, OSError, ImportError, ValueError) as error:
        return Finding(what, False, str(error))


def _reads_a_post() -> str:
    reader = PostReader(ReadingPlan())
    _try_vector(reader, "Доброе утро", "ru")
    return f"{len(reader.versions())} parts answer"


def _compares_texts() -> str:
    """In which languages; the optional model is tried, for it is loaded only when needed."""
    reader = PostReader(ReadingPlan())
    languages = sorted(reader.vectors.languages)
    missing = available()
    if missing is None:
        _try_vector(reader, "Доброго ранку", "uk")
    says = f"{len(languages)} languages ({' '.join(languages)}), others by their words"
    return says if missing is None else f"{says}; {missing}"


def _try_vector(reader: PostReader, text: str, lang: str) -> None:
    content = {"text": text, "lang": lang, "posted_at": "2024-01-01T08:00:00+00:00"}
    enriched, _ = reader.read_one(post_from_content(Identity("check", "check", "1", 1), content))
    if reader.embed([enriched])[0].vector is None:
        raise ValueError("the vector model does not answer; install tocsin again")


def _archive_says(desk: Project) -> str:
    with Archive.open(desk.archive_folder) as archive:
        return f"{archive.next_seq:,} ledger entries"


def _store_says(desk: Project) -> str:
    with desk.reading() as store:
        newest = newest_post(store)
    return "reachable, empty" if newest is None else f"newest post {newest:%Y-%m-%d %H:%M} UTC"
