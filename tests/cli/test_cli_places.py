"""``tocsin places``: search, add, list, explain; and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_support import Outcome, call, project_in


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    return project_in(tmp_path)


def _add(desk: Path, *more: str) -> Outcome:
    where = ["--lat", "42.9", "--lon", "47.4", "--country", "ru", "--project", desk]
    return call("places", "add", "Верхний Бласт", *where, *more)


def test_search_in_any_case() -> None:
    done = call("places", "search", "Махачкале", "--json")
    first = json.loads(done.out.splitlines()[0])
    assert (first["name"], first["country"], first["kind"]) == ("Makhachkala", "RU", "city")


def test_search_without_result_is_a_finding() -> None:
    done = call("places", "search", "Qwertzuiop")
    assert done.code == 1
    assert "tocsin places add" in done.out


def test_an_added_place_is_listed_and_found(desk: Path) -> None:
    assert "none of your own" in call("places", "list", "--project", desk).out
    assert _add(desk, "--alias", "Бласт", "--zone", "Europe/Moscow").code == 0
    listed = call("places", "list", "--project", desk, "--json")
    assert json.loads(listed.out)["aliases"] == ["Бласт"]
    assert "Бласт" in call("places", "list", "--project", desk).out
    found = call("places", "search", "Бласте", "--project", desk, "--json")
    assert json.loads(found.out)["id"].startswith("added:")
    again = _add(desk)
    assert again.code == 2
    assert "there already" in again.err


@pytest.mark.parametrize("wrong", [["--lat", "91"], ["--country", "Russia"], ["--zone", "Moscow"]])
def test_a_wrong_place_is_refused_in_one_line(desk: Path, wrong: list[str]) -> None:
    done = _add(desk, *wrong)
    assert done.code == 2
    assert len(done.err.strip().splitlines()) == 1
    assert not (desk / "places.yaml").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- {name: X, lat: 1, lon: 2, country: RU, colour: red}", "no field 'colour'"),
        ("- {name: '', lat: 1, lon: 2, country: RU}", "no name"),
        ("- {name: X, lat: north, lon: 2, country: RU}", "lat must be a number"),
        ("- {name: X, lat: 1, lon: 2, country: RU, kind: planet}", "kind must be"),
        ("name: X", "a list of entries"),
        ("- [", "cannot be read"),
    ],
)
def test_a_broken_file_names_itself(desk: Path, text: str, said: str) -> None:
    (desk / "places.yaml").write_text(text, encoding="utf-8")
    done = call("places", "list", "--project", desk)
    assert done.code == 2
    assert said in done.err


def test_explained() -> None:
    assert "read as a place" in call("places", "explain", "A fair in Leeds").out
    row = json.loads(call("places", "explain", "A fair in Leeds", "--json").out)[-1]
    assert (row["said"], row["options"][0]["country"]) == ("Leeds", "GB")
    assert "nothing in it" in call("places", "explain", "qqqq wwww").out
