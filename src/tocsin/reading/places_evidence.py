"""How likely a word that spells a place's name is meant as that place.

The figures are judgements, ordered so that a name which is also a common word, a first name or
a surname needs a capital and a preposition (or a word such as "city") to pass one half.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from tocsin.reading.gazetteer_names import is_cyrillic
from tocsin.reading.lemmas import analyzer

LARGE = 300_000
MIDDLE = 50_000
FAMOUS = 1_000_000

_PERSON_TAGS = ({"Name"}, {"Surn"}, {"Patr"})


class Kind(Enum):
    """What else a word form can be."""

    SURE = "place only"
    OR_PERSON = "place or person"
    OR_WORD = "place or common word"
    PERSON = "known as a person's name only"
    ORDINARY = "a common word"
    UNKNOWN = "not in the dictionary"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What stands around a name.

    Args:
        preposition: ``at``, ``towards``, ``from`` or empty.
        place_only: the preposition is hardly used with persons.
        settlement: a word such as "city" stands before it.
        venue: a venue word stands beside it ("airport of …", "… airport").
        region: a region or country stands right after it.
        capital: written with a capital on purpose.
        hashtag: written as a hashtag.
        named_neighbour: a capitalised word of another name stands beside it.
        population: of the largest candidate.
        words: number of words in the name.
        alone: between marks of punctuation, as in an address.
    """

    preposition: str = ""
    place_only: bool = False
    settlement: bool = False
    venue: bool = False
    region: bool = False
    capital: bool = False
    hashtag: bool = False
    named_neighbour: bool = False
    population: int = 0
    words: int = 1
    alone: bool = False

    @property
    def located(self) -> bool:
        """Something beside the name says that it is a place."""
        return bool(self.preposition) or self.settlement or self.venue or self.region


@lru_cache(maxsize=65536)
def russian_kind(word: str) -> Kind:
    """What the dictionary says of a folded Russian word form."""
    morph = analyzer()
    if not morph.word_is_known(word):
        return Kind.UNKNOWN
    parses = [parse for parse in morph.parse(word) if parse.score > 0.01]
    geo = any("Geox" in parse.tag for parse in parses)
    person = any(_is_person(parse.tag) for parse in parses)
    common = any(not _is_person(p.tag) and "Geox" not in p.tag for p in parses)
    if geo:
        return Kind.OR_WORD if common else Kind.OR_PERSON if person else Kind.SURE
    return Kind.ORDINARY if common else Kind.PERSON


def _is_person(tag: object) -> bool:
    return any(names in tag for names in _PERSON_TAGS)  # type: ignore[operator]


def score_russian(form: str, kind: Kind, seen: Surroundings) -> float:
    """Probability, 0 to 1, that a Russian word form is meant as a place."""
    if seen.words > 1:
        return _several_words(kind, seen)
    if kind is Kind.SURE:
        return 0.95 if seen.capital or seen.located else 0.85
    if kind is Kind.UNKNOWN:
        return _unknown(form, seen)
    if not seen.capital and not seen.hashtag:
        large = seen.alone and seen.population >= 2 * MIDDLE
        return 0.55 if large and kind is Kind.OR_WORD else 0.0
    firm = seen.place_only or seen.settlement or seen.region
    return _ambiguous(kind, seen, firm)


def _ambiguous(kind: Kind, seen: Surroundings, firm: bool) -> float:
    if kind is Kind.OR_WORD:
        return _or_word(seen, firm)
    if kind is Kind.OR_PERSON:
        return 0.85 if firm or seen.venue else 0.6 if seen.hashtag else 0.4
    if kind is Kind.PERSON:
        return 0.7 if seen.settlement else 0.6 if firm and seen.population >= MIDDLE else 0.0
    return 0.75 if seen.settlement else 0.0


def _several_words(kind: Kind, seen: Surroundings) -> float:
    if seen.capital:
        return 0.95 if kind is not Kind.ORDINARY or seen.located else 0.75
    if seen.population < MIDDLE:
        return 0.0
    if kind is Kind.ORDINARY:
        return 0.7 if seen.preposition in {"at", "from"} else 0.0
    return 0.85 if seen.located else 0.75


def _unknown(form: str, seen: Surroundings) -> float:
    if seen.capital:
        if seen.located:
            return 0.88
        return 0.45 if seen.named_neighbour or seen.population < MIDDLE else 0.75
    if seen.hashtag:
        return 0.8
    if seen.population < 2 * MIDDLE or len(form) < 3:
        return 0.0
    return 0.75 if seen.located else 0.6 if len(form) > 4 else 0.0


def _or_word(seen: Surroundings, firm: bool) -> float:
    if firm or seen.preposition or seen.venue:
        return 0.85 if firm else 0.65
    if seen.hashtag or (seen.alone and seen.population >= MIDDLE):
        return 0.6
    return 0.7 if seen.population >= FAMOUS and not seen.named_neighbour else 0.4


def score_latin(form: str, kind: Kind, seen: Surroundings, other_language: bool = False) -> float:
    """Probability, 0 to 1, that a word in Latin letters is meant as a place.

    Args:
        other_language: the text is not English, so capitals and lists say less.
    """
    if kind is Kind.ORDINARY:
        return _ordinary_latin(seen)
    if kind is Kind.PERSON:
        firm = seen.capital and (seen.place_only or seen.region or seen.settlement)
        return 0.8 if firm else 0.4
    if not seen.capital and not seen.hashtag:
        if seen.population < 2 * MIDDLE or len(form) < 4:
            return 0.0
        return 0.8 if seen.preposition else 0.6
    return _capital_latin(seen) * (0.85 if other_language else 1.0)


def _ordinary_latin(seen: Surroundings) -> float:
    if not seen.capital:
        return 0.0
    if seen.region or seen.settlement:
        return 0.85
    return 0.75 if seen.place_only and seen.population >= MIDDLE else 0.0


def _capital_latin(seen: Surroundings) -> float:
    if seen.located:
        return 0.75 if seen.named_neighbour and not seen.region else 0.93
    size = 0.85 if seen.population >= LARGE else 0.62 if seen.population >= MIDDLE else 0.4
    if seen.hashtag or seen.words > 1:
        size = max(size, 0.75)
    return size * (0.5 if seen.named_neighbour else 1.0)


def kind_of(form: str, ordinary: set[str], person_names: set[str]) -> Kind:
    """The kind of a folded word: by dictionary for Cyrillic, by the pack's lists for Latin."""
    if is_cyrillic(form):
        return russian_kind(form)
    if form in ordinary:
        return Kind.ORDINARY
    return Kind.PERSON if form in person_names else Kind.SURE
