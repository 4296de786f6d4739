"""Projects for tests, and what of a store must be equal however it came about."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import event, select, text
from sqlalchemy.engine import Engine

from tocsin.archive import Archive
from tocsin.clock import SystemClock
from tocsin.engines.ingest import IngestOptions, IngestSummary, open_ingest, record_channels
from tocsin.engines.local import RunSummary, run_project
from tocsin.engines.project import Project
from tocsin.plugins import load_sources
from tocsin.settings import FILE_NAME, Settings
from tocsin.sources import ReadOptions
from tocsin.store import Store, schema
from tocsin.store.search import Bounds, posts_with
from tocsin.text.clean import clean

KEY = "5a" * 32
STORE_URL: Callable[[], str | None] = lambda: None  # noqa: E731 - replaced by tests on both databases
"""Where the store of a new project is; None: in its folder."""
STORE_COPY: Callable[[str], str] = lambda url: url  # noqa: E731 - likewise
"""URL of a copy of a store that is on a server."""


def new_project(folder: Path, **settings: Any) -> Project:
    """A project in ``folder`` with a fixed pseudonym key beside it."""
    folder.mkdir(parents=True)
    key = folder.parent / f"{folder.name}.key"
    key.write_text(KEY)
    key.chmod(0o600)
    Archive.create(folder / "archive").close()
    lines = [f"[project]\nkey_file = {orjson.dumps(str(key)).decode()}"]
    url = STORE_URL()
    if url is not None:
        lines.append(f"[store]\nurl = {orjson.dumps(url).decode()}")
    (folder / FILE_NAME).write_text("\n".join(lines))
    overrides = {name.replace("__", "."): value for name, value in settings.items()}
    return Project(folder, Settings.load(folder, overrides))


def copied(project: Project, folder: Path) -> Project:
    """The project as it is now in a folder of its own: quicker than running its posts again."""
    shutil.copytree(project.folder, folder)
    if project.store_file is None:
        url = project.settings.text("store.url")
        path = folder / FILE_NAME
        path.write_text(path.read_text().replace(url, STORE_COPY(url)))
    return Project(folder, Settings.load(folder))


def ingest_file(project: Project, path: Path, *forms: dict[str, Any], **read: Any) -> IngestSummary:
    """Take one file in."""
    with project.writing() as (archive, store):
        record_channels(archive, store, forms)
        intake = open_ingest(project, archive, store)
        options = IngestOptions(read=ReadOptions(**read))
        return intake.take(path, load_sources(), options, SystemClock())


def run_all(project: Project) -> RunSummary:
    """Run to the end."""
    with project.writing() as (archive, store):
        return run_project(project, archive, store)


_QUESTIONS = {
    "posts": "SELECT channel, message_id, version, known_at, posted_at, text, extra FROM posts",
    "readings": (
        "SELECT p.channel, p.message_id, p.version, r.lang, r.read, r.alarm, r.frame, r.target, "
        "r.body FROM readings r JOIN posts p ON p.seq = r.seq"
    ),
    "sightings": (
        "SELECT p.channel, p.message_id, p.version, s.rumour, s.method, s.similarity, "
        "s.stance, s.late, s.digest FROM sightings s JOIN posts p ON p.seq = s.seq"
    ),
    "suggestions": "SELECT * FROM suggestions",
    "rumours": "SELECT * FROM rumours",
    "warnings": "SELECT id, action, issued_at, level, place_id, target, body FROM warnings",
    "decisions": "SELECT kind, subject, value, by, at, reason FROM decisions",
}


def contents(project: Project) -> dict[str, list[tuple[Any, ...]]]:
    """Everything in the store that must not depend on how it came about, sorted."""
    with project.store() as store, store.reading() as connection:
        found = {
            name: sorted((_plain(row) for row in connection.execute(text(question))), key=repr)
            for name, question in _QUESTIONS.items()
        }
    with project.store() as store:
        found["search"] = sorted(_named(store, posts_with(store, "при", Bounds(), clean)))
    return found


def _named(store: Store, seqs: list[int]) -> list[tuple[Any, ...]]:
    p = schema.posts.c
    query = select(p.channel, p.message_id, p.version).where(p.seq.in_(seqs))
    with store.reading() as connection:
        return [tuple(row) for row in connection.execute(query)]


def _plain(row: Any) -> tuple[Any, ...]:
    return tuple(_without_run(value) for value in row)


def _without_run(value: Any) -> Any:
    """Warnings name their run by its ledger seq, which depends on what was ingested when."""
    if isinstance(value, bool):
        return int(value)  # as SQLite has it
    if isinstance(value, str) and '"run":' in value:
        return {k: v for k, v in orjson.loads(value).items() if k != "run"}
    return value


def lose_store(project: Project) -> None:
    """As if its file were gone, or its database were empty."""
    if project.store_file is None:
        with project.store() as store, store.writing() as connection:
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA public")
    for path in project.folder.glob("store.db*"):
        path.unlink()


def fingerprint(project: Project) -> str:
    """One digest over :func:`contents`."""
    return hashlib.sha256(repr(contents(project)).encode()).hexdigest()


def ledger_length(project: Project) -> int:
    """Entries in the ledger."""
    with Archive.open(project.archive_folder) as archive:
        return archive.next_seq


class KillAtWrite:
    """Kills this process at the n-th durable step: an fsync, a rename, a commit."""

    def __init__(self, n: int) -> None:
        self._left = n
        self.steps = 0

    def step(self, *_: object, **__: object) -> None:
        self.steps += 1
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self) -> None:
        fsync, replace = os.fsync, Path.replace

        def counted_fsync(fd: int) -> None:
            self.step()
            fsync(fd)

        def counted_replace(path: Path, target: Path) -> Path:
            self.step()
            return replace(path, target)

        os.fsync = counted_fsync  # type: ignore[assignment]
        Path.replace = counted_replace  # type: ignore[assignment,method-assign]
        event.listen(Engine, "commit", self.step)


def in_child(work: Callable[[], object], kill_at: int) -> int:
    """Run ``work`` in a forked child that kills itself; returns the child's wait status."""
    child = os.fork()
    if child == 0:
        try:
            KillAtWrite(kill_at).watch()
            work()
        except BaseException:
            os._exit(9)
        os._exit(0)
    return os.waitpid(child, 0)[1]
