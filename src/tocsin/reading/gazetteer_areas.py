"""Countries, regions and districts: where they lie, and what they are called in many languages.

Two sources: ``packs/regions.tsv.zst``, made by ``models/make_regions.py`` from CLDR and GeoNames,
and ``packs/regions.yaml``, written by hand: common forms, nicknames, areas without a code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
import zstandard

from tocsin.model.place import PlaceKind
from tocsin.reading.gazetteer_names import fold, name_keys, split_keys
from tocsin.reading.gazetteer_scripts import GERMAN, TURKISH

TABLE = "regions.tsv.zst"
BY_HAND = "regions.yaml"
_PACKS = "tocsin.reading.packs"
_LARGEST = 50_000_000

_GOVERNORATES = "SY IQ EG YE LB JO PS TN OM KW BH"
_ARABIC_WORDS = dict.fromkeys(_GOVERNORATES.split(), ("محافظة",))
_ARABIC_WORDS |= {"DZ": ("ولاية",), "SD": ("ولاية",), "TN": ("ولاية",), "SA": ("منطقة",)}
_ARABIC_WORDS |= {"AE": ("إمارة",), "MA": ("جهة",)}

_SHORTER = (
    (re.compile(r"^(.+) область$"), "{} обл"),
    (re.compile(r"^(.+) район$"), "{} р-н"),
    (re.compile(r"^(.+) Oblast$"), "{} region"),
    (re.compile(r"^(.+) Rayon$"), "{} district"),
    (re.compile(r"^(.+) County$"), "{} co"),
    (re.compile(r"^County (.+)$"), "Co {}"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Area:
    """A country, region or district.

    Args:
        code: of the division inside its country, as GeoNames has it; empty: the country itself.
        number: GeoNames' number; 0: none.
        spellings: name keys, and whether the name is a current one.
        claimed: keys it keeps though a city inside it is called so.
    """

    kind: PlaceKind
    country: str
    code: str
    number: int
    name: str
    latitude: float
    longitude: float
    population: int
    zone: str
    spellings: tuple[tuple[str, bool], ...]
    claimed: frozenset[str] = frozenset()

    @property
    def id(self) -> str:
        """``country:RU``, ``region:RU.17``, ``district:RU.17.500315``."""
        return f"{self.kind}:" + ".".join(filter(None, (self.country, self.code)))

    @property
    def admin(self) -> str:
        """The first-level division it is or lies in; empty: a country or a continent."""
        return self.code.partition(".")[0] if self.country else ""


def load_areas(city_at: Mapping[str, Any]) -> Iterator[Area]:
    """All areas; ``city_at``: ``RU/Rutul`` → a city, where areas of the hand-written list lie."""
    by_hand = _by_hand()
    names: Mapping[str, Sequence[str]] = by_hand["names"]
    for area in _table():
        more = names.get(area.id)
        yield area if more is None else _with_names(area, more)
    for code, (latitude, longitude, people, *called) in by_hand["continents"].items():
        yield Area(
            PlaceKind.CONTINENT, "", code, 0, called[0], latitude, longitude, people, "UTC",
            tuple(_keys(called, True)),
        )  # fmt: skip
    for kind in (PlaceKind.REGION, PlaceKind.DISTRICT):
        for country, listed in by_hand[f"{kind}s"].items():
            for code, (centre, *called) in listed.items():
                city = city_at.get(f"{country}/{centre}")
                if city is not None:
                    yield _at_city(kind, f"{country}.{code}", city, called)


def cities_named() -> frozenset[str]:
    """Cities that the hand-written list speaks of, as ``RU/Rutul``."""
    by_hand = _by_hand()
    centres = {
        f"{country}/{listed[0]}"
        for kind in ("regions", "districts")
        for country, areas in by_hand[kind].items()
        for listed in areas.values()
    }
    return frozenset(centres | set(by_hand["cities"]))


def city_names(city_at: Mapping[str, Any]) -> Iterator[tuple[int, list[str]]]:
    """GeoNames' number of a city and the name keys the hand-written list adds to it."""
    by_hand = _by_hand()
    for place, names in by_hand["cities"].items():
        if place in city_at:
            keys = [key for key, _ in _keys(names, True)]
            marked = [key + mark for key in keys for mark in (TURKISH, GERMAN) if key.isascii()]
            yield int(city_at[place]["geonameid"]), keys + marked


def area_files() -> list[bytes]:
    """The bytes of both sources, for the digest."""
    return [(files(_PACKS) / name).read_bytes() for name in (TABLE, BY_HAND)]


@cache
def _by_hand() -> Mapping[str, Any]:
    listed: Mapping[str, Any] = yaml.safe_load((files(_PACKS) / BY_HAND).read_bytes())
    return listed


def _table() -> Iterator[Area]:
    packed = (files(_PACKS) / TABLE).read_bytes()
    raw = zstandard.ZstdDecompressor().decompress(packed, max_output_size=_LARGEST)
    for line in raw.decode("utf-8").split("\n"):
        kind, country, code, number, latitude, longitude, people, zone, name, *named = line.split(
            "\t"
        )
        turkish, german, others, weak = (column.split("|") if column else [] for column in named)
        area = Area(
            kind=PlaceKind(kind),
            country=country,
            code=code,
            number=int(number),
            name=name,
            latitude=float(latitude),
            longitude=float(longitude),
            population=int(people),
            zone=zone,
            spellings=(),
        )
        spelled = (
            *_keys(_titled(area, [name, *turkish, *others, *weak]), True),
            *_keys([name, *turkish, *german, *others], True),
            *_keys(weak, False),
            *_marked([name, *turkish], TURKISH),
            *_marked([name, *german], GERMAN),
        )
        yield replace(area, spellings=tuple(spelled))


def _with_names(area: Area, more: Sequence[str]) -> Area:
    """With more names; one that begins with ``=`` is the name to show."""
    shown = [name[1:] for name in more if name.startswith("=")]
    keys = _keys([name.removeprefix("=") for name in more], True)
    claimed = frozenset(key for key, _ in keys)
    name = shown[0] if shown else area.name
    return replace(area, name=name, spellings=(*keys, *area.spellings), claimed=claimed)


def _at_city(kind: PlaceKind, code: str, city: Mapping[str, Any], names: Sequence[str]) -> Area:
    country, _, inner = code.partition(".")
    keys = _keys(names, True)
    return Area(
        kind=kind,
        country=country,
        code=inner,
        number=0,
        name=names[0],
        latitude=city["latitude"],
        longitude=city["longitude"],
        population=city["population"],
        zone=city["timezone"],
        spellings=tuple(keys),
        claimed=frozenset(key for key, _ in keys),
    )


def _keys(names: Iterable[str], strong: bool) -> list[tuple[str, bool]]:
    """Keys of the names and of their abbreviations."""
    found: dict[str, bool] = {}
    for name in names:
        for spelling in (name, *_shorter(name)):
            for key in (*name_keys(spelling), *split_keys(spelling)):
                if len(key) > 1:
                    found[key] = strong
    return list(found.items())


def _titled(area: Area, names: Iterable[str]) -> Iterator[str]:
    """Region names with the word for a region before or after them, as their country has it."""
    if area.kind is not PlaceKind.REGION:
        return
    words = _ARABIC_WORDS.get(area.country)
    for name in names:
        if area.country == "TR" and name[0] < "\u0250":
            yield f"{name} ili"
        elif words and "\u0600" <= name[0] <= "\u06ff" and " " not in name:
            yield from (f"{word} {name}" for word in words)


def _shorter(name: str) -> Iterator[str]:
    for pattern, form in _SHORTER:
        found = pattern.match(name)
        if found:
            yield form.format(found.group(1))


def _marked(names: Iterable[str], mark: str) -> Iterator[tuple[str, bool]]:
    """Names with the ending of a language, where they are one word."""
    for name in names:
        folded = fold(name)
        if folded.isascii() and folded.isalpha() and len(folded) > 3:
            yield folded + mark, True
