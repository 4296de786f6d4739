"""Words for kinds of spot: airport, mosque, square, hotel …"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from tocsin.model.place import Place, VenueClass
from tocsin.reading.gazetteer import Gazetteer
from tocsin.reading.gazetteer_names import WORD, fold, is_cyrillic
from tocsin.reading.lemmas import analyzer
from tocsin.reading.places_pack import LANGUAGES, PlaceWords, read_pack
from tocsin.reading.places_words import Words

_PREPOSITION_REACH = 3
_ANY = ("ru", "en")
_PACKS = {one: (one, "ru" if one == "uk" else "en") for one in LANGUAGES if one not in _ANY}
_PACKS |= {"ru": _ANY, "en": _ANY}
_PREFIXES = {"ب": "at", "ل": "towards"}
LEAST_STEM = 3
MAX_KNOWN = 50_000
WITH = "с со з зі через mit con avec"
"""Prepositions of places that mean something else before an institution ("with the police")."""

_WITH = frozenset(WITH.split())
Direction = Callable[[Words, int], str]
"""What a word of a text says of what follows it: ``at``, ``towards``, ``from`` or empty."""


@dataclass(frozen=True, slots=True)
class VenueWord:
    """A venue named in a text.

    Args:
        first, last: word numbers, both inclusive.
        located: something says that the spot is meant and not the institution.
        direction: ``at``, ``towards``, ``from`` or empty.
    """

    kind: VenueClass
    first: int
    last: int
    start: int
    end: int
    located: bool
    direction: str = ""


@dataclass(frozen=True, slots=True)
class _Forms:
    """A word of a venue's name: its forms, or what they all begin with."""

    forms: frozenset[str]
    stem: str = ""

    def __contains__(self, form: str) -> bool:
        return form in self.forms or bool(self.stem and form.startswith(self.stem))


@dataclass(frozen=True, slots=True)
class _Phrase:
    """What may follow a first word, and what the whole then is."""

    rest: tuple[_Forms, ...]
    kind: VenueClass
    name: str


class Venues:
    """A finder for each language: its own words and those it is often mixed with."""

    def __init__(self, words: PlaceWords) -> None:
        self._words = words
        self._finders: dict[str, VenueFinder] = {}

    def of(self, lang: str) -> VenueFinder:
        """The finder for texts in this language; made at first use."""
        packs = _PACKS.get(lang, _ANY)
        key = lang if lang in _PACKS else ""
        if key not in self._finders:
            self._finders[key] = VenueFinder(packs, partial(self._words.direction, lang=key))
        return self._finders[key]

    @property
    def digests(self) -> dict[str, str]:
        """Pack → digest, of every language."""
        return {f"packs/venues_{one}": read_pack(f"venues_{one}")[1] for one in LANGUAGES}


class VenueFinder:
    """Finds venue words by the forms the packs of some languages give."""

    def __init__(self, languages: Sequence[str], direction: Direction) -> None:
        self._direction = direction
        self._endings: tuple[tuple[str, str], ...] = ()
        self._after: set[str] = set()
        self._phrases: dict[str, list[_Phrase]] = {}
        self._stems: dict[str, list[_Phrase]] = {}
        self._known: dict[str, tuple[_Phrase, ...]] = {}
        self._institutions: set[str] = set()
        self._not_spots: set[str] = set()
        self._articles: set[str] = set()
        for language in languages:
            self._add(read_pack(f"venues_{language}")[0])

    def is_venue(self, form: str) -> bool:
        """A folded word that begins a venue's name."""
        return bool(self._options(form)) and form not in self._not_spots

    def find(self, words: Words) -> list[VenueWord]:
        """Venue words in text order; the longest phrase wins."""
        found: list[VenueWord] = []
        at = 0
        while at < len(words):
            options = self._options(words.forms[at])
            match = self._match(words, at, options) if options else None
            if match is not None:
                found.append(match)
                at = match.last
            at += 1
        return found

    def _options(self, form: str) -> tuple[_Phrase, ...]:
        """Phrases that may begin with this form, the longest first."""
        known = self._known.get(form)
        if known is None:
            found = list(self._phrases.get(form, ()))
            for length in range(LEAST_STEM, len(form) + 1):
                found += self._stems.get(form[:length], ())
            known = tuple(sorted(found, key=lambda phrase: -len(phrase.rest)))
            if len(self._known) < MAX_KNOWN:
                self._known[form] = known
        return known

    def _match(self, words: Words, at: int, options: Sequence[_Phrase]) -> VenueWord | None:
        for rest, kind, name in ((one.rest, one.kind, one.name) for one in options):
            last = at + len(rest)
            if last >= len(words) or not all(
                words.forms[at + 1 + n] in forms and words.joined(at + n)
                for n, forms in enumerate(rest)
            ):
                continue
            if not rest and words.forms[at] in self._not_spots:
                continue
            direction = self._direction_of(words, at, last)
            if not direction and name in self._institutions:
                continue
            start, end = words.starts[at], words.ends[last]
            located = bool(direction) or (at > 0 and words.forms[at - 1] in self._articles)
            return VenueWord(kind, at, last, start, end, located, direction)
        return None

    def _direction_of(self, words: Words, first: int, last: int) -> str:
        """By a preposition up to three words before, or by what is written with the word."""
        for back in range(1, _PREPOSITION_REACH + 1):
            before = first - back
            if before < 0 or "\n" in words.text[words.ends[before] : words.starts[first]]:
                break
            direction = self._direction(words, before)
            if direction and words.forms[before] not in _WITH:
                return direction
        if last + 1 < len(words) and words.forms[last + 1] in self._after:
            return "at"
        form = words.forms[first]
        if form[0] in _PREFIXES and form[1:] in self._phrases:
            return _PREFIXES[form[0]]
        inner = words.forms[last]
        return next((where for end, where in self._endings if inner.endswith(end)), "")

    def _add(self, pack: Mapping[str, Any]) -> None:
        endings = {**dict(self._endings), **pack.get("endings", {})}
        self._endings = tuple(sorted(endings.items(), key=lambda one: -len(one[0])))
        self._after.update(map(fold, pack.get("after", ())))
        self._articles.update(map(fold, pack.get("articles", ())))
        self._institutions.update(map(fold, pack["institutions"]))
        self._not_spots.update(map(fold, pack["not_spots"]))
        for kind, phrases in pack["venues"].items():
            for phrase in phrases:
                self._add_phrase(str(phrase), VenueClass(kind))

    def _add_phrase(self, text: str, kind: VenueClass) -> None:
        head, *rest = (_forms(word) for part in text.split() for word in _parts(part))
        phrase = _Phrase(tuple(rest), kind, fold(text))
        if head.stem:
            self._stems.setdefault(head.stem, []).append(phrase)
        for form in sorted(head.forms):
            self._phrases.setdefault(form, []).append(phrase)


def _parts(part: str) -> list[str]:
    return [part] if part[0] == "=" or part[-1] == "*" else WORD.findall(fold(part))


def _forms(word: str) -> _Forms:
    """Every form of a dictionary word, folded; ``=``: as it stands; ``*``: whatever follows."""
    if word.startswith("="):
        return _Forms(frozenset({fold(word[1:])}))
    if word.endswith("*"):
        return _Forms(frozenset(), fold(word[:-1]))
    if word.isascii():
        return _Forms(frozenset({word, f"{word}s", f"{word}es"}))
    if not is_cyrillic(word):
        return _Forms(frozenset({word}))
    best = analyzer().parse(word)[0]
    return _Forms(frozenset({word, *(fold(form.word) for form in best.lexeme)}))


def venue_name(city: Place, kind: VenueClass, airport: Place | None) -> str:
    """English display name: ``Makhachkala airport (Uytash)``, ``Khasavyurt, hotel``."""
    if kind is not VenueClass.AIRPORT:
        return f"{city.name}, {kind.value.replace('_', ' ')}"
    if airport is None or fold(airport.name) == fold(city.name):
        return f"{city.name} airport"
    return f"{city.name} airport ({airport.name})"


def venue_spot(
    gazetteer: Gazetteer, city: Place, kind: VenueClass, named: Place | None
) -> tuple[str, float, float]:
    """Name, latitude and longitude of a venue; an airport has its own position."""
    airport = named
    if kind is VenueClass.AIRPORT and airport is None:
        airport = gazetteer.airport_of(city)
    spot = airport if kind is VenueClass.AIRPORT and airport is not None else city
    return venue_name(city, kind, airport), spot.latitude, spot.longitude
