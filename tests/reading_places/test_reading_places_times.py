from __future__ import annotations

import os
import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.model import EventTime, Granularity
from tocsin.reading.places_words import Words
from tocsin.reading.times import TimeCue
from tocsin.reading.times_calendar import Moment, place_on_calendar
from tocsin.reading.times_find import find_times, tells_of_past
from tocsin.reading.where_when import WhereWhen
from where_when_cases import FRIDAY_MORNING, profile, read

MOSCOW = ZoneInfo("Europe/Moscow")
MOMENTS = st.integers(1_420_000_000, 2_050_000_000).map(lambda s: datetime.fromtimestamp(s, UTC))
CHANNEL = profile(zone="Europe/Moscow")

MINUTE, HOUR = Granularity.MINUTE, Granularity.HOUR
PART, DAY, WEEK = Granularity.DAY_PART, Granularity.DAY, Granularity.WEEK

# text, local start, granularity; posted on Friday 2023-10-27 at 10:15 in Moscow.
RUSSIAN = [
    ("встреча в 19:00", "10-27 19:00", MINUTE),
    ("встреча в 19.00", "10-27 19:00", MINUTE),
    ("встреча в 19-00", "10-27 19:00", MINUTE),
    ("встреча в 19.10", "10-27 19:10", MINUTE),
    ("встреча 29.10", "10-29 00:00", DAY),
    ("встреча 29.10.2023 в 18:30", "10-29 18:30", MINUTE),
    ("встреча 2023-10-29", "10-29 00:00", DAY),
    ("встреча в 9:30", "10-28 09:30", MINUTE),
    ("встреча в 10:00", "10-27 10:00", MINUTE),
    ("встреча к 19", "10-27 19:00", HOUR),
    ("в 19 у аэропорта", "10-27 19:00", HOUR),
    ("встреча в 19 часов", "10-27 19:00", HOUR),
    ("встреча в 19 ч. 30 мин.", "10-27 19:30", MINUTE),
    ("в 7 вечера", "10-27 19:00", HOUR),
    ("в семь вечера", "10-27 19:00", HOUR),
    ("завтра в семь утра", "10-28 07:00", HOUR),
    ("завтра в 3 часа дня", "10-28 15:00", HOUR),
    ("сегодня в 12 ночи", "10-28 00:00", HOUR),
    ("сегодня в 2 ночи", "10-28 02:00", HOUR),
    ("встреча полседьмого", "10-27 18:30", MINUTE),
    ("в половине восьмого вечера", "10-27 19:30", MINUTE),
    ("без четверти семь вечера", "10-27 18:45", MINUTE),
    ("без 15 семь", "10-27 18:45", MINUTE),
    ("в четверть восьмого вечера", "10-27 19:15", MINUTE),
    ("начало завтра, 12 часов", "10-28 12:00", HOUR),
    ("с 18:00 до 21:00", "10-27 18:00", MINUTE),
    ("завтра с 10 до 18 часов", "10-28 10:00", HOUR),
    ("завтра", "10-28 00:00", DAY),
    ("послезавтра в полдень", "10-29 12:00", PART),
    ("завтра утром", "10-28 08:00", PART),
    ("сегодня ночью", "10-27 22:00", PART),
    ("вечером, в 7", "10-27 19:00", HOUR),
    ("в воскресенье", "10-29 00:00", DAY),
    ("в пятницу", "10-27 00:00", DAY),
    ("в следующую пятницу", "11-03 00:00", DAY),
    ("в прошлую среду", "10-25 00:00", DAY),
    ("в эту субботу в 15:00", "10-28 15:00", MINUTE),
    ("Воскресенье, 19:00", "10-29 19:00", MINUTE),
    ("вс, 19:00", "10-29 19:00", MINUTE),
    ("в выходные", "10-28 00:00", DAY),
    ("29 октября", "10-29 00:00", DAY),
    ("29-го октября в 19.00", "10-29 19:00", MINUTE),
    ("двадцать девятого октября", "10-29 00:00", DAY),
    ("29 числа", "10-29 00:00", DAY),
    ("в воскресенье 29 октября в 7 вечера", "10-29 19:00", HOUR),
    ("29 октября\n19:00", "10-29 19:00", MINUTE),
    ("19:00\n29 октября", "10-29 19:00", MINUTE),
    ("через 2 часа", "10-27 12:15", HOUR),
    ("через полчаса", "10-27 10:45", MINUTE),
    ("через полтора часа", "10-27 11:45", HOUR),
    ("через три дня", "10-30 00:00", DAY),
    ("через неделю", "11-03 00:00", DAY),
    ("прямо сейчас", "10-27 10:15", HOUR),
    ("два часа назад", "10-27 08:15", HOUR),
    ("после пятничной молитвы", "10-27 13:30", PART),
    ("завтра после джума-намаза", "10-28 13:30", PART),
    ("на следующей неделе", "10-30 00:00", WEEK),
    ("вчера", "10-26 00:00", DAY),
    ("в среду прошла ярмарка", "10-25 00:00", DAY),
    ("19:00 по Киеву", "10-27 19:00", MINUTE),
    ("каждое воскресенье", "10-29 00:00", DAY),
    ("каждую пятницу в 9:00", "11-03 09:00", MINUTE),
    ("по вторникам и четвергам в 20:00", "10-31 20:00", MINUTE),
    ("ежедневно в 7 утра", "10-28 07:00", HOUR),
    ("по будням в 9:00", "10-30 09:00", MINUTE),
    ("каждый вечер", "10-27 18:00", PART),
    ("не завтра, а послезавтра", "10-29 00:00", DAY),
    ("матч перенесли на воскресенье", "10-29 00:00", DAY),
    ("завтра днём", "10-28 15:00", PART),
]

ENGLISH = [
    ("meet at 7pm", "10-27 19:00", HOUR),
    ("meet at 7 p.m. tomorrow", "10-28 19:00", HOUR),
    ("meet at 19h", "10-27 19:00", HOUR),
    ("meet at 19h30", "10-27 19:30", MINUTE),
    ("meet at 1900 hours", "10-27 19:00", MINUTE),
    ("meet at half past six", "10-27 18:30", MINUTE),
    ("meet at quarter to eight tonight", "10-27 19:45", MINUTE),
    ("meet at ten past 7 in the evening", "10-27 19:10", MINUTE),
    ("meet at seven o'clock", "10-27 19:00", HOUR),
    ("meet at seven", "10-27 19:00", HOUR),
    ("meet at 7 outside the library", "10-27 19:00", HOUR),
    ("meet at 5:30", "10-27 17:30", MINUTE),
    ("7-9pm tomorrow", "10-28 19:00", HOUR),
    ("tomorrow 11am-1pm", "10-28 11:00", HOUR),
    ("from 18:00 to 20:00", "10-27 18:00", MINUTE),
    ("today", "10-27 00:00", DAY),
    ("tonight", "10-27 18:00", PART),
    ("tonight at 10", "10-27 22:00", HOUR),
    ("tonight at 2", "10-28 02:00", HOUR),
    ("tomorrow morning", "10-28 08:00", PART),
    ("this evening", "10-27 18:00", PART),
    ("last night", "10-26 22:00", PART),
    ("the day after tomorrow", "10-29 00:00", DAY),
    ("on Sunday", "10-29 00:00", DAY),
    ("Sunday at 7pm", "10-29 19:00", HOUR),
    ("Sun 29 Oct, 7pm", "10-29 19:00", HOUR),
    ("next Monday", "10-30 00:00", DAY),
    ("last Monday", "10-23 00:00", DAY),
    ("this Saturday afternoon", "10-28 15:00", PART),
    ("this weekend", "10-28 00:00", DAY),
    ("next week", "10-30 00:00", WEEK),
    ("October 29", "10-29 00:00", DAY),
    ("October 29th, 2023 at 7pm", "10-29 19:00", HOUR),
    ("29th of October", "10-29 00:00", DAY),
    ("on the 29th", "10-29 00:00", DAY),
    ("10/29/2023", "10-29 00:00", DAY),
    ("29.10.2023", "10-29 00:00", DAY),
    ("in two hours", "10-27 12:15", HOUR),
    ("in half an hour", "10-27 10:45", MINUTE),
    ("in 3 days", "10-30 00:00", DAY),
    ("2 hours ago", "10-27 08:15", HOUR),
    ("right now", "10-27 10:15", HOUR),
    ("after Friday prayers", "10-27 13:30", PART),
    ("at noon tomorrow", "10-28 12:00", PART),
    ("at midnight", "10-28 00:00", HOUR),
    ("yesterday", "10-26 00:00", DAY),
    ("19:00 msk", "10-27 19:00", MINUTE),
    ("every Sunday", "10-29 00:00", DAY),
    ("every Friday at 9am", "11-03 09:00", HOUR),
    ("Tuesdays and Thursdays at 20:00", "10-31 20:00", MINUTE),
    ("weekdays at 9am", "10-30 09:00", HOUR),
    ("daily from 14:00 to 16:30", "10-27 14:00", MINUTE),
    ("every evening", "10-27 18:00", PART),
    ("ten hours from now", "10-27 20:15", HOUR),
    ("Saturday 14.00", "10-28 14:00", MINUTE),
]

NO_TIME = [
    "до воскресенья",
    "к воскресенью",
    "до 19:00",
    "выиграли со счётом 3:15",
    "тел. 8 (928) 19-00-12",
    "курс 19.30 руб",
    "выросли на 19.30%",
    "в 19 регионах",
    "в 19 веке",
    "в два раза больше",
    "шли 19 часов",
    "60 км в час",
    "рейс 1930",
    "плюс 25 градусов",
    "Матф 5:17",
    "в 24 часа",
    "на улице 9 мая",
    "сейчас в мире",
    "версия 1.10.3",
    "экологическая среда",
    "by Sunday",
    "until 7pm",
    "won 3:15",
    "John 3:16",
    "costs $19.30",
    "up 19.30%",
    "call 0800 19 00 12",
    "flight 1930",
    "at 19 locations",
    "03/04/2023",
    "now we know",
    "Sunday's paper",
    "32/13/2023",
]


def event(where_when: WhereWhen, text: str, posted: datetime = FRIDAY_MORNING) -> EventTime | None:
    return read(where_when, text, CHANNEL, posted_at=posted).event_time


@pytest.mark.parametrize(("text", "start", "granularity"), RUSSIAN + ENGLISH)
def test_times(where_when: WhereWhen, text: str, start: str, granularity: Granularity) -> None:
    found = event(where_when, text)
    assert found is not None
    zone = ZoneInfo("Europe/Kyiv") if "Киев" in text else MOSCOW
    assert found.start.astimezone(zone).strftime("%m-%d %H:%M") == start
    assert found.granularity is granularity
    assert found.start.tzinfo is UTC


@pytest.mark.parametrize("text", NO_TIME)
def test_no_time(where_when: WhereWhen, text: str) -> None:
    assert event(where_when, text) is None


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("в 19:00", 1), ("завтра утром", 6), ("завтра", 24), ("с 18:00 до 21:30", 3.5),
        ("на следующей неделе", 168), ("7-9pm tomorrow", 2), ("from 22:00 to 02:00", 4),
    ],
)  # fmt: skip
def test_lengths(where_when: WhereWhen, text: str, hours: float) -> None:
    found = event(where_when, text)
    assert found is not None
    assert found.end - found.start == timedelta(hours=hours)


def test_past_is_marked(where_when: WhereWhen) -> None:
    for text in ("вчера", "сегодня утром прошла ярмарка", "last night", "it opened on Wednesday"):
        found = event(where_when, text)
        assert found is not None
        assert found.past, text
    found = event(where_when, "ярмарка завтра")
    assert found is not None
    assert not found.past


def test_zone_without_any_is_utc(where_when: WhereWhen) -> None:
    found = read(where_when, "встреча в 19:00").event_time
    assert found is not None
    assert found.start == datetime(2023, 10, 27, 19, tzinfo=UTC)


@pytest.mark.parametrize("zone", ["Nowhere/Town", "../etc"])
def test_an_unknown_zone_is_read_as_utc(where_when: WhereWhen, zone: str) -> None:
    found = read(where_when, "встреча в 19:00", profile(zone=zone)).event_time
    assert found is not None
    assert found.start == datetime(2023, 10, 27, 19, tzinfo=UTC)


def test_zone_of_home_and_of_a_named_place(where_when: WhereWhen) -> None:
    at_home = read(where_when, "завтра в 19:00", profile(home="Екатеринбург")).event_time
    named = read(where_when, "в Екатеринбурге завтра в 19:00").event_time
    assert at_home is not None
    assert named is not None
    assert at_home.start == named.start == datetime(2023, 10, 28, 14, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "posted", "start"),
    [
        ("30 декабря", "2023-01-02T12:00", "2022-12-30"),
        ("2 января", "2023-12-30T12:00", "2024-01-02"),
        ("29 февраля", "2024-02-01T12:00", "2024-02-29"),
        ("29 февраля", "2023-03-01T12:00", "2020-02-29"),
        ("завтра", "2024-02-28T12:00", "2024-02-29"),
        ("завтра", "2023-12-31T12:00", "2024-01-01"),
        ("31 числа", "2024-02-10T12:00", "2024-03-31"),
        ("завтра", "2023-12-31T22:30", "2024-01-02"),
    ],
)
def test_calendar_edges(where_when: WhereWhen, text: str, posted: str, start: str) -> None:
    found = event(where_when, text, datetime.fromisoformat(posted).replace(tzinfo=UTC))
    assert found is not None
    assert found.start.astimezone(MOSCOW).date() == date.fromisoformat(start)


def test_no_such_date(where_when: WhereWhen) -> None:
    assert event(where_when, "30.02.2024") is None


@pytest.mark.parametrize(
    ("posted", "hours"),
    [("2023-10-28T12:00", 25), ("2024-03-30T12:00", 23), ("2024-05-01T12:00", 24)],
)
def test_a_day_has_the_hours_its_zone_gives_it(
    where_when: WhereWhen, posted: str, hours: int
) -> None:
    moment = datetime.fromisoformat(posted).replace(tzinfo=UTC)
    found = read(where_when, "tomorrow", profile(zone="Europe/Berlin"), posted_at=moment).event_time
    assert found is not None
    assert found.end - found.start == timedelta(hours=hours)


def test_a_skipped_hour_still_has_a_place(where_when: WhereWhen) -> None:
    moment = datetime(2024, 3, 30, 12, tzinfo=UTC)
    channel = profile(zone="Europe/Berlin")
    found = read(where_when, "tomorrow at 2:30 am", channel, posted_at=moment).event_time
    assert found is not None
    assert found.start == datetime(2024, 3, 31, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kamchatka", "America/Los_Angeles"])
def test_the_machine_s_zone_does_not_matter(
    where_when: WhereWhen, monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    before = os.environ.get("TZ")
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        found = event(where_when, "завтра в 19:00")
    finally:
        monkeypatch.undo()
        assert os.environ.get("TZ") == before
        time.tzset()
    assert found is not None
    assert found.start == datetime(2023, 10, 28, 16, tzinfo=UTC)


@settings(max_examples=80, deadline=None)
@given(
    MOMENTS,
    st.integers(0, 23),
    st.integers(0, 59),
    st.sampled_from(["Europe/Moscow", "Europe/Berlin", "America/Santiago", "Asia/Kathmandu"]),
)
def test_clock_times_lie_ahead(
    where_when: WhereWhen, moment: datetime, hour: int, minute: int, zone: str
) -> None:
    text = f"встреча в {hour:02}:{minute:02}"
    found = read(where_when, text, profile(zone=zone), posted_at=moment).event_time
    assert found is not None
    ahead = found.start - moment
    assert timedelta(minutes=-91) <= ahead <= timedelta(hours=25)
    assert found.end > found.start


@settings(max_examples=60, deadline=None)
@given(MOMENTS, st.integers(0, 6))
def test_weekdays_are_within_a_week(where_when: WhereWhen, moment: datetime, weekday: int) -> None:
    names = ["понедельник", "вторник", "среду", "четверг", "пятницу", "субботу", "воскресенье"]
    preposition = "во" if weekday == 1 else "в"
    found = event(where_when, f"{preposition} {names[weekday]}", moment)
    assert found is not None
    local = found.start.astimezone(MOSCOW)
    assert local.weekday() == weekday
    assert 0 <= (local.date() - moment.astimezone(MOSCOW).date()).days < 7


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="0123456789:.-/ впдочасутрмя,\n", max_size=60))
def test_figures_and_letters_never_fail(text: str) -> None:
    for cue in find_times(Words(text), "ru"):
        assert 0 <= cue.start < cue.end <= len(text)
        found = place_on_calendar(cue, Moment(FRIDAY_MORNING, MOSCOW), past_tense=False)
        assert found is None or found.start < found.end


def test_clock_takes_the_day_of_its_heading() -> None:
    words = Words("Расписание на воскресенье:\nутренняя часть 10:00\nвечерняя часть 19:00")
    found = find_times(words, "ru")
    assert [(cue.weekday, cue.minute) for cue in found] == [(6, None), (6, 600), (6, 1140)]


def test_halves_of_the_day() -> None:
    moment = Moment(FRIDAY_MORNING, MOSCOW)

    def hour(minute: int, part: int | None) -> int:
        cue = TimeCue(0, 1, minute=minute, part=part, halved=True, day=1)
        found = place_on_calendar(cue, moment, past_tense=False)
        assert found is not None
        return found.start.astimezone(MOSCOW).hour

    assert hour(7 * 60, None) == 19
    assert hour(10 * 60, None) == 10
    assert hour(7 * 60, 8 * 60) == 7
    assert hour(2 * 60, 12 * 60) == 14
    assert hour(12 * 60, 18 * 60) == 0
    assert hour(2 * 60, 22 * 60) == 2
    assert hour(19 * 60, 8 * 60) == 19


def test_past_tense_of_a_clock_without_a_day(where_when: WhereWhen) -> None:
    found = event(where_when, "ярмарка открылась в 19:00")
    assert found is not None
    assert found.start.astimezone(MOSCOW).strftime("%d %H") == "26 19"
    part = event(where_when, "ярмарка открылась вечером")
    assert part is not None
    assert part.start.astimezone(MOSCOW).strftime("%d %H") == "26 18"


def test_tense() -> None:
    for text, past in [
        ("ярмарка прошла", True),
        ("ярмарка пройдёт там, где проходила", False),
        ("the fair was held", True),
        ("the fair will be where it was", False),
        ("the fair", False),
    ]:
        assert tells_of_past(Words(text), 0, len(text)) is past
