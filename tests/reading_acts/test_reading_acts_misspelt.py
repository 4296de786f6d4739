"""Names of groups with one letter wrong are found; words of the language are not taken for them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.reading.lexicon import Lexicon
from tocsin.reading.misspelt import Misspelt, ordinary_words
from tocsin.reading.packs_loader import load_packs
from tocsin.reading.protocol import ReaderOptions

NAMES = Misspelt({"armenians": frozenset({1})}, {"мигрант": frozenset({2})}, frozenset())


@pytest.fixture(scope="module")
def english() -> Lexicon:
    return Lexicon(load_packs(ReaderOptions().languages), ("en",))


@pytest.mark.parametrize("slip", ["armneians", "armenans", "armeenians", "armeniasn"])
def test_one_letter_wrong_is_the_name(slip: str) -> None:
    assert NAMES.keys(slip) == {1}


@pytest.mark.parametrize("slip", ["мигарнтов", "миграантам", "мирантами"])
def test_what_a_name_begins_with_may_be_misspelt(slip: str) -> None:
    assert NAMES.keys(slip) == {2}


@pytest.mark.parametrize("other", ["rmenians", "aremnains", "armen", "sofa", "arm3nians"])
def test_more_than_one_letter_or_the_first_is_another_word(other: str) -> None:
    assert NAMES.keys(other) == frozenset()


def test_words_of_the_language_are_no_slips(english: Lexicon) -> None:
    ordinary = [word for word in sorted(ordinary_words("en")) if word.isalpha()]
    assert len(ordinary) > 100
    assert not any(english.keys_of(word) for word in ordinary)


def test_russian_dictionary_words_are_no_slips() -> None:
    names = Misspelt({"турками": frozenset({1})}, {}, frozenset())
    assert names.near("тузками") == frozenset()
    assert names.near("тургками") == {1}
    assert Misspelt({"кореица": frozenset({1})}, {}, frozenset()).keys("коница") == frozenset()


@given(st.sampled_from(["armenians"]), st.integers(1, 8), st.sampled_from("abcxyz"))
def test_any_letter_put_in_after_the_first_is_found(name: str, at: int, letter: str) -> None:
    slip = name[:at] + letter + name[at:]
    assert NAMES.keys(slip) == {1}
