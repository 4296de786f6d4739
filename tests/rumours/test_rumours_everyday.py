"""Channels whose texts mostly begin something of their own: what may be joined there, and what
makes a channel one of them."""

from __future__ import annotations

import pytest
from rumour_samples import enriched, topic_vector

from tocsin.model import Method, Sighting
from tocsin.rumours import RumourTracker

CLAIM = (
    "residents of quarter seven say a warehouse behind the tram depot was rented overnight for "
    "three hundred newcomers from the coast and nobody asked them"
)
CLAIM_REWORDED = (
    "heard it twice now: three hundred newcomers are to live in a warehouse (tram depot, quarter "
    "seven), rented last night. our coast sends them, residents never asked"
)


def list_of(number: int, town: str) -> str:
    return (
        f"helpers of the lake club put up {number} benches and one notice board in {town} harbour"
    )


@pytest.fixture
def everyday() -> RumourTracker:
    """Two channels that said sixty different things each."""
    tracker = RumourTracker()
    for n in range(60):
        for channel in ("north", "south"):
            text = f"{channel} item {n}: " + " ".join(f"{channel}word{n}x{i}" for i in range(9))
            tracker.assign(enriched(text, name=f"{n}", channel=channel, at=n / 60, topic=text))
    assert tracker._live.channels.doubt("north") == 1
    tracker.take_suggestions()
    return tracker


def say(tracker: RumourTracker, text: str, name: str, channel: str, topic: str) -> Sighting:
    return tracker.assign(enriched(text, name=name, channel=channel, at=2, topic=topic))


def test_the_same_claim_in_another_channel_is_joined(everyday: RumourTracker) -> None:
    first = say(everyday, CLAIM, "100", "north", "warehouse")
    second = say(everyday, CLAIM_REWORDED, "100", "south", "warehouse")
    assert (second.rumour, second.method) == (first.rumour, Method.SCORED)
    assert second.similarity >= everyday.options.everyday_join


def test_a_brief_text_is_only_suggested(everyday: RumourTracker) -> None:
    say(everyday, "warehouse behind tramdepot rented for newcomers overnight", "100", "north", "w")
    brief = say(
        everyday, "overnight newcomers warehouse rented behind tramdepot", "100", "south", "w"
    )
    assert brief.method is Method.NEW
    assert [s.ref for s in everyday.take_suggestions()] == ["south/100"]


def test_a_channels_own_list_is_no_near_copy_and_anothers_is(everyday: RumourTracker) -> None:
    first = say(everyday, list_of(3, "Ostrava"), "100", "north", "a")
    own = say(everyday, list_of(4, "Kotka"), "101", "north", "b")
    assert own.rumour != first.rumour
    other = say(everyday, list_of(4, "Kotka") + "!", "102", "south", "b")
    assert other.rumour == own.rumour
    again = say(everyday, list_of(3, "Ostrava.") + " now", "103", "south", "a")
    assert (again.rumour, again.method) == (first.rumour, Method.NEAR)


def test_a_series_of_its_own_does_not_make_a_channel_a_topic() -> None:
    tracker = RumourTracker()
    for n in range(80):
        text = f"evening stream of the lake club part {n} with music, guests and the weather"
        tracker.assign(enriched(text, name=f"{n}", channel="club", at=n, topic="stream"))
        other = f"town notice {n}: " + " ".join(f"notice{n}x{i}" for i in range(9))
        tracker.assign(enriched(other, name=f"{n}", channel="town", at=n, topic=other))
    assert tracker._live.channels.doubt("club") == 1


def test_one_channel_alone_is_taken_for_a_stream() -> None:
    tracker = RumourTracker()
    for n in range(80):
        vector_text = f"report {n} on the flooded harbour quarter and its closed bridges"
        post = enriched(vector_text, name=f"{n}", at=n / 60, topic="flood")
        assert post.vector is not None
        tracker.assign(post)
    assert tracker._live.channels.doubt("north") == 0
    assert float(topic_vector("flood", "a") @ topic_vector("flood", "b")) > 0.5
