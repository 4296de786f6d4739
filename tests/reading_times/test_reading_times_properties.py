"""Times do not depend on the machine; summer time, midnight, leap days and a year of posts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from times_support import LANGUAGES, cases, machine_zone, placed
from tocsin.model import EventTime, Granularity
from tocsin.reading.places_words import Words
from tocsin.reading.times import TimeCue
from tocsin.reading.times_calendar import Moment, place_on_calendar
from tocsin.reading.times_find import find_all_times
from tocsin.reading.times_sun import sun_minute

ZONES = ["Europe/Moscow", "Europe/Berlin", "America/Santiago", "Asia/Kathmandu", "Africa/Cairo"]
MACHINES = ["UTC", "Asia/Kamchatka", "America/Los_Angeles", "Pacific/Chatham"]
PAST_YEAR = st.integers(0, 366 * 24 * 60).map(
    lambda minutes: datetime(2023, 11, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
TOMORROW_AT = {
    "ru": "завтра в {h}:{m:02}", "uk": "завтра о {h}:{m:02}", "en": "tomorrow at {h:02}:{m:02}",
    "de": "morgen um {h}:{m:02} Uhr", "fr": "demain à {h}h{m:02}",
    "es": "mañana a las {h:02}:{m:02} h", "ar": "غدا الساعة {h:02}:{m:02}",
    "tr": "yarın saat {h:02}:{m:02}",
}  # fmt: skip
ON_DATE = {
    "ru": "{d}.{mo:02}.{y}", "uk": "{d}.{mo:02}.{y}", "en": "{y}-{mo:02}-{d:02}",
    "de": "am {d}.{mo}.{y}", "fr": "le {d:02}/{mo:02}/{y}", "es": "el {d}/{mo}/{y}",
    "ar": "يوم {d}/{mo}/{y}", "tr": "{d:02}.{mo:02}.{y}",
}  # fmt: skip


def events(text: str, lang: str, posted: datetime, zone: str) -> list[EventTime]:
    words, moment = Words(text), Moment(posted, ZoneInfo(zone))
    found = (placed(words, cue, lang, moment) for cue in find_all_times(words, lang))
    return [event for event in found if event is not None]


@settings(max_examples=60)
@given(PAST_YEAR, st.sampled_from(LANGUAGES), st.data(), st.sampled_from(MACHINES))
def test_neither_zone_nor_clock_of_the_machine_matter(
    posted: datetime, lang: str, data: st.DataObject, machine: str
) -> None:
    text = data.draw(st.sampled_from([case["text"] for case in cases(lang)]))
    here = events(text, lang, posted, "Europe/Berlin")
    with machine_zone(machine):
        assert events(text, lang, posted, "Europe/Berlin") == here


@settings(max_examples=100)
@given(
    PAST_YEAR, st.sampled_from(LANGUAGES), st.sampled_from(ZONES), st.integers(7, 23),
    st.integers(0, 59),
)  # fmt: skip
def test_tomorrow_at_an_hour_is_that_hour_on_the_wall(
    posted: datetime, lang: str, zone: str, hour: int, minute: int
) -> None:
    (event,) = events(TOMORROW_AT[lang].format(h=hour, m=minute), lang, posted, zone)
    local = event.start.astimezone(ZoneInfo(zone))
    today = posted.astimezone(ZoneInfo(zone)).date()
    assert local.date() == today + timedelta(days=1)
    assert (local.hour, local.minute) == (hour, minute)


@settings(max_examples=100)
@given(
    st.sampled_from(LANGUAGES), st.sampled_from(ZONES), PAST_YEAR,
    st.dates(date(2015, 1, 1), date(2035, 12, 31)),
)  # fmt: skip
def test_a_date_with_its_year_is_that_day_whenever_it_was_written(
    lang: str, zone: str, posted: datetime, day: date
) -> None:
    text = ON_DATE[lang].format(d=day.day, mo=day.month, y=day.year)
    (event,) = events(text, lang, posted, zone)
    start, end = (t.astimezone(ZoneInfo(zone)) for t in (event.start, event.end))
    assert event.granularity is Granularity.DAY
    assert start.date() == day
    assert timedelta(hours=23) <= event.end - event.start <= timedelta(hours=25)
    assert end.date() == day + timedelta(days=1)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_leap_days(lang: str) -> None:
    text = ON_DATE[lang].format(d=29, mo=2, y=2024)
    assert len(events(text, lang, datetime(2024, 1, 9, tzinfo=UTC), "UTC")) == 1
    none = ON_DATE[lang].format(d=29, mo=2, y=2023)
    assert events(none, lang, datetime(2024, 1, 9, tzinfo=UTC), "UTC") == []


@settings(max_examples=60)
@given(st.integers(-90, 90), st.sampled_from(LANGUAGES), st.sampled_from(ZONES))
def test_around_midnight_tomorrow_follows_the_local_day(minutes: int, lang: str, zone: str) -> None:
    midnight = datetime(2024, 3, 31, tzinfo=ZoneInfo(zone))
    posted = midnight.astimezone(UTC) + timedelta(minutes=minutes)
    (event,) = events(TOMORROW_AT[lang].format(h=12, m=30), lang, posted, zone)
    today = posted.astimezone(ZoneInfo(zone)).date()
    assert event.start.astimezone(ZoneInfo(zone)).date() == today + timedelta(days=1)


@settings(max_examples=60)
@given(st.integers(-36, 36), st.sampled_from(["2024-03-31", "2023-10-29"]), st.integers(0, 23))
def test_around_changes_of_the_clock_hours_from_now_are_real_hours(
    offset: int, day: str, hours: int
) -> None:
    posted = datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(hours=offset)
    cue = TimeCue(0, 1, delta=timedelta(hours=hours), delta_unit=Granularity.HOUR)
    event = place_on_calendar(cue, Moment(posted, ZoneInfo("Europe/Berlin")), past_tense=False)
    assert event is not None
    assert event.start - posted == timedelta(hours=hours)


@settings(max_examples=100)
@given(PAST_YEAR, st.sampled_from(LANGUAGES), st.data(), st.sampled_from(ZONES))
def test_what_is_said_ahead_lies_ahead(
    posted: datetime, lang: str, data: st.DataObject, zone: str
) -> None:
    terms = [case["text"] for case in cases(lang) if case["kind"] in {"repeated", "deadline"}]
    text = data.draw(st.sampled_from(terms))
    for event in events(text, lang, posted, zone):
        assert event.start < event.end
        assert event.start.tzinfo is UTC


@settings(max_examples=100)
@given(
    st.sampled_from(LANGUAGES),
    st.text(alphabet="0123456789:.-/ ,'°%втодоhbisàatoبوالسуз\u064b\n٧", max_size=60),
)
def test_figures_and_letters_never_fail(lang: str, text: str) -> None:
    for cue in find_all_times(Words(text), lang):
        assert 0 <= cue.start < cue.end <= len(text)
        found = placed(Words(text), cue, lang, Moment(datetime(2024, 2, 29, tzinfo=UTC),
                                                     ZoneInfo("Europe/Berlin")))  # fmt: skip
        assert found is None or found.start < found.end


@settings(max_examples=80)
@given(
    st.dates(date(2020, 1, 1), date(2030, 12, 31)), st.floats(-45, 45), st.floats(-179, 179)
)  # fmt: skip
def test_prayers_come_in_their_order(day: date, latitude: float, longitude: float) -> None:
    zone = (
        ZoneInfo("UTC") if abs(longitude) < 60 else ZoneInfo(f"Etc/GMT{-round(longitude / 15):+}")
    )
    names = ("fajr", "sunrise", "dhuhr", "asr", "candles", "maghrib", "isha")
    minutes = [sun_minute(name, day, (latitude, longitude), zone) for name in names]
    if abs(longitude) < 60:
        return
    told = [minute for minute in minutes if minute is not None]
    assert told == sorted(told)
    assert len(told) == len(names)


def test_the_sun_over_makhachkala() -> None:
    """Sunset on 27 October 2023: 16:50 by the almanac; fajr begins before it is light."""
    where, zone = (42.98, 47.50), ZoneInfo("Europe/Moscow")
    sunset = sun_minute("maghrib", date(2023, 10, 27), where, zone)
    assert sunset is not None
    assert abs(sunset - (16 * 60 + 50)) <= 3
    assert sun_minute("candles", date(2023, 10, 27), where, zone) == sunset - 18
    assert sun_minute("isha", date(2023, 6, 21), (66.5, 25.7), ZoneInfo("Europe/Helsinki")) is None


def test_a_prayer_is_by_the_sun_where_the_place_is_known() -> None:
    posted = datetime(2023, 10, 27, 7, tzinfo=UTC)
    (cue,) = find_all_times(Words("сегодня после вечернего намаза"), "ru")
    zone = ZoneInfo("Europe/Moscow")
    known = place_on_calendar(cue, Moment(posted, zone, (42.98, 47.50)), past_tense=False)
    unknown = place_on_calendar(cue, Moment(posted, zone), past_tense=False)
    assert known is not None
    assert unknown is not None
    assert known.start.astimezone(zone).strftime("%H:%M") == "16:50"
    assert known.granularity is Granularity.HOUR
    assert unknown.start.astimezone(zone).strftime("%H:%M") == "18:00"
    assert unknown.granularity is Granularity.DAY_PART


@pytest.mark.parametrize("lang", LANGUAGES)
def test_terms_end_at_their_last_minute(lang: str) -> None:
    bare = {"ru": "до воскресенья", "uk": "до неділі", "en": "until Sunday", "de": "bis Sonntag",
            "fr": "jusqu'à dimanche", "es": "hasta el domingo", "ar": "حتى يوم الأحد",
            "tr": "pazara kadar"}  # fmt: skip
    posted = datetime(2023, 10, 27, 7, tzinfo=UTC)
    (term,) = events(bare[lang], lang, posted, "Europe/Berlin")
    local = term.start.astimezone(ZoneInfo("Europe/Berlin"))
    assert local.strftime("%m-%d %H:%M") == "10-29 23:59"
    assert term.end - term.start == timedelta(minutes=1)
