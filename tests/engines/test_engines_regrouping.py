"""Merges, their undoing and splits through runs: later posts follow, nothing recorded changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from engine_support import contents, ingest_file, new_project, run_all
from sqlalchemy import select

from posts_support import post_line, written
from streams_support import mixed
from tocsin import wire
from tocsin.archive import Archive
from tocsin.clock import SystemClock
from tocsin.engines.indexing import Indexer
from tocsin.engines.local import RunWatch, reading_plan, versions
from tocsin.engines.project import Project
from tocsin.engines.rebuild import rebuild
from tocsin.model import Decision, DecisionKind
from tocsin.model.rumour import split_id
from tocsin.store import schema
from tocsin.store.rumours import ShownRumours
from tocsin.store.sightings import sightings_of
from town_texts import BRIDGE, HOCKEY, MUSEUM, TALK

pytestmark = pytest.mark.usefixtures("either_database")
Write = Callable[[Iterable[dict[str, Any]], str], Path]


def _town(tmp_path: Path, write_posts: Write, name: str = "desk") -> Project:
    """A project with two rumours of two copies each."""
    project = new_project(tmp_path / name)
    texts = [BRIDGE, MUSEUM, BRIDGE, MUSEUM, HOCKEY]
    posts = [post_line(n, text) for n, text in enumerate(texts)]
    _take(project, write_posts(posts, f"{name}.jsonl"))
    return project


def _take(project: Project, path: Path) -> None:
    ingest_file(project, path)
    run_all(project)


def _more(project: Project, write_posts: Write, number: int, *texts: str) -> None:
    posts = [post_line(number + n, text) for n, text in enumerate(texts)]
    _take(project, write_posts(posts, f"{number}.jsonl"))


def _decide(project: Project, kind: DecisionKind, subject: str, value: str) -> None:
    decision = Decision(kind, subject, value, "duty-1", SystemClock().now())
    with project.writing() as (archive, store):
        archive.append_entry("decision", wire.decision_form(decision))
        archive.flush()
        Indexer(store).catch_up(archive)


def _placed(project: Project) -> dict[str, str]:
    """Where the machine put each post."""
    return {row[1]: row[3] for row in contents(project)["sightings"]}


def _shown(project: Project) -> dict[str, list[str]]:
    """Posts of each rumour as shown."""
    with project.store() as store:
        book = ShownRumours(store)
        return {
            shown.rumour.id: [row["message_id"] for row in sightings_of(book, shown, 99)]
            for shown in book.largest(99)
        }


def _rebuild(project: Project) -> Any:
    current = versions(project.settings, reading_plan(project.settings, {}))
    with Archive.open(project.archive_folder, writable=True) as archive:
        return rebuild(project, archive, current, lambda _: RunWatch())


def test_later_posts_of_a_merged_rumour_are_shown_with_the_survivor(
    tmp_path: Path, write_posts: Write
) -> None:
    project = _town(tmp_path, write_posts)
    placed = _placed(project)
    bridge, museum = placed["0"], placed["1"]
    _decide(project, DecisionKind.RUMOUR_MERGE, museum, bridge)
    assert {"0", "1", "2", "3"} <= set(_shown(project)[bridge]), "at once, without a run"
    _more(project, write_posts, 20, MUSEUM, BRIDGE)
    assert {"20", "21"} <= set(_shown(project)[bridge])
    assert _placed(project)["20"] == museum, "the machine's own grouping is kept"
    before = contents(project), _shown(project)
    assert _rebuild(project).same
    assert (contents(project), _shown(project)) == before


def test_a_merge_undone_after_runs_leaves_no_trace_in_the_tables(
    tmp_path: Path, write_posts: Write
) -> None:
    plain, merged = (_town(tmp_path, write_posts, name) for name in ("plain", "merged"))
    placed = _placed(merged)
    _decide(merged, DecisionKind.RUMOUR_MERGE, placed["1"], placed["0"])
    for project in (plain, merged):
        _more(project, write_posts, 20, MUSEUM, BRIDGE)
    _decide(merged, DecisionKind.RUMOUR_UNMERGE, placed["1"], placed["0"])
    for project in (plain, merged):
        _more(project, write_posts, 40, MUSEUM, BRIDGE)
    assert _shown(merged) == _shown(plain)
    for table in ("sightings", "rumours", "suggestions", "readings"):
        assert contents(merged)[table] == contents(plain)[table], table


def test_copies_of_a_split_wording_go_to_the_new_rumour(tmp_path: Path, write_posts: Write) -> None:
    project = new_project(tmp_path / "desk")
    texts = [BRIDGE, TALK, BRIDGE, TALK]
    _more(project, write_posts, 0, *texts)
    one = _placed(project)["0"]
    assert set(_placed(project).values()) == {one}, "the near copy must have joined"
    _decide(project, DecisionKind.RUMOUR_SPLIT, one, "town_news/1")
    new = split_id(one, ["town_news/1"])
    assert _shown(project) == {one: ["0", "2"], new: ["1", "3"]}
    _more(project, write_posts, 20, BRIDGE, TALK)
    assert _shown(project) == {one: ["0", "2", "20"], new: ["1", "3", "21"]}
    assert _placed(project)["21"] == new, "by the machine, from the next run on"
    before = contents(project), _shown(project)
    assert _rebuild(project).same
    assert (contents(project), _shown(project)) == before
    _decide(project, DecisionKind.RUMOUR_MERGE, new, one)
    assert _shown(project) == {one: ["0", "1", "2", "3", "20", "21"]}


@pytest.fixture(scope="module")
def warned(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with warnings that name rumours."""

    folder = tmp_path_factory.mktemp("warned")
    path = folder / "posts.jsonl"
    written(path, mixed())
    project = new_project(folder / "desk")
    _take(project, path)
    return project


def test_an_earlier_warning_still_points_to_the_rumour_it_named(
    warned: Project, write_posts: Write
) -> None:
    before = contents(warned)["warnings"]
    named = next(row[-1]["rumour"] for row in before if row[-1]["rumour"])
    other = next(row[0] for row in contents(warned)["rumours"] if row[0] != named)
    _decide(warned, DecisionKind.RUMOUR_MERGE, named, other)
    _take(warned, write_posts([post_line(1, "Погода")], "more.jsonl"))
    assert set(map(repr, before)) <= set(map(repr, contents(warned)["warnings"]))
    assert _rebuild(warned).same
    assert set(map(repr, before)) <= set(map(repr, contents(warned)["warnings"]))
    with warned.store() as store:
        shown = ShownRumours(store).find(named)
    assert shown is not None, "the id still leads somewhere"
    assert (shown.rumour.id, named in shown.members) == (other, True)


def test_stances_are_kept_and_unread_posts_have_none(warned: Project) -> None:
    with warned.store() as store, store.reading() as connection:
        s, r = schema.sightings, schema.readings
        query = select(s.c.stance, r.c.read).join_from(s, r, s.c.seq == r.c.seq)
        rows = connection.execute(query).all()
    assert len({row.stance for row in rows}) > 3
    assert all((row.stance is None) == (row.read == "unsupported") for row in rows)


def test_late_posts_are_marked(tmp_path: Path, write_posts: Write) -> None:
    project = _town(tmp_path, write_posts)
    _more(project, write_posts, 60, BRIDGE)
    late = [{**post_line(30, MUSEUM), "id": "late"}, {**post_line(90, MUSEUM), "id": "new"}]
    _take(project, write_posts(late, "late.jsonl"))
    with project.store() as store:
        book = ShownRumours(store)
        shown = book.find(_placed(project)["late"])
        assert shown is not None
        rows = sightings_of(book, shown, 99)
    assert [row["message_id"] for row in rows if row["late"]] == ["late"]
    assert _rebuild(project).posts == 8


def test_what_is_like_two_rumours_is_suggested(warned: Project) -> None:
    rows = contents(warned)["suggestions"]
    assert rows
    assert all(one < other and 0 < probability <= 1 for one, other, _, probability in rows)


def test_a_photo_that_opens_a_rumour_is_among_its_sightings(
    tmp_path: Path, write_posts: Write
) -> None:
    picture = {"media": [{"kind": "photo", "digest": "ab" * 32}]}
    posts = [post_line(1, "", **picture), post_line(2, "", **picture), post_line(3, "")]
    project = new_project(tmp_path / "desk")
    _take(project, write_posts(posts, "photos.jsonl"))
    assert list(_shown(project).values()) == [["1", "2"]]
    assert len(contents(project)["sightings"]) == 2, "nothing can join a post without anything"
