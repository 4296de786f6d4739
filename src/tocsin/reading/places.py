"""Place names in a text, and which places they mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tocsin.model.place import Place, PlaceKind
from tocsin.reading.gazetteer import Gazetteer
from tocsin.reading.places_features import DENSE, Survey
from tocsin.reading.places_filter import PlaceFilter
from tocsin.reading.places_meant import Resolved, Resolver, Weighed
from tocsin.reading.places_names import Names, options_of
from tocsin.reading.places_spell import Hit
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
        read: it is read as that place, and not left alone.
        options: candidates with their probabilities, given that a place is meant.
    """

    said: str
    meant: float
    p: float
    read: bool
    options: tuple[tuple[Place, float], ...]


@dataclass(frozen=True, slots=True)
class _Judged:
    """A name of a text with all that was made of it; see Explained.

    Args:
        weighed: its candidates; None where it is an airport's own name.
    """

    hit: Hit
    preposition: str
    meant: float
    weighed: Weighed | None
    place: Place | None
    airport: Place | None
    p: float
    read: bool


class PlaceFinder:
    """Finds place names; the same text and context always give the same mentions."""

    def __init__(
        self, gazetteer: Gazetteer, names: Names, trained: tuple[PlaceFilter, Resolver]
    ) -> None:
        self._gazetteer = gazetteer
        self._names = names
        self._filter, self._resolver = trained

    def named(
        self, words: Words, lang: str, is_venue: Callable[[str], bool]
    ) -> list[tuple[int, int]]:
        """Spans of characters that more likely than not mean a place, whichever it is."""
        hits = self._names.hits(words, lang)
        survey = self._names.survey(words, hits, lang, is_venue)
        meant = self._filter.probabilities(survey.dense, survey.around)
        return [_span(words, hit) for hit, p in zip(hits, meant, strict=True) if p >= MEANT_FROM]

    def find(
        self, words: Words, lang: str, home: Place | None, is_venue: Callable[[str], bool]
    ) -> list[Found]:
        """Mentions in text order.

        Args:
            home: the channel's home place.
            is_venue: tells whether a folded word is a venue word.
        """
        return [
            Found(*_span(words, one.hit), one.place, one.airport, one.p, one.preposition)
            for one in self._judged(words, lang, home, is_venue)
            if one.read and one.place is not None  # the second says so to the type checker
        ]

    def explain(
        self, words: Words, lang: str, home: Place | None, is_venue: Callable[[str], bool]
    ) -> list[Explained]:
        """All names a text spells, those that are left alone too."""
        found = []
        for one in self._judged(words, lang, home, is_venue, alone=True):
            start, end = _span(words, one.hit)
            ranked = [] if one.weighed is None else one.weighed.ranked(MOST_SHOWN)
            options = tuple((self._gazetteer.place_at(index), share) for index, share in ranked)
            found.append(Explained(words.text[start:end], one.meant, one.p, one.read, options))
        return found

    def given(
        self, words: Words, spans: Sequence[tuple[int, int]], lang: str, home: Place | None
    ) -> list[Place | None]:
        """What spans of characters mean, where it is known that each is a place's name.

        A name the gazetteer lacks (a bridge, a hamlet) is taken to lie in the nearest place that
        the text names besides.
        """
        hits = self._names.given(words, spans)
        weighed = self._resolver.weigh(self._names.options(words, hits), lang, home)
        places = [
            None if hit is None else self._place(hit, None if one is None else one.best())[0]
            for hit, one in zip(hits, weighed, strict=True)
        ]
        return [place or _nearest(spans, places, at) for at, place in enumerate(places)]

    def _judged(
        self,
        words: Words,
        lang: str,
        home: Place | None,
        is_venue: Callable[[str], bool],
        alone: bool = False,
    ) -> list[_Judged]:
        """Names that may mean a place, in text order.

        Args:
            alone: the others too, each weighed by itself.
        """
        hits = self._names.hits(words, lang)
        if not hits:
            return []
        survey = self._names.survey(words, hits, lang, is_venue)
        meant = self._meant(hits, survey)
        likely = [n for n, p in enumerate(meant) if p >= CONTEXT_FROM]
        groups = [likely, *([n] for n in range(len(hits)) if alone and n not in likely)]
        found = {}
        for group in groups:
            options = [options_of(hits[n], survey.beside[n]) for n in group]
            for n, one in zip(group, self._resolver.weigh(options, lang, home), strict=True):
                found[n] = self._judge(hits[n], one, meant[n], (survey, n))
        return [found[n] for n in sorted(found)]

    def _judge(
        self, hit: Hit, weighed: Weighed | None, meant: float, at: tuple[Survey, int]
    ) -> _Judged:
        survey, n = at
        best = None if weighed is None else weighed.best()
        place, airport = self._place(hit, best)
        p = meant * (1.0 if best is None else best.share)
        least = ABSTAIN_BELOW if survey.dense[n][RULE] > 0 else DOUBTED_BELOW
        read = place is not None and p >= least
        preposition = survey.seen[n].preposition
        return _Judged(hit, preposition, meant, weighed, place, airport, p, read)

    def _meant(self, hits: Sequence[Hit], survey: Survey) -> list[float]:
        """P(a place is meant) of each hit.

        What a desk added is what it says; and a name beside another ("Владимир Сергеев", "Paris
        Hilton") is a person's where the rules doubt it already.
        """
        found = self._filter.probabilities(survey.dense, survey.around)
        for n, (hit, row) in enumerate(zip(hits, survey.dense, strict=True)):
            if self._gazetteer.is_added(hit.entries):
                found[n] = max(found[n], ADDED_P)
            elif row[RULE] < 0 and row[NEIGHBOUR]:
                found[n] *= PERSON
        return found

    def _place(self, hit: Hit, best: Resolved | None) -> tuple[Place | None, Place | None]:
        """The place and, where the name is an airport's own, the airport."""
        if hit.airport is None:
            return (None if best is None else self._gazetteer.place_at(best.index)), None
        airport = self._gazetteer.place(f"airport:{hit.airport}")
        return self._gazetteer.city_of(airport), airport


def _span(words: Words, hit: Hit) -> tuple[int, int]:
    return words.starts[hit.first], words.ends[hit.last]


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
