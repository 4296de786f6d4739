"""``tocsin places``: search, add, list, explain; and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tocsin.cli.app import run_main


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    folder = tmp_path / "desk"
    assert run_main(["init", str(folder), "--key-file", str(tmp_path / "key")]) == 0
    return folder


def _add(desk: Path, *more: str) -> int:
    where = ["--lat", "42.9", "--lon", "47.4", "--country", "ru", "--project", str(desk)]
    return run_main(["places", "add", "Верхний Бласт", *where, *more])


def test_search_in_any_case(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_main(["places", "search", "Махачкале", "--json"]) == 0
    first = json.loads(capsys.readouterr().out.splitlines()[0])
    assert (first["name"], first["country"], first["kind"]) == ("Makhachkala", "RU", "city")


def test_search_without_result_is_a_finding(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_main(["places", "search", "Qwertzuiop"]) == 1
    assert "tocsin places add" in capsys.readouterr().out


def test_an_added_place_is_listed_and_found(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_main(["places", "list", "--project", str(desk)]) == 0
    assert _add(desk, "--alias", "Бласт", "--zone", "Europe/Moscow") == 0
    capsys.readouterr()
    assert run_main(["places", "list", "--project", str(desk), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["aliases"] == ["Бласт"]
    assert run_main(["places", "search", "Бласте", "--project", str(desk), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["id"].startswith("added:")
    assert _add(desk) == 2


@pytest.mark.parametrize(
    "wrong",
    [["--lat", "91"], ["--country", "Russia"], ["--zone", "Moscow"]],
)
def test_a_wrong_place_is_refused_in_one_line(
    desk: Path, wrong: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert _add(desk, *wrong) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
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
def test_a_broken_file_names_itself(
    desk: Path, text: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (desk / "places.yaml").write_text(text, encoding="utf-8")
    assert run_main(["places", "list", "--project", str(desk)]) == 2
    assert said in capsys.readouterr().err


def test_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_main(["places", "explain", "A fair in Leeds"]) == 0
    assert "read as a place" in capsys.readouterr().out
    assert run_main(["places", "explain", "A fair in Leeds", "--json"]) == 0
    row = json.loads(capsys.readouterr().out)[-1]
    assert (row["said"], row["options"][0]["country"]) == ("Leeds", "GB")
    assert run_main(["places", "explain", "nothing"]) == 0
    assert "nothing in it" in capsys.readouterr().out
