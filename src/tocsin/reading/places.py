"""Place names in a text, resolved in the gazetteer."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from tocsin.model.place import Place
from tocsin.reading.gazetteer import Gazetteer
from tocsin.reading.gazetteer_names import is_cyrillic, word_keys
from tocsin.reading.places_evidence import (
    LARGE,
    Kind,
    Surroundings,
    kind_of,
    score_latin,
    score_russian,
)
from tocsin.reading.places_pack import PlaceWords, Region, find_key
from tocsin.reading.places_resolve import Context, resolve
from tocsin.reading.places_words import Words

ABSTAIN_BELOW = 0.5
"""A mention less likely than this is not reported."""

ANCHOR_FROM = 0.9
MAX_HEADS = 100_000
"""Word forms remembered; later ones are worked out each time."""

_REGION_GAP = 3
_BESIDE = frozenset({"", ",", "("})
LINKING = "на де ла ле эль upon on de la le les del da do the am der en"
_LINKING = frozenset(LINKING.split())


@dataclass(frozen=True, slots=True)
class Hit:
    """A stretch of words that spells a place's name.

    Args:
        first, last: word numbers, both inclusive.
        entries: gazetteer entries of the name; empty where it is an airport's own name.
        airport: IATA code, where the name is an airport's.
        p: probability that a place is meant at all.
        preposition: ``at``, ``towards``, ``from`` or empty.
        beside: region or country right after the name.
        alias: the packs give the name.
    """

    first: int
    last: int
    entries: tuple[int, ...]
    airport: str | None = None
    p: float = 0.0
    preposition: str = ""
    beside: Region | None = None
    alias: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A resolved mention: character offsets, the city, and the airport where one is named."""

    start: int
    end: int
    place: Place
    airport: Place | None
    p: float
    preposition: str


@dataclass(frozen=True, slots=True)
class _Head:
    """A form as the first word of names.

    Args:
        longest: the most words in any such name; 0: none.
        ours: the most words in such a name of the packs.
        capital_only: written small it is hardly ever a place.
        single: what the form means alone.
    """

    longest: int
    ours: int
    capital_only: bool
    single: Hit | Region | None


_PAUSE = re.compile(r"[.,;:!?…\n—–|/()]")


class PlaceFinder:
    """Finds place names; the same text and context always give the same mentions."""

    def __init__(self, gazetteer: Gazetteer, words: PlaceWords) -> None:
        self._gazetteer = gazetteer
        self._pack = words
        self._heads: dict[str, _Head] = {}

    def find(
        self, words: Words, lang: str, home: Place | None, is_venue: Callable[[str], bool]
    ) -> list[Found]:
        """Mentions in text order.

        Args:
            home: the channel's home place.
            is_venue: tells whether a folded word is a venue word.
        """
        hits, regions = self._spell(words)
        if not hits:
            return []
        judged = [self._judge(words, hit, regions, (lang, is_venue)) for hit in hits]
        likely = [hit for hit in judged if hit.p >= ABSTAIN_BELOW]
        named = tuple(dict.fromkeys(region for _, region in regions.values()))
        context = Context(lang, home, named)
        context = replace(context, anchors=self._anchors(likely, context))
        found = (self._resolved(words, hit, context) for hit in likely)
        return [mention for mention in found if mention is not None]

    # -- spelling ----------------------------------------------------------------------------

    def _spell(self, words: Words) -> tuple[list[Hit], dict[int, tuple[int, Region]]]:
        """Hits, and regions by first word: (last word, region)."""
        hits: list[Hit] = []
        regions: dict[int, tuple[int, Region]] = {}
        heads, next_free = self._heads, 0
        for at, form in enumerate(words.forms):
            head = heads.get(form) or self._head(form)
            if at < next_free or not head.longest:
                continue
            if head.capital_only and not words.text[words.starts[at]].isupper():
                continue
            next_free = self._spell_at(words, at, head, (hits, regions))
        return hits, regions

    def _head(self, form: str) -> _Head:
        """What is known of a form as the first word of names; worked out once per form."""
        keys = word_keys(form)
        ours = max((self._pack.heads.get(key, 0) for key in keys), default=0)
        theirs = max((self._gazetteer.head_length(key) for key in keys), default=0)
        plain = not is_cyrillic(form) and (
            form in self._pack.ordinary or form in self._pack.person_names or len(form) < 4
        )
        single = self._named((form,), ours > 0) if ours or theirs else None
        head = _Head(max(ours, theirs), ours, plain and not ours, single)
        if len(self._heads) < MAX_HEADS:
            self._heads[form] = head
        return head

    def _spell_at(
        self,
        words: Words,
        at: int,
        head: _Head,
        out: tuple[list[Hit], dict[int, tuple[int, Region]]],
    ) -> int:
        """Take the longest name that begins here; the number of the next word to look at."""
        reach = at
        while reach + 1 < len(words) and reach - at + 1 < head.longest and words.joined(reach):
            reach += 1
        for last in range(reach, at - 1, -1):
            if last == at:
                named = head.single
            else:
                length = last - at + 1
                named = self._named(tuple(words.forms[at : last + 1]), length <= head.ours)
            if isinstance(named, Region):
                out[1][at] = (last, named)
            elif named is not None:
                out[0].append(replace(named, first=at, last=last))
            if named is not None:
                return last + 1
        return at + 1

    def _named(self, name: tuple[str, ...], ours: bool) -> Hit | Region | None:
        """The region, airport or city of this name; ``ours``: the packs may have it."""
        if ours:
            region: Region | None = find_key(self._pack.regions, name)
            if region is not None:
                return region
            airport = find_key(self._pack.airports, name)
            if airport is not None:
                return Hit(0, 0, (), airport)
            alias = find_key(self._pack.aliases, name)
            if alias is not None:
                return Hit(0, 0, (alias,), alias=True)
        if " ".join(name) in self._pack.never:
            return None
        entries = self._gazetteer.entries(name)
        return Hit(0, 0, entries) if entries else None

    # -- judging -----------------------------------------------------------------------------

    def _judge(
        self,
        words: Words,
        hit: Hit,
        regions: dict[int, tuple[int, Region]],
        reading: tuple[str, Callable[[str], bool]],
    ) -> Hit:
        lang, is_venue = reading
        beside = self._beside(words, hit, regions)
        seen = self._surroundings(words, hit, beside is not None, is_venue)
        forms = words.forms[hit.first : hit.last + 1]
        kind = self._kind(forms, seen)
        if self._street(words, hit):
            score = 0.0
        elif is_cyrillic(forms[0]):
            score = score_russian(forms[0], kind, seen)
        else:
            score = score_latin(forms[0], kind, seen, lang not in {"en", "und", "ru"})
        return replace(hit, p=score, preposition=seen.preposition, beside=beside)

    def _kind(self, forms: Sequence[str], seen: Surroundings) -> Kind:
        kinds = [kind_of(form, self._pack.ordinary, self._pack.person_names) for form in forms]
        if len(kinds) == 1:
            return kinds[0]
        plain = all(kind in {Kind.ORDINARY, Kind.OR_WORD} for kind in kinds)
        latin = not is_cyrillic(forms[0])
        return Kind.ORDINARY if plain and not (latin and seen.capital) else Kind.SURE

    def _surroundings(
        self, words: Words, hit: Hit, region: bool, is_venue: Callable[[str], bool]
    ) -> Surroundings:
        before = self._before(words, hit.first)
        settlement = before >= 0 and self._settlement(words, before)
        venue = before >= 0 and words.spaced(before) and is_venue(words.forms[before])
        marker = before - 1 if (settlement or venue) and before > 0 else before
        while marker > 0 and venue and is_venue(words.forms[marker]):
            marker -= 1
        preposition = self._pack.prepositions.get(words.forms[marker], "") if marker >= 0 else ""
        after = hit.last + 1
        joined = after < len(words) and words.joined(hit.last)
        follows = joined and is_venue(words.forms[after])
        settlement = settlement or (joined and words.forms[after] in self._pack.settlements)
        named = range(hit.first, hit.last + 1)
        return Surroundings(
            preposition=preposition,
            place_only=marker == before >= 0 and words.forms[marker] in self._pack.place_only,
            settlement=settlement,
            venue=venue or follows,
            region=region,
            capital=all(
                words.capital(n) or (n > hit.first and words.forms[n] in _LINKING) for n in named
            ),
            hashtag=words.hashtag(hit.first) or (hit.alias and words.forms[hit.first].isascii()),
            named_neighbour=self._neighbour(words, hit, is_venue),
            population=self._population(hit),
            words=hit.last - hit.first + 1,
            alone=self._alone(words, hit),
        )

    @staticmethod
    def _alone(words: Words, hit: Hit) -> bool:
        """Between marks of punctuation, as a dateline or an address has it: "Town, 19:00"."""
        before = words.text[words.ends[hit.first - 1] if hit.first else 0 : words.starts[hit.first]]
        after = hit.last + 1
        end = words.starts[after] if after < len(words) else len(words.text)
        behind = words.text[words.ends[hit.last] : end]
        first = hit.first == 0 or bool(_PAUSE.search(before))
        return first and (after == len(words) or bool(_PAUSE.search(behind)))

    def _population(self, hit: Hit) -> int:
        """Of the largest candidate; a former or foreign name counts for a tenth."""
        sizes = (self._gazetteer.populations[e >> 1] // (1 if e & 1 else 10) for e in hit.entries)
        return max(sizes, default=LARGE)

    @staticmethod
    def _before(words: Words, first: int) -> int:
        """The word right before, in the same clause; −1: none."""
        if first == 0:
            return -1
        gap = words.text[words.ends[first - 1] : words.starts[first]]
        return first - 1 if gap.strip(' \u00a0#«"“.@\n') == "" and "\n" not in gap else -1

    def _settlement(self, words: Words, before: int) -> bool:
        two = " ".join(words.forms[max(before - 1, 0) : before + 1])
        return words.forms[before] in self._pack.settlements or two in self._pack.settlements

    def _street(self, words: Words, hit: Hit) -> bool:
        """A street or square carries the name ("ул. Киевская", "Moscow Road")."""
        before = self._before(words, hit.first)
        if before >= 0 and words.forms[before] in self._pack.streets:
            kind = kind_of(words.forms[hit.first], set(), set())
            return is_cyrillic(words.forms[hit.first]) and kind is not Kind.SURE
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
        known = self._pack.prepositions, self._pack.settlements, self._pack.streets
        if (
            not words.capital(at)
            or words.shouted
            or is_venue(form)
            or any(form in table for table in known)
        ):
            return False
        return find_key(self._pack.regions, (form,)) is None and form not in self._pack.never

    def _beside(
        self, words: Words, hit: Hit, regions: dict[int, tuple[int, Region]]
    ) -> Region | None:
        after = hit.last + 1
        if after not in regions:
            return None
        gap = words.text[words.ends[hit.last] : words.starts[after]]
        return regions[after][1] if len(gap) <= _REGION_GAP and gap.strip() in _BESIDE else None

    # -- resolving ---------------------------------------------------------------------------

    def _anchors(self, hits: Sequence[Hit], context: Context) -> tuple[Place, ...]:
        anchors: dict[int, None] = {}
        for hit in hits:
            if hit.entries:
                best = resolve(self._gazetteer, hit.entries, context, hit.beside)
                if best.share >= ANCHOR_FROM and hit.p >= 0.7:
                    anchors[best.index] = None
        return tuple(self._gazetteer.place_at(index) for index in anchors)

    def _resolved(self, words: Words, hit: Hit, context: Context) -> Found | None:
        start, end = words.starts[hit.first], words.ends[hit.last]
        if hit.airport is not None:
            airport = self._gazetteer.place(f"airport:{hit.airport}")
            city = self._gazetteer.city_of(airport)
            return Found(start, end, city, airport, hit.p, hit.preposition) if city else None
        best = resolve(self._gazetteer, hit.entries, context, hit.beside)
        p = hit.p * best.share
        if p < ABSTAIN_BELOW:
            return None
        return Found(start, end, self._gazetteer.place_at(best.index), None, p, hit.preposition)
