"""Rumours as a person sees and changes them on the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cli_support import Outcome, call, project_in

from posts_support import post_line, written
from tocsin.store import Store
from tocsin.store.suggestions import keep_likeliest
from town_texts import BRIDGE, HOCKEY, MUSEUM, TALK

TEXTS = [BRIDGE, TALK, BRIDGE, MUSEUM, MUSEUM, HOCKEY, f"Правда, что {BRIDGE}?"]

Tocsin = Callable[..., Outcome]


@pytest.fixture
def tocsin(tmp_path: Path) -> Tocsin:
    """``tocsin rumours …`` in a project of seven posts."""
    folder = project_in(tmp_path)
    _take(folder, tmp_path / "posts.jsonl", [post_line(n, t) for n, t in enumerate(TEXTS)])
    return lambda *said: call("rumours", *said, "--project", folder)


def _take(folder: Path, path: Path, posts: list[dict[str, Any]]) -> None:
    written(path, posts)
    assert call("ingest", path, "--project", folder).code == 0
    done = call("run", "--workers", 0, "--project", folder)
    assert done.code == 0, done


def _rows(done: Outcome) -> list[dict[str, Any]]:
    assert done.code == 0, done
    return [json.loads(line) for line in done.out.splitlines()]


def _ids(tocsin: Tocsin) -> tuple[str, str, str]:
    """The rumours of the bridge, the museum and the match."""
    rows = {row["first_ref"]: row["id"] for row in _rows(tocsin("--json"))}
    return rows["town_news/0"], rows["town_news/3"], rows["town_news/5"]


def _decided(done: Outcome) -> str:
    assert done.code == 0, done
    return done.out


def _refused(done: Outcome, *words: str) -> None:
    assert done.code == 2, done
    assert len(done.err.strip().splitlines()) == 1
    assert all(word in done.err for word in words), done.err


def test_the_list_says_phase_and_languages(tocsin: Tocsin) -> None:
    bridge, museum, _ = _ids(tocsin)
    rows = {row["id"]: row for row in _rows(tocsin("--json"))}
    assert rows[bridge]["phase"] == "born"
    assert rows[bridge]["languages"] == ["ru"]
    assert (rows[bridge]["posts"], rows[museum]["posts"]) == (4, 2)
    assert rows[bridge]["merged_into"] is None
    assert "born" in tocsin().out
    assert "unknown" not in tocsin("--all").out


def test_show_tells_a_rumour_in_its_own_words(tocsin: Tocsin) -> None:
    bridge, _, _ = _ids(tocsin)
    told = tocsin("show", bridge).out
    for expected in (
        f"rumour {bridge}: 4 posts, 3 wordings, born",
        f"in its own words: {BRIDGE[:100]}  [town_news/0]",
        "words: ",
        "languages: ru 4",
        "stances: query 1, comment 3",
        "2024-03-04  ████",
    ):
        assert expected in told
    found = json.loads(tocsin("show", bridge, "--json").out)
    assert "мост" in found["terms"]
    assert found["central"]["ref"] == "town_news/0"
    assert found["days"] == [{"date": "2024-03-04", "posts": 4, "late": 0}]
    assert found["stances"] == {"query": 1, "comment": 3}
    assert [row["stance"] for row in found["sightings"]] == ["comment"] * 3 + ["query"]


def test_a_merge_and_its_undoing(tocsin: Tocsin) -> None:
    before = tocsin("--json", "--all").out
    bridge, museum, hockey = _ids(tocsin)
    said = _decided(tocsin("merge", museum, bridge, "--as", "duty-1", "--reason", "one story"))
    assert said.startswith(f"{museum}: merged into {bridge}")
    rows = {row["id"]: row for row in _rows(tocsin("--json"))}
    assert set(rows) == {bridge, hockey}
    assert rows[bridge]["posts"] == 6
    everything = {row["id"]: row for row in _rows(tocsin("--json", "--all"))}
    assert everything[museum]["merged_into"] == bridge
    assert bridge in tocsin("--all").out
    told = tocsin("show", museum).out
    assert f"{museum} was merged into {bridge}" in told
    assert f"merge: {museum} {bridge}, by duty-1  one story" in told
    assert f"merged into it: {museum}" in tocsin("show", bridge).out
    found = json.loads(tocsin("show", museum, "--json").out)
    assert (found["id"], found["asked"], found["merged"]) == (bridge, museum, [museum])
    assert len(found["sightings"]) == 6
    _decided(tocsin("unmerge", museum, "--as", "duty-1"))
    assert tocsin("--json", "--all").out == before


def test_merging_into_a_merged_rumour_goes_to_the_survivor(tocsin: Tocsin) -> None:
    bridge, museum, hockey = _ids(tocsin)
    _decided(tocsin("merge", museum, bridge, "--as", "duty-1"))
    assert f"merged into {bridge}" in _decided(tocsin("merge", hockey, museum, "--as", "duty-1"))
    assert [row["id"] for row in _rows(tocsin("--json"))] == [bridge]


def test_a_status_of_a_merged_rumour_is_the_survivors(tocsin: Tocsin) -> None:
    bridge, museum, _ = _ids(tocsin)
    _decided(tocsin("merge", museum, bridge, "--as", "duty-1"))
    said = _decided(tocsin("status", museum, "probably_true", "--as", "duty-1"))
    assert said.startswith(f"{bridge}: probably_true")
    assert "status probably_true" in tocsin("show", museum).out
    assert "status: probably_true, by duty-1" in tocsin("show", bridge).out


def test_merges_that_make_no_sense_are_refused_in_one_line(tocsin: Tocsin) -> None:
    bridge, museum, hockey = _ids(tocsin)
    name = ("--as", "duty-1")
    _refused(tocsin("merge", museum, bridge), "--as NAME")
    _refused(tocsin("merge", "nosuch", bridge, *name), "no rumour nosuch")
    _refused(tocsin("merge", bridge, "nosuch", *name), "no rumour nosuch")
    _refused(tocsin("merge", bridge, bridge, *name), "into itself")
    _refused(tocsin("unmerge", "nosuch", *name), "no rumour nosuch")
    _refused(tocsin("unmerge", bridge, *name), "not merged")
    _decided(tocsin("merge", museum, bridge, *name))
    _refused(tocsin("merge", bridge, museum, *name), "circle", f"unmerge {museum}")
    _refused(tocsin("merge", museum, hockey, *name), "already", f"unmerge {museum}")
    _refused(tocsin("dismiss", museum, bridge, *name), "one rumour")


def test_a_split_takes_the_copies_along(tocsin: Tocsin) -> None:
    bridge, _, _ = _ids(tocsin)
    said = _decided(tocsin("split", bridge, "town_news/2", "--as", "duty-1"))
    new = said.split(":", maxsplit=1)[0]
    assert f"split from {bridge}, 2 posts" in said
    rows = {row["id"]: row["posts"] for row in _rows(tocsin("--json"))}
    assert (rows[bridge], rows[new]) == (2, 2)
    told = tocsin("show", new).out
    assert "town_news/0" in told
    assert "town_news/1" not in told
    assert f"split: {bridge} town_news/0, town_news/2, by duty-1" in told
    _decided(tocsin("merge", new, bridge, "--as", "duty-1"))
    assert {row["id"]: row["posts"] for row in _rows(tocsin("--json"))}[bridge] == 4


def test_splits_that_make_no_sense_are_refused_in_one_line(tocsin: Tocsin) -> None:
    bridge, museum, hockey = _ids(tocsin)
    name = ("--as", "duty-1")
    _refused(tocsin("split", bridge, "town_news/1"), "--as NAME")
    _refused(tocsin("split", "nosuch", "town_news/1", *name), "no rumour nosuch")
    _refused(tocsin("split", bridge, "town_news/5", *name), "town_news/5 is not in rumour")
    _refused(tocsin("split", hockey, "town_news/5", *name), "nothing would stay behind")
    _decided(tocsin("merge", museum, bridge, *name))
    _refused(tocsin("split", bridge, "town_news/1", "town_news/3", *name), "one by one")
    _refused(tocsin("split", bridge, "town_news/3", *name), f"all of {museum}")
    _decided(tocsin("split", bridge, "town_news/1", *name))


def test_suggestions_are_listed_until_somebody_decides(tocsin: Tocsin, tmp_path: Path) -> None:
    bridge, museum, hockey = _ids(tocsin)
    _forget_suggestions(tmp_path / "desk")
    assert "no suggestions" in tocsin("suggestions").out
    _suggest(tmp_path / "desk", (bridge, museum, "town_news/3", 0.44), (hockey, bridge, "x", 0.31))
    rows = _rows(tocsin("suggestions", "--json"))
    assert [row["probability"] for row in rows] == [0.44, 0.31]
    assert list(rows[0]) == ["rumour", "other", "probability", "ref"]
    assert len(_rows(tocsin("suggestions", "--json", "--limit", 1))) == 1
    assert f"may be the same as {museum}, p=0.44, by town_news/3" in tocsin("show", bridge).out
    assert f"may be the same as {bridge}" in tocsin("show", museum).out
    _decided(tocsin("dismiss", hockey, bridge, "--as", "duty-1"))
    assert len(_rows(tocsin("suggestions", "--json"))) == 1
    _decided(tocsin("merge", museum, bridge, "--as", "duty-1"))
    assert _rows(tocsin("suggestions", "--json")) == []


def _forget_suggestions(folder: Path) -> None:
    with Store.at(folder / "store.db") as store, store.writing() as connection:
        connection.exec_driver_sql("DELETE FROM suggestions")


def _suggest(folder: Path, *rows: tuple[str, str, str, float]) -> None:
    with Store.at(folder / "store.db") as store, store.writing() as connection:
        for one, other, ref, probability in rows:
            pair = dict(zip(("rumour", "other"), sorted((one, other)), strict=True))
            keep_likeliest(connection, [{**pair, "ref": ref, "probability": probability}])


def test_late_sightings_are_marked(tocsin: Tocsin, tmp_path: Path) -> None:
    bridge, _, _ = _ids(tocsin)
    _take(tmp_path / "desk", tmp_path / "more.jsonl", [{**post_line(3, BRIDGE), "id": "late"}])
    told = tocsin("show", bridge).out
    assert "late  town_news/late" in told
    assert "5, 1 late" in told


def test_a_long_life_shows_its_last_days(tocsin: Tocsin, tmp_path: Path) -> None:
    bridge, _, _ = _ids(tocsin)
    posts = [post_line(24 * 60 * day, BRIDGE) for day in range(1, 41)]
    _take(tmp_path / "desk", tmp_path / "more.jsonl", posts)
    told = tocsin("show", bridge, "--limit", 1).out
    assert "2024-03-04 to 2024-03-14: 14 posts on 11 days" in told
    assert told.count("█ 1\n") == 30
