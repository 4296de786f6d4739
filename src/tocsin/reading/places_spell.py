"""Stretches of a text that spell a place's name: the longest ones, from left to right."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tocsin.reading.gazetteer import Gazetteer
from tocsin.reading.gazetteer_names import is_cyrillic, word_keys
from tocsin.reading.places_commonness import Commonness
from tocsin.reading.places_evidence import Kind, russian_kind
from tocsin.reading.places_pack import PlaceWords, find_key, read_pack
from tocsin.reading.places_words import Words

MAX_HEADS = 100_000
"""Word forms remembered; later ones are worked out each time."""

ORDINARY_FROM = 3.6
"""A word said this often (Zipf scale) is no place where it is written small …"""

KNOWN = 50_000
LARGE = 100_000
"""… unless a city of this size is called so: then the city may be why."""

SMALL_FROM = 0.5
"""A word written small this often is an ordinary one."""

LEAST_SHARE = 0.5
"""A name inside a given span must make up this share of its letters."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A stretch of words that spells a place's name.

    Args:
        first, last: word numbers, both inclusive.
        entries: gazetteer entries of the name; empty where it is an airport's own name.
        airport: IATA code, where the name is an airport's.
        alias: the packs give the name.
    """

    first: int
    last: int
    entries: tuple[int, ...]
    airport: str | None = None
    alias: bool = False

    def __len__(self) -> int:
        return self.last - self.first + 1


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
    single: Hit | None


class Speller:
    """Finds names by look-up; whether a place is meant is not asked here."""

    def __init__(self, gazetteer: Gazetteer, words: PlaceWords, common: Commonness) -> None:
        self._gazetteer = gazetteer
        self._pack = words
        self._common = common
        self._heads: dict[tuple[str, str], _Head] = {}
        self._demonyms = {
            name: 2 * gazetteer.index_of(code if ":" in code else f"country:{code}") + 1
            for code, names in read_pack("demonyms_en")[0]["demonyms"].items()
            for name in names
        }

    def spell(self, words: Words, lang: str) -> list[Hit]:
        """Names in text order; no two overlap."""
        hits: list[Hit] = []
        next_free = 0
        for at, form in enumerate(words.forms):
            if at < next_free:
                continue
            head = self._heads.get((form, lang)) or self._head(form, lang)
            if not head.longest:
                continue
            small = head.capital_only and not words.text[words.starts[at]].isupper()
            if small and head.longest == 1:
                continue
            hit = self._longest(words, at, head)
            if hit is not None and not (small and len(hit) == 1):
                hits.append(hit)
                next_free = hit.last + 1
        return hits

    def given(self, words: Words, first: int, last: int) -> Hit | None:
        """The words ``first`` to ``last`` as a name, or a name that makes up most of them.

        A word such as "city" before the name is left out; "Syrian" means Syria.
        """
        while first < last and words.forms[first] in self._pack.settlements:
            first += 1
        demonym = self._demonyms.get(" ".join(words.forms[first : last + 1]))
        if demonym is not None:
            return Hit(first, last, (demonym,))
        letters = sum(len(form) for form in words.forms[first : last + 1])
        for length in range(last - first + 1, 0, -1):
            for at in range(first, last - length + 2):
                name = tuple(words.forms[at : at + length])
                named = self._named(name, True)
                if named is not None and sum(map(len, name)) >= LEAST_SHARE * letters:
                    return replace(named, first=at, last=at + length - 1)
        return None

    def _head(self, form: str, lang: str) -> _Head:
        """What is known of a form as the first word of names; worked out once per form."""
        keys = word_keys(form)
        ours = max((self._pack.heads.get(key, 0) for key in keys), default=0)
        theirs = max((self._gazetteer.head_length(key) for key in keys), default=0)
        single = self._named((form,), ours > 0) if ours or theirs else None
        plain = not ours and self._plain(form, lang, single)
        if plain and theirs > 1:
            # "в минеральных водах", but not every two words that some hamlet is called by
            large = any(self._gazetteer.leads_to_large(key, KNOWN) for key in keys)
            theirs = theirs if large else 1
        head = _Head(max(ours, theirs), ours, plain, single)
        if len(self._heads) < MAX_HEADS:
            self._heads[form, lang] = head
        return head

    def _plain(self, form: str, lang: str, single: Hit | None) -> bool:
        """Written small it is an ordinary word, whatever places are called so."""
        if is_cyrillic(form):
            if lang != "uk":
                return russian_kind(form) is Kind.ORDINARY
            return len(form) < 3 or self._ordinary(form, lang, single)
        if not form[0].isascii():
            return False  # a script without capitals
        known = form in self._pack.ordinary or form in self._pack.person_names
        return known or len(form) < 4 or self._ordinary(form, lang, single)

    def _ordinary(self, form: str, lang: str, single: Hit | None) -> bool:
        small = self._common.small(form, lang)
        if small >= 0:
            return small >= SMALL_FROM
        if self._common.zipf(form, lang) < ORDINARY_FROM:
            return False
        sizes = self._gazetteer.populations
        return single is None or all(sizes[entry >> 1] < LARGE for entry in single.entries)

    def _longest(self, words: Words, at: int, head: _Head) -> Hit | None:
        reach = at
        while reach + 1 < len(words) and reach - at + 1 < head.longest and words.joined(reach):
            reach += 1
        for last in range(reach, at, -1):
            named = self._named(tuple(words.forms[at : last + 1]), last - at + 1 <= head.ours)
            if named is not None:
                return replace(named, first=at, last=last)
        return None if head.single is None else replace(head.single, first=at, last=at)

    def _named(self, name: tuple[str, ...], ours: bool) -> Hit | None:
        """The place of this name; ``ours``: the packs may have it."""
        if ours:
            airport = find_key(self._pack.airports, name)
            if airport is not None:
                return Hit(0, 0, (), airport)
            alias = find_key(self._pack.aliases, name)
            if alias is not None:
                return Hit(0, 0, (alias,), alias=True)
        if " ".join(name) in self._pack.never:
            return None
        entries = self._gazetteer.entries(name, areas=True)
        if self._gazetteer.is_added(entries):
            own = tuple(entry for entry in entries if self._gazetteer.is_added((entry,)))
            return Hit(0, 0, own, alias=True)
        if entries:
            return Hit(0, 0, entries)
        named = self._gazetteer.airports_named(name)
        return Hit(0, 0, (), self._gazetteer.place_at(named[0]).id[8:]) if named else None
