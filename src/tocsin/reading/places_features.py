"""What stands around a name, as numbers for the filter that asks: is a place meant here?

Rules (``places_evidence``) give one of the numbers; the others let training correct them where
posts of other kinds and languages behave otherwise. Words beside the name are hashed.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log, log10

from tocsin.model.place import PlaceKind
from tocsin.reading.gazetteer import Gazetteer
from tocsin.reading.gazetteer_names import is_cyrillic
from tocsin.reading.places_commonness import Commonness
from tocsin.reading.places_evidence import (
    LARGE,
    Kind,
    Surroundings,
    kind_of,
    score_latin,
    score_russian,
)
from tocsin.reading.places_pack import PlaceWords
from tocsin.reading.places_spell import Hit
from tocsin.reading.places_words import Words

BUCKETS = 2048
LANGUAGES = ("ru", "uk", "en", "de", "fr", "es", "ar", "tr")
_PREPOSITIONS = ("at", "towards", "from")
_BEST_KINDS = tuple(PlaceKind)
_AREAS = frozenset({PlaceKind.COUNTRY, PlaceKind.REGION})
_SCORED_LIKE_ENGLISH = frozenset({"en", "und", "ru", "uk"})

DENSE = (
    "rule",
    *(f"lang_{lang}" for lang in LANGUAGES),
    "cyrillic",
    "no_capitals",
    "capital",
    "shouted",
    "hashtag",
    "mention",
    "opens",
    "all_capitals",
    *(f"prep_{name}" for name in _PREPOSITIONS),
    "place_only",
    "settlement",
    "venue",
    "beside",
    "named_neighbour",
    "alone",
    "several_words",
    "short",
    *(f"kind_{kind.value}" for kind in Kind),
    *(f"best_{kind.value}" for kind in _BEST_KINDS),
    "population",
    "candidates",
    "strong",
    "alias",
    "airport",
    "zipf",
    "zipf_capital",
    "small",
    "small_known",
    "small_capital",
    "others",
)
"""Names of the dense features, in order."""

_PAUSE = re.compile(r"[.,;:!?…\n—–|/()]")
LINKING = "на де ла ле эль upon on de la le les del da do the am der en"
_LINKING = frozenset(LINKING.split())


@dataclass(frozen=True, slots=True)
class Survey:
    """What stands around each hit of a text, one entry per hit.

    Args:
        dense: features in the order of DENSE.
        around: buckets of the words beside it.
        seen: the surroundings themselves.
        beside: the area right after it, if there is one.
    """

    dense: list[list[float]]
    around: list[list[int]]
    seen: list[Surroundings]
    beside: list[Hit | None]


class Surveyor:
    """Looks around hits; the same text always gives the same numbers."""

    def __init__(self, gazetteer: Gazetteer, words: PlaceWords, common: Commonness) -> None:
        self._gazetteer = gazetteer
        self._pack = words
        self._common = common

    def survey(
        self,
        words: Words,
        hits: Sequence[Hit],
        lang: str,
        is_venue: Callable[[str], bool],
    ) -> Survey:
        """Look around every hit."""
        beside = self.beside(words, hits)
        seen = [
            self._surroundings(words, hit, beside[n] is not None, (lang, is_venue))
            for n, hit in enumerate(hits)
        ]
        dense = [
            self._dense(words, hit, around, (lang, len(hits)))
            for hit, around in zip(hits, seen, strict=True)
        ]
        return Survey(dense, [_around(words, hit) for hit in hits], seen, beside)

    def beside(self, words: Words, hits: Sequence[Hit]) -> list[Hit | None]:
        """The area right after each hit ("Birmingham, Alabama"), None: there is none."""
        found: list[Hit | None] = []
        followers: list[Hit | None] = [*hits[1:], None]
        for hit, after in zip(hits, followers, strict=False):
            if after is None or after.first != hit.last + 1 or not self._is_area(after):
                found.append(None)
                continue
            gap = words.text[words.ends[hit.last] : words.starts[after.first]].strip()
            found.append(after if gap in {"", ",", "("} else None)
        return found

    def _is_area(self, hit: Hit) -> bool:
        kinds = self._gazetteer.kinds
        return any(kinds[entry >> 1] in _AREAS for entry in hit.entries)

    def _dense(
        self, words: Words, hit: Hit, seen: Surroundings, told: tuple[str, int]
    ) -> list[float]:
        lang, hits = told
        kind = self._kind(words.forms[hit.first : hit.last + 1], seen)
        return [
            _rule(words.forms[hit.first], kind, seen, lang),
            *(float(lang == one) for one in LANGUAGES),
            *_writing(words, hit, seen),
            *_beside(seen),
            float(len(hit) > 1),
            float(words.ends[hit.last] - words.starts[hit.first] < 4),
            *(float(kind is one) for one in Kind),
            *self._candidates(hit, seen),
            *self._commonness(words.forms[hit.first], lang, len(hit) == 1, seen.capital),
            log(hits),
        ]

    def _candidates(self, hit: Hit, seen: Surroundings) -> list[float]:
        best, strong = self._best(hit)
        return [
            *(float(best == one) for one in _BEST_KINDS),
            log10(seen.population + 100) - 4,
            log(1 + len(hit.entries)),
            float(strong),
            float(hit.alias),
            float(hit.airport is not None),
        ]

    def _commonness(self, form: str, lang: str, single: bool, capital: bool) -> list[float]:
        zipf = self._common.zipf(form, lang) if single else 0.0
        small = self._common.small(form, lang) if single else -1.0
        known = small >= 0
        return [
            zipf,
            zipf * capital,
            max(small, 0.0),
            float(known),
            small * capital if known else 0.0,
        ]

    def _best(self, hit: Hit) -> tuple[PlaceKind | None, bool]:
        """Kind of the largest candidate; whether the name is a current one of any candidate."""
        if not hit.entries:
            return (PlaceKind.AIRPORT if hit.airport else None), True
        sizes = self._gazetteer.populations
        largest = max(hit.entries, key=lambda entry: (entry & 1, sizes[entry >> 1]))
        return self._gazetteer.kind_at(largest >> 1), any(entry & 1 for entry in hit.entries)

    def _kind(self, forms: Sequence[str], seen: Surroundings) -> Kind:
        kinds = [kind_of(form, self._pack.ordinary, self._pack.person_names) for form in forms]
        if len(kinds) == 1:
            return kinds[0]
        plain = all(kind in {Kind.ORDINARY, Kind.OR_WORD} for kind in kinds)
        latin = not is_cyrillic(forms[0])
        return Kind.ORDINARY if plain and not (latin and seen.capital) else Kind.SURE

    # -- surroundings ------------------------------------------------------------------------

    def _surroundings(
        self, words: Words, hit: Hit, beside: bool, told: tuple[str, Callable[[str], bool]]
    ) -> Surroundings:
        lang, is_venue = told
        before = _before(words, hit.first)
        settlement = before >= 0 and self._settlement(words, before)
        venue = before >= 0 and words.spaced(before) and is_venue(words.forms[before])
        marker = before - 1 if (settlement or venue) and before > 0 else before
        while marker > 0 and venue and is_venue(words.forms[marker]):
            marker -= 1
        after = hit.last + 1
        joined = after < len(words) and words.joined(hit.last)
        named = range(hit.first, hit.last + 1)
        return Surroundings(
            preposition=self._preposition(words, hit, marker, lang),
            place_only=marker == before >= 0 and words.forms[marker] in self._pack.place_only,
            settlement=settlement or (joined and words.forms[after] in self._pack.settlements),
            venue=venue or (joined and is_venue(words.forms[after])),
            region=beside,
            capital=all(
                words.capital(n) or (n > hit.first and words.forms[n] in _LINKING) for n in named
            ),
            hashtag=words.hashtag(hit.first) or (hit.alias and words.forms[hit.first].isascii()),
            named_neighbour=self._neighbour(words, hit, is_venue),
            population=self._population(hit),
            words=len(hit),
            alone=_alone(words, hit),
        )

    def _preposition(self, words: Words, hit: Hit, marker: int, lang: str) -> str:
        """``at``, ``towards``, ``from`` or empty; a suffix or a letter written together counts."""
        bare = self._gazetteer.head_length(words.forms[hit.first]) > 0
        own = self._pack.endings.preposition(words, (hit.first, hit.last), bare)
        if own or marker < 0:
            return own
        return self._pack.direction(words, marker, lang)

    def _population(self, hit: Hit) -> int:
        """Of the largest candidate; a former or foreign name counts for a tenth."""
        sizes = (self._gazetteer.populations[e >> 1] // (1 if e & 1 else 10) for e in hit.entries)
        return int(max(sizes, default=LARGE))

    def _settlement(self, words: Words, before: int) -> bool:
        two = " ".join(words.forms[max(before - 1, 0) : before + 1])
        return words.forms[before] in self._pack.settlements or two in self._pack.settlements

    def street(self, words: Words, hit: Hit) -> bool:
        """A street or square carries the name ("ул. Киевская", "Moscow Road")."""
        before = _before(words, hit.first)
        form = words.forms[hit.first]
        if before >= 0 and words.forms[before] in self._pack.streets:
            return not is_cyrillic(form) or kind_of(form, set(), set()) is not Kind.SURE
        after = hit.last + 1
        return (
            after < len(words)
            and words.spaced(hit.last)
            and words.forms[after] in self._pack.streets
            and not is_cyrillic(words.forms[after])
        )

    def _neighbour(self, words: Words, hit: Hit, is_venue: Callable[[str], bool]) -> bool:
        """A capitalised word of another name beside it: "Jack London", "London Breed"."""
        after, before = hit.last + 1, hit.first - 1
        if after < len(words) and words.spaced(hit.last) and self._foreign(words, after, is_venue):
            return True
        if before < 0 or not words.spaced(before):
            return False
        # Any word may open a sentence with a capital; only a first name says something there.
        telling = words.forms[before] in self._pack.first_names or not words.opens_sentence(before)
        return telling and self._foreign(words, before, is_venue)

    def _foreign(self, words: Words, at: int, is_venue: Callable[[str], bool]) -> bool:
        form = words.forms[at]
        known = self._pack.all_prepositions, self._pack.settlements, self._pack.streets
        if (
            not words.capital(at)
            or words.shouted
            or is_venue(form)
            or any(form in table for table in known)
        ):
            return False
        return form not in self._pack.never and not self._area_name(form)

    def _area_name(self, form: str) -> bool:
        kinds = self._gazetteer.kinds
        entries = self._gazetteer.entries((form,), areas=True)
        return any(kinds[entry >> 1] in _AREAS for entry in entries)


def _writing(words: Words, hit: Hit, seen: Surroundings) -> list[float]:
    form, start = words.forms[hit.first], words.starts[hit.first]
    raw = words.text[start : words.ends[hit.last]]
    cyrillic = is_cyrillic(form)
    return [
        float(cyrillic),
        float(not cyrillic and form[0] >= "\u0590"),
        float(seen.capital),
        float(words.shouted),
        float(seen.hashtag),
        float(start > 0 and words.text[start - 1] == "@"),
        float(words.opens_sentence(hit.first)),
        float(raw.isupper() and len(raw) > 1),
    ]


def _beside(seen: Surroundings) -> list[float]:
    return [
        *(float(seen.preposition == name) for name in _PREPOSITIONS),
        float(seen.place_only),
        float(seen.settlement),
        float(seen.venue),
        float(seen.region),
        float(seen.named_neighbour),
        float(seen.alone),
    ]


def _rule(form: str, kind: Kind, seen: Surroundings, lang: str) -> float:
    """The judgement by rules, as a logit cut off at ±4."""
    if is_cyrillic(form):
        p = score_russian(form, kind, seen)
    else:
        p = score_latin(form, kind, seen, lang not in _SCORED_LIKE_ENGLISH)
    return log(max(p, 0.018) / max(1 - p, 0.018))


def _alone(words: Words, hit: Hit) -> bool:
    """Between marks of punctuation, as a dateline or an address has it: "Town, 19:00"."""
    before = words.text[words.ends[hit.first - 1] if hit.first else 0 : words.starts[hit.first]]
    after = hit.last + 1
    end = words.starts[after] if after < len(words) else len(words.text)
    behind = words.text[words.ends[hit.last] : end]
    first = hit.first == 0 or bool(_PAUSE.search(before))
    return first and (after == len(words) or bool(_PAUSE.search(behind)))


def _before(words: Words, first: int) -> int:
    """The word right before, in the same clause; −1: none."""
    if first == 0:
        return -1
    gap = words.text[words.ends[first - 1] : words.starts[first]]
    return first - 1 if gap.strip(' \u00a0#«"“„.@\n') == "" and "\n" not in gap else -1


def _around(words: Words, hit: Hit) -> list[int]:
    """Buckets of the two words before and after, with their places, and of the marks between."""
    tags = []
    for step in (1, 2):
        before, after = hit.first - step, hit.last + step
        tags.append(f"-{step} {words.forms[before] if before >= 0 else '^'}")
        tags.append(f"+{step} {words.forms[after] if after < len(words) else '$'}")
    if hit.first:
        tags.append("< " + words.text[words.ends[hit.first - 1] : words.starts[hit.first]][:4])
    if hit.last + 1 < len(words):
        tags.append("> " + words.text[words.ends[hit.last] : words.starts[hit.last + 1]][:4])
    return [_bucket(tag) for tag in tags]


@lru_cache(maxsize=65536)
def _bucket(tag: str) -> int:
    return zlib.crc32(tag.encode()) % BUCKETS
