"""Merges and splits over the log of decisions, without any table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.model import DecisionKind, Rumour
from tocsin.model.rumour import split_id
from tocsin.store.regrouping import Grouped, regrouping, together

DAY = timedelta(days=1)
START = datetime(2024, 3, 4, tzinfo=UTC)
NAMES = st.sampled_from("abcdef")
MERGES = st.lists(st.tuples(st.sampled_from(["merge", "unmerge"]), NAMES, NAMES), max_size=25)
SPLITS = st.tuples(
    st.just("split"), NAMES, st.lists(st.sampled_from(["n/1", "n/2", "n/5", "n/9"]), min_size=1)
)
ANY = st.lists(st.one_of(SPLITS, st.tuples(st.just("merge"), NAMES, NAMES)), max_size=12)


def decisions(*rows: tuple[str, str, Any]) -> list[dict[str, Any]]:
    """Rows of the log, one after the other from position 100."""
    return [
        {
            "seq": 100 + place,
            "kind": f"rumour_{kind}",
            "subject": subject,
            "value": value if isinstance(value, str) else "\n".join(value),
        }
        for place, (kind, subject, value) in enumerate(rows)
    ]


def test_kinds_are_those_of_the_log() -> None:
    for kind in ("merge", "unmerge", "split"):
        assert DecisionKind(f"rumour_{kind}")


def test_merges_lead_on_and_are_undone_one_by_one() -> None:
    merged = regrouping(decisions(("merge", "a", "b"), ("merge", "b", "c")))
    assert merged.shown_as("a") == "c"
    assert merged.members("c") == {"a", "b", "c"}
    undone = regrouping(decisions(("merge", "a", "b"), ("merge", "b", "c"), ("unmerge", "b", "c")))
    assert undone.shown_as("a") == "b"
    assert undone.members("c") == {"c"}
    assert undone.apart == {("b", "c")}


@pytest.mark.parametrize(
    "rows",
    [
        [("merge", "a", "a")],
        [("merge", "a", "b"), ("merge", "b", "a")],
        [("merge", "a", "b"), ("merge", "b", "c"), ("merge", "c", "a")],
    ],
)
def test_a_circle_changes_nothing(rows: list[tuple[str, str, str]]) -> None:
    assert regrouping(decisions(*rows)).into == regrouping(decisions(*rows[:-1])).into


def test_undoing_what_does_not_stand_takes_apart_only() -> None:
    found = regrouping(decisions(("merge", "a", "b"), ("unmerge", "a", "c")))
    assert found.shown_as("a") == "b"
    assert found.apart == {("a", "c")}


@given(MERGES)
def test_every_rumour_is_shown_under_exactly_one(rows: list[tuple[str, str, str]]) -> None:
    found = regrouping(decisions(*rows))
    tops = {found.shown_as(name) for name in "abcdef"}
    members = [name for top in tops for name in found.members(top)]
    assert sorted(members) == sorted(set("abcdef"))
    assert all(found.shown_as(name) == top for top in tops for name in found.members(top))


@given(MERGES)
def test_merges_taken_back_in_any_order_leave_nothing(rows: list[tuple[str, str, str]]) -> None:
    into = regrouping(decisions(*rows)).into
    back = [("unmerge", name, above) for name, above in into.items()]
    assert not regrouping(decisions(*rows, *back)).into


def posts() -> list[Grouped]:
    """Posts of a and b: copies of a wording have its letter, later ones come after seq 100."""
    return [
        Grouped(1, "a", "n/1", b"x"),
        Grouped(2, "a", "n/2", b"y"),
        Grouped(3, "a", "n/3", b"x"),
        Grouped(4, "b", "n/4", b"x"),
        Grouped(5, "b", "n/5", b"z"),
        Grouped(200, "a", "n/6", b"x"),
        Grouped(201, "a", "n/1", b"y"),
    ]


def test_a_split_takes_copies_of_its_wordings_along_also_later_ones() -> None:
    found = regrouping(decisions(("split", "a", ["n/1"])))
    new = split_id("a", ["n/1"])
    assert found.places(posts()) == [new, "a", new, "b", "b", new, "a"]
    assert found.divided() == {"a", new}
    assert found.parting_of(new) is not None
    assert found.parting_of("a") is None


def test_a_later_version_of_a_named_post_was_not_meant() -> None:
    found = regrouping(decisions(("split", "a", ["n/1"])))
    assert found.places(posts())[-1] == "a"


def test_a_split_reaches_what_was_merged_into_it_then() -> None:
    rows = decisions(("merge", "b", "a"), ("split", "a", ["n/1"]), ("unmerge", "b", "a"))
    new = split_id("a", ["n/1"])
    assert regrouping(rows).places(posts())[3] == new
    apart = decisions(("split", "a", ["n/1"]), ("merge", "b", "a"))
    assert regrouping(apart).places(posts())[3] == "b"


def test_the_same_split_again_is_one() -> None:
    rows = decisions(("split", "a", ["n/1"]), ("split", "a", ["n/1"]))
    assert len(regrouping(rows).partings) == 1


def test_a_split_of_a_split() -> None:
    new = split_id("a", ["n/1", "n/2"])
    newer = split_id(new, ["n/2"])
    rows = decisions(("split", "a", ["n/1", "n/2"]), ("split", new, ["n/2"]))
    assert regrouping(rows).places(posts())[:3] == [new, newer, new]


@given(ANY)
def test_a_post_is_in_one_place_and_copies_stay_together(rows: list[tuple[str, str, Any]]) -> None:
    found = regrouping(decisions(*rows))
    places = found.places(posts())
    assert len(places) == len(posts())
    known = set("abcdef") | {parting.new for parting in found.partings}
    assert set(places) <= known
    of_wording: dict[tuple[str, bytes], set[str]] = {}
    for post, place in zip(posts(), places, strict=True):
        of_wording.setdefault((post.rumour, post.wording), set()).add(place)
    assert all(len(found) == 1 for found in of_wording.values())


def test_together_is_one_rumour_with_all_their_posts() -> None:
    one = Rumour("b", START, START + DAY, "n/1", 3, 2, live=False, pace=2.0)
    two = Rumour("a", START - DAY, START, "n/0", 1, 1, revived_at=START, pace=1.0)
    whole = together("b", [one, two])
    assert (whole.id, whole.posts, whole.texts) == ("b", 4, 3)
    assert (whole.first_ref, whole.first_seen, whole.last_seen) == ("n/0", START - DAY, START + DAY)
    assert whole.live
    assert whole.revived_at == START
    assert whole.pace == pytest.approx(2.5)
    assert together("b", [one]) == one
