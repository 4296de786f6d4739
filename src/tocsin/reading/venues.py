"""Words for kinds of spot: airport, mosque, square, hotel …"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tocsin.model.place import Place, VenueClass
from tocsin.reading.gazetteer import Gazetteer
from tocsin.reading.gazetteer_names import WORD, fold, is_cyrillic
from tocsin.reading.lemmas import analyzer
from tocsin.reading.places_pack import LANGUAGES, read_pack
from tocsin.reading.places_words import Words

_PREPOSITION_REACH = 3
LOCATIVE = (
    "в во на у к ко возле около напротив близ до из под in at near outside inside to towards "
    "toward from by around opposite into behind"
)
_LOCATIVE = frozenset(LOCATIVE.split())


@dataclass(frozen=True, slots=True)
class VenueWord:
    """A venue named in a text.

    Args:
        first, last: word numbers, both inclusive.
        located: a preposition of place stands before it.
        preposition: that word, folded; empty without.
    """

    kind: VenueClass
    first: int
    last: int
    start: int
    end: int
    located: bool
    preposition: str = ""


@dataclass(slots=True)
class _Phrases:
    """Second and further words (sets of forms) → class, for one first form."""

    rest: list[tuple[tuple[frozenset[str], ...], VenueClass, str]] = field(default_factory=list)


class VenueFinder:
    """Finds venue words by the forms the packs give."""

    def __init__(self) -> None:
        self._phrases: dict[str, _Phrases] = {}
        self._institutions: set[str] = set()
        self._not_spots: set[str] = set()
        self.digests: dict[str, str] = {}
        for language in LANGUAGES:
            pack, digest = read_pack(f"venues_{language}")
            self.digests[f"packs/venues_{language}"] = digest
            self._add(pack)

    def is_venue(self, form: str) -> bool:
        """A folded word that begins a venue's name."""
        return form in self._phrases and form not in self._not_spots

    def find(self, words: Words) -> list[VenueWord]:
        """Venue words in text order; the longest phrase wins."""
        found: list[VenueWord] = []
        at = 0
        while at < len(words):
            match = self._match(words, at) if words.forms[at] in self._phrases else None
            if match is not None:
                found.append(match)
                at = match.last
            at += 1
        return found

    def _match(self, words: Words, at: int) -> VenueWord | None:
        for rest, kind, lemma in self._phrases[words.forms[at]].rest:
            last = at + len(rest)
            if last >= len(words) or not all(
                words.forms[at + 1 + n] in forms and words.joined(at + n)
                for n, forms in enumerate(rest)
            ):
                continue
            if not rest and words.forms[at] in self._not_spots:
                continue
            preposition = _preposition_before(words, at)
            if not preposition and lemma in self._institutions:
                continue
            start, end = words.starts[at], words.ends[last]
            return VenueWord(kind, at, last, start, end, bool(preposition), preposition)
        return None

    def _add(self, pack: Mapping[str, Any]) -> None:
        self._institutions.update(pack["institutions"])
        self._not_spots.update(pack["not_spots"])
        for kind, phrases in pack["venues"].items():
            for phrase in phrases:
                self._add_phrase(phrase, VenueClass(kind))
        for entry in self._phrases.values():
            entry.rest.sort(key=lambda option: -len(option[0]))

    def _add_phrase(self, phrase: str, kind: VenueClass) -> None:
        head, *rest = (_forms(word) for part in phrase.split() for word in _parts(part))
        for form in sorted(head):
            options = self._phrases.setdefault(form, _Phrases()).rest
            options.append((tuple(rest), kind, fold(phrase)))


def _parts(part: str) -> list[str]:
    return [part] if part.startswith("=") else WORD.findall(fold(part))


def _forms(word: str) -> frozenset[str]:
    """Every form of a dictionary word, folded; a word marked ``=`` stays as it is."""
    if word.startswith("="):
        return frozenset({fold(word[1:])})
    if not is_cyrillic(word):
        return frozenset({word, f"{word}s", f"{word}es"})
    best = analyzer().parse(word)[0]
    return frozenset({word, *(fold(form.word) for form in best.lexeme)})


def _preposition_before(words: Words, at: int) -> str:
    """The preposition of place up to three words before, in the same sentence; else empty."""
    for back in range(1, _PREPOSITION_REACH + 1):
        if at - back < 0 or "\n" in words.text[words.ends[at - back] : words.starts[at]]:
            return ""
        if words.forms[at - back] in _LOCATIVE:
            return words.forms[at - back]
    return ""


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
