"""Memory is bounded by options; results do not depend on how a run is cut."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rumour_samples import START, enriched, photo

from tocsin.errors import UsageError
from tocsin.model import Enriched, Method, Sighting
from tocsin.rumours import RumourOptions, RumourTracker
from tocsin.rumours.snapshot import pack

TIGHT = RumourOptions(live_days=2, max_live=5, max_texts=8, max_thread_texts=3)
TOPICS = ("market", "bridge", "school", "harbour")


@st.composite
def streams(draw: st.DrawFn, size: int = 25) -> list[Enriched]:
    """Posts on a few topics: repeated, reworded, short, empty or with files; now and then late."""
    posts, clock = [], 0.0
    for n in range(draw(st.integers(1, size))):
        clock += draw(st.sampled_from((0.0, 0.5, 20.0)))
        topic = draw(st.sampled_from(TOPICS))
        wording = draw(st.integers(0, 3))
        texts = ("", "ok", f"wording {wording} about the {topic} and {topic[::-1] * wording}")
        posts.append(
            enriched(
                draw(st.sampled_from(texts)),
                name=str(n),
                channel=draw(st.sampled_from(("north", "south"))),
                at=max(0.0, clock - draw(st.sampled_from((0.0, 0.0, 30.0)))),
                topic=draw(st.sampled_from((topic, None))),
                media=draw(st.sampled_from(((), (photo(topic),)))),
            )
        )
    return posts


def run(tracker: RumourTracker, posts: list[Enriched]) -> list[Sighting]:
    return [tracker.assign(post) for post in posts]


@settings(max_examples=60, deadline=None)
@given(streams(), st.data())
def test_a_snapshot_anywhere_changes_nothing(posts: list[Enriched], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(posts)))
    whole, before, after = RumourTracker(TIGHT), RumourTracker(TIGHT), RumourTracker(TIGHT)
    expected = run(whole, posts)
    head = run(before, posts[:cut])
    saved = before.snapshot()
    after.restore(saved)
    assert after.snapshot() == saved
    assert head + run(after, posts[cut:]) == expected
    assert after.snapshot() == whole.snapshot()
    assert after.changed() == whole.changed()
    assert after.expire(START) == whole.expire(START)


@settings(max_examples=60, deadline=None)
@given(streams())
def test_every_post_has_one_rumour_and_counts_add_up(posts: list[Enriched]) -> None:
    tracker = RumourTracker(RumourOptions(live_days=1000, short_hours=10_000))
    sightings = run(tracker, posts)
    assert [s.ref for s in sightings] == [post.post.ref for post in posts]
    assert all(0 <= s.similarity <= 1 for s in sightings)
    live = {rumour.id: rumour.posts for rumour in tracker.live()}
    kept = [s.rumour for s in sightings if s.rumour in live]
    assert {key: kept.count(key) for key in live} == live
    unkept = [s.rumour for s in sightings if s.rumour not in live]
    assert len(unkept) == len(set(unkept))


@settings(max_examples=40, deadline=None)
@given(streams(), st.integers(0, 400))
def test_expiring_in_between_changes_nothing(posts: list[Enriched], hours: int) -> None:
    posts = sorted(posts, key=lambda e: e.post.known_at)
    plain, swept = RumourTracker(TIGHT), RumourTracker(TIGHT)
    expected, got = run(plain, posts), []
    for post in posts:
        swept.expire(min(post.post.known_at, START + timedelta(hours=hours)))
        got.append(swept.assign(post))
    assert got == expected


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1)), max_size=16), st.randoms())
def test_order_of_equal_times_leaves_exact_copies_together(
    keys: list[tuple[int, int]], random: object
) -> None:
    posts = [
        enriched(f"a longer wording about {TOPICS[topic]}, variant {kind}", channel=f"c{n}")
        for n, (topic, kind) in enumerate(keys)
    ]
    shuffled = list(posts)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    for order in (posts, shuffled):
        rumours: dict[bytes | None, set[str]] = {}
        for post, sighting in zip(order, run(RumourTracker(), order), strict=True):
            rumours.setdefault(post.digest, set()).add(sighting.rumour)
        assert all(len(found) == 1 for found in rumours.values())


def test_expiry_frees_everything() -> None:
    tracker = RumourTracker()
    empty = tracker.snapshot()
    for n in range(50):
        post = enriched(f"news number {n * 7919} from town", name=str(n), topic=str(n))
        tracker.assign(post)
    live = tracker._live
    tracker.expire(START + timedelta(days=31))
    tracker.changed()
    held = (live.threads, live.texts, live.media, live.by_slot, live.by_row, live.near._buckets)
    assert not any(held)
    assert len(tracker.snapshot()) < len(empty) + 100_000  # what words and channels are like stays


def test_live_threads_and_texts_stay_bounded() -> None:
    tracker = RumourTracker(TIGHT)
    for n in range(300):
        tracker.assign(enriched(f"{n} {n * 7919} text about town {n}", name=str(n), topic=str(n)))
    live = tracker._live
    assert len(live.threads) == TIGHT.max_live
    assert len(live.texts) <= TIGHT.max_texts
    assert len(live._changed) <= 4 * TIGHT.max_live
    assert len(live._closed) <= 4 * TIGHT.max_live


def test_eviction_spares_what_was_repeated() -> None:
    tracker = RumourTracker(TIGHT)
    text = "the market by the river is closed from tomorrow"
    kept = tracker.assign(enriched(text, topic="market")).rumour
    tracker.assign(enriched(text, name="2", channel="south"))
    for n in range(30):
        tracker.assign(enriched(f"{n * 7919} unrelated {n} text", name=f"n{n}", at=1, topic=str(n)))
    assert tracker.rumour(kept) is not None
    assert not tracker.needs_vector(enriched(text))


def test_eviction_among_repeated_threads_takes_the_longest_silent() -> None:
    tracker = RumourTracker(RumourOptions(max_live=2))
    texts = [f"{topic} {topic[::-1] * 3} {topic * 2}" for topic in TOPICS[:3]]
    ids = []
    for n, (text, topic) in enumerate(zip(texts, TOPICS, strict=False)):
        if n == 2:
            tracker.assign(enriched(texts[0], name="again", at=3))
        ids.append(tracker.assign(enriched(text, name=f"{n}a", at=n, topic=topic)).rumour)
        tracker.assign(enriched(text, name=f"{n}b", at=n))
    assert [rumour.id for rumour in tracker.live()] == [ids[0], ids[2]]


def test_a_flood_in_one_thread_costs_that_thread_only() -> None:
    tracker = RumourTracker(RumourOptions(max_thread_texts=20, max_texts=100))
    quiet = enriched("the bridge near the station opens in autumn", topic="bridge")
    tracker.assign(quiet)
    rumours = {
        tracker.assign(
            enriched(
                f"everybody come to the old market by the river, row {n * 7919 % 1000}",
                name=f"f{n}",
                topic="market",
            )
        ).rumour
        for n in range(400)
    }
    assert len(rumours) == 1
    assert len(tracker._live.texts) <= 21
    assert not tracker.needs_vector(quiet)


def test_the_longest_unseen_text_is_forgotten_first() -> None:
    tracker = RumourTracker(RumourOptions(max_texts=2))
    texts = [f"{topic} {topic[::-1] * 3} {topic * 2}" for topic in TOPICS[:3]]
    for n, text in enumerate((texts[0], texts[1], texts[0], texts[2])):
        tracker.assign(enriched(text, name=str(n)))
    assert [tracker.needs_vector(enriched(t)) for t in texts] == [False, True, False]
    assert len(list(tracker.live())) == 3


def test_many_centroids_grow_the_arrays() -> None:
    tracker = RumourTracker()
    for n in range(1100):
        text = f"{n * 7919:x}word {n * 104729:x}place {n * 1299709:x}thing"
        tracker.assign(enriched(text, name=str(n), topic=str(n)))
    again = enriched(
        "quelque chose en de tout autres mots, dit par une voisine devant la "
        "boulangerie du quartier nord hier matin vers neuf heures",
        name="x",
        topic="500",
        lang="fr",
    )
    assert tracker.assign(again).method is Method.SCORED


@pytest.mark.parametrize("data", [b"", b"not zstd", pack({}, {})[:-9]])
def test_a_damaged_snapshot_is_refused(data: bytes) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        RumourTracker().restore(data)


def test_a_snapshot_of_another_kind_is_refused() -> None:
    with pytest.raises(UsageError, match="another version"):
        RumourTracker().restore(pack({"format": "other"}, {}))
    with pytest.raises(UsageError, match="other options"):
        RumourTracker().restore(RumourTracker(TIGHT).snapshot())


def test_a_flooding_channel_crowds_out_its_own_threads_only() -> None:
    tracker = RumourTracker(RumourOptions(max_lone=5))
    first = tracker.assign(
        enriched("the quiet channel says one thing about the bridge", channel="q")
    )
    for n in range(40):
        text = " ".join(f"flood{n}x{i}" for i in range(9))
        tracker.assign(enriched(text, name=f"{n}", channel="flood", at=n / 60))
    live = {rumour.id for rumour in tracker.live()}
    assert first.rumour in live
    assert len(live) == 6
    assert len(tracker._live._deadlines._lone) <= 2 * 6 + 1
    restored = RumourTracker(RumourOptions(max_lone=5))
    restored.restore(tracker.snapshot())
    again = enriched(" ".join(f"more{i}" for i in range(9)), name="41", channel="flood", at=2)
    assert restored.assign(again) == tracker.assign(again)
    assert restored.snapshot() == tracker.snapshot()
    assert len(tracker.expire(START + timedelta(days=40))) == 42
    assert not list(tracker.live())
