"""Search on the console: any script, filters, how far it looked, days, feeds, one post."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from console_support_rumours import PHONE, POSTS, Town, Written, ref, town
from sqlalchemy import text

from posts_support import START
from tocsin.console.facts import search as facts
from tocsin.console.facts.posts import joined
from tocsin.engines.search_words import says, words_of
from tocsin.model import DecisionKind
from tocsin.store import finding
from tocsin.store.finding import Asked, Look, find, full_text, window_of
from tocsin.store.lists import decided
from tocsin.store.search import of_refs
from tocsin.text.clean import clean


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("search") / "town") as found:
        yield found


def _found(at: Town, q: str = "", **asked: Any) -> list[str]:
    return [one["id"] for one in at.vera.json("/posts", q=q, **asked)["items"]]


def _refs(*numbers: int) -> list[str]:
    return [ref(number) for number in numbers]


def test_words_are_found_whatever_their_case_the_newest_first(at: Town) -> None:
    assert _found(at, "МОСТ через") == _refs(2, 1, 0)
    assert _found(at, "мост музее") == []


@pytest.mark.parametrize("words", ["今日", "今", "集合", "мо", "щ", "qz", "мост го", "5"])
def test_words_of_one_and_two_letters_are_found_in_any_script(at: Town, words: str) -> None:
    texts = [one.text.casefold() for one in POSTS]
    fit = [n for n, said in enumerate(texts) if all(word in said for word in words.split())]
    assert _found(at, words) == _refs(*reversed(fit))


def test_filters_narrow(at: Town) -> None:
    assert _found(at, channel="town_chat") == _refs(4, 2)
    assert _found(at, lang="ja") == _refs(7)
    assert _found(at, act="threat") == _refs(2, 0)
    assert _found(at, target="traders", act="expulsion") == _refs(1)
    assert _found(at, since="2024-03-04T06:06:00", until="2024-03-04") == _refs(7, 6)
    assert _found(at, "мост", channel="town_chat", lang="ru", act="threat") == _refs(2)
    assert _found(at, until="2024-03-03") == []


def test_pages_go_on_from_where_the_last_ended(at: Town) -> None:
    ids, cursor = [], ""
    while cursor is not None:
        part = at.vera.json("/posts", limit=3, cursor=cursor)
        ids += [one["id"] for one in part["items"]]
        cursor = part["next"]
    assert ids == _refs(*range(7, -1, -1))


def test_a_walk_that_runs_out_of_time_says_how_far_it_came_and_goes_on(
    at: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "FEW", 0)  # no index names few posts: they are walked
    monkeypatch.setattr(finding, "WINDOW", 2)
    monkeypatch.setattr(facts, "LOOK_S", -1.0)
    first = at.vera.json("/posts", q="мост")
    assert (first["items"], first["reached"]) == ([], "2024-03-04T06:06:00+00:00")
    ids, cursor, looks = [], first["next"], 1
    while cursor is not None:
        part = at.vera.json("/posts", q="мост", cursor=cursor)
        ids += [one["id"] for one in part["items"]]
        cursor, looks = part["next"], looks + 1
    assert ids == _refs(2, 1, 0)
    assert looks >= len(POSTS) // 2
    page = at.vera.page("/search", q="мост")
    assert "This look went back to" in page
    assert "look further back" in page


def test_both_ways_of_looking_find_the_same(at: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = [
        Asked(words_of(q), channel, act=act)
        for q in ("мост", "мо", "今", "музее дети", "")
        for channel in (None, "town_chat")
        for act in (None, "threat")
    ]
    look = Look(says, lambda: False, clean)
    few = [find(at.desk.store, one, look).seqs for one in asked]
    monkeypatch.setattr(finding, "FEW", 0)
    monkeypatch.setattr(finding, "WINDOW", 3)
    assert [find(at.desk.store, one, look).seqs for one in asked] == few
    assert any(few)


def test_disguised_letters_are_found_on_the_walk_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disguised = "Сбop у вокзaла, всем быть"  # Latin letters among the Cyrillic ones
    with town(tmp_path / "town", [Written(disguised, "one"), Written("Тихо", "two")]) as at:
        assert _found(at, "сбор вокзала") == ["town_news/0"]
        monkeypatch.setattr(finding, "FEW", 0)
        assert _found(at, "сбор вокзала") == ["town_news/0"]


def test_days_are_counted_and_drawn(at: Town) -> None:
    found = at.vera.json("/posts", q="мост", limit=1)
    assert found["days"] == [{"at": "2024-03-04", "posts": 3}]
    assert (found["counted"], found["capped"], found["reached"]) == (3, False, None)
    page = at.vera.page("/search", q="мост")
    assert 'data-plot="bars"' in page
    assert "3 posts found" in page


def test_what_cannot_be_asked_is_said(at: Town) -> None:
    for asked in ({"since": "yesterday"}, {"cursor": "x"}, {"cursor": "999999"}, {"limit": "0"}):
        assert at.vera.get("/api/v1/posts", **asked).status_code == 422, asked
    assert at.vera.get("/search", q="а " * 30).status_code == 200  # one word, said often
    many = " ".join(f"слово{n}" for n in range(20))
    assert at.vera.get("/search", q=many).status_code == 422
    for said in ('"', "'", '" OR "', "NEAR(", "*", "a\0b", "%", "-мост"):
        assert at.vera.get("/api/v1/posts", q=said).status_code == 200, said


def test_a_viewer_sees_no_phone_number(at: Town) -> None:
    assert PHONE in at.ana.page("/search", q="музее")
    assert PHONE not in at.vera.page("/search", q="музее")
    assert PHONE not in at.vera.get(f"/api/v1/posts/{ref(3)}").text


def test_a_viewer_cannot_find_out_by_search_what_they_are_not_shown(at: Town) -> None:
    for said in (PHONE, PHONE[-9:], "somebody@example.org", "@somebody"):
        assert at.ana.get("/api/v1/posts", q=said).status_code == 200, said
        assert at.vera.get("/api/v1/posts", q=said).status_code == 422, said
        assert at.vera.get("/search", q=said).status_code == 422, said
    assert at.vera.get("/search", q="2023").status_code == 200


def test_one_post_with_its_reading(at: Town) -> None:
    one = at.vera.json(f"/posts/{ref(0)}")
    assert (one["id"], one["acts"], one["target"]) == (ref(0), ["threat"], "traders")
    assert [version["version"] for version in one["versions"]] == [1]
    for missing in ("town_news/99", "town_news/0/1", "x/"):
        assert at.vera.get(f"/api/v1/posts/{missing}").status_code == 404, missing


def test_a_search_is_kept_as_the_feed_of_a_sign(tmp_path: Path) -> None:
    with town(tmp_path / "town") as at:
        sign = "armed-groups-tolerated"
        assert f'value="{sign}"' in at.ana.page("/search", q="Мост через")
        assert "Save as feed" not in at.vera.page("/search", q="мост")
        done = at.ana.send("/search/feed", sign=sign, q="Мост через")
        assert done.status_code == 303
        kept = decided(at.desk.store, DecisionKind.INDICATOR_DEFINE.value)[sign]
        assert '"words": ["мост через"]' in kept
        assert at.ana.send("/search/feed", sign=sign, q="мост  через").status_code == 422
        for phrase in ("@somebody", " "):
            body = {"q": phrase}
            assert at.ana.post(f"/indicators/{sign}/feeds", body).status_code == 422
        acts = at.ana.post("/indicators/lists-of-addresses/feeds", {"q": "мост"})
        assert "find less" in acts.json()["detail"]
        assert at.ana.post("/indicators/no-such/feeds", {"q": "мост"}).status_code == 404
        assert at.vera.post(f"/indicators/{sign}/feeds", {"q": "река"}).status_code == 403


def test_posts_named_by_their_ids_are_read_by_an_index(at: Town) -> None:
    query = joined().where(of_refs([ref(0), ref(1), ref(2), "elsewhere/1"]))
    with at.desk.store.reading() as connection:
        said = query.compile(connection, compile_kwargs={"literal_binds": True})
        plan = [row[3] for row in connection.execute(text(f"EXPLAIN QUERY PLAN {said}"))]
    assert not any(line.startswith("SCAN posts") for line in plan), plan
    assert any("(channel=? AND message_id=?)" in line for line in plan), plan


def test_windows_and_full_text_are_read_by_an_index(at: Town) -> None:
    asked = Asked(channel="town_news", since=START)
    place = (START, "town_news", "3", 1)
    with at.desk.store.reading() as connection:
        for query in (window_of(asked, place).limit(10), full_text('"мост"')):
            said = query.compile(connection, compile_kwargs={"literal_binds": True})
            plan = [row[3] for row in connection.execute(text(f"EXPLAIN QUERY PLAN {said}"))]
            indexed = ("COVERING INDEX posts_in_time", "VIRTUAL TABLE INDEX")
            assert any(name in line for line in plan for name in indexed), plan
            assert not any("TEMP B-TREE" in line for line in plan), plan
