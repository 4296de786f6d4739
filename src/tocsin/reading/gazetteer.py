"""Places by name and by position.

Sources: GeoNames cities of 500 inhabitants and more, countries, regions and districts (CLDR,
GeoNames) and ``airportsdata``. They are kept in one SQLite file, built at first use; a process
holds columns of numbers (about 10 MB) and reads names from the file.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, lru_cache
from itertools import islice, product
from pathlib import Path
from zlib import crc32

import numpy as np
import numpy.typing as npt

from tocsin.model.place import Place, PlaceKind
from tocsin.reading.gazetteer_added import AddedPlace, added_ids, added_keys
from tocsin.reading.gazetteer_airports import (
    NAMED_KM,
    NEARBY_KM,
    airports_by_city,
    city_key,
    rank_airport,
)
from tocsin.reading.gazetteer_build import KEY_BITS
from tocsin.reading.gazetteer_file import Coded, Columns, NameFile, prepared, read_columns
from tocsin.reading.gazetteer_names import MOST_KEYS, word_keys, words_of

__all__ = ["AddedPlace", "Gazetteer", "distance_km", "distances_km"]

EARTH_KM = 6371.0
DEGREE_KM = 110.5
MOST_REMEMBERED = 65_536
_AREAS = (PlaceKind.REGION, PlaceKind.DISTRICT, PlaceKind.COUNTRY)
_SHIFT = 32 - KEY_BITS
_NOTHING: tuple[tuple[int, ...], ...] = ((), (), ())
_HOME_PARTS = re.compile(r"[,;()/]")
_SETTLEMENT = re.compile(r"^(?:г|гор|город|м|місто|city of|town of)\b\.?\s*", re.IGNORECASE)


class Gazetteer:
    """Cities, areas and airports; look-ups are read-only and safe to share between threads.

    Places have an index: cities come first, then areas, airports and what was added. A name's entry
    is a number: twice the index, plus one where the spelling is a current main name (former names
    and far spellings weigh less).
    """

    def __init__(
        self,
        file: NameFile,
        columns: Columns,
        source: str,
        added: Sequence[tuple[str, AddedPlace]] = (),
    ) -> None:
        self.source = source
        self.ids = columns.numbers
        self.populations = columns.populations
        self.renown = columns.renown
        self.latitudes = columns.latitudes
        self.longitudes = columns.longitudes
        self.countries: Coded = columns.countries
        self.admin: Coded = columns.admin
        self.kinds: Coded = columns.kinds
        self.zones: Coded = columns.zones
        self._columns = columns
        self._file = file
        self._cities = columns.cities
        self._heads = columns.heads.data
        self._key_bits = columns.keys
        self._areas_by_id = file.ids()
        self._added = added
        self._added_from = len(self.ids) - len(added)
        self._added_keys, self._added_heads = self._index_added()
        self._airport_places = np.flatnonzero(
            self.kinds.codes == self.kinds.code(PlaceKind.AIRPORT)
        )
        self._remember()

    @classmethod
    def load(
        cls, path: Path | None = None, progress: Callable[[float], None] | None = None
    ) -> Gazetteer:
        """Open the file; build it first where it is missing or was made from other data.

        Args:
            path: the file; by default in the user's cache folder, or, where that cannot be
                written, in the system's folder for temporary files.
            progress: called with the share that is done while it is built (about 20 seconds).

        Raises:
            EnvironmentFailed: a source is not there, or the file cannot be written.
        """
        ready = prepared(path, progress)
        columns, source = read_columns(ready)
        return cls(NameFile(ready), columns, source)

    def with_added(self, places: Sequence[AddedPlace]) -> Gazetteer:
        """This gazetteer with more places; their ids begin with ``added:``."""
        if not places:
            return self
        known = [place_id for place_id, _ in self._added]
        added = (*self._added, *zip(added_ids(places, known), places, strict=True))
        columns = self._columns.with_rows(
            [(0, p.latitude, p.longitude, p.kind, p.country, "", p.zone) for p in places]
        )
        digest = crc32(repr(added).encode())
        return Gazetteer(self._file, columns, f"{self.source}; added {digest:08x}", added)

    # -- what others ask ---------------------------------------------------------------------

    def candidates(self, name: str) -> Sequence[Place]:
        """Cities that may be called ``name``, in any case; current names first."""
        return [self.place_at(index) for index in self._ranked(self.entries(words_of(name)))]

    def named(self, name: str) -> Sequence[Place]:
        """Everything that may be called ``name``: cities, areas, airports; current names first."""
        words = words_of(name)
        indexes = (*self._ranked(self.entries(words, areas=True)), *self.airports_named(words))
        return [self.place_at(index) for index in indexes]

    def place(self, place_id: str) -> Place:
        """The place with this id.

        Raises:
            KeyError: no such place in this gazetteer.
        """
        return self.place_at(self.index_of(place_id))

    def airport_of(self, place: Place) -> Place | None:
        """The commercial airport that serves a place: by city name, else within 40 km."""
        if place.kind == PlaceKind.AIRPORT:
            return place
        code = self._nearest_airport(place)
        return self.place(f"airport:{code}") if code else None

    def city_of(self, airport: Place) -> Place | None:
        """The city an airport belongs to: the largest one of its name or within 40 km."""
        key = _cities_of_airports()[airport.id.partition(":")[2]]
        around = self.near(airport.latitude, airport.longitude, NAMED_KM)
        named = [place for place in around if city_key(place.country, place.name) == key]
        close = [p for p in around if distance_km(p, airport) <= NEARBY_KM]
        return max(named or close, key=lambda place: place.population, default=None)

    def resolve_home(self, text: str) -> Place | None:
        """A channel's home place: ``Makhachkala``, ``Махачкала, Дагестан``; None: not found.

        The other parts may name its country (also as a code) or region.
        """
        parts = [part.strip() for part in _HOME_PARTS.split(text) if part.strip()]
        for part in parts:
            ranked = self._ranked(self.entries(words_of(_SETTLEMENT.sub("", part))))
            if ranked:
                others = [other for other in parts if other is not part]
                return self.place_at(max(ranked, key=lambda index: self._agrees(index, others)))
        return None

    def near(self, lat: float, lon: float, km: float) -> Sequence[Place]:
        """Cities within ``km`` of a point, nearest first."""
        band = np.abs(self.latitudes - lat) <= km / DEGREE_KM
        near = np.flatnonzero(band & (self.kinds.codes == 0))
        distances = distances_km(self.latitudes[near], self.longitudes[near], lat, lon)
        order = np.argsort(distances, kind="stable")
        return [self.place_at(int(near[at])) for at in order if distances[at] <= km]

    # -- what the place finder asks ----------------------------------------------------------

    def head_length(self, key: str) -> int:
        """The most words in a name that begins with this word key; 0: no such name."""
        return self._head_length(key)

    def entries(self, words: Sequence[str], areas: bool = False) -> tuple[int, ...]:
        """Entries of the name made of these folded words, in any case.

        Args:
            words: the name as a text has it.
            areas: also countries, regions and districts; otherwise cities alone.
        """
        return self._look_up(tuple(words))[0 if areas else 1]

    def leads_to_large(self, key: str, least: int) -> bool:
        """A longer name that begins with this word key is that of a place of ``least`` people."""
        if self.head_length(key) <= 1:
            return False
        behind = self._file.entries_behind(key)
        return any(self.populations[entry >> 1] >= least for entry in behind if entry & 1)

    def airports_named(self, words: Sequence[str]) -> tuple[int, ...]:
        """Indexes of the airports that are themselves called so ("Heathrow", "Уйташ")."""
        return self._look_up(tuple(words))[2]

    def is_added(self, entries: Iterable[int]) -> bool:
        """One of these entries was added by a user; it then stands alone."""
        return bool(self._added) and any(entry >> 1 >= self._added_from for entry in entries)

    def index_of(self, place_id: str) -> int:
        """Index of a place in the columns; KeyError: no such place."""
        kind, _, number = place_id.partition(":")
        if kind != "geonames":
            return self._areas_by_id[place_id]
        at = int(np.searchsorted(self.ids[: self._cities], int(number)))
        if at == self._cities or self.ids[at] != int(number):
            raise KeyError(place_id)
        return at

    def place_at(self, index: int) -> Place:
        """The place with this index."""
        return self._place(int(index))

    def kind_at(self, index: int) -> PlaceKind:
        """What the place with this index is."""
        return PlaceKind(self.kinds[index])

    # -- inside ------------------------------------------------------------------------------

    def _remember(self) -> None:
        """Bounded memories of this gazetteer, thread-safe."""
        self._head_length = lru_cache(MOST_REMEMBERED)(self._find_head)
        self._entries = lru_cache(MOST_REMEMBERED)(self._find_entries)
        self._place = lru_cache(MOST_REMEMBERED // 8)(self._read_place)
        self._nearest_airport = lru_cache(MOST_REMEMBERED // 8)(self._find_airport)

    def _index_added(self) -> tuple[dict[str, tuple[int, ...]], dict[str, int]]:
        keys: dict[str, tuple[int, ...]] = {}
        heads: dict[str, int] = {}
        for at, (place_id, place) in enumerate(self._added, self._added_from):
            self._areas_by_id[place_id] = at
            for key in added_keys(place):
                keys[key] = (*keys.get(key, ()), 2 * at + 1)
                head = key.partition(" ")[0]
                heads[head] = max(heads.get(head, 0), key.count(" ") + 1)
        return keys, heads

    def _find_head(self, key: str) -> int:
        mark = crc32(key.encode())
        at = bisect_left(self._heads, mark)
        ours = self._added_heads.get(key, 0)
        if at == len(self._heads) or self._heads[at] != mark:
            return ours
        return max(ours, int(self._columns.head_lengths[at]))

    def _look_up(self, words: tuple[str, ...]) -> tuple[tuple[int, ...], ...]:
        """Remembered, but for rows of words that are no name: they hardly ever come again."""
        if len(words) > 1 and not self._known(words):
            return _NOTHING
        return self._entries(words)

    def _known(self, words: tuple[str, ...]) -> bool:
        """Some name may be made of these words: a yes may be wrong, a no never is."""
        bits, added = self._key_bits, self._added_keys
        for key in self._keys(words):
            mark = crc32(key.encode()) >> _SHIFT
            if bits[mark >> 3] >> (mark & 7) & 1 or key in added:
                return True
        return False

    def _find_entries(self, words: tuple[str, ...]) -> tuple[tuple[int, ...], ...]:
        """All but airports; cities alone; airports' indexes."""
        found: dict[int, None] = {}
        bare = " ".join(words)
        for key in self._keys(words):
            if key != bare and bare.isascii() and any(entry & 1 for entry in found):
                break  # "Indiana" is no Turkish way to say "to India"
            found.update(dict.fromkeys(self._file.entries(key)))
            found.update(dict.fromkeys(self._added_keys.get(key, ())))
        cities: list[int] = []
        others: list[int] = []
        airports: list[int] = []
        for entry in found:
            kind = self.kinds[entry >> 1] if entry >> 1 >= self._cities else PlaceKind.CITY
            if kind == PlaceKind.AIRPORT:
                airports.append(entry >> 1)
            else:
                (cities if kind == PlaceKind.CITY else others).append(entry)
        return (*cities, *others), tuple(cities), tuple(dict.fromkeys(airports))

    def _keys(self, words: tuple[str, ...]) -> Iterable[str]:
        """Keys to ask for: only such as a name of so many words begins with."""
        if not words:
            return ()
        least, length = len(words), self._head_length
        firsts = [key for key in word_keys(words[0]) if length(key) >= least]
        if least == 1 or not firsts:
            return firsts
        if least == 2:
            seconds = word_keys(words[1])
            return [f"{first} {second}" for first in firsts for second in seconds]
        rests = product(firsts, *map(word_keys, words[1:]))
        return [" ".join(key) for key in islice(rests, MOST_KEYS)]

    def _read_place(self, index: int) -> Place:
        if index >= self._added_from:
            place_id, place = self._added[index - self._added_from]
            name: str = place.name
        else:
            name, known_id = self._file.title(index)
            place_id = known_id or f"geonames:{self.ids[index]}"
        return Place(
            id=place_id,
            name=name,
            latitude=float(self.latitudes[index]),
            longitude=float(self.longitudes[index]),
            country=self.countries[index],
            population=int(self.populations[index]),
            time_zone=self.zones[index],
            kind=str(self.kinds[index]),
        )

    def _ranked(self, entries: Iterable[int]) -> list[int]:
        """Indexes of entries, current names first, then by inhabitants."""

        def rank(entry: int) -> tuple[bool, int, int]:
            index = entry >> 1
            return (not entry & 1, -int(self.populations[index]), int(self.ids[index]))

        return list(dict.fromkeys(entry >> 1 for entry in sorted(entries, key=rank)))

    def _agrees(self, index: int, parts: Iterable[str]) -> int:
        """How closely the other parts of a home place fit: 2 region, 1 country, 0 neither."""
        best = 0
        for part in parts:
            if part.upper() == self.countries[index]:
                best = max(best, 1)
            if part == self.admin[index] and not part.isdigit():
                best = 2  # "Birmingham, AL"
            for entry in self.entries(words_of(part), areas=True):
                area = entry >> 1
                if self.kinds[area] not in _AREAS or self.countries[area] != self.countries[index]:
                    continue
                inside = self.kinds[area] != PlaceKind.COUNTRY
                if not inside or self.admin[area] == self.admin[index]:
                    best = max(best, 1 + inside)
        return best

    def _find_airport(self, place: Place) -> str | None:
        named = _airports_of_cities().get(city_key(place.country, place.name), [])
        distances = {code: distance_km(place, self.place(f"airport:{code}")) for code in named}
        close = {code: km for code, km in distances.items() if km <= NAMED_KM}
        if not close:
            spots = self._airport_places
            every = distances_km(
                self.latitudes[spots], self.longitudes[spots], place.latitude, place.longitude
            )
            for at in np.flatnonzero(every <= NEARBY_KM):
                airport = self.place_at(int(spots[at]))
                close[airport.id.partition(":")[2]] = float(every[at])
        return min(close, key=lambda code: rank_airport(code, close[code]), default=None)


@cache
def _airports_of_cities() -> Mapping[tuple[str, str], Sequence[str]]:
    """Read when the first post speaks of an airport: it takes a third of a second."""
    return airports_by_city()


@cache
def _cities_of_airports() -> Mapping[str, tuple[str, str]]:
    return {code: city for city, codes in _airports_of_cities().items() for code in codes}


def distances_km(
    lats: npt.NDArray[np.float64], lons: npt.NDArray[np.float64], lat: float, lon: float
) -> npt.NDArray[np.float64]:
    """Great-circle distances in km (haversine) from points in degrees to one."""
    result: npt.NDArray[np.float64] = distances_between(
        (np.array([lat]), np.array([lon])), (lats, lons)
    )[0]
    return result


def distances_between(
    ones: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]],
    others: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]],
) -> npt.NDArray[np.float64]:
    """Great-circle distances (m, k) in km between (latitudes, longitudes) in degrees."""
    phi, lam = (np.radians(part)[:, None] for part in ones)
    phis, lams = map(np.radians, others)
    half = (
        np.sin((phis - phi) / 2) ** 2 + np.cos(phi) * np.cos(phis) * np.sin((lams - lam) / 2) ** 2
    )
    result: npt.NDArray[np.float64] = 2 * EARTH_KM * np.arcsin(np.sqrt(np.minimum(half, 1.0)))
    return result


@lru_cache(maxsize=8192)
def distance_km(one: Place, other: Place) -> float:
    """Great-circle distance of two places in km."""
    lats, lons = np.array([one.latitude]), np.array([one.longitude])
    return float(distances_km(lats, lons, other.latitude, other.longitude)[0])
