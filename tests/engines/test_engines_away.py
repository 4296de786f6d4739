"""A server crashes while a project is ingested and run: waited for, nothing lost or doubled."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import engine_support
import pytest
from engine_support import contents, ingest_file, new_project, run_all
from sqlalchemy import event
from sqlalchemy.engine import Engine

from database_fixtures import Databases
from streams_support import mixed
from tocsin.archive import verify
from tocsin.engines.project import Project
from tocsin.errors import StoreAway
from tocsin.store import store as stores
from tocsin.store.store import Patience

Write = Callable[[Iterable[dict[str, Any]], str], Path]
SMALL = {"run__checkpoint_posts": 15, "run__workers": 0}


class Crashes:
    """Crashes the server at every third commit of a write, and starts it when it is waited for."""

    def __init__(self, databases: Databases) -> None:
        self._databases = databases
        self._commits = 0
        self.struck = 0
        self._down = False

    def at_commit(self, _: object) -> None:
        self._commits += 1
        if self._commits % 3 == 0:
            self._databases.crash()
            self._down = True
            self.struck += 1

    def start(self, _seconds: float = 0) -> None:
        if self._down:
            self._databases.start()
            self._down = False


@pytest.fixture
def crashes(database_server: Databases) -> Iterator[Crashes]:
    found = Crashes(database_server)
    yield found
    found.start()


@pytest.fixture
def on_server(database_server: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_support, "STORE_URL", database_server.new)


def _struck(work: Callable[[], object], crashes: Crashes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Do some work with a server that crashes once the store is open."""
    follow = Project.follow

    def followed(project: Project, *rest: Any) -> None:
        follow(project, *rest)
        event.listen(Engine, "commit", crashes.at_commit)

    with monkeypatch.context() as patch:
        patch.setattr(Project, "follow", followed)
        patch.setattr(stores, "Patience", partial(Patience, (0.0,) * 3, crashes.start))
        try:
            work()
        finally:
            event.remove(Engine, "commit", crashes.at_commit)


@pytest.mark.usefixtures("on_server")
def test_nothing_is_lost_or_doubled(
    tmp_path: Path,
    write_posts: Write,
    crashes: Crashes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = write_posts(mixed()[:60], "a.jsonl")
    with monkeypatch.context() as patch:
        patch.setattr(engine_support, "STORE_URL", lambda: None)
        calm = new_project(tmp_path / "calm", **SMALL)
        ingest_file(calm, path)
        run_all(calm)
    project = new_project(tmp_path / "desk", **SMALL)
    monkeypatch.setattr("tocsin.engines.ingest._BATCH", 15)
    _struck(lambda: ingest_file(project, path), crashes, monkeypatch)
    _struck(lambda: run_all(project), crashes, monkeypatch)
    assert crashes.struck >= 2
    assert contents(project) == contents(calm)
    assert verify(project.archive_folder).ok


@pytest.mark.usefixtures("on_server")
def test_what_stays_away_ends_in_one_line_and_is_gone_on_with(
    tmp_path: Path,
    write_posts: Write,
    crashes: Crashes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = write_posts(mixed()[:20], "a.jsonl")
    project = new_project(tmp_path / "desk", **SMALL)
    monkeypatch.setattr("tocsin.engines.ingest._BATCH", 3)
    monkeypatch.setattr(crashes, "start", lambda _seconds=0: None)
    with pytest.raises(StoreAway, match="run the same command again: nothing is lost"):
        _struck(lambda: ingest_file(project, path), crashes, monkeypatch)
    monkeypatch.undo()
    crashes.start()
    ingest_file(project, path)
    assert len(contents(project)["posts"]) == 20
    assert verify(project.archive_folder).ok
