from __future__ import annotations

from dataclasses import replace

import pytest

from tocsin.reading.places_evidence import (
    FAMOUS,
    LARGE,
    Kind,
    Surroundings,
    kind_of,
    russian_kind,
    score_latin,
    score_russian,
)

BARE = Surroundings(population=LARGE)
CAPITAL = replace(BARE, capital=True)
PLACED = replace(CAPITAL, preposition="at", place_only=True)


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("махачкале", Kind.SURE),
        ("кирове", Kind.OR_PERSON),
        ("орле", Kind.OR_WORD),
        ("победа", Kind.ORDINARY),
        ("иван", Kind.PERSON),
        ("чиркейюрт", Kind.UNKNOWN),
    ],
)
def test_russian_kinds(word: str, kind: Kind) -> None:
    assert russian_kind(word) is kind
    assert kind_of(word, set(), set()) is kind


def test_latin_kinds() -> None:
    kinds = [kind_of(word, {"nice"}, {"jackson"}) for word in ("nice", "jackson", "leeds")]
    assert kinds == [Kind.ORDINARY, Kind.PERSON, Kind.SURE]


@pytest.mark.parametrize("kind", list(Kind))
def test_a_preposition_never_speaks_against_a_place(kind: Kind) -> None:
    for score in (score_russian, score_latin):
        assert score("name", kind, PLACED) >= score("name", kind, CAPITAL)
        assert score("name", kind, CAPITAL) >= score("name", kind, BARE)


@pytest.mark.parametrize("kind", [Kind.OR_PERSON, Kind.OR_WORD, Kind.PERSON, Kind.ORDINARY])
def test_ambiguous_words_need_more_than_a_capital(kind: Kind) -> None:
    assert score_russian("name", kind, CAPITAL) < 0.5
    assert score_russian("name", kind, replace(PLACED, capital=False)) == 0.0


def test_what_makes_a_place_of_an_ambiguous_word() -> None:
    city = replace(CAPITAL, settlement=True)
    tagged = replace(BARE, hashtag=True)
    assert score_russian("name", Kind.ORDINARY, city) > 0.5
    assert score_russian("name", Kind.PERSON, city) > 0.5
    assert score_russian("name", Kind.OR_PERSON, tagged) > 0.5
    assert score_russian("name", Kind.OR_WORD, tagged) > 0.5
    assert score_russian("name", Kind.UNKNOWN, tagged) > 0.5
    assert score_russian("name", Kind.OR_WORD, replace(CAPITAL, venue=True)) > 0.5
    assert score_russian("name", Kind.OR_WORD, replace(CAPITAL, population=FAMOUS)) > 0.5
    assert score_russian("name", Kind.PERSON, replace(PLACED, population=100)) == 0.0


def test_unknown_words() -> None:
    assert score_russian("name", Kind.UNKNOWN, CAPITAL) > 0.5
    assert score_russian("name", Kind.UNKNOWN, replace(CAPITAL, named_neighbour=True)) < 0.5
    assert score_russian("name", Kind.UNKNOWN, replace(BARE, preposition="at")) > 0.5
    assert score_russian("name", Kind.UNKNOWN, BARE) < score_russian("names", Kind.UNKNOWN, BARE)
    assert score_russian("name", Kind.UNKNOWN, replace(BARE, population=10)) == 0.0


def test_names_of_several_words() -> None:
    two = replace(BARE, words=2)
    assert score_russian("name", Kind.SURE, replace(two, capital=True)) > 0.9
    assert score_russian("name", Kind.ORDINARY, replace(two, capital=True)) > 0.5
    assert score_russian("name", Kind.SURE, replace(two, preposition="at")) > 0.8
    assert score_russian("name", Kind.SURE, two) > 0.5
    assert score_russian("name", Kind.ORDINARY, two) == 0.0
    assert score_russian("name", Kind.SURE, replace(two, population=100)) == 0.0


def test_latin_names() -> None:
    assert score_latin("name", Kind.SURE, replace(PLACED, named_neighbour=True)) > 0.5
    assert score_latin("name", Kind.SURE, replace(CAPITAL, named_neighbour=True)) < 0.5
    assert score_latin("name", Kind.SURE, replace(CAPITAL, population=100)) < 0.5
    assert score_latin("name", Kind.ORDINARY, replace(CAPITAL, region=True)) > 0.5
    assert score_latin("name", Kind.SURE, CAPITAL, True) < score_latin("name", Kind.SURE, CAPITAL)
