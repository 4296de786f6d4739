"""Countries, regions, districts, airports' names, and places that users add."""

from __future__ import annotations

from importlib.resources import files

import pytest
import yaml

from tocsin.model.place import PlaceKind
from tocsin.reading.gazetteer import AddedPlace, Gazetteer
from tocsin.reading.gazetteer_names import fold, name_keys, word_keys, words_of

COUNTRIES = {
    "country:RU": (
        "Россия России Росії Russia Russland Russlands Russie Rusia روسيا Rusya Rusya'da רוסיה РФ"
    ),
    "country:DE": (
        "Германии Німеччині Germany Deutschland Allemagne Alemania ألمانيا Almanyadan גרמניה"
    ),
    "country:SY": "Сирию Сирії Syria Syrien Syrie Siria سوريا وسوريا Suriye סוריה",
    "country:GB": "UK Великобритании Британії Großbritannien بريطانيا İngiltere",
}
AREAS = {
    "region:RU.17": (
        "Дагестан|Республике Дагестан|Дагестане|Dagestan|Daghestan|داغستان|Dağıstan|דאגסטן"
    ),
    "region:RU.22": "КБР|Кабардино-Балкария|Кабардино-Балкарии|Kabardino-Balkaria",
    "region:UA.13": "Київщина|Київщині|Київська область|Київської області|Киевской области",
    "region:RU.61": "Ростовская область|Ростовской области|Ростовская обл|Rostov region",
    "region:DE.07": "NRW|Nordrhein-Westfalen|North Rhine-Westphalia",
    "region:DE.02": "Bavaria|Bayern|Bavière|Baviera|Бавария|Баварії|بافاريا|בוואריה|Bayerns",
    "region:SY.09": "محافظة حلب|Aleppo Governorate",
    "region:TR.21": "Diyarbakır ili",
    "region:US.AL": "Alabama|Алабама|Алабаме",
    "district:RU.17.550476": "Хасавюртовский район|Хасавюртовском районе",
    "district:RU.17.rutul": "Рутульского района|Rutulsky District",
    "district:GB.ENG.G5": "Kent",
    "district:IE.M.04": "County Cork",
    "district:US.IL.031": "Cook County",
}


def _ids(gazetteer: Gazetteer, name: str) -> set[str]:
    words = words_of(name.partition("'")[0])
    return {gazetteer.place_at(entry >> 1).id for entry in gazetteer.entries(words, areas=True)}


@pytest.mark.parametrize(("place", "names"), COUNTRIES.items())
def test_countries_in_every_language(gazetteer: Gazetteer, place: str, names: str) -> None:
    for name in names.split():
        assert place in _ids(gazetteer, name), name
    assert gazetteer.place(place).kind == PlaceKind.COUNTRY


@pytest.mark.parametrize(("place", "names"), AREAS.items())
def test_regions_and_districts(gazetteer: Gazetteer, place: str, names: str) -> None:
    for name in names.split("|"):
        assert place in _ids(gazetteer, name), name
    found = gazetteer.place(place)
    assert found.kind == place.partition(":")[0]
    assert found.population > 0
    assert gazetteer.place_at(gazetteer.index_of(place)) == found


def test_what_is_written_by_hand_has_its_place(gazetteer: Gazetteer) -> None:
    packs = files("tocsin.reading.packs")
    areas = yaml.safe_load((packs / "regions.yaml").read_bytes())
    listed = [*areas["names"]]
    for kind in ("region", "district"):
        listed += [f"{kind}:{cc}.{code}" for cc, of in areas[f"{kind}s"].items() for code in of]
    airports = yaml.safe_load((packs / "airports_names.yaml").read_bytes())["names"]
    for place in (*listed, *(f"airport:{code}" for code in airports)):
        gazetteer.index_of(place)
    for place, names in areas["cities"].items():
        country, _, main = place.partition("/")
        found = [(p.country, p.name) for p in gazetteer.candidates(names[0])]
        assert (country, main) in found, place


def test_areas_are_found_only_where_asked_for(gazetteer: Gazetteer) -> None:
    assert gazetteer.entries(("дагестан",)) == ()
    assert gazetteer.entries(("дагестане",), areas=True)
    assert all(
        gazetteer.kind_at(entry >> 1) is PlaceKind.CITY for entry in gazetteer.entries(("kent",))
    )
    assert gazetteer.entries(()) == ()


def test_a_city_of_the_name_is_meant_first(gazetteer: Gazetteer) -> None:
    entries = gazetteer.entries(words_of("Берлин"), areas=True)
    assert {gazetteer.kind_at(entry >> 1) for entry in entries if entry & 1} == {PlaceKind.CITY}


EXONYMS = [
    ("Mailand", "Milan"), ("Varsovie", "Warsaw"), ("Londres", "London"), ("Halep", "Aleppo"),
    ("حلب", "Aleppo"), ("בירושלים", "Jerusalem"), ("Nürnberg", "Nuremberg"),
    ("Nuernberg", "Nuremberg"), ("Selanik", "Thessaloníki"), ("Києві", "Kyiv"),
    ("Харкова", "Kharkiv"), ("Львові", "Lviv"), ("Полтави", "Poltava"),
    ("Дніпрі", "Dnipro"), ("بالقاهرة", "Cairo"), ("والقاهرة", "Cairo"), ("للقاهرة", "Cairo"),
    ("ankarada", "Ankara"), ("Diyarbakırdan", "Diyarbakır"), ("Berlins", "Berlin"),
    ("Frankfurt", "Frankfurt am Main"), ("St Louis", "St. Louis"), ("Saint Louis", "St. Louis"),
    ("Bad Kissingen", "Bad Kissingen"), ("Berliner", "Berlin"), ("Moskaus", "Moscow"),
    ("halepte", "Aleppo"), ("Кам'янці-Подільському", "Kamyanets-Podilskyi"),
    ("Hull", "Kingston upon Hull"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "main"), EXONYMS)
def test_names_in_other_languages_and_cases(gazetteer: Gazetteer, name: str, main: str) -> None:
    assert main in [place.name for place in gazetteer.candidates(name)]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Уйташе", "MCX"), ("Храброво", "KGD"), ("مطار رفيق الحريري", "BEY"), ("Бен-Гурион", "TLV"),
        ("בן גוריון", "TLV"), ("Ben Gurion", "TLV"), ("Esenboğa", "ESB"), ("Schönefeld", "BER"),
        ("El Prat", "BCN"), ("Roissy", "CDG"), ("Heathrow", "LHR"),
    ],
)  # fmt: skip
def test_airports_by_what_they_are_called(gazetteer: Gazetteer, name: str, code: str) -> None:
    (index,) = gazetteer.airports_named(words_of(name))
    assert gazetteer.place_at(index).id == f"airport:{code}"
    assert gazetteer.kind_at(index) is PlaceKind.AIRPORT


@pytest.mark.parametrize(
    ("home", "place"),
    [
        ("Birmingham, AL", "US"), ("Birmingham, Alabama", "US"), ("Birmingham", "GB"),
        ("Tripoli, LB", "LB"), ("Tripoli, Liban", "LB"), ("Valencia, VE", "VE"),
    ],
)  # fmt: skip
def test_a_home_with_its_country(gazetteer: Gazetteer, home: str, place: str) -> None:
    found = gazetteer.resolve_home(home)
    assert found is not None
    assert found.country == place


def test_places_added_by_a_user(gazetteer: Gazetteer) -> None:
    camp = AddedPlace("Camp Nord", 43.1, 46.9, "RU", ("Лагерь Север",), "Europe/Moscow")
    more = gazetteer.with_added(
        [camp, camp, AddedPlace("Махач", 42.98, 47.5, "RU", kind="district")]
    )
    assert [p.id for p in more.candidates("лагере Север")] == [
        "added:camp-nord",
        "added:camp-nord-2",
    ]
    added = more.place("added:camp-nord")
    assert (added.time_zone, added.kind) == ("Europe/Moscow", "city")
    assert added in more.near(43.1, 46.9, 1)
    assert more.entries(("махач",), areas=True)
    assert more.kind_at(more.index_of("added:махач")) is PlaceKind.DISTRICT
    assert more.candidates("Хасавюрт") == gazetteer.candidates("Хасавюрт")
    assert gazetteer.candidates("Camp Nord") == []
    assert more.source != gazetteer.source
    assert gazetteer.with_added([]) is gazetteer
    last = more.with_added([AddedPlace("Camp Süd", 43.0, 46.9, "RU")])
    assert last.candidates("Camp Nord")
    assert last.candidates("Camp Sud")


@pytest.mark.parametrize(
    ("name", "forms"),
    [
        ("Київ", "києва києві києвом"), ("Чернігів", "чернігова чернігові"),
        ("Тернопіль", "тернополя тернополі"), ("Запоріжжя", "запоріжжі"),
        ("Чернівці", "чернівців чернівцях"), ("Кам'янка", "камянці камянку"),
        ("Рівне", "рівного рівному"), ("Вінниця", "вінниці"), ("Біла", "білої білій"),
    ],
)  # fmt: skip
def test_cases_of_ukrainian_names(name: str, forms: str) -> None:
    keys = set(name_keys(name))
    for form in forms.split():
        assert keys & set(word_keys(form)), form


def test_letters_written_for_one_another() -> None:
    assert fold("القاهرة") == fold("القاهره")
    assert fold("إدلب") == fold("ادلب")
    assert fold("مُحَمَّد") == fold("محمد")
    assert fold("ایران") == fold("إيران")
    assert fold("ירושלים") == fold("ירושלימ")
    assert fold("Слов\u02bcянськ") == "словянськ"
    assert words_of("दिल्ली") == ("दिल्ली",)


def test_no_word_stands_for_very_much() -> None:
    for word in ("константинопольского", "ومالقاهرة", "ושבירושלים", "istanbullulardan"):
        assert len(word_keys(fold(word))) <= 16, word
