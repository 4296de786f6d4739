"""Wordings, near-duplicate bands and centroids, each for itself."""

from __future__ import annotations

import numpy as np
import pytest
from rumour_samples import noise

from tocsin.rumours.centroids import CANDIDATES, CentroidIndex, sketch
from tocsin.rumours.near import NearIndex, band_keys
from tocsin.rumours.wording import HEAD, wording

DAY = 86_400_000_000


@pytest.mark.parametrize(
    ("text", "words", "letters", "short"),
    [
        ("", 0, 0, True),
        ("Come, ALL of you — now!", 5, 15, False),
        ("come all", 2, 7, True),
        ("a b c d", 4, 4, True),
        ("12 34 56 78 90 123 456", 7, 0, True),
        ("明天早上大家一起去车站", 5, 22, False),
        ("दुकानें कल बंद रहेंगी शहर", 5, 13, False),
        ("ตลาดริมแม่น้ำปิดพรุ่งนี้", 12, 16, False),
        ("спокойной вам ночи", 3, 16, False),
    ],
)
def test_counts_words_in_any_script(text: str, words: int, letters: int, short: bool) -> None:
    found = wording(text)
    assert (found.words, found.letters, found.short) == (words, letters, short)


def test_wording_ignores_case_punctuation_and_the_far_end() -> None:
    assert wording("Market — CLOSED!!").plain == wording("market closed 👍").plain
    assert len(wording("word " * 1000).plain) <= HEAD


def test_near_index_keeps_the_newest_text_of_a_bucket() -> None:
    index = NearIndex()
    signature = wording("the market by the river").signature()
    keys = band_keys(signature)
    first, second = index.add(signature, keys), index.add(signature, keys)
    assert index.candidates(signature, keys) == [(second, 1.0)]
    restored = NearIndex()
    restored.restore(index.state())
    assert restored.candidates(signature, keys) == [(second, 1.0)]
    index.remove(first)
    assert index.candidates(signature, keys) == [(second, 1.0)]
    index.remove(second)
    assert index.candidates(signature, keys) == []
    assert index.add(signature, keys) == first


def test_near_index_grows() -> None:
    index = NearIndex()
    rows = []
    for n in range(1100):
        signature = wording(f"text {n} about {n * 7919}").signature()
        rows.append(index.add(signature, band_keys(signature)))
    assert rows == list(range(1100))
    last = wording(f"text 1099 about {1099 * 7919}").signature()
    assert (1099, 1.0) in index.candidates(last, band_keys(last))
    assert index.size == 1100


def test_centroids_find_the_nearest_whatever_else_is_there() -> None:
    index = CentroidIndex(half_life=7 * DAY)
    axis = noise("axis")
    vectors = [axis + np.float32(0.3 + n / 50) * noise(str(n)) for n in range(100)]
    vectors = [vector / np.linalg.norm(vector) for vector in vectors]
    slots = [index.add(vector, n, at=0) for n, vector in enumerate(vectors)]
    found = index.measure(index.nearest(axis), axis)
    assert len(found.slots) == CANDIDATES
    cosines = [float(vector @ axis) for vector in vectors]
    best = int(np.argmax(found.cosines))
    assert found.slots[best] == slots[int(np.argmax(cosines))]
    assert found.cosines[best] == pytest.approx(max(cosines), abs=1e-5)
    assert found.cohesions[best] == pytest.approx(1.0, abs=1e-5)


def test_a_cosine_does_not_depend_on_the_other_candidates() -> None:
    alone, crowded = CentroidIndex(DAY), CentroidIndex(DAY)
    query, vector = noise("a"), (noise("a") + noise("b")) / np.float32(1.5)
    for n in range(40):
        crowded.add(noise("a") + np.float32(0.9) * noise(f"other {n}"), n, at=0)
    slot = crowded.add(vector, 40, at=0)
    assert not alone.nearest(query).size
    alone.add(vector, 0, at=0)
    (lone,) = alone.measure(np.array([0]), query).cosines
    among = crowded.measure(np.arange(41), query).cosines
    assert among[slot] == lone
    assert crowded.cosine(slot, query) == pytest.approx(lone, abs=1e-6)


def test_a_text_loses_half_its_weight_in_a_half_life() -> None:
    index = CentroidIndex(half_life=DAY)
    old, new = noise("old"), noise("new")
    slot = index.add(old, 0, at=0)
    index.update(slot, new, at=DAY)
    expected = 0.5 * old + new
    state = index.state([slot])
    assert np.allclose(state["sums"][0], expected)
    assert state["weights"][0] == pytest.approx(1.5)
    index.update(slot, old, at=0)  # late: comes in as it would have decayed by now
    assert np.allclose(index.state([slot])["sums"][0], expected + 0.5 * old)


def test_a_freed_slot_is_no_candidate_and_is_used_again() -> None:
    index = CentroidIndex(half_life=DAY)
    slots = [index.add(noise(str(n)), n, at=0) for n in range(3)]
    index.remove(slots[1])
    index.remove(slots[0])
    assert not index.nearest(noise("1")).size
    assert index.add(noise("new"), 3, at=0) == slots[0]


def test_sketch_is_the_signs() -> None:
    vector = np.where(np.arange(512) % 2, 1, -1).astype(np.float32)
    assert int(np.bitwise_count(sketch(vector)).sum()) == 256
    assert int(np.bitwise_count(sketch(vector) ^ sketch(-vector)).sum()) == 512
