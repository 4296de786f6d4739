"""Places: where warnings stand, the gazetteer searched, and one place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_support import call
from console_support import stand_on
from console_support_places import NOW, RYBINSK, Town, desk_project
from engine_support import new_project

from tocsin.clock import ReplayClock
from tocsin.console.desk import ConsoleDesk
from tocsin.console.facts import places as facts
from tocsin.console.facts.place_behind import structure
from tocsin.console.roles import Role
from tocsin.engines.project import Project


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    return Town(desk_project(tmp_path_factory.mktemp("places")))


def test_places_that_were_warned_for(town: Town) -> None:
    (row,) = town.walk("/places")
    assert (row["place_id"], row["level"]) == (RYBINSK, "alert")
    assert (row["standing"], row["warnings"], row["groups"]) == (1, 2, ["Uzbeks"])
    (feature,) = town.json("/places.geojson")["features"]
    assert feature["geometry"]["coordinates"] == [38.8426, 58.0446]
    assert feature["properties"]["href"] == f"/places/{RYBINSK}"


def test_the_gazetteer_is_searched_as_on_the_command_line(town: Town) -> None:
    words = ("places", "search", "Махачкале", "--json", "--project", town.project.folder)
    printed = [json.loads(line) for line in call(*words).out.splitlines()]
    assert town.json("/places", name="Махачкале")["items"] == printed
    page = town.page("/places?name=Махачкале")
    assert 'href="/places/geonames%3A532096"' in page
    assert "No place is called so" in town.page("/places?name=qqqqqqq")


def test_a_place_of_ones_own_is_found_and_has_a_page(town: Town) -> None:
    (found,) = town.json("/places", name="Old market")["items"]
    assert found["id"].startswith("added:")
    assert "Old market" in town.page(f"/places/{found['id']}")
    assert "Old market" in town.page("/places")


def test_one_place_tells_base_rate_events_and_warnings(town: Town) -> None:
    found = town.json(f"/places/{RYBINSK}")
    assert found["name"] == "Rybinsk"
    assert [row["id"] for row in found["warnings"]] == ["0123456789ab", "aaaaaaaaaaaa"]
    assert [(row["id"], row["mob_violence"]) for row in found["events"]] == [
        ("e1", True),
        ("e3", False),
    ]
    outlook = found["outlook"]
    assert outlook["known_events"] == 3  # a peaceful protest is no violence
    assert [one["horizon_h"] for one in outlook["horizons"]] == [6, 24, 72, 336]
    rates = [one["base_rate"] for one in outlook["horizons"]]
    assert rates == sorted(rates)
    for one in outlook["horizons"]:
        probability, low, high = one["by_events"]
        assert 0 < low < probability < high < 1


def test_where_it_happened_stands_higher_than_where_it_did_not(town: Town) -> None:
    def first(place: str) -> float:
        return float(town.json(f"/places/{place}")["outlook"]["horizons"][0]["base_rate"])

    assert first(RYBINSK) > first("geonames:532096")


def test_a_sign_seen_in_the_country_is_told_with_its_places(town: Town) -> None:
    assert town.json(f"/places/{RYBINSK}")["signs"] == []
    told = ("indicators", "status", "leave-by-date", "observed", "--place", "RU", "--as", "ana")
    words = ("--reason", "leaflets", "--seen", "2024-03-08", "--project", town.project.folder)
    assert call(*told, *words).code == 0
    # The desk stands in 2024 and the command said it today: it was not known then.
    assert town.json(f"/places/{RYBINSK}")["signs"] == []


def test_around_a_place_what_stands_and_what_happened(town: Town) -> None:
    features = town.json(f"/places/{RYBINSK}/around.geojson")["features"]
    assert [one["properties"]["level"] for one in features] == ["alert", "none", "none"]
    far = town.json("/places/geonames:532096/around.geojson")["features"]
    assert [one["properties"]["title"] for one in far] == ["Makhachkala"]
    assert "around.geojson" in town.page(f"/places/{RYBINSK}")


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_pages_have_words(town: Town, language: str) -> None:
    market = {"en": "Rybinsk, market", "ru": "Rybinsk, рынок"}[language]
    assert market in town.page("/places", language=language)
    page = town.page(f"/places/{RYBINSK}", language=language)
    assert "Rybinsk" in page
    assert 'id="outlook"' in page


@pytest.mark.parametrize(
    "place", ["geonames:1", "geonames:x", "geonames:" + "9" * 40, "nowhere", "..%2F..", "added:9"]
)
def test_what_is_not_there(town: Town, place: str) -> None:
    assert town.api("viewer").get(f"/api/v1/places/{place}").status_code == 404
    assert town.browser("viewer").get(f"/places/{place}").status_code == 404


def test_while_it_is_reckoned_the_page_says_so(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "kept", lambda *_: None)
    assert town.json(f"/places/{RYBINSK}", Role.VIEWER.word)["outlook"] is None
    assert "hx-get" in town.page(f"/places/{RYBINSK}")


# -- what people keep about a region ---------------------------------------------------------------

FIGURES = """region,factor,value,source,year,weight
RU,young men without work,14,labour office,2022,0.1
DE,young men without work,6,labour office,2022,0.1
"""
DAYS = """date,what,latitude,longitude,yearly
2020-03-10,anniversary of an attack,58.0,38.8,yes
2020-03-11,far away,50,10,yes
2020-09-01,long after,,,yes
"""


def kept_project(folder: Path, figures: str = FIGURES) -> Project:
    """A desk that keeps a table of figures and a calendar."""
    table, days = folder / "figures.csv", folder / "days.csv"
    table.write_text(figures)
    days.write_text(DAYS)
    kept = {"risk__structure": [str(table)], "risk__calendar": [str(days), str(folder / "none")]}
    return new_project(folder / "desk", **kept)


@pytest.mark.parametrize("language", ["en", "ru"])
def test_figures_of_the_region_and_days_ahead_stand_with_a_place(
    tmp_path: Path, language: str
) -> None:
    stand = stand_on(kept_project(tmp_path), ReplayClock(NOW))
    page = stand.signed_in(Role.VIEWER).get(f"/places/{RYBINSK}", accept_language=language).text
    for part in ("young men without work", "labour office", "+0.40", "anniversary of an attack"):
        assert part in page
    assert "2024-03-10" in page
    assert "far away" not in page
    assert "long after" not in page


def test_only_what_was_known_counts_and_what_is_wrong_is_said(tmp_path: Path) -> None:
    desk = ConsoleDesk(kept_project(tmp_path), ReplayClock(NOW))
    before = NOW.replace(year=2022)
    assert structure(desk, ("RU",), before)["factors"] == []
    (row,) = structure(desk, ("RU", "nowhere"), NOW)["factors"]
    assert (row["adds"], row["year"]) == (0.4, 2022)
    assert structure(desk, ("RU",), NOW)["times"] == 1.49
    folder = tmp_path / "wrong"
    folder.mkdir()
    wrong = structure(ConsoleDesk(kept_project(folder, "region\nRU\n")), ("RU",), NOW)
    assert (wrong["factors"], len(wrong["problems"])) == ([], 1)


def test_without_a_table_the_page_says_nothing_of_it(town: Town) -> None:
    found = town.json(f"/places/{RYBINSK}")
    assert found["structure"] == {"factors": [], "times": 1.0, "problems": []}
    assert (found["calendar"], found["calibrated"]) == ([], False)
