"""Posts, growth, languages and reach: looking back only, never double."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spread_samples import START, follow, hours, seen

from tocsin.model import ChannelProfile
from tocsin.spread import SpreadTracker

OFFSETS = st.lists(st.floats(0, 80).map(lambda hour: round(hour, 3)), max_size=30)


@pytest.fixture
def tracker() -> SpreadTracker:
    return SpreadTracker({})


def test_counts_in_their_windows(tracker: SpreadTracker) -> None:
    times = (0, 50, 95, 99.5, 100, 101)
    follow(tracker, *(seen(name=str(n), at=at) for n, at in enumerate(times)))
    spread = tracker.spread("r1", hours(100))
    assert (spread.posts_1h, spread.posts_6h, spread.posts_24h) == (2, 3, 3)
    assert spread.first_seen == START
    assert spread.as_of == hours(100)


def test_growth_is_one_when_steady_and_rises_with_a_burst(tracker: SpreadTracker) -> None:
    follow(tracker, *(seen(name=str(n), at=n + 0.5) for n in range(72)))
    assert tracker.spread("r1", hours(72)).growth == pytest.approx(1.0)
    follow(tracker, *(seen(name=f"b{n}", at=72) for n in range(13)))
    assert tracker.spread("r1", hours(72)).growth == pytest.approx(19.5 / 6.5)


def test_an_unknown_rumour_reads_zero(tracker: SpreadTracker) -> None:
    spread = tracker.spread("r9", START)
    assert (spread.posts_24h, spread.channels, spread.independent_channels) == (0, 0, 0)
    assert (spread.growth, spread.reach, spread.first_seen) == (1.0, None, START)
    assert spread.hourly == ()


def test_a_rumour_is_not_known_before_its_first_sighting(tracker: SpreadTracker) -> None:
    follow(tracker, seen(at=2))
    spread = tracker.spread("r1", hours(1))
    assert (spread.posts_24h, spread.channels, spread.first_seen) == (0, 0, hours(1))


def test_the_same_again_within_the_hour_adds_a_post_only(tracker: SpreadTracker) -> None:
    follow(tracker, seen(name="1", text="same"), seen("east"))
    assert tracker.spread("r1", START).independent_channels == 2
    follow(tracker, seen(name="2", text="same", at=0.5))
    spread = tracker.spread("r1", hours(0.5))
    assert (spread.posts_1h, spread.channels, spread.independent_channels) == (3, 2, 2)


def test_languages_and_hours(tracker: SpreadTracker) -> None:
    follow(
        tracker,
        seen(name="1", at=0.2, lang="ru"),
        seen(name="2", at=0.9, lang="und"),
        seen(name="3", at=5.5, lang="en"),
    )
    spread = tracker.spread("r1", hours(6))
    assert spread.languages == 2
    assert spread.hourly == ((START, 2), (hours(5), 1))


def test_hourly_covers_at_most_72_hours(tracker: SpreadTracker) -> None:
    follow(tracker, *(seen(name=str(n), at=n + 0.1) for n in range(90)))
    hourly = tracker.spread("r1", hours(89.5)).hourly
    assert len(hourly) == 72
    assert hourly[-1] == (hours(89), 1)
    assert [start for start, _ in hourly] == sorted(start for start, _ in hourly)


def test_an_edit_is_not_another_post(tracker: SpreadTracker) -> None:
    follow(tracker, seen(), seen(version=2, at=0.5, text="other words now"))
    assert tracker.spread("r1", hours(0.9)).posts_1h == 1
    follow(tracker, seen(version=3, at=1, rumour="r2"))
    assert tracker.spread("r2", hours(1)).posts_1h == 1


def test_reach_uses_only_sizes_known_by_then(tracker: SpreadTracker) -> None:
    def profile(channel: str, subscribers: int | None, known: float | None) -> ChannelProfile:
        as_of = None if known is None else hours(known)
        return ChannelProfile(channel, subscribers=subscribers, as_of=as_of)

    profiles = {
        "a": profile("a", 100, 0),
        "b": profile("b", 1000, 5),
        "c": profile("c", 10_000, None),
        "d": profile("d", None, 0),
    }
    tracker = SpreadTracker(profiles)
    follow(tracker, *(seen(channel, at=1) for channel in "bcd"))
    assert tracker.spread("r1", hours(2)).reach is None
    follow(tracker, seen("a", at=2), seen("z", at=2))
    assert tracker.spread("r1", hours(2)).reach == 100
    assert tracker.spread("r1", hours(6)).reach == 1100


@settings(max_examples=60, deadline=None)
@given(OFFSETS, st.floats(0, 90))
def test_windows_equal_a_plain_count(offsets: list[float], now: float) -> None:
    tracker = SpreadTracker({})
    posts = [seen(f"c{n % 5}", str(n), at=at, lang="enrufr"[n % 3 * 2 :][:2]) for n, at in
             enumerate(offsets)]  # fmt: skip
    follow(tracker, *posts)
    as_of = hours(max(now, max(offsets, default=0) - 24))
    spread = tracker.spread("r1", as_of)

    def inside(width: float) -> list[int]:
        after = as_of - timedelta(hours=width)
        return [n for n, (_, s) in enumerate(posts) if after < s.known_at <= as_of]

    assert spread.posts_1h == len(inside(1))
    assert spread.posts_6h == len(inside(6))
    assert spread.posts_24h == len(inside(24))
    assert spread.channels == len({n % 5 for n in inside(72)})
    assert spread.languages == len({n % 3 for n in inside(72)})
    assert spread.independent_channels == spread.channels
    before = (len(inside(72)) - len(inside(6))) / 11
    assert spread.growth == pytest.approx((len(inside(6)) + 0.5) / (before + 0.5))


@settings(max_examples=60, deadline=None)
@given(OFFSETS, st.integers(0, 30))
def test_later_posts_change_nothing_before_them(offsets: list[float], cut: int) -> None:
    posts = [seen(f"c{n % 4}", str(n), at=at, text=f"words {n % 3}") for n, at in
             enumerate(sorted(offsets))]  # fmt: skip
    early, late = posts[:cut], posts[cut:]
    if not early:
        return
    as_of = early[-1][1].known_at
    late = [(e, s) for e, s in late if as_of < s.known_at <= as_of + timedelta(hours=24)]
    tracker = follow(SpreadTracker({}), *early)
    expected = tracker.spread("r1", as_of)
    assert follow(tracker, *late).spread("r1", as_of) == expected


@settings(max_examples=60, deadline=None)
@given(OFFSETS.flatmap(lambda offsets: st.tuples(st.just(offsets), st.permutations(offsets))))
def test_answers_on_the_way_change_nothing(pair: tuple[list[float], list[float]]) -> None:
    """Asking after each post, in any order of arrival, gives the same as asking once."""
    offsets, order = pair
    asked, silent = SpreadTracker({}), SpreadTracker({})
    for n, at in enumerate(order):
        post = seen(f"c{n % 4}", str(n), at=at, text=f"words {n % 3}")
        asked.add(*post)
        silent.add(*post)
        asked.spread("r1", hours(max(order[: n + 1]) - 5 * (n % 3)))
    for as_of in (max(offsets, default=0.0), 81.0):
        assert asked.spread("r1", hours(as_of)) == silent.spread("r1", hours(as_of))
