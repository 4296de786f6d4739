"""After an erasure nothing below the project holds the text, and everything else goes on."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from engine_support import contents, copied, ingest_file, new_project, run_all
from erasure_support import ORDER, entries_of_kind, erase_where, found_in, readable_bytes
from sqlalchemy import text

from database_fixtures import Databases
from posts_support import written
from streams_support import calls, mixed
from tocsin.archive import Archive, verify
from tocsin.engines.erasure import last_state
from tocsin.engines.local import RunWatch, pipeline_options
from tocsin.engines.moving import move_store
from tocsin.engines.project import Project, profiles
from tocsin.engines.rebuild import rebuild
from tocsin.engines.selection import Choice, RetentionClass, choose, due, limits
from tocsin.pipeline import Pipeline
from tocsin.settings import Settings
from tocsin.store import erasures
from tocsin.store.search import Bounds, posts_with
from tocsin.text.clean import clean, digest_text

Write = Callable[[Iterable[dict[str, Any]]], Path]
CANARY = "Quittenbaum Zwölfender sahen heute die Fähre am Nordkai ankommen und grüßten freundlich"
SECOND = "Birkenhain Dreizack meldet ruhigen Verkehr auf der Brücke und am Bahnhof von Altdorf"


def _posts() -> list[dict[str, Any]]:
    newest = max(datetime.fromisoformat(post["posted_at"]) for post in mixed())
    at = {"posted_at": (newest + timedelta(hours=1)).isoformat(), "lang": "de"}
    media = [{"kind": "photo", "digest": "ab" * 32}]
    return [
        *mixed(),
        {"id": "c1", "channel": "canary", "text": CANARY, "forward_from": "Xaver", **at},
        {"id": "c2", "channel": "canary", "text": CANARY + " heute", "media": media, **at},
        {"id": "c3", "channel": "other", "text": SECOND, **at},
        {"id": "c4", "channel": "kept", "text": SECOND, **at},
    ]


@pytest.fixture(scope="module")
def posts_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("posts") / "posts.jsonl"
    written(path, _posts())
    return path


@pytest.fixture(scope="module")
def processed(tmp_path_factory: pytest.TempPathFactory, posts_file: Path) -> Project:
    project = new_project(tmp_path_factory.mktemp("processed") / "desk")
    ingest_file(project, posts_file)
    run_all(project)
    return project


@pytest.fixture(params=["sqlite", "postgresql"])
def project(request: pytest.FixtureRequest, tmp_path: Path, processed: Project) -> Project:
    """A copy of a project whose posts were all read, its store in its folder or on a server."""
    shutil.copytree(processed.folder, tmp_path / "desk")
    copied = replace(processed, folder=tmp_path / "desk")
    if request.param == "sqlite":
        return copied
    new: Callable[[], str] = request.getfixturevalue("new_database")
    move_store(copied, new(), lambda _done, _rows: None)
    return Project.open(copied.folder)


def _pipeline(project: Project) -> Pipeline:
    with project.store() as store:
        name = last_state(store)
        pipeline = Pipeline(profiles(store), pipeline_options(project.settings))
    assert name is not None
    pipeline.restore((project.state_folder / name).read_bytes())
    return pipeline


def test_a_canary_is_found_in_no_file_after_its_erasure(project: Project) -> None:
    digest = digest_text(clean(CANARY))
    assert digest is not None
    before = readable_bytes(project.folder)
    assert CANARY.encode() in before
    assert digest.hex().encode() in before
    assert project.store_file is None or digest in before
    assert erase_where(project, Choice(channel="canary")) == 2
    assert found_in(project.folder, CANARY) == []
    assert found_in(project.folder, "Quittenbaum") == []
    held = readable_bytes(project.folder)
    assert digest.hex().encode() not in held
    assert digest not in held
    assert b"ab" * 32 not in held
    assert not (project.folder / "store.db-wal").exists() or not (
        (project.folder / "store.db-wal").stat().st_size
    )
    assert verify(project.archive_folder).ok


def test_no_file_of_a_server_holds_it(project: Project, database_server: Databases) -> None:
    if project.store_file is not None:
        pytest.skip("its file is searched with the project's folder")
    said = CANARY.encode()
    assert said in _server_files(project, database_server)
    erase_where(project, Choice(channel="canary"))
    held = _server_files(project, database_server)
    assert said not in held
    assert b"Quittenbaum" not in held
    assert SECOND.encode() in held


def _server_files(project: Project, databases: Databases) -> bytes:
    """The files of a project's database, all of it written to them; not the server's own log."""
    with project.store() as store, store.alone() as connection:
        connection.exec_driver_sql("CHECKPOINT")
        asked = "SELECT oid FROM pg_database WHERE datname = current_database()"
        number = connection.exec_driver_sql(asked).scalar_one()
    folder = databases.folder / "base" / str(number)
    return b"\n".join(path.read_bytes() for path in sorted(folder.iterdir()))


def test_vectors_words_and_shingles_of_an_erased_text_are_wiped(project: Project) -> None:
    digest = digest_text(clean(CANARY))
    assert digest is not None
    live = _pipeline(project).following.rumours._live
    row = live.texts[digest].row
    signature = live.near._signatures[row].copy()
    assert live.rows._scale[row] > 0
    assert row in live.postings._rows
    erase_where(project, Choice(channel="canary"))
    live = _pipeline(project).following.rumours._live
    assert digest not in live.texts
    assert not (live.near._signatures[: live.near.size] == signature).all(axis=1).any()
    assert live.rows._scale[row] == 0
    assert not live.rows._vectors[row].any()
    assert row not in live.postings._rows
    assert not live.media
    assert not np.any(live.channels._tone[live.channels._habits["canary"].row])


def test_the_store_forgets_and_the_search_finds_nothing(project: Project) -> None:
    before = contents(project)
    erase_where(project, Choice(channel="canary"))
    after = contents(project)
    gone = {("canary", "c1"), ("canary", "c2")}
    for name in ("posts", "readings"):
        assert [row for row in before[name] if row[:2] not in gone] == after[name]
    assert before["warnings"] == after["warnings"]
    with project.store() as store:
        assert not posts_with(store, "quittenbaum", Bounds(), clean)
        assert posts_with(store, "birkenhain", Bounds(), clean)
        if store.is_sqlite():
            with store.reading() as connection:
                checked = "INSERT INTO post_search(post_search) VALUES ('integrity-check')"
                connection.execute(text(checked))
        assert erasures.erased_refs(store, ["canary/c1", "kept/c4"]) == {"canary/c1"}
        assert erasures.unfinished(store) == []


def test_what_another_post_says_too_is_not_forgotten(project: Project) -> None:
    digest = digest_text(clean(SECOND))
    assert digest is not None
    erase_where(project, Choice(post="other/c3"))
    assert digest in _pipeline(project).following.rumours._live.texts
    assert found_in(project.folder, SECOND) == ["plain"]
    erase_where(project, Choice(channel="kept"))
    assert found_in(project.folder, SECOND) == []


def test_warnings_stay_as_recorded_and_a_rebuild_keeps_them(project: Project) -> None:
    warned = contents(project)["warnings"]
    assert warned
    ref = orjson.loads(_bodies(project)[0])["posts"][0]
    assert erase_where(project, Choice(post=ref))
    assert contents(project)["warnings"] == warned
    with Archive.open(project.archive_folder, writable=True) as archive:
        report = rebuild(project, archive, {}, lambda _: RunWatch())
    assert report.runs == 1
    after = contents(project)
    assert after["warnings"] == warned
    with project.store() as store:
        assert erasures.erased_refs(store, [ref]) == {ref}
        assert erasures.unfinished(store) == []
    assert verify(project.archive_folder).ok


def _bodies(project: Project) -> list[str]:
    with project.store() as store, store.reading() as connection:
        return list(connection.execute(text("SELECT body FROM warnings ORDER BY seq")).scalars())


def test_what_was_erased_is_not_taken_in_again(project: Project, posts_file: Path) -> None:
    erase_where(project, Choice(channel="canary"))
    summary = ingest_file(project, posts_file)
    assert (summary.added, summary.versions, summary.erased) == (0, 0, 2)
    assert not run_all(project).posts
    assert found_in(project.folder, CANARY) == []


def test_later_posts_go_on_from_the_purged_state(project: Project, write_posts: Write) -> None:
    erase_where(project, Choice(channel="canary"))
    late = datetime(2024, 11, 1, tzinfo=UTC)
    more = [{**post, "id": post["id"] + "x"} for _, posts in calls(late) for post in posts]
    ingest_file(project, write_posts(more))
    assert run_all(project).posts == len(more)
    assert verify(project.archive_folder).ok


def test_posts_that_no_run_has_read_can_be_erased(tmp_path: Path, posts_file: Path) -> None:
    project = new_project(tmp_path / "desk")
    ingest_file(project, posts_file)
    assert erase_where(project, Choice(channel="canary")) == 2
    assert found_in(project.folder, CANARY) == []
    assert run_all(project).posts == len(_posts()) - 2


def test_a_store_that_lags_follows_the_archive(project: Project) -> None:
    """As after a kill between the ledger and the store."""
    with project.writing() as (archive, store):
        chosen = choose(store, Choice(channel="canary"))
        archive.erase({one.seq for one in chosen}, ORDER)
    with project.store() as store, store.reading() as connection:
        said = connection.execute(text("SELECT text FROM posts")).scalars().all()
    assert CANARY in said
    with project.writing():
        pass
    assert found_in(project.folder, CANARY) == []
    assert entries_of_kind(project, "erasure") == 1


def test_a_state_of_other_settings_is_not_kept(tmp_path: Path, processed: Project) -> None:
    project = copied(processed, tmp_path / "desk")
    other = Project(project.folder, _with(project.settings, {"rumours.live_days": 7.0}))
    erase_where(other, Choice(channel="canary"))
    assert not list(project.state_folder.glob("*.state"))
    assert found_in(project.folder, CANARY) == []


def _with(settings: Settings, changed: dict[str, Any]) -> Settings:
    return Settings({"project.key_file": settings.text("project.key_file"), **changed})


def test_classes_and_what_is_due(project: Project) -> None:
    with project.store() as store:
        everything = choose(store, Choice())
        kinds = {one.ref: one.kind for one in everything}
        assert kinds["other/c3"] is kinds["kept/c4"] is RetentionClass.RUMOURS
        named = {ref for body in _bodies(project) for ref in orjson.loads(body)["posts"]}
        assert {ref for ref in kinds if kinds[ref] is RetentionClass.WARNINGS} == named
        kept = limits(Settings({"retention.posts_days": 30, "retention.rumours_days": 60}))
        now = max(one.posted_at for one in everything) + timedelta(days=45)
        found = due(store, kept, now)
        assert set(found) == {RetentionClass.POSTS, RetentionClass.RUMOURS}
        for kind, ones in found.items():
            wanted = {
                o.seq for o in everything if o.kind is kind and now - o.posted_at > kept[kind]
            }
            assert {one.seq for one in ones} == wanted
        assert found[RetentionClass.POSTS]
        assert due(store, {}, now) == {}
        assert limits(Settings()) == {}


def test_by_pseudonym_only_its_own_posts(project: Project) -> None:
    with project.store() as store, store.reading() as connection:
        extra = connection.execute(
            text("SELECT extra FROM posts WHERE message_id = 'c1'")
        ).scalar_one()
        author = orjson.loads(extra)["forward_from"]
        assert [one.ref for one in choose(store, Choice(pseudonym=author))] == ["canary/c1"]
        assert choose(store, Choice(pseudonym=author[:-1])) == []
        assert author not in Choice(pseudonym=author).words()
