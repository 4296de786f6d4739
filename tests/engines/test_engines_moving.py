"""A project's store moves to a server and back, whole or not at all."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from engine_support import contents, ingest_file, new_project

from posts_support import post_line
from tocsin.cli.app import run_main
from tocsin.engines.moving import move_store
from tocsin.engines.project import Project
from tocsin.errors import EXIT_ENVIRONMENT, EXIT_REFUSED, Locked, StoreUnavailable, UsageError
from tocsin.settings import FILE_NAME
from tocsin.store import Store

Write = Callable[[Iterable[dict[str, Any]], str], Path]
SAID = "\n# a note of ours\n[answers]\npurpose = 'to test'\n"


@pytest.fixture
def project(tmp_path: Path, write_posts: Write) -> Project:
    made = new_project(tmp_path / "desk")
    with (made.folder / FILE_NAME).open("a") as file:
        file.write(SAID)
    ingest_file(made, write_posts([post_line(n, f"День {n}") for n in range(9)], "a.jsonl"))
    return made


def _again(project: Project) -> Project:
    return Project.open(project.folder)


def _url(project: Project) -> str:
    tables = tomllib.loads((project.folder / FILE_NAME).read_text())
    return str(tables.get("store", {}).get("url", ""))


def _ignored(done: int, rows: int) -> None:
    assert done <= rows


def test_there_and_back(
    project: Project, new_database: Callable[..., str], write_posts: Write
) -> None:
    before, url = contents(project), new_database(bare=True)
    report = move_store(project, url, _ignored)
    assert report.tables["posts"].rows == 9
    assert _url(project) == url
    assert SAID in (project.folder / FILE_NAME).read_text()
    assert not list(project.folder.glob("store.db*"))
    moved = _again(project)
    assert contents(moved) == before
    ingest_file(moved, write_posts([post_line(20, "Ветер")], "b.jsonl"))
    with_more = contents(moved)
    assert len(with_more["posts"]) == 10
    move_store(moved, "sqlite", _ignored)
    assert _url(project) == ""
    assert contents(_again(project)) == with_more
    with Store(url) as store, store.reading() as connection:
        found = connection.exec_driver_sql(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        )
        assert found.scalar_one() == 0, "an erasure would not reach what is left behind"


def test_a_place_that_holds_anything_is_refused(
    project: Project, new_database: Callable[..., str]
) -> None:
    url = new_database()
    with Store(url) as store, store.writing() as connection:
        connection.exec_driver_sql("INSERT INTO meta VALUES ('a', '1')")
    strange = new_database(bare=True)
    with Store(strange) as store, store.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE bills (id int)")
    for to, why in ((url, "table meta"), (strange, "table bills"), ("sqlite", "there already")):
        with pytest.raises(UsageError, match=why):
            move_store(project, to, _ignored)
    assert _url(project) == ""
    assert len(contents(project)["posts"]) == 9
    with Store(strange) as store, store.reading() as connection:
        names = connection.exec_driver_sql(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        )
        assert names.scalars().all() == ["bills"]


def test_a_copy_that_fails_switches_nothing(
    project: Project, new_database: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, before = new_database(), contents(project)

    def differs(*_: object) -> None:
        raise StoreUnavailable("the copy differs")

    with monkeypatch.context() as patch:
        patch.setattr("tocsin.store.copying._compare", differs)
        with pytest.raises(StoreUnavailable, match="differs"):
            move_store(project, url, _ignored)
    assert _url(project) == ""
    assert contents(project) == before
    move_store(project, url, _ignored)  # nothing was left there
    assert contents(_again(project)) == before


def test_it_needs_the_writers_locks(
    project: Project, new_database: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tocsin.store.sole._TRIES", 1)
    url = new_database()
    with project.writing(), pytest.raises(Locked):
        move_store(project, url, _ignored)
    with Store(url) as other, other.sole_writer(), pytest.raises(Locked, match="this database"):
        move_store(project, url, _ignored)


def test_two_projects_never_write_to_one_database(
    project: Project, new_database: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tocsin.store.sole._TRIES", 1)
    move_store(project, new_database(), _ignored)
    moved = _again(project)
    with Store(_url(project)) as other, other.sole_writer():
        assert run_main(["rebuild", "--project", str(project.folder)]) == EXIT_ENVIRONMENT
        with pytest.raises(Locked), moved.writing():
            pass
        assert len(contents(moved)["posts"]) == 9, "readers go on"


def test_the_command_says_what_was_done_and_how_to_go_back(
    project: Project, new_database: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    url, folder = new_database(), str(project.folder)
    assert run_main(["migrate-store", url, "--project", folder]) == 0
    said = capsys.readouterr().out
    assert "read again, and the same" in said
    assert "back again: tocsin migrate-store sqlite" in said
    assert run_main(["migrate-store", url, "--project", folder]) == EXIT_REFUSED
    assert run_main(["migrate-store", "no url", "--project", folder]) != 0
    assert run_main(["migrate-store", "sqlite", "--project", folder, "--json"]) == 0
    assert '"posts":[9,' in capsys.readouterr().out


def test_what_a_killed_move_left_goes_with_the_next_erasure(
    project: Project, new_database: Callable[..., str]
) -> None:
    from erasure_support import erase_where, found_in

    from tocsin.engines.selection import Choice

    left = (project.folder / "store.db").read_bytes()
    move_store(project, new_database(), _ignored)
    (project.folder / "store.db").write_bytes(left)
    moved = _again(project)
    post = contents(moved)["posts"][0]
    assert found_in(project.folder, post[5])
    assert erase_where(moved, Choice(post=f"{post[0]}/{post[1]}")) == 1
    assert found_in(project.folder, post[5]) == []
