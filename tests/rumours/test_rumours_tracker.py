"""Which thread a post joins, and by what."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import numpy as np
import pytest
from rumour_samples import START, enriched, noise, photo, unit

from tocsin.errors import UsageError
from tocsin.model import Enriched, Media, Method, Vector
from tocsin.model.rumour import split_id
from tocsin.rumours import RumourOptions, RumourTracker

MARKET = "people say the market by the river will be closed from tomorrow"
MARKET_COPY = "People say the market by the river will be closed from tomorrow!!"
MARKET_REWORDED = "our town hears: tomorrow the river market stays closed, people say so"
BRIDGE_SPANISH = "el puente nuevo junto a la estación se abre en otoño, según el ayuntamiento"
MARKET_FRENCH = "on raconte que le marché au bord du fleuve sera fermé dès demain"
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
    assert tracker.needs_vector(post)
    first = tracker.assign(post)
    assert not tracker.needs_vector(enriched(MARKET, name="9", at=24))
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


def test_a_near_copy_needs_no_vector_and_one_handed_in_changes_nothing() -> None:
    with_surplus, without = RumourTracker(), RumourTracker()
    copy = enriched(MARKET_COPY + " really", name="2", at=1)
    for tracker, topic in ((with_surplus, "other"), (without, None)):
        tracker.assign(enriched(MARKET, topic="market"))
        assert not tracker.needs_vector(copy)
        surplus = enriched(MARKET_COPY + " really", name="2", at=1, topic=topic)
        assert tracker.assign(surplus).method is Method.NEAR
    assert with_surplus.snapshot() == without.snapshot()


def test_same_meaning_in_another_language_is_scored(tracker: RumourTracker) -> None:
    first = tracker.assign(enriched(MARKET, topic="market"))
    other = tracker.assign(enriched(BRIDGE, name="2", topic="bridge"))
    third = tracker.assign(enriched(MARKET_FRENCH, name="3", topic="market", lang="fr"))
    assert other.rumour != first.rumour
    assert (third.rumour, third.method) == (first.rumour, Method.SCORED)
    assert 0.5 < third.similarity < 1


def test_without_vectors_words_alone_decide(tracker: RumourTracker) -> None:
    first = tracker.assign(enriched(MARKET))
    assert tracker.assign(enriched(MARKET_FRENCH, name="2", lang="fr")).method is Method.NEW
    reworded = tracker.assign(enriched(MARKET_REWORDED, name="3"))
    assert (reworded.rumour, reworded.method) == (first.rumour, Method.SCORED)


def test_a_text_with_a_vector_meets_one_without_by_words(tracker: RumourTracker) -> None:
    first = tracker.assign(enriched(MARKET))
    other = tracker.assign(enriched(MARKET_FRENCH, name="2", topic="market", lang="fr"))
    reworded = tracker.assign(enriched(MARKET_REWORDED, name="3", topic="market"))
    assert other.method is Method.NEW
    assert reworded.rumour in {first.rumour, other.rumour}


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
    assert not tracker.needs_vector(enriched(""))
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
    related = vector + 2 * noise("b")  # cosine .45: too far to join by itself
    first = tracker.assign(with_vector(enriched(MARKET, media=(photo("x"),)), vector))
    second = enriched(BRIDGE_SPANISH, name="2", lang="es", media=(photo("x"),))
    sighting = tracker.assign(with_vector(second, related))
    assert (sighting.rumour, sighting.method) == (first.rumour, Method.MEDIA)


def test_a_picture_posted_again_joins(tracker: RumourTracker) -> None:
    one, again, other = "0" * 64, "f" + "0" * 63, "5" * 64
    first = tracker.assign(enriched("", media=(Media("photo", picture=one),)))
    second = tracker.assign(enriched("", name="2", media=(Media("photo", picture=again),)))
    third = tracker.assign(enriched("", name="3", media=(Media("photo", picture=other),)))
    assert (second.rumour, second.method) == (first.rumour, Method.MEDIA)
    assert second.similarity == 1 - 4 / 256
    assert third.method is Method.NEW


def test_of_equal_threads_the_older_wins() -> None:
    tracker = RumourTracker(RumourOptions(near_threshold=1.0))
    first = tracker.assign(with_vector(enriched(MARKET), noise("l")))
    tracker.assign(with_vector(enriched(BRIDGE, name="2"), -noise("l")))
    third = with_vector(enriched(MARKET_FRENCH, name="3", lang="fr"), noise("l"))
    assert tracker.assign(third).rumour == first.rumour


def test_doubtful_pairs_are_suggested_and_not_joined() -> None:
    tracker = RumourTracker(RumourOptions(join=1.0, everyday_join=1.0, suggest=0.2))
    first = tracker.assign(enriched(MARKET, topic="market"))
    second = tracker.assign(enriched(MARKET_REWORDED, name="2", topic="market"))
    (suggestion,) = tracker.take_suggestions()
    assert second.method is Method.NEW
    assert (suggestion.rumour, suggestion.other) == (second.rumour, first.rumour)
    assert suggestion.ref == "north/2"
    assert 0.2 <= suggestion.probability < 1.0
    assert tracker.take_suggestions() == ()


def test_a_merge_gives_later_posts_the_other_id_until_it_is_taken_back() -> None:
    tracker = RumourTracker()
    market = tracker.assign(enriched(MARKET, topic="market")).rumour
    bridge = tracker.assign(enriched(BRIDGE, name="2", topic="bridge")).rumour
    before = tracker.snapshot()
    assert tracker.merge(market, bridge)
    assert not tracker.merge(market, bridge)
    assert not tracker.merge(bridge, market)
    assert not tracker.merge("unknown", market)
    merged = tracker.snapshot()
    assert merged != before
    later = tracker.assign(enriched(MARKET, name="3"))
    assert (later.rumour, later.thread) == (bridge, market)
    tracker.restore(merged)
    assert tracker.unmerge(market, bridge)
    assert not tracker.unmerge(market, bridge)
    assert tracker.snapshot() == before


def test_a_split_takes_the_wordings_of_the_posts_named() -> None:
    tracker = RumourTracker()
    first = tracker.assign(enriched(MARKET, topic="market")).rumour
    tracker.assign(enriched(MARKET_COPY.replace("market", "bazaar"), name="2", at=1))
    tracker.assign(enriched(MARKET_REWORDED, name="3", at=1, topic="market"))
    own = tracker.split(first, ["north/3"])
    assert own == split_id(first, ["north/3"])
    assert tracker.split(first, ["north/9"]) is None
    assert tracker.split(first, ["north/1", "north/2"]) is None
    assert tracker.split("unknown", ["north/1"]) is None
    assert tracker.assign(enriched(MARKET_REWORDED, name="4", at=2)).rumour == own
    assert tracker.assign(enriched(MARKET, name="5", at=2)).rumour == first
    counts = {rumour.id: (rumour.posts, rumour.texts) for rumour in tracker.live()}
    assert counts == {first: (3, 2), own: (2, 1)}


def test_a_thread_that_speaks_again_after_a_silence_was_revived(tracker: RumourTracker) -> None:
    first = tracker.assign(enriched(MARKET, topic="market"))
    rumour = tracker.rumour(first.rumour)
    assert rumour is not None
    assert (rumour.revived_at, rumour.pace) == (None, 1.0)
    tracker.assign(enriched(MARKET, name="2", at=24))
    again = tracker.assign(enriched(MARKET_REWORDED, name="3", at=12 * 24, topic="market"))
    assert again.rumour == first.rumour
    rumour = tracker.rumour(first.rumour)
    assert rumour is not None
    assert rumour.revived_at == START + timedelta(days=12)
    assert 1.0 < rumour.pace < 1.01


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
    assert tracker.needs_vector(enriched(MARKET))


@pytest.mark.parametrize(
    "wrong",
    [
        {"near_threshold": 0},
        {"live_days": 0},
        {"max_live": 0},
        {"suggest": 0.9},
    ],
)
def test_options_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        RumourOptions(**wrong)  # type: ignore[arg-type]
