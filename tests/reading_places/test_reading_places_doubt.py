"""Nobody is called to a place by a broadcast, by the news, or by what is over."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.model.reading import Role
from tocsin.reading.calls_doubt import settled
from tocsin.reading.places_words import Words
from tocsin.reading.where_when import WhereWhen
from where_when_cases import read

POSTED = datetime(2023, 10, 27, 7, 15, tzinfo=UTC)
"""A Friday."""

CALLED = [
    ("{Join} us in Leeds on Saturday at 14:00, bring your banners", "en"),
    ("{Meet} in Leeds tonight, all of you", "en"),
    ("{Rally} in Leeds, Saturday 14:00", "en"),
    ("{Protest} in Leeds", "en"),
    ("{Meet} outside the town hall in Leeds at 19:00, we also stream it live", "en"),
    ("After what happened there we {gather}. Leeds, Saturday 18:00", "en"),
    ("{Kommt} alle nach Dresden, Samstag 14 Uhr", "de"),
    ("{Собираемся} в Дербенте сегодня в 19:00", "ru"),
]
NOT_CALLED = [
    ("{Join} us live on the podcast tomorrow at 19:00 about the fire in Leeds", "en"),
    ("{Join} the stream tonight, a film from Leeds", "en"),
    ("{Protest} in Leeds today against the new tax", "en"),
    ("They {gather} in Leeds, 12.10.2022", "en"),
    ("A talk given at the {meeting} in Leeds on 17 April 2010", "en"),
    ("{Demonstration} heute in Dresden gegen die neue Steuer", "de"),
    ("{Встречаемся} на стриме в 19:00, говорим о пожаре в Махачкале", "ru"),
]


def gathered(where_when: WhereWhen, text: str, lang: str) -> list[str]:
    found = read(where_when, text, lang=lang, posted_at=POSTED).places
    assert found, "the place itself is found"
    return [mention.name for mention in found if mention.role is Role.GATHER_AT]


@pytest.mark.parametrize(("text", "lang"), CALLED)
def test_a_call_to_a_place_stays_one(where_when: WhereWhen, text: str, lang: str) -> None:
    assert gathered(where_when, text, lang)


@pytest.mark.parametrize(("text", "lang"), NOT_CALLED)
def test_what_only_looks_like_a_call_is_none(where_when: WhereWhen, text: str, lang: str) -> None:
    assert not gathered(where_when, text, lang)


def test_towns_that_name_a_clock_are_none_to_gather_in_but_set_the_hour(
    where_when: WhereWhen,
) -> None:
    text = "{Join} us on Saturday: 3pm New York / 8pm London, bring friends"
    found = read(where_when, text, lang="en", posted_at=POSTED)
    assert [m.role for m in found.places] == [Role.MENTIONED] * 2
    assert found.event_time is not None
    assert found.event_time.start == datetime(2023, 10, 28, 19, tzinfo=UTC)


def test_the_time_of_a_country_is_its_clock(where_when: WhereWhen) -> None:
    text = "{Join} me on Saturday at 8pm UK time, bring friends"
    found = read(where_when, text, lang="en", posted_at=POSTED)
    assert [m.role for m in found.places] == [Role.MENTIONED]
    assert found.event_time is not None
    assert found.event_time.start == datetime(2023, 10, 28, 19, tzinfo=UTC)


@given(st.lists(st.sampled_from([r for r in Role if r is not Role.GATHER_AT]), max_size=4))
def test_other_roles_are_left_alone(roles: list[Role]) -> None:
    assert settled(Words("live today"), [], roles, "en", []) == roles


def test_marks_of_a_recording_are_no_times(where_when: WhereWhen) -> None:
    text = "00:10 Intro\n01:21 News\n10:32 Sport\n14:05 {Join} the weather\n"
    assert read(where_when, text, lang="en", posted_at=POSTED).event_time is None
    timetable = "{Meet}: Leeds 18:00\nYork 19:00\nHull 20:00\nRipon 21:00\n"
    assert read(where_when, timetable, lang="en", posted_at=POSTED).event_time is not None


def test_now_counts_only_in_the_sentence_of_a_call(where_when: WhereWhen) -> None:
    near = read(where_when, "{Come} to Leeds now", lang="en", posted_at=POSTED).event_time
    assert near is not None
    apart = "The film is available now. Everybody {come} to the show."
    assert read(where_when, apart, lang="en", posted_at=POSTED).event_time is None


@pytest.mark.parametrize(
    "told",
    ["tonight at 9:30est", "tonight 9:30est/8:30cst", "tonight 9:30pm-Eastern"],
)
def test_a_zone_written_to_its_hour(where_when: WhereWhen, told: str) -> None:
    found = read(where_when, f"{{Meet}} {told}, all of you", lang="en", posted_at=POSTED)
    assert found.event_time is not None
    assert found.event_time.start.minute == 30
    assert found.event_time.start.astimezone(UTC).hour in {1, 13}
