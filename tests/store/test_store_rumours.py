"""What the lists show, with people's merges and splits laid over the tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tocsin.model.rumour import split_id
from tocsin.store import Store, schema
from tocsin.store.rumours import Shown, ShownRumours
from tocsin.store.sightings import background, parts_of, sightings_of, wordings_in
from tocsin.store.store import add_rows
from tocsin.store.suggestions import keep_likeliest, likeliest, suggestions_about

START = datetime(2024, 3, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)
SIZES = {"a": 5, "b": 3, "c": 2, "d": 1}
POSTS = sum(SIZES.values())


@pytest.fixture
def store(any_store: Store) -> Store:
    """Four rumours; each post a wording of its own, but every third is a copy of the first."""
    with any_store.writing() as connection:
        seq = 0
        for name, size in SIZES.items():
            add_rows(connection, schema.rumours, [_rumour(name, size, seq)])
            for number in range(size):
                _add_post(connection, seq, name, number)
                seq += 1
    return any_store


def _rumour(name: str, size: int, seq: int) -> dict[str, Any]:
    return {
        "id": name,
        "first_seen": START + seq * HOUR,
        "last_seen": START + (seq + size - 1) * HOUR,
        "first_ref": f"north/{seq}",
        "posts": size,
        "texts": size,
        "live": name != "d",
        "revived_at": None,
        "pace": 1.0,
    }


def _add_post(connection: Any, seq: int, rumour: str, number: int) -> None:
    wording = f"{rumour}{number % 3}"
    post = {
        "seq": seq,
        "source": "test",
        "channel": "north",
        "message_id": str(seq),
        "version": 1,
        "known_at": START + seq * HOUR,
        "posted_at": START + seq * HOUR,
        "wording": wording.encode(),
        "text": f"text {wording}",
        "extra": "{}",
    }
    sighting = {
        "seq": seq,
        "rumour": rumour,
        "method": "near",
        "similarity": 1.0,
        "stance": "support" if number else None,
        "late": number == 2,
        "digest": wording.encode() if number % 2 else None,
    }
    reading = {"seq": seq, "lang": "ru" if number else "en", "read": "full", "frame": "other"}
    add_rows(connection, schema.posts, [post])
    add_rows(connection, schema.sightings, [sighting])
    add_rows(connection, schema.readings, [reading])


def decide(store: Store, *rows: tuple[str, str, str]) -> None:
    with store.writing() as connection:
        start = len(connection.execute(schema.decisions.select()).all()) + 1000
        about = {"by": "duty-1", "at": START, "reason": ""}
        made = [
            {
                "seq": start + n,
                "kind": f"rumour_{kind}",
                "subject": subject,
                "value": value,
                **about,
            }
            for n, (kind, subject, value) in enumerate(rows)
        ]
        add_rows(connection, schema.decisions, made)


def lists(store: Store) -> list[Any]:
    """Everything that is shown."""
    book = ShownRumours(store)
    listed = book.largest(50)
    return [
        listed,
        book.largest(50, live_only=True),
        book.languages(listed),
        [sightings_of(book, shown, 100) for shown in listed],
        likeliest(book, 10),
    ]


def find(store: Store, name: str) -> Shown:
    shown = ShownRumours(store).find(name)
    assert shown is not None
    return shown


def test_untouched_rumours_are_listed_as_they_stand(store: Store) -> None:
    book = ShownRumours(store)
    assert [one.rumour.id for one in book.largest(3)] == ["a", "b", "c"]
    assert [one.rumour.id for one in book.largest(9, live_only=True)] == ["a", "b", "c"]
    assert book.reached() == START + (POSTS - 1) * HOUR
    assert book.find("nosuch") is None


def test_a_merge_shows_the_whole_under_the_survivor(store: Store) -> None:
    decide(store, ("merge", "b", "a"), ("merge", "d", "b"))
    book = ShownRumours(store)
    whole = book.largest(1)[0]
    assert (whole.rumour.id, whole.rumour.posts, whole.members) == ("a", 9, ("a", "b", "d"))
    assert [one.rumour.id for one in book.largest(9)] == ["a", "c"]
    assert book.find("d") == whole
    assert len(sightings_of(book, whole, 100)) == 9
    assert len(sightings_of(book, whole, 4)) == 4
    everything = {one.rumour.id: one.into for one in book.largest(9, merged_too=True)}
    assert everything == {"a": None, "b": "a", "c": None, "d": "a"}
    assert book.languages([whole]) == {"a": ["ru", "en"]}


def test_merging_into_a_closed_rumour_and_live_ones(store: Store) -> None:
    decide(store, ("merge", "c", "d"))
    live = ShownRumours(store).largest(9, live_only=True)
    assert {one.rumour.id for one in live} == {"a", "b", "d"}


def test_a_split_shows_its_posts_under_the_new_id(store: Store) -> None:
    decide(store, ("split", "a", "north/1"))
    new = split_id("a", ["north/1"])
    book = ShownRumours(store)
    left, gone = find(store, "a"), find(store, new)
    assert (left.rumour.posts, gone.rumour.posts) == (3, 2)
    assert [row["message_id"] for row in sightings_of(book, gone, 9)] == ["1", "4"]
    assert [row["message_id"] for row in sightings_of(book, left, 9)] == ["0", "2", "3"]
    assert gone.rumour.live, "as open as the rumour it came from"
    assert gone.rumour.texts == 1
    assert book.languages([left, gone]) == {"a": ["ru", "en"], new: ["ru"]}
    assert book.place_of("a", "north/4") == new
    assert [row["kind"] for row in book.decisions(gone)] == ["rumour_split"]


def test_copies_without_a_digest_are_known_by_their_content(store: Store) -> None:
    """Projects of the first version have no digests until they are rebuilt."""
    decide(store, ("split", "a", "north/0"))
    gone = find(store, split_id("a", ["north/0"]))
    assert gone.rumour.posts == 2


def test_a_split_merged_back_is_the_whole_again(store: Store) -> None:
    before = find(store, "a").rumour
    new = split_id("a", ["north/1"])
    decide(store, ("split", "a", "north/1"), ("merge", new, "a"))
    after = find(store, "a")
    assert after.members == tuple(sorted(("a", new)))
    assert (after.rumour.posts, after.rumour.first_ref) == (before.posts, before.first_ref)


def test_a_split_of_everything_leaves_nothing_to_show(store: Store) -> None:
    decide(store, ("split", "c", "north/8\nnorth/9"))
    assert ShownRumours(store).find("c") is None
    assert find(store, split_id("c", ["north/8", "north/9"])).rumour.posts == 2


def test_a_split_of_a_split_without_a_run_is_as_open(store: Store) -> None:
    new = split_id("d", ["north/1"])
    first = split_id("a", ["north/1", "north/2"])
    decide(store, ("split", "a", "north/1\nnorth/2"), ("split", first, "north/2"))
    assert find(store, split_id(first, ["north/2"])).rumour.live
    assert ShownRumours(store).find(new) is None


def test_the_status_is_the_survivors(store: Store) -> None:
    decide(store, ("status", "b", "confirmed_false"), ("merge", "b", "a"))
    assert find(store, "b").rumour.status == "new"
    decide(store, ("status", "a", "probably_true"), ("unmerge", "b", "a"))
    assert find(store, "b").rumour.status == "confirmed_false"
    assert find(store, "a").rumour.status == "probably_true"


STEPS = st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd")), max_size=8)


@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(STEPS)
def test_merging_and_unmerging_restores_the_very_same_lists(
    store: Store, steps: list[tuple[str, str]]
) -> None:
    with store.writing() as connection:
        connection.execute(schema.decisions.delete())
    before = lists(store)
    decide(store, *[("merge", one, other) for one, other in steps])
    book = ShownRumours(store)
    _each_post_once(book)
    decide(store, *[("unmerge", one, into) for one, into in book.regrouping.into.items()])
    assert lists(store)[:4] == before[:4]


REFS = st.sampled_from([f"north/{n}" for n in range(POSTS)])
CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("split"), st.sampled_from("abcd"), REFS),
        st.tuples(st.just("merge"), st.sampled_from("abcd"), st.sampled_from("abcd")),
        st.tuples(st.just("unmerge"), st.sampled_from("abcd"), st.sampled_from("abcd")),
    ),
    max_size=8,
)


@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(CHANGES)
def test_a_post_belongs_to_exactly_one_rumour(
    store: Store, changes: list[tuple[str, str, str]]
) -> None:
    with store.writing() as connection:
        connection.execute(schema.decisions.delete())
    decide(store, *changes)
    _each_post_once(ShownRumours(store))


def _each_post_once(book: ShownRumours) -> None:
    listed = book.largest(100)
    refs = [row["message_id"] for shown in listed for row in sightings_of(book, shown, 100)]
    assert sorted(refs, key=int) == [str(n) for n in range(POSTS)]
    assert sum(shown.rumour.posts for shown in listed) == POSTS
    for shown in listed:
        parts = parts_of(book, shown)
        assert set(parts) == set(shown.members)
        assert sum(map(len, parts.values())) == shown.rumour.posts


def test_texts_for_a_summary_are_bounded(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tocsin.store.sightings.MOST_TEXTS", 2)
    rows = wordings_in(ShownRumours(store), find(store, "a"))
    assert len(rows) == 5
    assert len({row["text"] for row in rows} - {""}) == 2


def test_the_background_is_of_other_posts(store: Store, tmp_path: Path) -> None:
    assert len(background(store)) == POSTS
    with Store.at(tmp_path / "empty.db") as empty:
        assert background(empty) == {}


def suggest(store: Store, *rows: tuple[str, str, str, float]) -> None:
    names = ("rumour", "other", "ref", "probability")
    with store.writing() as connection:
        keep_likeliest(connection, [dict(zip(names, row, strict=True)) for row in rows])


def test_of_a_pair_the_likeliest_suggestion_stays(store: Store) -> None:
    suggest(store, ("a", "b", "north/1", 0.4), ("a", "b", "north/2", 0.6))
    suggest(store, ("a", "b", "north/3", 0.6), ("a", "b", "north/4", 0.5), ("c", "d", "x", 0.9))
    suggest(store)
    found = likeliest(ShownRumours(store), 10)
    assert [(one.rumour, one.ref, one.probability) for one in found] == [
        ("c", "x", 0.9),
        ("a", "north/2", 0.6),
    ]
    assert len(likeliest(ShownRumours(store), 1)) == 1


def test_what_people_decided_about_is_suggested_no_more(store: Store) -> None:
    suggest(store, ("a", "b", "north/1", 0.4), ("b", "c", "north/6", 0.6), ("a", "c", "y", 0.5))
    decide(store, ("merge", "b", "a"))
    found = likeliest(ShownRumours(store), 10)
    assert [(one.rumour, one.other, one.probability) for one in found] == [("a", "c", 0.6)]
    assert suggestions_about(ShownRumours(store), find(store, "b"), 9) == found
    decide(store, ("unmerge", "c", "a"))
    assert likeliest(ShownRumours(store), 10) == []
    assert suggestions_about(ShownRumours(store), find(store, "c"), 9) == []


def test_a_suggestion_follows_its_post_into_a_split(store: Store) -> None:
    suggest(store, ("a", "b", "north/4", 0.4))
    decide(store, ("split", "a", "north/1"))
    new = split_id("a", ["north/1"])
    found = suggestions_about(ShownRumours(store), find(store, new), 9)
    assert [(one.rumour, one.other) for one in found] == [(new, "b")]
    assert suggestions_about(ShownRumours(store), find(store, "a"), 9) == []
