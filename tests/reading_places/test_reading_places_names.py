from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.model import Role, VenueClass
from tocsin.reading.gazetteer import Gazetteer
from tocsin.reading.gazetteer_names import name_keys, word_keys, words_of
from tocsin.reading.where_when import WhereWhen
from where_when_cases import marked, profile, read

FOUND = [
    ("Мы живём в Хасавюрте", ["Khasavyurt"]),
    ("поехали в махачкалу", ["Makhachkala"]),
    ("новости из Черкесска и Нальчика", ["Cherkessk", "Nalchik"]),
    ("погода в Минеральных Водах", ["Mineralnye Vody"]),
    ("в минеральных водах дождь", ["Mineralnye Vody"]),
    ("завод в Набережных Челнах", ["Naberezhnyye Chelny"]),
    ("поезд в Нижний Новгород", ["Nizhniy Novgorod"]),
    ("ярмарка в Ростове-на-Дону", ["Rostov-on-Don"]),
    ("Утром был в Питере, вечером в Екб", ["Saint Petersburg", "Yekaterinburg"]),
    ("Скоро в СПб", ["Saint Petersburg"]),
    ("#Махачкала сегодня без воды", ["Makhachkala"]),
    ("концерт в Орле", ["Orël"]),
    ("дорога до Ельца", ["Yelets"]),
    ("выставка в Грозном", ["Grozny"]),
    ("библиотека в Кирове", ["Kirov"]),
    ("живу в Химках", ["Khimki"]),
    ("приехал из Химок", ["Khimki"]),
    ("фестиваль в Тель-Авиве", ["Tel Aviv"]),
    ("библиотека в городе Мирный, Якутия", ["Mirny", "Sakha (Yakutia)"]),
    ("We drove to Makhachkala", ["Makhachkala"]),
    ("A festival in Birmingham, Alabama", ["Birmingham", "Alabama"]),
    ("Дагестан и Германия", ["Dagestan", "Germany"]),
    ("the library in Nice", ["Nice"]),
    ("flats in new york are dear", ["New York City"]),
    ("München ist schön", ["Munich"]),
    ("the mayor of New York City", ["New York City"]),
]

ABSTAINED = [
    "Орёл летит над полем",
    "Победа будет за нами, мама",
    "Мирный договор подписан",
    "Советский Союз распался",
    "улица Ленина перекрыта",
    "встреча с Владимиром Кировым",
    "Валерий Киров выступил на площади",
    "мир и хлеб",
    "в мире неспокойно",
    "Родина у нас одна",
    "Reading this is nice, I hope most of you agree",
    "Split the bill at the bar",
    "Battle of words",
    "Jack London wrote novels",
    "I met Charlotte Madison",
    "Of course",
    "The White House said no",
    "AMA and OF are abbreviations",
    "Moscow Road is closed",
    "The game in October",
]


@pytest.mark.parametrize(("text", "names"), FOUND)
def test_finds(where_when: WhereWhen, text: str, names: list[str]) -> None:
    lang = "de" if text.startswith("München") else None
    assert [m.name for m in read(where_when, text, lang=lang).places] == names


def test_between_two_towns_of_one_name_only_home_decides(where_when: WhereWhen) -> None:
    assert read(where_when, "a concert in Reading").places == ()
    (at_home,) = read(where_when, "a concert in Reading", profile(home="Oxford, GB")).places
    assert at_home.time_zone == "Europe/London"


@pytest.mark.parametrize("text", ABSTAINED)
def test_abstains(where_when: WhereWhen, text: str) -> None:
    assert read(where_when, text).places == ()


def test_region_beside_a_name_decides(where_when: WhereWhen) -> None:
    at_home = read(where_when, "a fair in Birmingham").places[0]
    named = read(where_when, "a fair in Birmingham, Alabama").places[0]
    assert at_home.time_zone == "Europe/London"
    assert named.time_zone == "America/Chicago"


def test_home_and_company_decide(where_when: WhereWhen) -> None:
    near = read(where_when, "a fair in Birmingham", profile(home="Atlanta")).places[0]
    assert near.time_zone == "America/Chicago"
    both = read(where_when, "buses from Springfield to Boston").places
    assert [m.name for m in both][-1] == "Boston"


def test_shouted_text_gives_capitals_no_weight(where_when: WhereWhen) -> None:
    assert read(where_when, "MOST OF THE SPLIT IS IN READING TODAY").places == ()
    assert read(where_when, "ВСЕ ЕДЕМ В ХАСАВЮРТ").places[0].name == "Khasavyurt"


def test_airports_belong_to_their_city(where_when: WhereWhen, gazetteer: Gazetteer) -> None:
    city = gazetteer.candidates("Махачкала")[0]
    for text in (
        "у аэропорта Уйташ",
        "в аэропорту Махачкалы",
        "at Makhachkala airport",
        "в Уйташе",
    ):
        (mention,) = read(where_when, text).places
        assert mention.place_id == city.id
        assert mention.venue is VenueClass.AIRPORT
        assert mention.name == "Makhachkala airport (Uytash)"
        assert abs(mention.latitude - 42.8168) < 0.01


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("в Шереметьево", "Moscow airport (Sheremetyevo)"),
        ("в аэропорту Домодедово", "Moscow airport (Domodedovo)"),
        ("at Heathrow airport", "London airport (Heathrow)"),
        ("near Ben Gurion airport", "Tel Aviv airport (Ben Gurion)"),
        ("в аэропорту Минвод", "Mineralnye Vody airport"),
        ("в аэропорту Хасавюрта", "Khasavyurt airport"),
    ],
)
def test_airport_names(where_when: WhereWhen, text: str, name: str) -> None:
    assert [m.name for m in read(where_when, text).places][-1].startswith(name)


VENUES = [
    ("у гостиницы в Хасавюрте", "Khasavyurt, hotel"),
    ("на площади в Нальчике", "Nalchik, square"),
    ("возле мечети, Дербент", "Derbent, mosque"),
    ("у здания администрации Черкесска", "Cherkessk, town hall"),
    ("в отделе полиции Хасавюрта", "Khasavyurt, police"),
    ("около автовокзала в Нальчике", "Nalchik, station"),
    ("в пункте временного размещения в Нальчике", "Nalchik, refugee centre"),
    ("outside the refugee centre in Dresden", "Dresden, refugee centre"),
    ("near the synagogue in Leeds", "Leeds, synagogue"),
    ("at the town hall in Leeds", "Leeds, town hall"),
    ("at the bus station in Leeds", "Leeds, station"),
]


@pytest.mark.parametrize(("text", "name"), VENUES)
def test_venues(where_when: WhereWhen, text: str, name: str) -> None:
    assert [m.name for m in read(where_when, text).places] == [name]


def test_streets_in_the_plural_and_institutions_are_no_spots(where_when: WhereWhen) -> None:
    home = profile(home="Махачкала, Дагестан")
    assert read(where_when, "они вышли на улицы", home).places == ()
    assert read(where_when, "суд постановил", home).places == ()
    assert read(where_when, "the court ruled", home).places == ()


def test_a_part_of_a_name_is_no_venue(where_when: WhereWhen) -> None:
    assert read(where_when, "в Набережных Челнах").places[0].venue is None


def test_venue_without_a_place_is_at_home(where_when: WhereWhen) -> None:
    (mention,) = read(where_when, "ждём у мечети", profile(home="Нальчик")).places
    assert (mention.name, mention.p) == ("Nalchik, mosque", 0.6)
    assert mention.span is not None
    assert mention.span.cue == "home"
    assert read(where_when, "ждём у мечети").places == ()
    assert read(where_when, "ждём у мечети", profile(home="nowhere at all")).places == ()


def test_venue_in_another_sentence(where_when: WhereWhen) -> None:
    found = read(where_when, "Новости Нальчика. Ждём у мечети.").places
    assert "Nalchik, mosque" in [m.name for m in found]
    several = read(where_when, "Нальчик и Дербент. Ждём у мечети.").places
    assert all(m.venue is None for m in several)


def test_origin_does_not_take_the_venue(where_when: WhereWhen) -> None:
    found = read(where_when, "встречают [рейс] из Тель-Авива в аэропорту Махачкалы").places
    assert [(m.name.split(" airport")[0], m.role) for m in found] == [
        ("Tel Aviv", Role.ORIGIN),
        ("Makhachkala", Role.MENTIONED),
    ]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_read_and_spans_lie_inside(where_when: WhereWhen, text: str) -> None:
    result = read(where_when, text.translate(_NO_MARKS))
    plain, _ = marked(text.translate(_NO_MARKS))
    for mention in result.places:
        assert mention.span is not None
        assert 0 <= mention.span.start <= mention.span.end <= len(plain)
        assert 0.5 <= mention.p <= 1.0


_NO_MARKS = str.maketrans("", "", "{}<>[]")


@pytest.mark.parametrize(
    ("name", "forms"),
    [
        ("Махачкала", "махачкалы махачкале махачкалу махачкалой"),
        ("Казань", "казани казанью"),
        ("Череповец", "череповца череповце"),
        ("Елец", "ельца ельце"),
        ("Торжок", "торжка торжке"),
        ("Химки", "химок химках химкам"),
        ("Люберцы", "люберец люберцах"),
        ("Грозный", "грозного грозном"),
        ("Отрадное", "отрадного отрадном"),
        ("Шанхай", "шанхая шанхае"),
        ("Бирюлёво", "бирюлево бирюлеве"),
        ("Баку", "баку"),
        ("Евпатория", "евпатории евпаторию"),
    ],
)
def test_cases_of_russian_names(name: str, forms: str) -> None:
    keys = set(name_keys(name))
    for form in forms.split():
        assert keys & set(word_keys(form)), form


def test_names_without_letters_have_no_keys() -> None:
    assert name_keys("10-12") == []
    assert words_of("Sana'a") == ("sanaa",)
