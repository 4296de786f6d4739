"""Which words are places, which places they are, and how sure that is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.model import PlaceKind, Role, VenueClass
from tocsin.reading.gazetteer import AddedPlace, Gazetteer
from tocsin.reading.places_commonness import Commonness
from tocsin.reading.places_weights import PlaceWeights
from tocsin.reading.where_when import WhereWhen
from where_when_cases import marked, profile, read

IN_EIGHT_LANGUAGES = [
    ("ru", "Сход в Хасавюрте", "Khasavyurt"),
    ("uk", "Зустріч у Харкові завтра", "Kharkiv"),
    ("en", "A vigil in Southport tonight", "Southport"),
    ("de", "Treffen in Görlitz am Samstag", "Görlitz"),
    ("fr", "Marche blanche à Roubaix samedi", "Roubaix"),
    ("es", "Concentración en Badajoz mañana", "Badajoz"),
    ("ar", "وقفة في طرابلس لبنان غدا", "Tripoli"),
    ("tr", "Yarın Eskişehir'de yürüyüş var", "Eskişehir"),
]

VENUES = [
    ("de", "Heute um sechs kommen alle vors Rathaus", VenueClass.TOWN_HALL),
    ("fr", "Tous devant la mosquée à 20h", VenueClass.MOSQUE),
    ("es", "Todos delante de la comisaría a las siete", VenueClass.POLICE),
    ("tr", "Yarın meydanda toplanıyoruz", VenueClass.SQUARE),
    ("ar", "الكل عند الجامعة غدا", VenueClass.UNIVERSITY),
    ("uk", "Збираємося біля синагоги о шостій", VenueClass.SYNAGOGUE),
]


@pytest.mark.parametrize(("lang", "text", "name"), IN_EIGHT_LANGUAGES)
def test_a_town_in_eight_languages(where_when: WhereWhen, lang: str, text: str, name: str) -> None:
    assert name in [m.name.split(",")[0] for m in read(where_when, text, lang=lang).places]


@pytest.mark.parametrize(("lang", "text", "venue"), VENUES)
def test_a_venue_without_a_town_lies_at_home(
    where_when: WhereWhen, lang: str, text: str, venue: VenueClass
) -> None:
    (mention,) = read(where_when, text, profile(home="Strasbourg"), lang=lang).places
    assert mention.venue is venue
    assert mention.name.startswith("Strasbourg")


def test_areas_are_shown_as_areas(where_when: WhereWhen) -> None:
    kinds = {m.name: m.kind for m in read(where_when, "Дагестан и Германия").places}
    assert kinds == {"Dagestan": PlaceKind.REGION, "Germany": PlaceKind.COUNTRY}
    assert all(m.is_area for m in read(where_when, "Дагестан и Германия").places)


def test_an_area_beside_a_name_decides(where_when: WhereWhen) -> None:
    places = where_when.resolve([(10, 20)], "A fair in Birmingham, Alabama", "en")
    assert [p and p.country for p in places] == ["GB"]  # the span alone, without its area
    both = where_when.resolve([(10, 20), (22, 29)], "A fair in Birmingham, Alabama", "en")
    assert [p and p.country for p in both] == ["US", "US"]


def test_home_decides_between_towns_of_one_name(where_when: WhereWhen) -> None:
    far = read(where_when, "сход в Мирном", profile(home="Якутск")).places
    assert [m.time_zone for m in far] == ["Asia/Yakutsk"]


def test_a_name_unknown_is_put_near_another(where_when: WhereWhen) -> None:
    text = "The Blorfield Bridge in Leeds is closed"
    bridge, leeds = where_when.resolve([(4, 20), (24, 29)], text, "en")
    assert bridge == leeds
    assert leeds is not None
    assert leeds.name == "Leeds"
    assert where_when.resolve([(4, 20)], text, "en") == [None]
    assert where_when.resolve([(200, 210)], text, "en") == [None]


def test_what_a_people_is_called_means_its_country(where_when: WhereWhen) -> None:
    (place,) = where_when.resolve([(4, 10)], "The Syrian baker", "en")
    assert place is not None
    assert place.id == "country:SY"
    assert where_when.named("The Syrian baker", "en") == []


def test_explained_names_add_up(where_when: WhereWhen) -> None:
    found = where_when.explain("A fair in Birmingham", "en")
    name = found[-1]
    assert name.said == "Birmingham"
    assert name.options[0][0].country == "GB"
    assert sum(share for _, share in name.options) <= 1 + 1e-9
    assert where_when.explain("nothing here", "en", home="Leeds") == []


def test_added_places_are_found(gazetteer: Gazetteer) -> None:
    own = AddedPlace("Верхний Бласт", 42.9, 47.4, "RU", ("Бласт",), "Europe/Moscow")
    with_own = WhereWhen.build(gazetteer.with_added([own]))
    (mention,) = read(with_own, "{Сход} в селе Верхний Бласт завтра").places
    assert mention.place_id.startswith("added:")
    assert mention.role is Role.GATHER_AT
    assert [p.name for p in gazetteer.with_added([own]).named("Бласте")] == ["Верхний Бласт"]
    assert gazetteer.with_added([]) is gazetteer


def test_who_is_called_where_stays_with_the_rules(where_when: WhereWhen) -> None:
    text, hints = marked("Лидс шумит. {Собираемся} в Дербенте у рынка")
    del hints
    roles = {m.name.split(",")[0]: m.role for m in read(where_when, text).places}
    assert roles.get("Derbent") is not None
    called = read(where_when, "Лидс шумит. {Собираемся} в Дербенте у рынка").places
    assert [m.name.split(",")[0] for m in called if m.role is Role.GATHER_AT] == ["Derbent"]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "Leeds",
                "in",
                "Paris",
                "Дербент",
                "из",
                "مدينة",
                "بيروت",
                "Reading",
                "#",
                ",",
                "\n",
                "the",
            ]
        ),
        max_size=12,
    ),
    st.sampled_from(["en", "ru", "ar", "tr", "und"]),
)
def test_any_text_gives_sound_mentions(where_when: WhereWhen, pieces: list[str], lang: str) -> None:
    text = " ".join(pieces)
    found = read(where_when, text, lang=lang).places
    for mention in found:
        assert 0.4 <= mention.p <= 1
        assert mention.span is not None
        assert 0 <= mention.span.start < mention.span.end <= len(text)
    assert found == read(where_when, text, lang=lang).places


def test_what_is_trained_is_whole() -> None:
    weights = PlaceWeights.load()
    assert len(weights.digest) == 16
    assert weights.filter.probabilities([], []) == []


def test_common_words_are_known() -> None:
    common = Commonness.load()
    assert common.zipf("reading", "en") > 4
    assert common.small("reading", "en") > 0.5
    assert common.small("ничтоже", "en") == -1
    assert common.zipf("qqq", "en") == 0
