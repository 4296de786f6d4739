"""Taking exports in: again, edited, overlapping, refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import orjson
import pytest
from engine_support import contents, ingest_file, ledger_length, new_project
from sqlalchemy import text

from posts_support import post_line
from tocsin.archive import Archive
from tocsin.engines.project import profiles

pytestmark = pytest.mark.usefixtures("either_database")
Write = Callable[[Iterable[dict[str, Any]], str], Path]


def test_the_same_file_again_adds_nothing(tmp_path: Path, write_posts: Write) -> None:
    project = new_project(tmp_path / "desk")
    path = write_posts([post_line(n, f"Доброе утро, день {n}") for n in range(20)], "a.jsonl")
    assert ingest_file(project, path).added == 20
    before = ledger_length(project)
    again = ingest_file(project, path)
    assert (again.added, again.versions, again.unchanged) == (0, 0, 20)
    assert ledger_length(project) == before


def test_an_edit_adds_a_version_and_the_old_wording_stays(
    tmp_path: Path, write_posts: Write
) -> None:
    project = new_project(tmp_path / "desk")
    first, second = post_line(1, "Ярмарка в субботу"), post_line(1, "Ярмарка в воскресенье")
    second["edited_at"] = "2024-03-04T09:00:00+00:00"
    ingest_file(project, write_posts([first], "a.jsonl"))
    summary = ingest_file(project, write_posts([second], "b.jsonl"))
    assert (summary.added, summary.versions) == (0, 1)
    rows = contents(project)["posts"]
    assert [row[2] for row in rows] == [1, 2]
    assert {row[5] for row in rows} == {"Ярмарка в субботу", "Ярмарка в воскресенье"}
    assert rows[1][3] > rows[0][3], "an edit is known from when it was edited"
    assert ingest_file(project, write_posts([first], "c.jsonl")).unchanged == 1


def test_overlapping_exports_merge(tmp_path: Path, write_posts: Write) -> None:
    project = new_project(tmp_path / "desk")
    posts = [post_line(n, f"Погода на день {n}") for n in range(30)]
    ingest_file(project, write_posts(posts[:20], "a.jsonl"))
    summary = ingest_file(project, write_posts(posts[10:], "b.jsonl"))
    assert (summary.added, summary.unchanged) == (10, 10)
    assert len(contents(project)["posts"]) == 30


def test_a_count_that_changed_is_no_new_wording(tmp_path: Path, write_posts: Write) -> None:
    project = new_project(tmp_path / "desk")
    at = "2024-03-05T00:00:00+00:00"
    ingest_file(project, write_posts([post_line(1, "Погода", views=10, captured_at=at)], "a"))
    later = write_posts([post_line(1, "Погода", views=99, captured_at=at)], "b")
    assert ingest_file(project, later).unchanged == 1


def test_names_of_forward_origins_are_pseudonyms_unless_the_channel_is_known(
    tmp_path: Path, write_posts: Write
) -> None:
    project = new_project(tmp_path / "desk")
    posts = [
        post_line(1, "Раз", is_forward=True, forward_from="A Private Person"),
        post_line(2, "Два", is_forward=True, forward_from="known_news"),
    ]
    ingest_file(project, write_posts(posts, "a.jsonl"), {"channel": "known_news"})
    extras = [orjson.loads(row[6]) for row in contents(project)["posts"]]
    assert extras[0]["forward_from"].startswith("~")
    assert extras[1]["forward_from"] == "known_news"
    stored = b"".join(p.read_bytes() for p in project.folder.rglob("*") if p.is_file())
    assert b"A Private Person" not in stored


def test_what_is_known_of_channels_is_in_the_ledger(tmp_path: Path, write_posts: Write) -> None:
    project = new_project(tmp_path / "desk")
    form = {"channel": "town_news", "home_place": "Kostroma", "languages": ["ru"]}
    path = write_posts([post_line(1, "Погода")], "a.jsonl")
    ingest_file(project, path, form)
    ingest_file(project, path, form)
    with Archive.open(project.archive_folder) as archive:
        kinds = [entry.kind for entry in archive.entries()]
    assert kinds.count("channels") == 1
    with project.store() as store:
        assert profiles(store)["town_news"].home_place == "Kostroma"


def test_good_records_are_kept_beside_refused_ones(tmp_path: Path) -> None:
    project = new_project(tmp_path / "desk")
    good = orjson.dumps(post_line(1, "Погода"))
    path = tmp_path / "posts.jsonl"
    path.write_bytes(good + b"\n{broken\n" + orjson.dumps(post_line(2, "Ветер")) + b"\n")
    summary = ingest_file(project, path)
    assert summary.added == 2
    assert len(summary.refused) == 1
    assert "line 2" in summary.refused[0]


def test_an_old_store_is_brought_up_from_the_archive(tmp_path: Path, write_posts: Write) -> None:
    """The store lags the archive after a kill between the two; the next start mends it."""
    project = new_project(tmp_path / "desk")
    ingest_file(project, write_posts([post_line(n, f"День {n}") for n in range(9)], "a.jsonl"))
    expected = contents(project)["posts"]
    with project.store() as store, store.writing() as connection:
        connection.execute(text("DELETE FROM posts"))
        connection.execute(text("DELETE FROM meta"))
    with project.writing():
        pass
    assert contents(project)["posts"] == expected


def test_no_author_is_stored_by_name(tmp_path: Path, write_posts: Write) -> None:
    project = new_project(tmp_path / "desk")
    ingest_file(project, write_posts([post_line(1, "Погода", author="user4711")], "a.jsonl"))
    stored = b"".join(p.read_bytes() for p in project.folder.rglob("*") if p.is_file())
    assert b"user4711" not in stored
