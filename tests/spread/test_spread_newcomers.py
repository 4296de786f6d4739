"""Fresh channels of unknown age count together as one, and cannot make one of two witnesses."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spread_samples import START, follow, hours, seen

from tocsin.model import ChannelProfile
from tocsin.spread import SpreadOptions, SpreadTracker
from tocsin.spread.edges import Edge
from tocsin.spread.independence import Link
from tocsin.spread.origins import Tally, Ties, ties_of

DAY = 24.0
FRESH = [f"fresh{number}" for number in range(20)]


def old_stream(tracker: SpreadTracker, until: float = 40 * DAY) -> SpreadTracker:
    """Two channels that post every day."""
    for day in range(int(until / DAY)):
        follow(tracker, *(seen(c, f"d{day}", at=day * DAY, rumour=f"x{day}{c}") for c in "ab"))
    return tracker


@pytest.fixture
def tracker() -> SpreadTracker:
    return old_stream(SpreadTracker({}))


def counted(tracker: SpreadTracker, channels: list[str], at: float) -> tuple[int, int]:
    """Independent channels of the rumour, and origins of the channels' first posts in it."""
    spread = tracker.spread("r1", hours(at))
    return spread.independent_channels, tracker.origins([f"{name}/1" for name in channels])


def test_twenty_newcomers_are_one(tracker: SpreadTracker) -> None:
    follow(tracker, *(seen(name, at=40 * DAY) for name in FRESH))
    assert counted(tracker, FRESH, 40 * DAY) == (1, 1)
    follow(tracker, seen("a", at=40 * DAY), seen("b", at=40 * DAY))
    assert counted(tracker, [*FRESH, "a", "b"], 40 * DAY) == (3, 3)
    assert tracker.spread("r1", hours(40 * DAY)).channels == 22


@pytest.mark.parametrize(
    ("profile", "count"),
    [
        ({"home_place": "Northtown"}, 20),
        ({"reliability": "C"}, 20),
        ({"name": "a name alone"}, 1),
        ({"home_place": "Northtown", "created_at": hours(39 * DAY)}, 0),
    ],
)
def test_whom_the_desk_has_looked_at_is_no_newcomer(profile: dict[str, Any], count: int) -> None:
    profiles = {name: ChannelProfile(name, **profile) for name in FRESH}
    tracker = old_stream(SpreadTracker(profiles))
    follow(tracker, *(seen(name, at=40 * DAY) for name in FRESH))
    assert counted(tracker, FRESH, 40 * DAY) == (count, count)


def test_in_a_young_stream_all_count() -> None:
    tracker = old_stream(SpreadTracker({}), until=29 * DAY)
    follow(tracker, *(seen(name, at=29 * DAY) for name in FRESH))
    assert counted(tracker, FRESH, 29 * DAY) == (20, 20)


def test_after_thirty_days_a_newcomer_is_one_no_more(tracker: SpreadTracker) -> None:
    follow(tracker, *(seen(c, "0", at=40 * DAY, rumour="r0") for c in ("new", "other")))
    follow(tracker, seen("new", at=69 * DAY), seen("other", at=69 * DAY))
    assert counted(tracker, ["new", "other"], 69 * DAY) == (1, 1)
    follow(tracker, seen("new", "2", at=70 * DAY), seen("other", "2", at=70 * DAY))
    assert tracker.origins(["new/2", "other/2"]) == 2
    assert tracker.spread("r1", hours(69.5 * DAY)).independent_channels == 1
    assert tracker.spread("r1", hours(70 * DAY)).independent_channels == 2


def test_known_age_goes_before_what_was_seen() -> None:
    at = START + timedelta(days=40)
    profiles = {
        "known": ChannelProfile("known", created_at=at - timedelta(days=300)),
        "young": ChannelProfile("young", created_at=at - timedelta(days=3)),
    }
    tracker = old_stream(SpreadTracker(profiles))
    names = ["known", "young", "new"]
    follow(tracker, *(seen(name, at=40 * DAY) for name in names))
    assert counted(tracker, names, 40 * DAY) == (2, 2)


def test_a_newcomer_that_passes_on_a_witness_adds_nothing(tracker: SpreadTracker) -> None:
    follow(tracker, seen("a", at=40 * DAY, text="what a says"))
    follow(tracker, seen("new", at=40 * DAY, text="what a says"))
    assert counted(tracker, ["a", "new"], 40 * DAY) == (1, 1)


def test_a_newcomer_cannot_make_one_of_two_witnesses(tracker: SpreadTracker) -> None:
    follow(tracker, seen("a", at=40 * DAY, text="what a says"))
    follow(tracker, seen("b", at=40 * DAY, text="what b says"))
    for number, text in enumerate(("what a says", "what b says"), 1):
        follow(tracker, seen("new", str(number), at=40 * DAY, text=text))
    assert tracker.spread("r1", hours(40 * DAY)).independent_channels == 2
    assert tracker.origins(["a/1", "b/1", "new/1", "new/2"]) == 2


def test_a_fresh_channel_that_copies_two_does_not_group_them() -> None:
    edges = tuple(Edge(one, other, 5, 5, 0.0, 1.0, ()) for one, other in (("a", "n"), ("b", "n")))
    assert ties_of(edges, lambda channel: channel == "n").firm == {}
    tally = Tally(ties_of(edges, lambda channel: channel == "n"))
    for channel in "abn":
        tally.add(Link(channel), newcomer=channel == "n")
    assert tally.count == 2


def test_a_flood_of_a_young_channel_still_does_not_count() -> None:
    profiles = {"young": ChannelProfile("young", created_at=START - timedelta(days=3))}
    tracker = SpreadTracker(profiles, SpreadOptions(channel_hour_links=2))
    follow(tracker, *(seen("young", str(n), text=f"text {n}") for n in range(5)))
    assert tracker.origins(["young/0", "young/4"]) == 0
    assert tracker.spread("r1", START).independent_channels == 0


def test_a_late_post_that_proves_age_is_believed(tracker: SpreadTracker) -> None:
    follow(tracker, *(seen(name, at=40 * DAY) for name in ("new", "other")))
    assert counted(tracker, ["new", "other"], 40 * DAY) == (1, 1)
    follow(tracker, seen("new", "0", at=0, rumour="r0"))
    assert counted(tracker, ["new", "other"], 40 * DAY) == (2, 2)


def test_first_posts_are_remembered_of_so_many_channels_only() -> None:
    tracker = old_stream(SpreadTracker({}, SpreadOptions(max_channels=3)))
    follow(tracker, *(seen(name, at=40 * DAY, rumour="r0") for name in FRESH))
    assert len(tracker._channels.state()["first"]) == 3
    again = SpreadTracker({}, SpreadOptions(max_channels=3))
    again.restore(tracker.snapshot())
    assert again.snapshot() == tracker.snapshot()


@given(
    st.lists(
        st.tuples(
            st.builds(
                Link,
                st.sampled_from("abcd"),
                st.sampled_from([None, "x", "a"]),
                st.sampled_from([None, b"1", b"2"]),
            ),
            st.booleans(),
        )
    ),
    st.randoms(),
)
def test_newcomers_add_one_at_most_and_take_none(
    posts: list[tuple[Link, bool]], random: object
) -> None:
    def tally(some: list[tuple[Link, bool]]) -> int:
        found = Tally(Ties({"a": "a", "b": "a"}, {"a": "a", "b": "a", "c": "a"}))
        for link, newcomer in some:
            found.add(link, newcomer=newcomer)
        return found.count

    firm = tally([one for one in posts if not one[1]])
    assert firm <= tally(posts) <= firm + 1
    assert bool(posts) == (tally(posts) > 0)
    shuffled = [*posts]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert tally(shuffled) == tally(posts)
