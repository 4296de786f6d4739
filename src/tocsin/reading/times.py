"""What a few words say about time, and how neighbours are joined.

A language's rules give :class:`TimeCue` records: what is said, not yet on the calendar.
Neighbouring cues are merged ("on Sunday" + "at 19:00", "from Friday" + "until Sunday");
:mod:`tocsin.reading.times_calendar` makes intervals of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from tocsin.model.reading import Granularity
from tocsin.reading.times_clock import FRIDAY

MERGE_GAP = 30
"""Characters between two cues that may still speak of one time."""

INHERIT_GAP = 240
"""A clock time takes the day named at most this many characters before it."""

ADDABLE = (
    "minute until day weekday weekdays week year month day_of_month part zone to prayer either "
    "next_month"
)
_ADDABLE = tuple(ADDABLE.split())
_SENTENCE_END = re.compile(r"[.!?…]\s|\n")
_DASHES = frozenset({"-", "–", "—"})


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
        year, month, day_of_month: as written; year None: not said; day 32: the month's last.
        either: the figures of day and month may be meant the other way round.
        next_month: the day of the month after this one.
        part: start of a part of the day, in minutes.
        delta: from the moment of posting.
        delta_unit: how exact ``delta`` is.
        zone: IANA name of a zone said with the time.
        to: the last day of a range of days.
        prayer: a prayer of the day or a turn of the sun it begins with (``maghrib``); ``any``:
            not said which one, on a Friday that day's.
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
    either: bool | None = None
    next_month: bool | None = None
    part: int | None = None
    delta: timedelta | None = None
    delta_unit: Granularity | None = None
    zone: str | None = None
    to: TimeCue | None = None
    prayer: str | None = None
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


def merge(
    cues: Iterable[TimeCue], text: str, is_past: Callable[[TimeCue], bool] | None = None
) -> list[TimeCue]:
    """Join neighbours that add to each other; drop what needs company and has none.

    Ends of terms are among them, marked ``deadline``.

    Args:
        is_past: tells whether the sentence of a cue is told of the past: its day is no heading.
    """
    apart: list[TimeCue] = []
    for cue in sorted(cues, key=lambda c: (c.start, -c.end)):
        if not apart or cue.start >= apart[-1].end:
            apart.append(cue)
    # What stands close together first: "at 17:15, but the march is | tomorrow at 19:00".
    merged = _joined(_joined(apart, text, close=True), text, close=False)
    kept = [_week_of_hours(_prayed(cue)) for cue in merged if not cue.needs_company]
    return _inherit_days(kept, text, is_past or _never)


def _joined(cues: Iterable[TimeCue], text: str, *, close: bool) -> list[TimeCue]:
    merged: list[TimeCue] = []
    for cue in cues:
        joined = None
        if merged and not (close and _has_letters(text[merged[-1].end : cue.start])):
            joined = _join(merged[-1], cue, text)
        if joined is not None:
            merged[-1] = joined
        else:
            merged.append(cue)
    return merged


def _join(left: TimeCue, right: TimeCue, text: str) -> TimeCue | None:
    """One cue for both, or None where they speak of different times."""
    gap = text[left.end : right.start]
    if len(gap) > MERGE_GAP or _ends_a_sentence(gap) or _from_now(left, right):
        return None
    if gap.count("\n") > 1 or ("\n" in gap and _has_letters(gap)):
        return None
    ranged = _ranged(left, right, gap)
    if ranged is not None:
        return ranged
    if left.deadline or right.deadline:
        return _term(left, right, gap)
    if _clash(left, right) or _another_day(left, right, gap):
        return None
    return _united(left, right)


def _from_now(left: TimeCue, right: TimeCue) -> bool:
    return left.delta is not None or right.delta is not None


def _ends_a_sentence(gap: str) -> bool:
    return any(mark in gap for mark in "!?;") or ". " in gap


def _ranged(left: TimeCue, right: TimeCue, gap: str) -> TimeCue | None:
    """ "From Friday" + "until Sunday", "18:00" + "till 20:00": one range."""
    bare = not gap.strip() or gap.strip() in _DASHES
    if not bare or left.deadline or not (right.deadline or gap.strip() in _DASHES):
        return None
    if left.has_clock and left.until is None and right.has_clock and not right.has_day:
        return replace(left, end=right.end, until=right.minute, needs_company=False)
    whole_days = not (left.has_clock or right.has_clock or left.part or right.part)
    if whole_days and left.has_day and right.has_day and left.to is None and not left.past:
        return replace(left, end=right.end, to=right, needs_company=False)
    return None


def _term(left: TimeCue, right: TimeCue, gap: str) -> TimeCue | None:
    """The end of a term told in two parts: "until Sunday, 18:00", "tomorrow by 18:00"."""
    if _clash(left, right):
        return None
    later_hour = right.has_clock or (right.part is not None and not right.has_day)
    if left.deadline and not right.deadline:
        near = not gap.strip(" ,") if later_hour and not right.has_day else not gap.strip()
        dated = left.day_of_month is None and right.day_of_month is not None
        near = near or (dated and not gap.strip(" ,"))
    else:
        near = not gap.strip(" ,") and (left.deadline or not left.has_clock)
    return replace(_united(left, right), deadline=True) if near else None


def _has_letters(gap: str) -> bool:
    return any(letter.isalpha() for letter in gap)


def _clash(left: TimeCue, right: TimeCue) -> bool:
    both_clocks = left.has_clock and right.has_clock
    both_parts = left.part is not None and right.part is not None and not right.has_clock
    both_parts = both_parts and (left.prayer is None) == (right.prayer is None)
    same_weekday = left.weekday is not None and left.weekday == right.weekday
    both_weekdays = _on_weekdays(left) and _on_weekdays(right) and not same_weekday
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
    if right.prayer is not None and left.prayer is None:
        fields["part"] = right.part  # "tonight after Isha"
    clock = left if left.has_clock else right
    whole = (left.has_day and _has_hour(right)) or (_has_hour(left) and right.has_day)
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


def _has_hour(cue: TimeCue) -> bool:
    return cue.has_clock or cue.part is not None


def _prayed(cue: TimeCue) -> TimeCue:
    """ "Friday after the prayer" is after Friday prayer; on other days a prayer says no hour."""
    if cue.prayer != "any":
        return cue
    friday = cue.weekday == FRIDAY or cue.weekdays == (FRIDAY,)
    return replace(cue, part=cue.part if friday else None, prayer=None)


def _week_of_hours(cue: TimeCue) -> TimeCue:
    """ "From Monday to Friday at 8": an hour on each of these days."""
    if cue.to is None or not cue.has_clock or cue.weekday is None or cue.to.weekday is None:
        return cue
    if cue.day_of_month is not None or cue.deadline:
        return cue
    length = (cue.to.weekday - cue.weekday) % 7
    days = tuple((cue.weekday + step) % 7 for step in range(length + 1))
    return replace(cue, weekday=None, to=None, weekdays=days)


def _never(cue: TimeCue) -> bool:
    return cue.past


def _inherit_days(
    cues: Sequence[TimeCue], text: str, is_past: Callable[[TimeCue], bool]
) -> list[TimeCue]:
    """A clock time without a day takes the day named before it (a heading, a sentence)."""
    result: list[TimeCue] = []
    heading: TimeCue | None = None
    for cue in cues:
        if cue.has_day and not cue.deadline:
            heading = cue
        near = heading is not None and cue.start - heading.end <= INHERIT_GAP
        if heading is not None and near and cue.has_clock and not cue.has_day:
            apart = _SENTENCE_END.search(text, heading.end, cue.start) is not None
            told = apart and is_past(heading) and not is_past(cue)
            result.append(cue if told else _with_day(cue, heading))
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
        either=heading.either,
        next_month=heading.next_month,
        part=heading.part if cue.part is None else cue.part,
        past=cue.past or heading.past,
    )
