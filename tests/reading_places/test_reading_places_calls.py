from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tocsin.model import Role, Venue, VenueClass
from tocsin.reading.hints import CueHints
from tocsin.reading.where_when import WhereWhen
from where_when_cases import enriched, marked, profile, read

ROLES = [
    ("{Собираемся} в аэропорту Махачкалы", [("Makhachkala", Role.GATHER_AT)]),
    ("<беспорядки> в Нальчике", [("Nalchik", Role.HAPPENED_AT)]),
    ("Ярмарка прошла в Нальчике", [("Nalchik", Role.HAPPENED_AT)]),
    (
        "едут из Хасавюрта в Махачкалу",
        [("Khasavyurt", Role.ORIGIN), ("Makhachkala", Role.MENTIONED)],
    ),
    ("[прилетает рейс] Баку — Махачкала", [("Baku", Role.ORIGIN), ("Makhachkala", Role.MENTIONED)]),
    (
        "После <беспорядков> в Нальчике {собираемся} в Дербенте",
        [("Nalchik", Role.HAPPENED_AT), ("Derbent", Role.GATHER_AT)],
    ),
    (
        "Москва, {собираемся} в Хасавюрте",
        [("Moscow", None), ("Khasavyurt", Role.GATHER_AT)],
    ),
    ("{Сбор} сегодня. Дербент, 19:00", [("Derbent", Role.GATHER_AT)]),
    ("{Meet} outside the hotel in Leeds", [("Leeds", Role.GATHER_AT)]),
    (
        "They came from Dresden. {Meet} in Leeds",
        [("Dresden", Role.ORIGIN), ("Leeds", Role.GATHER_AT)],
    ),
    ("{Собираемся}! Нальчик", [("Nalchik", Role.GATHER_AT)]),
    ("{Собираемся}!" + " " * 500 + "Нальчик", [("Nalchik", None)]),
]


@pytest.mark.parametrize(("text", "roles"), ROLES)
def test_roles(where_when: WhereWhen, text: str, roles: list[tuple[str, Role | None]]) -> None:
    """None: any role but that people are called there."""
    found = read(where_when, text).places
    assert [m.name.split(",")[0].split(" airport")[0] for m in found] == [name for name, _ in roles]
    for mention, (_, role) in zip(found, roles, strict=True):
        assert mention.role is role if role else mention.role is not Role.GATHER_AT


def test_one_call_with_place_and_time(where_when: WhereWhen) -> None:
    result = read(where_when, "{Собираемся} завтра в 19:00 в аэропорту Махачкалы")
    (call,) = result.calls
    assert call.place is not None
    assert call.place.venue is VenueClass.AIRPORT
    assert call.time == result.event_time
    assert call.time is not None
    assert call.time.start == datetime(2023, 10, 28, 16, tzinfo=UTC)
    assert call.span is not None
    assert (call.span.start, call.span.end) == (0, 10)


def test_a_list_makes_several_calls(where_when: WhereWhen) -> None:
    result = read(
        where_when,
        "{Сход} завтра:\n- Махачкала, площадь, 19:00\n- Хасавюрт, у гостиницы, 20:00\n- Баку 21:00",
    )
    called = [
        (call.place.name, call.time.start.hour)
        for call in result.calls
        if call.place is not None and call.time is not None
    ]
    assert called == [("Makhachkala, square", 16), ("Khasavyurt, hotel", 17), ("Baku", 17)]


def test_call_without_a_place(where_when: WhereWhen) -> None:
    (call,) = read(where_when, "{Собираемся} завтра в 19:00").calls
    assert call.place is None
    assert call.time is not None
    (bare,) = read(where_when, "{Собираемся}").calls
    assert (bare.place, bare.time) == (None, None)


def test_call_at_home(where_when: WhereWhen) -> None:
    result = read(where_when, "{Все} в аэропорт, 19:00", profile(home="Махачкала"))
    (call,) = result.calls
    assert call.place is not None
    assert call.place.name == "Makhachkala airport (Uytash)"
    assert call.place.p == 0.6
    assert call.time is not None
    assert call.time.start.hour == 16


def test_no_gathering_no_call(where_when: WhereWhen) -> None:
    assert read(where_when, "в Махачкале завтра в 19:00").calls == ()


def test_calm_makes_no_call(where_when: WhereWhen) -> None:
    text, hints = marked("Не {собирайтесь} в аэропорту Махачкалы завтра", calm=True)
    result = where_when.find(enriched(text), None, hints)
    assert result.calls == ()
    assert [m.role is Role.GATHER_AT for m in result.places] == [False]
    assert result.event_time is not None


def test_a_past_time_is_no_time_of_a_call(where_when: WhereWhen) -> None:
    (call,) = read(where_when, "{Собирались} вчера в Нальчике").calls
    assert call.time is None


def test_the_time_bound_to_the_gathering_wins(where_when: WhereWhen) -> None:
    filler = "Погода без перемен. " * 12
    result = read(where_when, f"Завтра ярмарка. {filler}{{Собираемся}} в 19:00 в Нальчике")
    assert result.event_time is not None
    assert result.event_time.start == datetime(2023, 10, 27, 16, tzinfo=UTC)
    unbound = read(where_when, f"Завтра ярмарка. {filler}{{Собираемся}} в Нальчике")
    assert unbound.event_time is not None
    assert unbound.event_time.start == datetime(2023, 10, 27, 21, tzinfo=UTC)


def test_a_finer_time_of_the_same_day_wins(where_when: WhereWhen) -> None:
    text = "{Собираемся} завтра в Нальчике. Кто может, приходите. Ждём ровно в 19:00"
    found = read(where_when, text).event_time
    assert found is not None
    assert found.start == datetime(2023, 10, 28, 16, tzinfo=UTC)


def test_now_counts_only_with_a_gathering(where_when: WhereWhen) -> None:
    assert read(where_when, "сейчас в Нальчике тепло").event_time is None
    found = read(where_when, "{Собираемся} сейчас в Нальчике").event_time
    assert found is not None
    assert found.start == datetime(2023, 10, 27, 7, 15, tzinfo=UTC)


def test_two_venues_in_one_city_are_two_calls(where_when: WhereWhen) -> None:
    result = read(where_when, "{Собираемся} в Нальчике у мечети, потом у гостиницы")
    assert [c.place.name for c in result.calls if c.place] == ["Nalchik, mosque", "Nalchik, hotel"]


def test_list_without_own_times_takes_the_post_s(where_when: WhereWhen) -> None:
    result = read(where_when, "{Собираемся} вчера и завтра: в Нальчике, в Дербенте")
    assert len(result.calls) == 2
    assert all(c.time is not None and c.time.start.day == 27 for c in result.calls)


def test_shared_location(where_when: WhereWhen) -> None:
    venue = Venue(42.82, 47.65, "spot")
    result = where_when.find(enriched("Ждём", venue=venue), None, CueHints())
    (mention,) = result.places
    assert (mention.latitude, mention.longitude, mention.role) == (42.82, 47.65, Role.MENTIONED)
    text, hints = marked("{Собираемся}")
    called = where_when.find(enriched(text, venue=venue), None, hints)
    assert called.calls[0].place is not None
    assert called.calls[0].place.role is Role.GATHER_AT
    at_sea = where_when.find(enriched("Ждём", venue=Venue(0.0, -140.0)), None, CueHints())
    assert at_sea.places == ()


def test_same_post_same_result(where_when: WhereWhen) -> None:
    text = "{Сход}: Махачкала 19:00, Хасавюрт 20:00, из Баку, у мечети"
    assert read(where_when, text) == read(where_when, text)


def test_versions_name_every_source(where_when: WhereWhen) -> None:
    versions = where_when.versions()
    assert set(versions) == {
        "gazetteer",
        "places",
        "place_words",
        *(
            f"packs/{kind}_{lang}"
            for kind in ("places", "venues", "times")
            for lang in ("ru", "en", "ar", "de", "es", "fr", "tr", "uk")
        ),
        "packs/times_common",
        "packs/not_called",
        "time_confidence",
    }
    assert all(versions.values())
