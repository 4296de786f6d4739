"""Time cues placed on the calendar of a time zone: intervals in UTC.

Conventions: morning 08:00, midday 12:00, afternoon 15:00, evening 18:00, night 22:00, after
Friday prayer 13:30, each six hours long; where the place is not known, prayers are at Fajr
05:00, Dhuhr 12:00, Asr 15:00, Maghrib 18:00 and Isha 20:00, Sunday's service is at 10:00 and over
at 12:00, Shabbat begins and ends at 18:00; a clock time is an hour long; a day runs from midnight
to midnight; a term that names no hour ends at 23:59 of its day.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tocsin.model.reading import EventTime, Granularity, Span
from tocsin.reading.times import TimeCue
from tocsin.reading.times_confidence import confidence
from tocsin.reading.times_sun import sun_minute

CLOCK_LENGTH = timedelta(hours=1)
PART_LENGTH = timedelta(hours=6)
STALE = timedelta(minutes=30)
"""A clock time without a day that is longer past than this means tomorrow's."""

_HALF_YEAR = timedelta(days=182)
_LONGEST = timedelta(days=92)
"""A range of days longer than this is not meant as one event."""

_LONGEST_MONTH = 31
_MONTH_FIRST = frozenset(
    f"America/{city}"
    for city in ("New_York", "Chicago", "Denver", "Los_Angeles", "Phoenix", "Detroit", "Anchorage")
)
"""Zones in which 11/5 is the fifth of November."""

_NOON = 12 * 60
_AFTERNOON = 15 * 60
_BREAKFAST = 6 * 60
_EVENING = 18 * 60
_LATE = 10 * 60
_NIGHT = 22 * 60
_SMALL_HOURS = 4 * 60
_MIDNIGHT = 24 * 60
_LAST_MINUTE = _MIDNIGHT - 1


@dataclass(frozen=True, slots=True)
class Moment:
    """When and where a post was written.

    Args:
        posted_at: aware, UTC.
        zone: the zone its words are read in.
        where: latitude and longitude of the place, for prayers and the sun; None: not known.
    """

    posted_at: datetime
    zone: ZoneInfo
    where: tuple[float, float] | None = None

    @property
    def local(self) -> datetime:
        """The moment of posting on the local clock."""
        return self.posted_at.astimezone(self.zone)


def place_on_calendar(cue: TimeCue, moment: Moment, past_tense: bool) -> EventTime | None:
    """The interval a cue means; None where there is no such date.

    Args:
        past_tense: the sentence tells of something that has happened.
    """
    if cue.zone is not None:
        moment = replace(moment, zone=ZoneInfo(cue.zone))
    cue = _in_order(cue, moment)
    past = (cue.past or past_tense) and not cue.deadline
    interval = _interval(cue, moment, past)
    if interval is None:
        return None
    start, end, granularity = interval
    spoken_past = cue.past or end <= moment.posted_at or (past_tense and start <= moment.posted_at)
    span = Span(cue.start, cue.end, "time")
    return EventTime(start, end, granularity, spoken_past, span, confidence(cue))


def _interval(
    cue: TimeCue, moment: Moment, past: bool
) -> tuple[datetime, datetime, Granularity] | None:
    if cue.delta is not None:
        start = (moment.posted_at + cue.delta).astimezone(UTC)
        return start, start + CLOCK_LENGTH, cue.delta_unit or Granularity.HOUR
    if cue.week is not None and not cue.has_day:
        return _week(cue.week, moment)
    if cue.weekdays is not None:
        return _repeated(cue, cue.weekdays, moment)
    day = _day(cue, moment, past)
    return None if day is None else _on_day(cue, day, moment, past)


def _on_day(
    cue: TimeCue, day: date, moment: Moment, past: bool
) -> tuple[datetime, datetime, Granularity]:
    """The hour, the part of the day or the whole day."""
    if cue.minute is not None:
        return _clock(cue, day, moment, past)
    if cue.part is not None:
        return _part(cue, day, moment, past)
    last = day if cue.to is None else _last_day(cue.to, day, moment)
    end = _local(last, _MIDNIGHT, moment)
    start = _local(last, _LAST_MINUTE, moment) if cue.deadline else _local(day, 0, moment)
    return start, end, Granularity.DAY


def _last_day(cue: TimeCue, first: date, moment: Moment) -> date:
    """The last day of a range that begins on ``first``."""
    if cue.weekday is not None and cue.day_of_month is None:
        return first + timedelta(days=(cue.weekday - first.weekday()) % 7)
    last = _valid_from(cue, first) if cue.day_of_month is not None else _day(cue, moment, False)
    return first if last is None or not first <= last <= first + _LONGEST else last


def _valid_from(cue: TimeCue, first: date) -> date | None:
    """The first such date on or after ``first``."""
    assert cue.day_of_month is not None
    for step in range(13):
        months = first.year * 12 + first.month - 1 + step
        year, month = months // 12, months % 12 + 1
        if cue.month is None or cue.month == month:
            day = _valid(year, month, cue.day_of_month)
            if day is not None and day >= first:
                return day
    return None


def _repeated(
    cue: TimeCue, weekdays: Sequence[int], moment: Moment
) -> tuple[datetime, datetime, Granularity] | None:
    """The first occurrence after posting; one whose hour is past today is next on another day."""
    today = moment.local.date()
    for day in (today + timedelta(days=ahead) for ahead in range(8)):
        if day.weekday() not in weekdays:
            continue
        start, end, granularity = _on_day(cue, day, moment, past=False)
        still = start if cue.has_clock else end
        if still > moment.posted_at:
            return start, end, granularity
    return None


def _week(week: int, moment: Moment) -> tuple[datetime, datetime, Granularity]:
    today = moment.local.date()
    monday = today - timedelta(days=today.weekday()) + timedelta(weeks=week)
    following = monday + timedelta(weeks=1)
    return _local(monday, 0, moment), _local(following, 0, moment), Granularity.WEEK


def _day(cue: TimeCue, moment: Moment, past: bool) -> date | None:
    """The local day a cue means; a cue without a day means the day of posting."""
    today = moment.local.date()
    if cue.day_of_month is not None:
        return _dated(cue, today, past)
    if cue.day is not None:
        return today + timedelta(days=cue.day)
    if cue.weekday is not None:
        return _on_weekday(cue.weekday, cue.week, today, past)
    return today


def _on_weekday(weekday: int, week: int | None, today: date, past: bool) -> date:
    ahead = (weekday - today.weekday()) % 7
    if week is not None and week > 0:
        monday = today - timedelta(days=today.weekday())
        return monday + timedelta(weeks=week, days=weekday)
    if week is not None and week < 0:
        return today - timedelta(days=(-ahead) % 7 or 7)
    if past and week is None:
        return today - timedelta(days=(-ahead) % 7)
    return today + timedelta(days=ahead)


def _dated(cue: TimeCue, today: date, past: bool) -> date | None:
    assert cue.day_of_month is not None
    if cue.month is None:
        return _of_month(cue, cue.day_of_month, today, past)
    if cue.year is not None:
        return _valid(cue.year, cue.month, cue.day_of_month)
    years = range(today.year - 4, today.year + 5)
    days = [_valid(year, cue.month, cue.day_of_month) for year in years]
    return _nearest([day for day in days if day is not None], today, past, _HALF_YEAR)


def _in_order(cue: TimeCue, moment: Moment) -> TimeCue:
    """ "5/11": the order in which the day of the week is right, else that of the zone's country."""
    if not cue.either or cue.month is None or cue.day_of_month is None:
        return cue
    turned = replace(cue, month=cue.day_of_month, day_of_month=cue.month)
    if cue.weekday is not None:
        today = moment.local.date()
        found = {c: _dated(c, today, past=False) for c in (cue, turned)}
        fits = [c for c, day in found.items() if day is not None and day.weekday() == cue.weekday]
        if len(fits) == 1:
            return fits[0]
    return turned if moment.zone.key in _MONTH_FIRST else cue


def _of_month(cue: TimeCue, day_of_month: int, today: date, past: bool) -> date | None:
    """ "On the 29th": the nearest such day ahead (behind, for the past)."""
    if cue.next_month:
        first = (today.replace(day=1) + timedelta(days=_LONGEST_MONTH + 1)).replace(day=1)
        return _valid(first.year, first.month, day_of_month)
    days = []
    for step in range(-3, 4):
        months = today.year * 12 + today.month - 1 + step
        day = _valid(months // 12, months % 12 + 1, day_of_month)
        if day is not None:
            days.append(day)
    return _nearest(days, today, past, timedelta(days=62))


def _nearest(days: Sequence[date], today: date, past: bool, horizon: timedelta) -> date | None:
    """The next such day within ``horizon``, else the last one; for the past the last one."""
    ahead = [day for day in days if day >= today]
    behind = [day for day in days if day <= today]
    if past and behind:
        return behind[-1]
    if ahead and (ahead[0] - today <= horizon or not behind):
        return ahead[0]
    return behind[-1] if behind else None


def _valid(year: int, month: int, day: int) -> date | None:
    if day > _LONGEST_MONTH:
        day = monthrange(year, month)[1]
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _clock(
    cue: TimeCue, day: date, moment: Moment, past: bool
) -> tuple[datetime, datetime, Granularity]:
    minute = _in_half(cue)
    start = _local(day, minute, moment)
    stale = moment.posted_at - STALE
    if start < stale <= _local(day, minute + _NOON, moment) and _evening_meant(cue, minute, past):
        minute += _NOON
        start = _local(day, minute, moment)
    if not cue.has_day:
        if past and start > moment.posted_at:
            start = _local(day - timedelta(days=1), minute, moment)
        elif not past and moment.posted_at - start > STALE:
            start = _local(day + timedelta(days=1), minute, moment)
    elif _small_hours(cue, minute) and start < moment.posted_at - STALE and not past:
        start = _local(day + timedelta(days=1), minute, moment)
    granularity = Granularity.MINUTE if cue.exact else Granularity.HOUR
    return start, start + _length(cue, minute), granularity


def _evening_meant(cue: TimeCue, minute: int, past: bool) -> bool:
    """ "At nine", written at noon: the nine o'clock that is still to come today."""
    late = _NOON if cue.day == 0 else _LATE
    today = not cue.has_day or cue.day == 0
    free = cue.halved and cue.part is None and cue.until is None
    return free and today and not past and minute < late


def _small_hours(cue: TimeCue, minute: int) -> bool:
    """ "Tonight at 2": the hours after midnight belong to the evening before."""
    return cue.day == 0 and minute < _SMALL_HOURS


def _length(cue: TimeCue, minute: int) -> timedelta:
    if cue.until is None:
        return CLOCK_LENGTH
    until = cue.until
    if cue.halved and until <= minute < until + _NOON and until <= _NOON:
        until += _NOON  # "from 2 to 5", in the afternoon
    minutes = (until - minute) % _MIDNIGHT
    return timedelta(minutes=minutes) if minutes else CLOCK_LENGTH


def _in_half(cue: TimeCue) -> int:
    """Minutes after midnight, with the half of the day that a part or custom gives."""
    assert cue.minute is not None
    minute = cue.minute
    if minute >= 13 * 60:
        return minute
    if not cue.halved:
        # "Tomorrow evening, 7:30": in figures too, what is said of the day decides.
        evening = cue.part is not None and cue.part >= _AFTERNOON
        return minute + _NOON if evening and _BREAKFAST <= minute < _NOON else minute
    if cue.part is None:
        return minute + _NOON if 0 < minute < 8 * 60 else minute
    if cue.part >= _EVENING and minute >= _NOON:
        return _MIDNIGHT + minute - _NOON
    if cue.part >= _EVENING and minute < _SMALL_HOURS:
        return minute + _MIDNIGHT
    return minute + _NOON if cue.part >= _NOON and minute < 12 * 60 else minute


def _part(
    cue: TimeCue, day: date, moment: Moment, past: bool
) -> tuple[datetime, datetime, Granularity]:
    minute, length, granularity = _beginning(cue, day, moment)
    start = _local(day, minute, moment)
    if past and cue.day == 0 and minute >= _NIGHT and start > moment.posted_at:
        start = _local(day - timedelta(days=1), minute, moment)  # "tonight a car was burnt"
    if not cue.has_day:
        if past and start > moment.posted_at:
            start = _local(day - timedelta(days=1), minute, moment)
        elif not past and start + _patience(cue, length) <= moment.posted_at:
            start = _local(day + timedelta(days=1), minute, moment)
    return start, start + length, granularity


def _patience(cue: TimeCue, length: timedelta) -> timedelta:
    """How long after its beginning a part of the day without a day still means today's."""
    if cue.deadline:
        return timedelta(0)
    return CLOCK_LENGTH if cue.prayer is not None else length


def _beginning(cue: TimeCue, day: date, moment: Moment) -> tuple[int, timedelta, Granularity]:
    """When the part of the day begins: by the sun where the place is known, else by custom."""
    assert cue.part is not None
    if cue.prayer is not None and moment.where is not None:
        minute = sun_minute(cue.prayer, day, moment.where, moment.zone)
        if minute is not None:
            return minute, CLOCK_LENGTH, Granularity.HOUR
    return cue.part, PART_LENGTH, Granularity.DAY_PART


def _local(day: date, minute: int, moment: Moment) -> datetime:
    """UTC of a local wall-clock time; a time the clock skips is read with the old offset."""
    day += timedelta(days=minute // _MIDNIGHT)
    minute %= _MIDNIGHT
    wall = datetime.combine(day, time(minute // 60, minute % 60), tzinfo=moment.zone)
    return wall.astimezone(UTC)
