"""The names a text spells and what stands around them: what the finder and its training share."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tocsin.reading.gazetteer import Gazetteer
from tocsin.reading.places_commonness import Commonness
from tocsin.reading.places_features import Survey, Surveyor
from tocsin.reading.places_meant import Options
from tocsin.reading.places_pack import PlaceWords
from tocsin.reading.places_spell import Hit, Speller
from tocsin.reading.places_words import Words


class Names:
    """Look-ups only; whether a place is meant, and which, is not asked here."""

    def __init__(self, gazetteer: Gazetteer, words: PlaceWords) -> None:
        common = Commonness.load()
        self._speller = Speller(gazetteer, words, common)
        self._surveyor = Surveyor(gazetteer, words, common)

    def hits(self, words: Words, lang: str) -> list[Hit]:
        """Names in text order, but for those that a street carries."""
        hits = self._speller.spell(words, lang)
        return [hit for hit in hits if not self._surveyor.street(words, hit)]

    def survey(
        self, words: Words, hits: Sequence[Hit], lang: str, is_venue: Callable[[str], bool]
    ) -> Survey:
        """What stands around each of the hits."""
        return self._surveyor.survey(words, hits, lang, is_venue)

    def given(self, words: Words, spans: Sequence[tuple[int, int]]) -> list[Hit | None]:
        """The names in spans of characters that are known to hold one each."""
        return [self._hit(words, span) for span in spans]

    def options(self, words: Words, hits: Sequence[Hit | None]) -> list[Options]:
        """Candidates of each name, in any order of names; none where there is no name."""
        order = sorted((hit for hit in hits if hit is not None), key=lambda hit: hit.first)
        beside = dict(zip(order, self._surveyor.beside(words, order), strict=True))
        return [Options(()) if hit is None else options_of(hit, beside[hit]) for hit in hits]

    def _hit(self, words: Words, span: tuple[int, int]) -> Hit | None:
        inside = [
            n for n in range(len(words)) if words.ends[n] > span[0] and words.starts[n] < span[1]
        ]
        return self._speller.given(words, inside[0], inside[-1]) if inside else None


def options_of(hit: Hit, beside: Hit | None) -> Options:
    """Candidates of a name, with the area named right after it."""
    return Options(hit.entries, () if beside is None else beside.entries)
