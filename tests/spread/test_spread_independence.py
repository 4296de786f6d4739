"""Which channels count as independent, and which posts as origins."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spread_samples import START, follow, hours, seen

from tocsin.model import ChannelProfile
from tocsin.spread import SpreadTracker
from tocsin.spread.independence import Link, independent

PROFILES = {
    "north": ChannelProfile("north", name="North_News"),
    "100": ChannelProfile("100", name="south"),
    "young": ChannelProfile("young", created_at=START - timedelta(days=29)),
    "old": ChannelProfile("old", created_at=START - timedelta(days=31)),
}


@pytest.fixture
def tracker() -> SpreadTracker:
    return SpreadTracker(PROFILES)


def test_own_words_are_independent(tracker: SpreadTracker) -> None:
    follow(tracker, seen("north"), seen("east"), seen("east", "2"))
    spread = tracker.spread("r1", START)
    assert (spread.channels, spread.independent_channels) == (2, 2)
    assert tracker.origins(["north/1", "east/1", "east/2"]) == 2


@pytest.mark.parametrize("name", ["north", "North_News", "@north_news"])
def test_a_forward_counts_with_its_origin(tracker: SpreadTracker, name: str) -> None:
    follow(tracker, seen("north"), seen("east", forward_from=name))
    assert tracker.spread("r1", START).independent_channels == 1
    assert tracker.origins(["north/1", "east/1"]) == 1


def test_a_channel_is_one_under_id_and_name(tracker: SpreadTracker) -> None:
    follow(tracker, seen("100"), seen("South"))
    assert tracker.spread("r1", START).channels == 1


def test_forwards_of_one_origin_count_once(tracker: SpreadTracker) -> None:
    follow(tracker, seen("north", forward_from="p:17"), seen("east", forward_from="p:17"))
    assert tracker.spread("r1", START).independent_channels == 1
    assert tracker.origins(["north/1", "east/1"]) == 1


def test_copies_of_one_text_count_once(tracker: SpreadTracker) -> None:
    follow(tracker, seen("north", text="same words"), seen("east", text="same words"))
    follow(tracker, seen("west", text=""), seen("south", text=""))
    assert tracker.spread("r1", START).independent_channels == 3
    assert tracker.origins(["north/1", "east/1"]) == 1
    assert tracker.origins(["west/1", "south/1"]) == 2


def test_dependence_ends_with_the_window(tracker: SpreadTracker) -> None:
    follow(tracker, seen("north", text="same"), seen("east", text="same", at=1))
    assert tracker.spread("r1", hours(2)).independent_channels == 1
    follow(tracker, seen("north", "2", at=73.5), seen("east", "2", at=73.5))
    assert tracker.spread("r1", hours(74)).independent_channels == 2


def test_rumours_are_apart(tracker: SpreadTracker) -> None:
    follow(tracker, seen("north"), seen("east", rumour="r2", forward_from="north"))
    assert tracker.spread("r1", START).channels == 1
    assert tracker.spread("r2", START).independent_channels == 1


def test_young_channels_are_no_origins(tracker: SpreadTracker) -> None:
    follow(tracker, seen("young"), seen("old"), seen("unknown"))
    refs = ["young/1", "old/1", "unknown/1"]
    assert tracker.origins(refs) == 2
    assert tracker.origins(["young/1"]) == 0
    follow(tracker, seen("young", "2", at=30))
    assert tracker.origins(["young/2"]) == 1


def test_young_channels_do_not_tie_others_together(tracker: SpreadTracker) -> None:
    follow(tracker, seen("north", text="one"), seen("old", text="two"))
    follow(tracker, seen("young", "1", text="one"), seen("young", "2", text="two"))
    assert tracker.origins(["north/1", "old/1", "young/1", "young/2"]) == 2


def test_unknown_refs_count_by_their_channel(tracker: SpreadTracker) -> None:
    assert tracker.origins([]) == 0
    assert tracker.origins(["north/8", "North_News/9", "east/1/part"]) == 2


@given(st.lists(st.builds(Link, st.sampled_from("abcd"), st.sampled_from(["x", "a", None]),
                          st.sampled_from([b"1", b"2", None]))), st.randoms())  # fmt: skip
def test_independence_is_a_matter_of_sets(links: list[Link], random: object) -> None:
    shuffled = links + links[:2]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert independent(shuffled) == independent(links)
    assert independent(links) <= len({link.channel for link in links})
    assert bool(links) == (independent(links) > 0)
