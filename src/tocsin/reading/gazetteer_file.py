"""The gazetteer's file, opened for reading: columns in memory, names looked up where they lie."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import threading
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import numpy.typing as npt
import orjson
import platformdirs

from tocsin.errors import EnvironmentFailed
from tocsin.reading.gazetteer_build import DEGREES, KINDS, Progress, build, fingerprint

_MAPPED_BYTES = 100_000_000


@dataclass(frozen=True, slots=True)
class Coded(Sequence[str]):
    """A column of few different values; ``codes`` (n,) index ``values``."""

    codes: npt.NDArray[np.uint16]
    values: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, index: Any) -> Any:
        return self.values[self.codes[index]]

    def code(self, value: str) -> int:
        """The code of a value; −1: no place has it."""
        return self.values.index(value) if value in self.values else -1

    def extended(self, more: Sequence[str]) -> Coded:
        """With more places at the end."""
        values = list(dict.fromkeys((*self.values, *more)))
        codes = np.array([values.index(value) for value in more], dtype=self.codes.dtype)
        return Coded(np.concatenate([self.codes, codes]), tuple(values))


@dataclass(frozen=True, slots=True)
class Columns:
    """What is known of each place, by index; all of shape (n,).

    Args:
        numbers: GeoNames' numbers; those of cities ascend, and cities come first. 0: none.
        renown: how many names a place has in all languages, up to 255: famous ones have many.
        heads, head_lengths: checksums of first words, ascending, and the most words behind each.
        keys: a bit for each checksum of a name key.
    """

    numbers: npt.NDArray[np.int64]
    populations: npt.NDArray[np.int64]
    renown: npt.NDArray[np.uint8]
    latitudes: npt.NDArray[np.float64]
    longitudes: npt.NDArray[np.float64]
    kinds: Coded
    countries: Coded
    admin: Coded
    zones: Coded
    heads: npt.NDArray[np.uint32]
    head_lengths: npt.NDArray[np.uint8]
    keys: bytes

    @property
    def cities(self) -> int:
        """How many of the first places are cities."""
        return (
            int(np.argmax(self.kinds.codes != 0)) if self.kinds.codes.any() else len(self.numbers)
        )

    def with_rows(self, rows: Sequence[tuple[int, float, float, str, str, str, str]]) -> Columns:
        """With more places: population, latitude, longitude, kind, country, admin and zone."""
        people, latitudes, longitudes, kinds, countries, admin, zones = zip(*rows, strict=True)
        return replace(
            self,
            numbers=np.concatenate([self.numbers, np.zeros(len(rows), dtype=np.int64)]),
            populations=np.concatenate([self.populations, np.array(people, dtype=np.int64)]),
            renown=np.concatenate([self.renown, np.ones(len(rows), dtype=np.uint8)]),
            latitudes=np.concatenate([self.latitudes, np.array(latitudes)]),
            longitudes=np.concatenate([self.longitudes, np.array(longitudes)]),
            kinds=self.kinds.extended(kinds),
            countries=self.countries.extended(countries),
            admin=self.admin.extended(admin),
            zones=self.zones.extended(zones),
        )


class _Connection:
    """A connection that closes with its thread."""

    def __init__(self, path: Path) -> None:
        self.process = os.getpid()
        # The file is never written under its name, so no locks are needed.
        address = f"file:{quote(str(path))}?mode=ro&immutable=1"
        self.database = sqlite3.connect(address, uri=True, check_same_thread=False)
        self.database.execute(f"PRAGMA mmap_size = {_MAPPED_BYTES}")

    def __del__(self) -> None:
        database = getattr(self, "database", None)
        if database is not None and self.process == os.getpid():
            database.close()


class NameFile:
    """Names and titles, looked up in the file. Each thread and each process has its connection."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()

    def entries(self, key: str) -> tuple[int, ...]:
        """Entries of a name key."""
        row = self._ask("SELECT entries FROM names WHERE key = ?", key)
        if row is None:
            return ()
        return _unpacked(row[0])

    def entries_behind(self, key: str) -> tuple[int, ...]:
        """Entries of all longer names that begin with this word key."""
        question = "SELECT entries FROM names WHERE key > ? AND key < ?"
        # A space ends the first word, and "!" is what comes after it.
        found = self._connection().execute(question, (f"{key} ", f"{key}!")).fetchall()
        return tuple(entry for (packed,) in found for entry in _unpacked(packed))

    def title(self, index: int) -> tuple[str, str | None]:
        """Main name, and the id of what is no city."""
        row = self._ask("SELECT name, id FROM titles WHERE place = ?", index)
        if row is None:
            raise KeyError(index)
        return row[0], row[1]

    def ids(self) -> dict[str, int]:
        """Id → index, for all that is no city."""
        database = self._connection()
        return dict(database.execute("SELECT id, place FROM titles WHERE id IS NOT NULL"))

    def _ask(self, question: str, value: str | int) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None = self._connection().execute(question, (value,)).fetchone()
        return row

    def _connection(self) -> sqlite3.Connection:
        held: _Connection | None = getattr(self._local, "held", None)
        if held is None or held.process != os.getpid():
            held = self._local.held = _Connection(self.path)
        return held.database


def _unpacked(packed: int | bytes) -> tuple[int, ...]:
    return (packed,) if isinstance(packed, int) else tuple(memoryview(packed).cast("i"))


def read_columns(path: Path) -> tuple[Columns, str]:
    """The columns, and what the file says it was made from."""
    with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True)) as file:
        raw = dict(file.execute("SELECT name, value FROM columns"))
        source = str(file.execute("SELECT value FROM meta WHERE name = 'source'").fetchone()[0])
    columns = Columns(
        numbers=np.frombuffer(raw["numbers"], dtype="<i8"),
        populations=np.frombuffer(raw["populations"], dtype="<i8"),
        renown=np.frombuffer(raw["renown"], dtype="<u1"),
        latitudes=np.frombuffer(raw["latitudes"], dtype="<i4") / DEGREES,
        longitudes=np.frombuffer(raw["longitudes"], dtype="<i4") / DEGREES,
        kinds=Coded(np.frombuffer(raw["kinds"], dtype="<u2"), KINDS),
        heads=np.frombuffer(raw["heads"], dtype="<u4"),
        head_lengths=np.frombuffer(raw["head_lengths"], dtype="<u1"),
        keys=raw["keys"],
        **{
            name: Coded(np.frombuffer(raw[name], dtype="<u2"), tuple(orjson.loads(raw[values])))
            for name, values in (
                (name, f"{name}_values") for name in ("countries", "admin", "zones")
            )
        },
    )
    return columns, source


def prepared(path: Path | None, progress: Progress | None) -> Path:
    """The file, built where it is missing or was made from something else.

    Raises:
        EnvironmentFailed: a source is missing, or no folder can be written.
    """
    mark = fingerprint()
    places = [path] if path is not None else _default_places(mark)
    for place in places:
        if _made_from(place) == mark:
            return place
    errors = []
    for place in places:
        try:
            build(place, mark, progress)
        except (OSError, sqlite3.Error) as error:
            errors.append(f"{place}: {error}")
        else:
            return place
    raise EnvironmentFailed(f"gazetteer: cannot be written ({'; '.join(errors)})")


def _default_places(mark: str) -> list[Path]:
    """In the user's cache folder, else in the system's folder for temporary files."""
    name = f"gazetteer-{mark}.sqlite"
    cache = platformdirs.user_cache_path("tocsin", appauthor=False)
    whose = os.getuid() if hasattr(os, "getuid") else 0
    return [cache / name, Path(tempfile.gettempdir()) / f"tocsin-{whose}" / name]


def _trusted(path: Path) -> bool:
    """Nobody else put the file there: anyone may write in the folder for temporary files."""
    return not hasattr(os, "getuid") or path.stat().st_uid in {os.getuid(), 0}


def _made_from(path: Path) -> str | None:
    if not path.is_file() or not _trusted(path):
        return None
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as file:
            row = file.execute("SELECT value FROM meta WHERE name = 'fingerprint'").fetchone()
    except sqlite3.Error:
        return None
    return None if row is None else str(row[0])
