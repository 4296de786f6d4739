"""From words for time to intervals in UTC.

A language's rules give :class:`TimeCue` records: what is said, not yet on the calendar.
Neighbouring cues are merged ("on Sunday" + "at 19:00"), then placed on the calendar of a time
zone. Conventions: morning 08:00, midday 12:00, afternoon 15:00, evening 18:00, night 22:00,
after Friday prayer 13:30, each six hours long; a clock time is an hour long; a day runs from
midnight to midnight.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tocsin.model.reading import EventTime, Granularity, Span

CLOCK_LENGTH = timedelta(hours=1)
PART_LENGTH = timedelta(hours=6)
STALE = timedelta(minutes=30)
"""A clock time without a day that is longer past than this means tomorrow's."""

MERGE_GAP = 30
"""Characters between two cues that may still speak of one time."""

INHERIT_GAP = 240
"""A clock time takes the day named at most this many characters before it."""

ADDABLE = "minute until day weekday weekdays week year month day_of_month part zone"
_ADDABLE = tuple(ADDABLE.split())
_HALF_YEAR = timedelta(days=182)
_NOON = 12 * 60
_AFTERNOON = 15 * 60
_BREAKFAST = 6 * 60
_EVENING = 18 * 60
_NIGHT = 22 * 60
_SMALL_HOURS = 4 * 60
_MIDNIGHT = 24 * 60


@dataclass(frozen=True, slots=True)
class TimeCue:
    """What a few words say about time; fields that are not said are None.

    Args:
        start, end: character offsets.
        minute: minutes after midnight, 0 to 1440 (midnight at the end of the day).
        until: end of a range, same unit.
        exact: minutes were said ("19:00"), not just an hour.
        halved: the hour may mean either half of the day ("at 7").
        day: days from the day of posting.
        weekday: 0 (Monday) to 6.
        weekdays: repeated on these; the first such day (and hour) after posting is meant.
        week: 0 the nearest one, 1 next week's, −1 last week's; alone, a week is meant.
        year, month, day_of_month: as written; year None: not said.
        part: start of a part of the day, in minutes.
        delta: from the moment of posting.
        delta_unit: how exact ``delta`` is.
        zone: IANA name of a zone said with the time.
        weak: too common a word to mean an event by itself ("now").
        needs_company: means a time only beside another cue (a bare weekday name).
        deadline: the end of a term ("until Sunday"), not an event.
        past: said of the past.
    """

    start: int
    end: int
    minute: int | None = None
    until: int | None = None
    exact: bool = False
    halved: bool = False
    day: int | None = None
    weekday: int | None = None
    weekdays: tuple[int, ...] | None = None
    week: int | None = None
    year: int | None = None
    month: int | None = None
    day_of_month: int | None = None
    part: int | None = None
    delta: timedelta | None = None
    delta_unit: Granularity | None = None
    zone: str | None = None
    weak: bool = False
    needs_company: bool = False
    deadline: bool = False
    past: bool = False

    @property
    def has_day(self) -> bool:
        """Says which day."""
        words = self.day is not None or self.weekday is not None or self.weekdays is not None
        return words or self.day_of_month is not None

    @property
    def has_clock(self) -> bool:
        """Says which hour."""
        return self.minute is not None


def merge(cues: Iterable[TimeCue], text: str) -> list[TimeCue]:
    """Join neighbours that add to each other; drop deadlines and what needs company."""
    merged: list[TimeCue] = []
    for cue in sorted(cues, key=lambda c: (c.start, -c.end)):
        if merged and cue.start < merged[-1].end:
            continue
        joined = _join(merged[-1], cue, text) if merged else None
        if joined is not None:
            merged[-1] = joined
        else:
            merged.append(cue)
    return _inherit_days([cue for cue in merged if not cue.deadline and not cue.needs_company])


def _join(left: TimeCue, right: TimeCue, text: str) -> TimeCue | None:
    """One cue for both, or None where they speak of different times."""
    gap = text[left.end : right.start]
    if len(gap) > MERGE_GAP or any(mark in gap for mark in "!?;") or ". " in gap:
        return None
    if (
        (left.deadline != right.deadline and not _hour_of_deadline(left, right, gap))
        or left.delta is not None
        or right.delta is not None
    ):
        return None
    if gap.count("\n") > 1 or ("\n" in gap and _has_letters(gap)):
        return None
    if _clash(left, right) or _another_day(left, right, gap):
        return None
    return _united(left, right)


def _hour_of_deadline(left: TimeCue, right: TimeCue, gap: str) -> bool:
    """ "Until Sunday, 18:00": the hour right after a last day is its hour, not an event's."""
    return left.deadline and right.has_clock and not right.has_day and not gap.strip(" ,")


def _has_letters(gap: str) -> bool:
    return any(letter.isalpha() for letter in gap)


def _clash(left: TimeCue, right: TimeCue) -> bool:
    both_clocks = left.has_clock and right.has_clock
    both_parts = left.part is not None and right.part is not None
    both_weekdays = _on_weekdays(left) and _on_weekdays(right)
    both_dates = left.day_of_month is not None and right.day_of_month is not None
    both_words = left.day is not None and right.day is not None
    return both_clocks or both_parts or both_weekdays or both_dates or both_words


def _another_day(left: TimeCue, right: TimeCue, gap: str) -> bool:
    """What has its day and its hour takes no second day from words away."""
    return left.has_day and left.has_clock and right.has_day and _has_letters(gap)


def _on_weekdays(cue: TimeCue) -> bool:
    return cue.weekday is not None or cue.weekdays is not None


def _united(left: TimeCue, right: TimeCue) -> TimeCue:
    # What the right one says fills what the left one leaves open.
    fields = {name: getattr(right, name) for name in _ADDABLE if getattr(left, name) is None}
    clock = left if left.has_clock else right
    whole = (left.has_day and right.has_clock) or (left.has_clock and right.has_day)
    return replace(
        left,
        **fields,
        end=right.end,
        exact=clock.exact,
        halved=clock.halved,
        weak=left.weak and right.weak,
        needs_company=left.needs_company and right.needs_company and not whole,
        past=left.past or right.past,
    )


def _inherit_days(cues: Sequence[TimeCue]) -> list[TimeCue]:
    """A clock time without a day takes the day named before it (a heading, a sentence)."""
    result: list[TimeCue] = []
    heading: TimeCue | None = None
    for cue in cues:
        if cue.has_day:
            heading = cue
        near = heading is not None and cue.start - heading.end <= INHERIT_GAP
        if heading is not None and near and cue.has_clock and not cue.has_day:
            result.append(_with_day(cue, heading))
        else:
            result.append(cue)
    return result


def _with_day(cue: TimeCue, heading: TimeCue) -> TimeCue:
    return replace(
        cue,
        day=heading.day,
        weekday=heading.weekday,
        weekdays=heading.weekdays,
        week=heading.week,
        year=heading.year,
        month=heading.month,
        day_of_month=heading.day_of_month,
        past=cue.past or heading.past,
    )


# -- the calendar ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Moment:
    """When and where a post was written.

    Args:
        posted_at: aware, UTC.
        zone: the zone its words are read in.
    """

    posted_at: datetime
    zone: ZoneInfo

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
        moment = Moment(moment.posted_at, ZoneInfo(cue.zone))
    past = cue.past or past_tense
    interval = _interval(cue, moment, past)
    if interval is None:
        return None
    start, end, granularity = interval
    spoken_past = cue.past or end <= moment.posted_at or (past_tense and start <= moment.posted_at)
    return EventTime(start, end, granularity, spoken_past, Span(cue.start, cue.end, "time"))


def _interval(
    cue: TimeCue, moment: Moment, past: bool
) -> tuple[datetime, datetime, Granularity] | None:
    if cue.delta is not None:
        return _after(cue, moment)
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
    return _local(day, 0, moment), _local(day, _MIDNIGHT, moment), Granularity.DAY


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


def _after(cue: TimeCue, moment: Moment) -> tuple[datetime, datetime, Granularity]:
    assert cue.delta is not None
    unit = cue.delta_unit or Granularity.HOUR
    if unit in {Granularity.DAY, Granularity.WEEK}:
        day = moment.local.date() + timedelta(days=cue.delta.days)
        return _local(day, 0, moment), _local(day, _MIDNIGHT, moment), Granularity.DAY
    start = (moment.posted_at + cue.delta).astimezone(UTC)
    return start, start + CLOCK_LENGTH, unit


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
        return _of_month(cue.day_of_month, today, past)
    if cue.year is not None:
        return _valid(cue.year, cue.month, cue.day_of_month)
    years = range(today.year - 4, today.year + 5)
    days = [_valid(year, cue.month, cue.day_of_month) for year in years]
    return _nearest([day for day in days if day is not None], today, past, _HALF_YEAR)


def _of_month(day_of_month: int, today: date, past: bool) -> date | None:
    """ "On the 29th": the nearest such day ahead (behind, for the past)."""
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
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _clock(
    cue: TimeCue, day: date, moment: Moment, past: bool
) -> tuple[datetime, datetime, Granularity]:
    minute = _in_half(cue)
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


def _small_hours(cue: TimeCue, minute: int) -> bool:
    """ "Tonight at 2": the hours after midnight belong to the evening before."""
    return cue.day == 0 and minute < _SMALL_HOURS


def _length(cue: TimeCue, minute: int) -> timedelta:
    if cue.until is None:
        return CLOCK_LENGTH
    minutes = (cue.until - minute) % _MIDNIGHT
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
        return minute + _NOON if 60 <= minute < 8 * 60 else minute
    if cue.part >= _EVENING and minute >= _NOON:
        return _MIDNIGHT + minute - _NOON
    if cue.part >= _EVENING and minute < _SMALL_HOURS:
        return minute + _MIDNIGHT
    return minute + _NOON if cue.part >= _NOON and minute < 12 * 60 else minute


def _part(
    cue: TimeCue, day: date, moment: Moment, past: bool
) -> tuple[datetime, datetime, Granularity]:
    assert cue.part is not None
    start = _local(day, cue.part, moment)
    if not cue.has_day:
        if past and start > moment.posted_at:
            start = _local(day - timedelta(days=1), cue.part, moment)
        elif not past and start + PART_LENGTH <= moment.posted_at:
            start = _local(day + timedelta(days=1), cue.part, moment)
    return start, start + PART_LENGTH, Granularity.DAY_PART


def _local(day: date, minute: int, moment: Moment) -> datetime:
    """UTC of a local wall-clock time; a time the clock skips is read with the old offset."""
    day += timedelta(days=minute // _MIDNIGHT)
    minute %= _MIDNIGHT
    wall = datetime.combine(day, time(minute // 60, minute % 60), tzinfo=moment.zone)
    return wall.astimezone(UTC)
