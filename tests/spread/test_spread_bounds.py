"""Floods stay small, old things are dropped, a snapshot changes nothing."""

from __future__ import annotations

import orjson
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from spread_samples import START, follow, hours, seen

from tocsin.errors import UsageError
from tocsin.model import ChannelProfile
from tocsin.spread import SpreadOptions, SpreadTracker

FLOOD = 10_000


def test_a_flood_from_one_channel_is_counted_and_stays_small() -> None:
    tracker = follow(SpreadTracker({}), seen("east"))
    for n in range(FLOOD):
        tracker.add(*seen("north", str(n), at=n / FLOOD, text=f"text {n}"))
    spread = tracker.spread("r1", hours(1))
    assert (spread.posts_24h, spread.channels, spread.independent_channels) == (FLOOD + 1, 2, 2)
    trail = tracker._trails["r1"]
    assert len(trail.times) <= 600
    assert len(trail.traces) <= 110
    assert len(tracker._posts) <= 110
    assert tracker.origins([f"north/{FLOOD - 1}", "north/0", "east/1"]) == 2
    assert len(tracker.snapshot()) < 20_000


def test_a_flood_is_never_known_before_it_happened() -> None:
    tracker = SpreadTracker({}, SpreadOptions(burst_entries=5))
    for n in range(50):
        tracker.add(*seen("north", str(n), at=n / 1000))
    assert tracker.spread("r1", hours(0.0295)).posts_1h <= 30
    tracker.add(*seen("north", "late", at=0.0061))
    tracker.add(*seen("north", "later", at=0.0062))
    assert tracker.spread("r1", hours(0.0062)).posts_1h <= 8
    assert tracker.spread("r1", hours(0.999)).posts_1h == 52


def test_old_sightings_are_dropped_as_time_goes_on() -> None:
    tracker = SpreadTracker({})
    for n in range(40 * 24):
        tracker.add(*seen("north", str(n), at=n, rumour="long"))
        tracker.add(*seen("north", f"x{n}", at=n, rumour=f"r{n}"))
    assert len(tracker._trails["long"].times) <= 98
    assert len(tracker._trails["long"].traces) <= 98
    assert len(tracker._trails) <= 6 * 24
    assert len(tracker._posts) <= 2 * 9 * 24
    assert len(tracker._seen) <= 34 * 24
    assert tracker.spread("long", hours(40 * 24)).first_seen == START


def test_posts_behind_every_window_only_move_the_first_sighting() -> None:
    tracker = follow(SpreadTracker({}), seen(at=200), seen(name="0", at=0))
    spread = tracker.spread("r1", hours(200))
    assert (spread.posts_24h, spread.channels, spread.first_seen) == (1, 1, START)


def test_an_edit_after_its_window_counts_no_post() -> None:
    tracker = follow(SpreadTracker({}), seen(), seen(version=2, at=110))
    follow(tracker, seen(version=3, at=112))
    assert tracker.spread("r1", hours(112)).posts_24h == 0


def test_forget_keeps_what_is_still_asked_for() -> None:
    tracker = SpreadTracker({})
    follow(tracker, seen("a", forward_from="o"), seen("b", at=1, forward_from="o"))
    tracker.forget(hours(100))
    assert tracker.origins(["a/1", "b/1"]) == 1
    assert tracker.spread("r1", hours(1)).posts_1h == 1
    follow(tracker, seen("c", at=24 * 7 + 2, rumour="r2"))
    tracker.forget(hours(2))
    assert tracker.origins(["a/1", "b/1"]) == 2
    assert tracker.spread("r1", hours(24 * 7 + 2)).first_seen == START


def test_only_so_many_refs_are_kept() -> None:
    tracker = SpreadTracker({}, SpreadOptions(max_refs=2))
    follow(tracker, *(seen(channel, forward_from="o") for channel in "abc"))
    assert tracker.origins(["b/1", "c/1"]) == 1
    assert tracker.origins(["a/1", "c/1"]) == 2


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b", "c", "d"]),
            st.integers(0, 12),
            st.floats(0, 300).map(lambda hour: round(hour, 2)),
            st.sampled_from([None, "a", "o"]),
            st.sampled_from(["r1", "r2"]),
        ),
        max_size=30,
    ),
    st.integers(0, 30),
)
def test_a_snapshot_anywhere_changes_nothing(
    rows: list[tuple[str, int, float, str | None, str]], cut: int
) -> None:
    profiles = {"a": ChannelProfile("a", subscribers=5, as_of=START, created_at=START)}
    options = SpreadOptions(burst_entries=3, channel_hour_links=2, max_refs=8)
    whole, before, after = (SpreadTracker(profiles, options) for _ in range(3))
    posts = [
        seen(channel, str(name), at=at, text=f"t{name % 4}", forward_from=origin, rumour=rumour)
        for channel, name, at, origin, rumour in rows
    ]
    for tracker in (whole, before):
        follow(tracker, *posts[:cut]).spread("r1", hours(50))
    after.restore(before.snapshot())
    for tracker in (whole, after):
        follow(tracker, *posts[cut:])
    assert after.snapshot() == whole.snapshot()
    refs = [sighting.ref for _, sighting in posts]
    assert after.origins(refs) == whole.origins(refs)
    for as_of in (50, 150, 300):
        assert after.spread("r1", hours(as_of)) == whole.spread("r1", hours(as_of))


def test_a_wrong_snapshot_is_refused() -> None:
    tracker = SpreadTracker({})
    for data in (b"", zstandard.compress(b"{")):
        with pytest.raises(UsageError, match="cannot be read"):
            tracker.restore(data)
    with pytest.raises(UsageError, match="another version"):
        tracker.restore(zstandard.compress(orjson.dumps([])))
    with pytest.raises(UsageError, match="other options"):
        tracker.restore(SpreadTracker({}, SpreadOptions(max_refs=1)).snapshot())
    with pytest.raises(UsageError, match="slack_hours"):
        SpreadOptions(slack_hours=0)
