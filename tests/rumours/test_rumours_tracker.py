"""Which thread a post joins, and by what."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import numpy as np
import pytest
from rumour_samples import START, enriched, noise, photo, unit

from tocsin.errors import UsageError
from tocsin.model import Enriched, Method, Vector
from tocsin.rumours import RumourOptions, RumourTracker

MARKET = "people say the market by the river will be closed from tomorrow"
MARKET_COPY = "People say the market by the river will be closed from tomorrow!!"
MARKET_OTHER_WORDS = "traders were told that riverside stalls stay shut as of next morning"
BRIDGE = "the new bridge near the station opens in autumn, the city council announced"


@pytest.fixture
def tracker() -> RumourTracker:
    return RumourTracker()


def with_vector(post: Enriched, vector: Vector) -> Enriched:
    return replace(post, vector=unit(vector))


def test_first_post_opens_a_rumour_with_the_documented_id(tracker: RumourTracker) -> None:
    sighting = tracker.assign(enriched(MARKET, name="7", channel="north"))
    assert sighting.rumour == sha256(b"north/7/1").hexdigest()[:12]
    assert (sighting.method, sighting.similarity) == (Method.NEW, 1.0)
    rumour = tracker.rumour(sighting.rumour)
    assert rumour is not None
    assert (rumour.posts, rumour.texts, rumour.first_ref) == (1, 1, "north/7")
    assert rumour.first_seen == rumour.last_seen == START


def test_same_text_is_exact_and_needs_no_vector(tracker: RumourTracker) -> None:
    post = enriched(MARKET, topic="market")
    assert tracker.needs_vector(post.digest, START)
    first = tracker.assign(post)
    assert not tracker.needs_vector(post.digest, START + timedelta(days=1))
    again = tracker.assign(enriched(MARKET, name="2", at=1))
    assert (again.rumour, again.method) == (first.rumour, Method.EXACT)
    rumour = tracker.rumour(first.rumour)
    assert rumour is not None
    assert (rumour.posts, rumour.texts) == (2, 1)


def test_nearly_the_same_letters_are_near(tracker: RumourTracker) -> None:
    first = tracker.assign(enriched(MARKET))
    copy = tracker.assign(enriched(MARKET_COPY.replace("tomorrow", "to-morrow"), name="2"))
    assert (copy.rumour, copy.method) == (first.rumour, Method.NEAR)
    assert 0.55 <= copy.similarity <= 1


def test_same_meaning_in_other_words_is_vector(tracker: RumourTracker) -> None:
    first = tracker.assign(enriched(MARKET, topic="market"))
    other = tracker.assign(enriched(BRIDGE, name="2", topic="bridge"))
    third = tracker.assign(enriched(MARKET_OTHER_WORDS, name="3", topic="market", lang="fr"))
    assert other.rumour != first.rumour
    assert (third.rumour, third.method) == (first.rumour, Method.VECTOR)
    assert 0.5 < third.similarity < 1


def test_without_vectors_other_words_open_another_rumour(tracker: RumourTracker) -> None:
    tracker.assign(enriched(MARKET))
    assert tracker.assign(enriched(MARKET_OTHER_WORDS, name="2")).method is Method.NEW


def test_a_thread_without_vectors_gets_one_from_a_near_copy(tracker: RumourTracker) -> None:
    first = tracker.assign(enriched(MARKET))
    tracker.assign(enriched(MARKET_COPY + " really", name="2", topic="market"))
    third = tracker.assign(enriched(MARKET_OTHER_WORDS, name="3", topic="market"))
    assert (third.rumour, third.method) == (first.rumour, Method.VECTOR)


@pytest.mark.parametrize("bad", [np.zeros(512, np.float32), np.full(512, np.nan, np.float32)])
def test_an_unusable_vector_counts_as_none(tracker: RumourTracker, bad: Vector) -> None:
    tracker.assign(replace(enriched(MARKET), vector=bad))
    tracker.assign(replace(enriched(BRIDGE, name="2"), vector=bad))
    assert len(list(tracker.live())) == 2


def test_a_surplus_vector_changes_nothing() -> None:
    with_surplus, without = RumourTracker(), RumourTracker()
    for tracker, topic in ((with_surplus, "other"), (without, None)):
        tracker.assign(enriched(MARKET, topic="market"))
        tracker.assign(enriched(MARKET, name="2", topic=topic))
    assert with_surplus.snapshot() == without.snapshot()


@pytest.mark.parametrize("text", ["ok", "да", "👍", "see you there"[:8], "同意"])
def test_very_short_texts_match_exactly_and_for_a_day(tracker: RumourTracker, text: str) -> None:
    first = tracker.assign(enriched(text, topic="same"))
    other = tracker.assign(enriched(text + " x", name="2", topic="same"))
    same = tracker.assign(enriched(text, name="3", at=23))
    later = tracker.assign(enriched(text, name="4", at=48, topic="same"))
    assert other.method is Method.NEW
    assert (same.rumour, same.method) == (first.rumour, Method.EXACT)
    assert (later.method, later.rumour == first.rumour) == (Method.NEW, False)


def test_post_with_nothing_to_match_is_answered_and_not_kept(tracker: RumourTracker) -> None:
    sighting = tracker.assign(enriched("", media=(photo("a", kind="sticker"),)))
    assert sighting.method is Method.NEW
    assert tracker.rumour(sighting.rumour) is None
    assert not tracker.needs_vector(None, START)
    assert not list(tracker.live())


def test_the_same_file_joins(tracker: RumourTracker) -> None:
    first = tracker.assign(enriched("", media=(photo("a"),)))
    second = tracker.assign(enriched("look!", name="2", media=(photo("b"), photo("a"))))
    third = tracker.assign(enriched("", name="3", media=(photo("b"),)))
    assert second.method is third.method is Method.MEDIA
    assert first.rumour == second.rumour == third.rumour


def test_short_words_under_another_file_do_not_join(tracker: RumourTracker) -> None:
    alone = tracker.assign(enriched("look!"))
    filmed = tracker.assign(enriched("look!", name="2", media=(photo("a"),)))
    alone_again = tracker.assign(enriched("look!", name="3"))
    assert filmed.rumour != alone.rumour == alone_again.rumour


def test_a_logo_does_not_glue_texts_together(tracker: RumourTracker) -> None:
    logo = (photo("logo"),)
    first = tracker.assign(enriched(MARKET, topic="market", media=logo))
    other = tracker.assign(enriched(BRIDGE, name="2", topic="bridge", media=logo))
    unread = tracker.assign(enriched(BRIDGE[::-1], name="3", media=logo))
    assert len({first.rumour, other.rumour, unread.rumour}) == 3


def test_a_file_joins_texts_that_are_at_least_related(tracker: RumourTracker) -> None:
    vector = noise("a")
    related = vector + 2 * noise("b")  # cosine .45 to the first, below its threshold of .6
    long_text = f"{BRIDGE} {MARKET_OTHER_WORDS} {MARKET}"
    first = tracker.assign(with_vector(enriched(MARKET, media=(photo("x"),)), vector))
    second = enriched(long_text[::-1], name="2", media=(photo("x"),))
    sighting = tracker.assign(with_vector(second, related))
    assert (sighting.rumour, sighting.method) == (first.rumour, Method.MEDIA)


def test_a_wide_thread_must_fit_better() -> None:
    texts = [f"wording {chr(97 + n) * 9} {chr(110 + n) * 9}" for n in range(9)]
    axis = noise("axis")
    options = RumourOptions(short_threshold=0.5, vector_threshold=0.5, cohesion=1.0)
    found = {}
    for cohesion in (0.0, 1.0):
        tracker = RumourTracker(replace(options, cohesion=cohesion))
        for n, text in enumerate(texts[:-1]):
            tracker.assign(with_vector(enriched(text, name=str(n)), axis + 0.9 * noise(text)))
        last = with_vector(enriched(texts[-1], name="last"), axis + 1.5 * noise("last"))
        found[cohesion] = tracker.assign(last).method
    assert found == {0.0: Method.VECTOR, 1.0: Method.NEW}


def test_silence_raises_the_bar() -> None:
    def method(hours: float) -> Method:
        tracker = RumourTracker(RumourOptions(age_penalty=0.6))
        tracker.assign(enriched(MARKET, topic="market"))
        later = enriched(MARKET_OTHER_WORDS, name="2", at=hours, topic="market")
        return tracker.assign(later).method

    assert method(1) is Method.VECTOR
    assert method(29 * 24) is Method.NEW


def test_of_equal_threads_the_older_wins() -> None:
    tracker = RumourTracker(RumourOptions(near_threshold=1.0))
    vector = noise("v")
    left, right = vector + noise("l"), vector + noise("l")
    first = tracker.assign(with_vector(enriched(MARKET), noise("l")))
    tracker.assign(with_vector(enriched(BRIDGE, name="2"), -noise("l")))
    assert np.array_equal(left, right)
    assert (
        tracker.assign(with_vector(enriched(BRIDGE[::-1], name="3"), left)).rumour == first.rumour
    )


def test_late_posts_join_and_may_become_the_first(tracker: RumourTracker) -> None:
    first = tracker.assign(enriched(MARKET, at=10, topic="market"))
    late = tracker.assign(enriched(MARKET_OTHER_WORDS, name="0", at=2, topic="market"))
    assert late.rumour == first.rumour
    rumour = tracker.rumour(first.rumour)
    assert rumour is not None
    assert (rumour.first_ref, rumour.first_seen) == ("north/0", START + timedelta(hours=2))
    assert rumour.last_seen == START + timedelta(hours=10)


def test_the_same_post_with_another_text_stays_in_its_rumour(tracker: RumourTracker) -> None:
    first = tracker.assign(enriched(MARKET, topic="market"))
    again = tracker.assign(enriched(BRIDGE, topic="bridge"))
    edited = tracker.assign(enriched(BRIDGE + " soon enough for all", version=2))
    assert first.rumour == again.rumour == edited.rumour


def test_changed_and_expire_hand_over_each_state_once(tracker: RumourTracker) -> None:
    first = tracker.assign(enriched(MARKET, topic="market"))
    second = tracker.assign(enriched(BRIDGE, name="2", topic="bridge"))
    tracker.assign(enriched(MARKET, name="3"))
    assert [(r.id, r.posts) for r in tracker.changed()] == [(second.rumour, 1), (first.rumour, 2)]
    assert tracker.changed() == ()
    closed = tracker.expire(START + timedelta(days=31))
    assert [(r.id, r.live) for r in closed] == [(first.rumour, False), (second.rumour, False)]
    assert tracker.changed() == closed
    assert tracker.expire(START + timedelta(days=32)) == ()
    assert tracker.needs_vector(enriched(MARKET).digest, START)


@pytest.mark.parametrize(
    "wrong",
    [
        {"near_threshold": 0},
        {"live_days": 0},
        {"max_live": 0},
        {"cohesion": 2},
        {"long_letters": 10},
    ],
)
def test_options_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        RumourOptions(**wrong)  # type: ignore[arg-type]
