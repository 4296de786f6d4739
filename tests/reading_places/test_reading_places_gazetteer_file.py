"""The gazetteer's file: built once and whole, opened again, read by threads and processes."""

from __future__ import annotations

import multiprocessing
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import cache
from pathlib import Path
from shutil import copy
from typing import Any

import orjson
import pytest

from tocsin.errors import EnvironmentFailed
from tocsin.reading import gazetteer_build, gazetteer_file
from tocsin.reading.gazetteer import Gazetteer
from tocsin.reading.gazetteer_names import words_of


def _city(number: int, name: str, country: str, people: int, *others: str) -> dict[str, object]:
    return {
        "geonameid": number,
        "name": name,
        "latitude": 40.0 + number / 10,
        "longitude": 20.0 + number / 10,
        "countrycode": country,
        "population": people,
        "timezone": "Europe/Moscow",
        "admin1code": "17",
        "alternatenames": list(others),
    }


CITIES = [
    _city(7, "Khasavyurt", "RU", 130_000, "Хасавюрт", "Khasav"),
    _city(3, "Makhachkala", "RU", 600_000, "Махачкала", "Port-Petrovsk"),
    _city(5, "Rutul", "RU", 4_000, "Рутул"),
]


@cache
def _read_once(name: str) -> Callable[..., list[Any] | dict[str, Any]]:
    """Areas and airports are the same in every file built here, and take seconds to read."""
    read = getattr(gazetteer_build, name)
    found: list[list[Any] | dict[str, Any]] = []

    def again(*of: Any) -> list[Any] | dict[str, Any]:
        if not found:
            rows = read(*of)
            found.append(rows if isinstance(rows, dict) else list(rows))
        return found[0]

    return again


@pytest.fixture(autouse=True)
def _areas_and_airports_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("load_areas", "load_airports", "airport_spellings"):
        monkeypatch.setattr(gazetteer_build, name, _read_once(name))


@pytest.fixture
def few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A gazetteer of three cities, so that it is built in a moment; its file's path."""
    source = tmp_path / "cities.json"
    listed = [f'"{city["geonameid"]}": '.encode() + orjson.dumps(city) for city in CITIES]
    source.write_bytes(b"{" + b"}, ".join(one.removesuffix(b"}") for one in listed) + b"}}")
    monkeypatch.setattr(gazetteer_build, "_cities_path", lambda: source)
    return tmp_path / "folder" / "gazetteer.sqlite"


@pytest.fixture(scope="module")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("made") / "gazetteer.sqlite"


@pytest.fixture
def built(few: Path, _made: Path) -> Gazetteer:
    """One that was built before: its file is copied, for reading it is what is tested."""
    if not _made.exists():
        Gazetteer.load(_made)
    few.parent.mkdir()
    copy(_made, few)
    return Gazetteer.load(few, lambda _share: pytest.fail("built again"))


def test_it_is_built_once_and_shows_its_progress(few: Path) -> None:
    shares: list[float] = []
    built = Gazetteer.load(few, shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    again = Gazetteer.load(few, lambda _share: pytest.fail("built again"))
    assert again.source == built.source
    assert [place.name for place in again.candidates("Махачкале")] == ["Makhachkala"]
    assert list(few.parent.iterdir()) == [few]


@pytest.mark.usefixtures("built")
def test_it_is_built_anew_where_it_was_made_from_something_else(few: Path) -> None:
    with closing(sqlite3.connect(few)) as file, file:
        file.execute("UPDATE meta SET value = 'older' WHERE name = 'fingerprint'")
    shares: list[float] = []
    Gazetteer.load(few, shares.append)
    assert shares


@pytest.mark.parametrize("raw", [b"", b"torn"])
def test_what_is_no_gazetteer_is_replaced(few: Path, raw: bytes) -> None:
    few.parent.mkdir()
    few.write_bytes(raw)
    assert Gazetteer.load(few).candidates("Rutul")


def test_a_killed_build_leaves_nothing_that_is_opened(
    few: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(gazetteer_build, "_write", killed)
        with pytest.raises(KeyboardInterrupt):
            Gazetteer.load(few)
    assert list(few.parent.iterdir()) == []
    (few.parent / "gazetteer-old.part").write_bytes(b"half")
    assert Gazetteer.load(few).candidates("Rutul")


def test_a_folder_that_cannot_be_written_is_passed_over(
    few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "a file"
    blocked.write_bytes(b"")
    places = [blocked / "gazetteer.sqlite", few]
    monkeypatch.setattr(gazetteer_file, "_default_places", lambda _mark: places)
    assert Gazetteer.load().candidates("Rutul")
    assert few.is_file()
    with pytest.raises(EnvironmentFailed, match="cannot be written"):
        Gazetteer.load(blocked / "gazetteer.sqlite")


def test_two_default_places() -> None:
    first, second = gazetteer_file._default_places("0123")
    assert first.name == second.name == "gazetteer-0123.sqlite"
    assert first.parent != second.parent


def test_threads_share_one(built: Gazetteer) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda n: built.entries(("рутуле", str(n))[:1]), range(40)))
    assert set(found) == {built.entries(("рутул",))}


def _names_in_child(path: Path, answers: multiprocessing.Queue[list[str]]) -> None:
    answers.put([place.name for place in Gazetteer.load(path).candidates("Рутула")])


def test_a_forked_process_opens_its_own(few: Path, built: Gazetteer) -> None:
    assert built.candidates("Рутул")
    context = multiprocessing.get_context("fork")
    answers: multiprocessing.Queue[list[str]] = context.Queue()
    child = context.Process(target=_names_in_child, args=(few, answers))
    child.start()
    assert answers.get(timeout=30) == ["Rutul"]
    child.join()
    assert built.candidates("Хасавюрта")


def test_columns_and_ids(built: Gazetteer) -> None:
    gazetteer = built
    assert list(gazetteer.ids[:3]) == [3, 5, 7]
    assert gazetteer.countries[0] == "RU"
    assert gazetteer.place("geonames:7").latitude == 40.7
    for missing in ("geonames:4", "geonames:999", "region:RU.nowhere", "airport:???"):
        with pytest.raises(KeyError):
            gazetteer.index_of(missing)
    assert gazetteer.entries(words_of("Port-Petrovsk")) == ()
    assert gazetteer.head_length("nosuchword") == 0
