"""Coordinated channels are found, and independent ones are left alone."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.model import ChannelProfile, Enriched, Method, Post, Sighting
from tocsin.spread import SpreadTracker
from tocsin.spread.coordination import Coordination, CoordinationOptions
from tocsin.spread.edges import at_least, groups
from tocsin.spread.habits import Habits, Meetings
from tocsin.spread.options import DAY, MINUTE

NOW = 10 * DAY


def share(found: Coordination, text: int, *postings: tuple[str, float]) -> None:
    """One text, posted by channels at these minutes of the last day."""
    for channel, minute in sorted(postings, key=lambda one: one[1]):
        at = NOW - DAY + round(minute * MINUTE)
        found.add(f"{channel}/{text}", channel, text.to_bytes(8, "big"), at)


def ordinary(found: Coordination, seed: int = 1, channels: int = 12, texts: int = 120) -> None:
    """Channels that pass on what goes round, each in its own time."""
    draw = random.Random(seed)
    for text in range(1000, 1000 + texts):
        who = draw.sample([f"own_{n}" for n in range(channels)], 4)
        share(found, text, *((name, draw.uniform(0, 1400)) for name in who))


def planted(found: Coordination, texts: int = 6) -> None:
    for text in range(texts):
        start = 100 + 200 * text
        share(found, text, ("left", start), ("right", start + 2), ("third", start + 5))


def test_a_planted_group_is_found_with_who_was_first_and_its_posts() -> None:
    found = Coordination()
    ordinary(found)
    planted(found)
    edges = found.edges(NOW)
    assert {(edge.one, edge.other) for edge in edges} == {
        ("left", "right"),
        ("left", "third"),
        ("right", "third"),
    }
    first = edges[0]
    assert (first.texts, first.together, first.one_first) == (6, 6, 1.0)
    assert first.p_value < 0.01
    assert first.examples[-1] == ("left/5", f"{first.other}/5")
    assert len(set(groups(edges).values())) == 1


def test_independent_channels_have_at_most_a_few_false_edges() -> None:
    pairs = drawn = 0
    for seed in range(20):
        found = Coordination()
        ordinary(found, seed, channels=40, texts=400)
        pairs += len(found.pairs)
        drawn += len(found.edges(NOW))
    assert drawn <= 0.05 * pairs / 20
    assert pairs > 1000


def test_what_everybody_shares_fast_is_no_sign() -> None:
    found = Coordination()
    for text in range(30):
        share(found, text, *((f"own_{n}", 40 * text + n * 0.5) for n in range(8)))
    share(found, 99, ("left", 1), ("right", 2))
    assert not [edge for edge in found.edges(NOW) if "left" in (edge.one, edge.other)]


def test_two_texts_together_are_too_few() -> None:
    found = Coordination()
    ordinary(found)
    planted(found, texts=2)
    assert found.edges(NOW) == ()


def test_later_postings_change_nothing_before_them() -> None:
    found = Coordination()
    ordinary(found)
    planted(found)
    before = found.edges(NOW - DAY // 2)
    share(found, 500, ("left", 1300), ("right", 1301))
    assert found.edges(NOW - DAY // 2) == before


def test_what_is_old_is_forgotten_and_the_state_comes_back() -> None:
    found = Coordination()
    ordinary(found)
    planted(found)
    again = Coordination()
    again.load(found.state())
    assert again.edges(NOW) == found.edges(NOW)
    found.forget(NOW + 1)
    assert found.texts == {}
    assert found.pairs == {}


def test_an_edge_can_be_asked_to_weigh_more() -> None:
    found = Coordination(CoordinationOptions(edge_weight=7))
    ordinary(found)
    planted(found)
    assert found.edges(NOW) == ()


@pytest.mark.parametrize(("k", "n", "p", "chance"), [(0, 5, 0.3, 1), (5, 5, 0.5, 1 / 32)])
def test_the_binomial_tail(k: int, n: int, p: float, chance: float) -> None:
    assert at_least(k, n, p) == pytest.approx(chance)


def test_channels_that_both_post_at_nine_are_not_coordinated() -> None:
    """They meet each morning by their own hours; the same meetings at odd hours are a sign."""

    def pair(found: Coordination, minute_of_day: list[int]) -> set[tuple[str, str]]:
        start = NOW - 7 * DAY
        for day, minute in enumerate(minute_of_day):
            for name, more in (("left", 1), ("right", 4)):
                at = start + day * DAY + (minute + more) * MINUTE
                found.add(f"{name}/{day}", name, day.to_bytes(8, "big"), at)
        return {(edge.one, edge.other) for edge in found.edges(NOW)}

    morning, odd = Coordination(), Coordination()
    for found in (morning, odd):
        ordinary(found)
    assert pair(morning, [540] * 7) == set()
    assert pair(odd, [540, 60, 1200, 300, 900, 720, 1380]) == {("left", "right")}


def test_meetings_follow_the_hours_of_both() -> None:
    habits = Habits()
    for day in range(7):
        for channel, minute in (("nine", 540), ("ten", 600), ("late", 1438), ("early", 2)):
            habits.add(channel, day * DAY + minute * MINUTE)
    meetings = Meetings(habits, 15.0, 0, 7 * DAY)
    assert meetings.chance("nine", "nine") == pytest.approx(1)
    assert meetings.chance("nine", "ten") == 0
    assert meetings.chance("late", "early") == pytest.approx(1)  # over midnight
    assert Meetings(habits, 800.0, 0, 7 * DAY).chance("nine", "late") == pytest.approx(1)
    assert Meetings(habits, 15.0, 7 * DAY, 8 * DAY).chance("nine", "nine") == 0


def test_the_closed_form_is_what_permuting_gives() -> None:
    draw = random.Random(5)
    habits = Habits()
    times: dict[str, list[float]] = {name: [] for name in "ab"}
    for name, hour in (("a", 9), ("b", 10)):
        for day in range(60):
            minute = draw.gauss(60 * hour, 40) % 1440
            times[name].append(minute)
            habits.add(name, day * DAY + round(minute * MINUTE))
    found = Meetings(habits, 15.0, 0, 60 * DAY).chance("a", "b")
    met = rounds = 0
    for _ in range(200):
        shuffled = draw.sample(times["b"], 60)
        met += sum(abs(a - b) <= 15 for a, b in zip(times["a"], shuffled, strict=True))
        rounds += 60
    assert found == pytest.approx(met / rounds, abs=0.01)


# -- in the tracker ----------------------------------------------------------------------------

START = datetime(2024, 3, 4, tzinfo=UTC)


def tell(
    tracker: SpreadTracker,
    channel: str,
    number: int,
    minute: float,
    text: str,
    *,
    rumour: str = "",
) -> str:
    at = START + timedelta(minutes=minute)
    said: dict[str, Any] = {"source": "t", "channel": channel, "id": str(number), "text": text}
    post = Post(posted_at=at, known_at=at, **said)
    digest = text.encode()[:16].ljust(16, b".")
    enriched = Enriched(post, text, digest, "en", 1.0, None)
    tracker.add(enriched, Sighting(rumour or f"r{text}", post.ref, 1, at, Method.NEW, 1.0))
    return post.ref


def texts_together(tracker: SpreadTracker, names: tuple[str, ...], count: int = 6) -> None:
    for number in range(count):
        for at, name in enumerate(names):
            tell(tracker, name, number, 60 * number + at, f"{number} what is said today and here")


def test_a_coordinated_group_counts_as_one_origin() -> None:
    tracker = SpreadTracker({})
    texts_together(tracker, ("a", "b", "c"))
    refs = [tell(tracker, name, 90, 500, f"{name} calls in words of its own") for name in "abcd"]
    for name in "abcd":
        tell(tracker, name, 91, 510, f"{name} says it", rumour="one")
    assert {(e.one, e.other) for e in tracker.coordination(START + timedelta(days=1))} == {
        ("a", "b"),
        ("a", "c"),
        ("b", "c"),
    }
    assert tracker.origins(refs) == 2
    spread = tracker.spread("one", START + timedelta(minutes=511))
    assert (spread.channels, spread.independent_channels) == (4, 2)
    again = SpreadTracker({})
    again.restore(tracker.snapshot())
    assert again.origins(refs) == 2
    assert again.snapshot() == tracker.snapshot()


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.integers(0, 6)), max_size=40))
def test_collapsing_never_raises_the_count(postings: list[tuple[str, int]]) -> None:
    tracker = SpreadTracker({"a": ChannelProfile("a")})
    refs = [
        tell(tracker, name, at, 20 * at, f"{text} the same few words again")
        for at, (name, text) in enumerate(postings)
    ]
    assert tracker.origins(refs) <= len({name for name, _ in postings})
