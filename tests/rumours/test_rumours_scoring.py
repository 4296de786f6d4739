"""Rare words, postings, habits of channels, and the decision, each for itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rumour_samples import enriched, noise

from tocsin.rumours import channels, terms
from tocsin.rumours.channels import Channels
from tocsin.rumours.decision import Evidence, chances
from tocsin.rumours.postings import DEPTH, Postings
from tocsin.rumours.probing import Probes
from tocsin.rumours.remembered import (
    Lexical,
    Likeness,
    Meaning,
    RememberedRows,
    tongue_number,
)
from tocsin.rumours.suggestions import Suggestions
from tocsin.rumours.terms import TERMS, Rarity, Terms, count_terms
from tocsin.rumours.wording import wording


def terms_of(text: str) -> Terms:
    return count_terms(text, wording(text).plain)


def hashes_of(text: str) -> set[int]:
    return set(terms_of(text).hashes.tolist())


def nothing_usual(hashes: terms.Hashes) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.zeros(len(hashes))


def lexical(rarity: Rarity, text: str, lang: str = "en") -> Lexical:
    weighed = rarity.weigh(terms_of(text), nothing_usual)
    number = tongue_number(lang, wording(text).plain)
    return Lexical(weighed.hashes, weighed.weights, weighed.rarity, number)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("рынок закрыли", "рынок закрывают"),  # ends differ, beginnings do not
        ("ตลาดริมแม่น้ำ", "ริมแม่น้ำตลาด"),  # pairs of letters where there are no blanks
        ("look example.org/News/1/", "see https://www.example.org/news/1?from=feed"),
    ],
)
def test_terms_meet_across_forms(one: str, other: str) -> None:
    assert hashes_of(one) & hashes_of(other)


def test_common_words_say_little_before_anything_was_read() -> None:
    rarity = Rarity()
    weighed = rarity.weigh(terms_of("the harbour is closed"), nothing_usual)
    said = dict(zip(weighed.hashes.tolist(), weighed.rarity.tolist(), strict=True))
    (the,), (harbour,) = hashes_of("the"), hashes_of("harbour")
    assert said[the] < 1
    assert said[harbour] > 6


def test_what_every_text_has_becomes_worthless_and_is_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(terms, "HALVE_AT", 400)
    rarity = Rarity()
    harbour = terms_of("harbour")
    before = rarity.weigh(harbour, nothing_usual).rarity[0]
    for _ in range(399):
        rarity.count(harbour.hashes)
    often = rarity.weigh(harbour, nothing_usual).rarity[0]
    for _ in range(2_000):
        rarity.count(terms_of("bridge").hashes)
    assert often < 1 < before
    assert rarity.weigh(harbour, nothing_usual).rarity[0] > often


def test_a_long_text_keeps_its_weightiest_terms() -> None:
    rarity = Rarity()
    text = "the and for " + " ".join(f"{n:03d}word" for n in range(60))
    weighed = rarity.weigh(terms_of(text), nothing_usual)
    assert len(weighed.hashes) == TERMS
    assert (np.diff(weighed.hashes.astype(np.int64)) > 0).all()
    assert weighed.rarity.min() > 6
    assert float(np.square(weighed.weights).sum()) <= 1


def test_postings_give_those_that_share_most_first_and_keep_the_newest() -> None:
    postings = Postings()
    hashes = np.arange(10, dtype=np.uint32)
    for row in range(DEPTH + 8):
        postings.add(row, hashes[:2] if row == DEPTH else hashes[:1])
    found = postings.candidates(hashes[:2], np.array([0.5, 0.8], np.float32))[0]
    assert DEPTH in found.tolist()
    assert 0 not in found.tolist()
    assert not postings.candidates(hashes[5:], np.ones(5, np.float32))[0].size


@given(st.lists(st.integers(-1, 30), min_size=1, max_size=12), st.booleans())
def test_a_likeness_does_not_depend_on_the_other_rows(asked: list[int], mapped: bool) -> None:
    rows, rarity = RememberedRows(), Rarity()
    for n in range(31):
        meaning = None if n % 5 == 0 else Meaning(noise(str(n)), n % 2 == 0)
        rows.put(n, meaning, lexical(rarity, f"word{n} shared thing{n % 3}"))
    own = lexical(rarity, "word3 shared thing1")
    meaning = Meaning(noise("3"), mapped)
    together = rows.likeness(np.array([asked]), meaning, own)
    for place, row in enumerate(asked):
        alone = rows.likeness(np.array([[row]]), meaning, own)
        for name in ("meaning", "words", "shared", "seen", "tongue"):
            assert getattr(together, name)[0, place] == getattr(alone, name)[0, 0]


def test_a_vector_is_kept_nearly_whole() -> None:
    rows = RememberedRows()
    rows.put(0, Meaning(noise("a")), lexical(Rarity(), "one two three"))
    kept = rows.meaning(0)
    assert kept is not None
    assert float(kept.vector @ noise("a")) > 0.9995
    rows.put(0, None, lexical(Rarity(), "one two three"))
    assert rows.meaning(0) is None


def test_an_unsure_language_is_any_of_its_script() -> None:
    rows, rarity = RememberedRows(), Rarity()
    texts = (("market closed", "en"), ("рынок закрыт", "ru"), ("mercado cerrado", "es"))
    for row, (text, lang) in enumerate(texts):
        rows.put(row, None, lexical(rarity, text, lang))
    unsure = Lexical(*rarity.weigh(terms_of("market"), nothing_usual), tongue_number(None, "mar"))
    found = rows.likeness(np.array([[0, 1, 2]]), None, unsure)
    assert found.tongue.tolist() == [[True, False, True]]


def test_a_channel_that_repeats_itself_is_known_for_it() -> None:
    habits = Channels()
    signature = np.array([7, 8], np.uint32)
    for n in range(40):
        own = np.array([100 + n], np.uint32)
        habits.note("north", np.concatenate([signature, own]), noise("tone"), new=True)
        habits.note("south", own, noise(str(n)), new=n == 0)
    assert habits.shares("north", signature).tolist() == [1.0, 1.0]
    assert habits.shares("south", signature).tolist() == [0.0, 0.0]
    assert habits.shares("unknown", signature).tolist() == [0.0, 0.0]
    assert habits.sameness("north") > 0.5 > habits.sameness("south") > habits.sameness("unknown")
    assert (habits.doubt("north"), habits.doubt("south")) == (1, 0)


def test_habits_are_bounded_and_old_ones_fade(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels, "CHANNELS", 70)
    monkeypatch.setattr(channels, "_HALVE_AT", 300)
    habits = Channels()
    for n in range(400):
        habits.note(f"c{n % 90}", np.array([1], np.uint32), noise("x"), new=True)
    header, arrays = habits.state()
    assert len(header["habits"]) == 70
    assert len(arrays["tone"]) == 70
    assert header["counted"] < 300
    again = Channels()
    again.restore(header, arrays)
    assert again.state()[0] == header


def evidence(
    shared: float, *, own: float = 0.0, tongue: bool = True, said: float = 60, silence: float = 0.0
) -> Evidence:
    """One thread of one text, near in meaning and words, that shares ``shared`` nats."""
    one = np.ones((1, 1), np.float32)
    likeness = Likeness(
        meaning=one * 0.7,
        words=one * (min(shared / 60, 0.5) if tongue else 0.0),
        shared=one * shared,
        held=one * said,
        seen=one > 0,
        tongue=(one > 0) & tongue,
    )
    ones = np.ones(1)
    return Evidence(
        centroid=ones * 0.7,
        cohesion=ones,
        posts=ones,
        gap=ones * 20,
        silence=ones * silence,
        likeness=likeness,
        letters=80,
        information=said,
        own=ones * own,
        sameness=0.5,
    )


def likely(one: Evidence, doubt: float) -> float:
    return float(chances(one, doubt).likely[0])


def test_where_most_texts_are_new_commonplaces_are_no_sign() -> None:
    assert likely(evidence(shared=3), doubt=0) > 0.5
    assert likely(evidence(shared=3), doubt=1) < 0.5
    assert likely(evidence(shared=40, said=160), doubt=1) > 0.75
    between = likely(evidence(shared=3), doubt=0.5)
    assert likely(evidence(shared=3), doubt=1) < between < likely(evidence(3), doubt=0)


def test_what_would_be_said_in_an_everyday_channel_is_told_beside_it() -> None:
    one = evidence(shared=3)
    assert chances(one, doubt=0).everyday == chances(one, doubt=1).likely
    assert chances(one, doubt=0).everyday != chances(one, doubt=0).likely


def test_a_thread_of_the_texts_own_channel_must_fit_better() -> None:
    for doubt in (0.0, 1.0):
        alone = likely(evidence(shared=12, own=1.0), doubt)
        assert alone < likely(evidence(shared=12), doubt)


def test_texts_of_other_days_and_of_one_pattern_must_share_more() -> None:
    one = likely(evidence(shared=40, said=160), doubt=1)
    assert likely(evidence(shared=40, said=160, silence=10), doubt=1) < one
    assert likely(evidence(shared=40, said=45), doubt=1) < one


def test_across_languages_a_text_must_say_much() -> None:
    brief = likely(evidence(0, tongue=False, said=15), doubt=1)
    assert brief < likely(evidence(0, tongue=False, said=150), doubt=1)


def test_probes_are_kept_by_text_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tocsin.rumours.probing._KEPT", 3)
    probes = Probes()
    first = enriched("people say the market by the river closes")
    assert probes.of(first) is probes.of(first)
    for n in range(5):
        probes.of(enriched(f"people say market number {n} closes"))
    assert len(probes._kept) == 3
    assert probes.of(enriched("")) is None
    assert probes.of(enriched("ok")) is None


def test_suggestions_are_bounded() -> None:
    from tocsin.model import Suggestion

    suggestions = Suggestions(2)
    for rumour, likely in (("b", 0.3), ("c", 0.4), ("b", 0.2), ("d", 0.5)):
        suggestions.note(Suggestion(rumour, "a", "north/1", likely))
    assert [(s.rumour, s.probability) for s in suggestions.take()] == [("c", 0.4), ("d", 0.5)]
