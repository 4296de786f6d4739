"""Place names in a text, and which places they mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tocsin.model.place import Place, PlaceKind
from tocsin.reading.gazetteer import Gazetteer
from tocsin.reading.places_commonness import Commonness
from tocsin.reading.places_features import DENSE, Surveyor
from tocsin.reading.places_filter import PlaceFilter
from tocsin.reading.places_meant import Options, Resolver
from tocsin.reading.places_pack import PlaceWords
from tocsin.reading.places_spell import Hit, Speller
from tocsin.reading.places_words import Words

ABSTAIN_BELOW = 0.4
"""A mention less likely than this is not reported: half of the F1 that is reached, which is where
F1 is highest if the probabilities are true (Lipton, Elkan & Naryanaswamy 2014)."""

DOUBTED_BELOW = 0.6
"""The same for a name that the rules take for something else: a person, a bird, a verb."""

MEANT_FROM = 0.5
"""A span more likely than this names a place, whichever it is."""

ADDED_P = 0.9
"""Least probability that a name means the place which a desk added under it."""

MOST_SHOWN = 5
PERSON = 0.5
RULE, NEIGHBOUR = DENSE.index("rule"), DENSE.index("named_neighbour")

CONTEXT_FROM = 0.3
"""A name less likely than this to mean a place says nothing of the others."""


@dataclass(frozen=True, slots=True)
class Found:
    """A resolved mention: character offsets, the place, and the airport where one is named.

    Args:
        place: a city, district, region or country; of an airport, its city.
        preposition: ``at``, ``towards``, ``from`` or empty.
    """

    start: int
    end: int
    place: Place
    airport: Place | None
    p: float
    preposition: str


@dataclass(frozen=True, slots=True)
class Explained:
    """A stretch of text that spells a place's name, and what was made of it.

    Args:
        meant: probability that a place is meant at all.
        p: that the likeliest candidate is meant.
        options: candidates with their probabilities, given that a place is meant.
    """

    said: str
    meant: float
    p: float
    options: tuple[tuple[Place, float], ...]


class PlaceFinder:
    """Finds place names; the same text and context always give the same mentions."""

    def __init__(
        self, gazetteer: Gazetteer, words: PlaceWords, trained: tuple[PlaceFilter, Resolver]
    ) -> None:
        common = Commonness.load()
        self._gazetteer = gazetteer
        self.speller = Speller(gazetteer, words, common)
        self.surveyor = Surveyor(gazetteer, words, common)
        self._filter, self.resolver = trained

    def named(
        self, words: Words, lang: str, is_venue: Callable[[str], bool]
    ) -> list[tuple[int, int]]:
        """Spans of characters that more likely than not mean a place, whichever it is."""
        hits = self._hits(words, lang)
        if not hits:
            return []
        dense, around, _ = self.surveyor.survey(words, hits, lang, is_venue)
        return [
            (words.starts[hit.first], words.ends[hit.last])
            for hit, p in zip(hits, self._filter.probabilities(dense, around), strict=True)
            if p >= MEANT_FROM
        ]

    def find(
        self, words: Words, lang: str, home: Place | None, is_venue: Callable[[str], bool]
    ) -> list[Found]:
        """Mentions in text order.

        Args:
            home: the channel's home place.
            is_venue: tells whether a folded word is a venue word.
        """
        hits = self._hits(words, lang)
        if not hits:
            return []
        dense, around, seen = self.surveyor.survey(words, hits, lang, is_venue)
        meant = self._meant(hits, dense, around)
        likely = [n for n, p in enumerate(meant) if p >= CONTEXT_FROM]
        beside = self.surveyor.beside(words, hits)
        options = [_options(hits[n], beside[n]) for n in likely]
        found = []
        for n, best in zip(likely, self.resolver.resolve(options, lang, home), strict=True):
            place, airport = self._place(hits[n], None if best is None else best.index)
            p = meant[n] * (1.0 if best is None else best.share)
            least = ABSTAIN_BELOW if dense[n][RULE] > 0 else DOUBTED_BELOW
            if place is not None and p >= least:
                start, end = words.starts[hits[n].first], words.ends[hits[n].last]
                found.append(Found(start, end, place, airport, p, seen[n].preposition))
        return found

    def explain(
        self, words: Words, lang: str, home: Place | None, is_venue: Callable[[str], bool]
    ) -> list[Explained]:
        """All names a text spells, those that are left alone too."""
        hits = self._hits(words, lang)
        if not hits:
            return []
        dense, around, _ = self.surveyor.survey(words, hits, lang, is_venue)
        meant = self._meant(hits, dense, around)
        beside = self.surveyor.beside(words, hits)
        options = [_options(hit, area) for hit, area in zip(hits, beside, strict=True)]
        ranked = self.resolver.ranked(options, lang, home, MOST_SHOWN)
        best = self.resolver.resolve(options, lang, home)
        return [
            Explained(
                words.text[words.starts[hit.first] : words.ends[hit.last]],
                p,
                p * (one.share if one is not None else 1.0),
                tuple((self._gazetteer.place_at(index), share) for index, share in listed),
            )
            for hit, p, one, listed in zip(hits, meant, best, ranked, strict=True)
        ]

    def given(
        self, words: Words, spans: Sequence[tuple[int, int]], lang: str, home: Place | None
    ) -> list[Place | None]:
        """What spans of characters mean, where it is known that each is a place's name.

        A name the gazetteer lacks (a bridge, a hamlet) is taken to lie in the nearest place that
        the text names besides.
        """
        hits = [self._hit(words, span) for span in spans]
        order = sorted((hit for hit in hits if hit is not None), key=lambda hit: hit.first)
        after = dict(zip(order, self.surveyor.beside(words, order), strict=True))
        options = [Options(()) if hit is None else _options(hit, after[hit]) for hit in hits]
        resolved = self.resolver.resolve(options, lang, home)
        places = [
            None if hit is None else self._place(hit, None if best is None else best.index)[0]
            for hit, best in zip(hits, resolved, strict=True)
        ]
        return [place or _nearest(spans, places, at) for at, place in enumerate(places)]

    def _meant(
        self, hits: Sequence[Hit], dense: list[list[float]], around: list[list[int]]
    ) -> list[float]:
        """P(a place is meant) of each hit.

        What a desk added is what it says; and a name beside another ("Владимир Сергеев", "Paris
        Hilton") is a person's where the rules doubt it already.
        """
        found = self._filter.probabilities(dense, around)
        for n, (hit, row) in enumerate(zip(hits, dense, strict=True)):
            if self._gazetteer.is_added(hit.entries):
                found[n] = max(found[n], ADDED_P)
            elif row[RULE] < 0 and row[NEIGHBOUR]:
                found[n] *= PERSON
        return found

    def _hits(self, words: Words, lang: str) -> list[Hit]:
        hits = self.speller.spell(words, lang)
        return [hit for hit in hits if not self.surveyor.street(words, hit)]

    def _hit(self, words: Words, span: tuple[int, int]) -> Hit | None:
        inside = [
            n for n in range(len(words)) if words.ends[n] > span[0] and words.starts[n] < span[1]
        ]
        return self.speller.given(words, inside[0], inside[-1]) if inside else None

    def _place(self, hit: Hit, index: int | None) -> tuple[Place | None, Place | None]:
        """The place and, where the name is an airport's own, the airport."""
        if hit.airport is None:
            return (None if index is None else self._gazetteer.place_at(index)), None
        airport = self._gazetteer.place(f"airport:{hit.airport}")
        return self._gazetteer.city_of(airport), airport


def _options(hit: Hit, beside: Hit | None) -> Options:
    return Options(hit.entries, () if beside is None else beside.entries)


def _nearest(
    spans: Sequence[tuple[int, int]], places: Sequence[Place | None], at: int
) -> Place | None:
    """The place named nearest to span ``at``; a country or region only if no other is named."""
    known = [
        (PlaceKind(place.kind).is_area, abs(spans[n][0] - spans[at][0]), n)
        for n, place in enumerate(places)
        if place is not None
    ]
    return places[min(known)[2]] if known else None
