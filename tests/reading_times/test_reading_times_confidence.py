"""How sure a time is depends on how it is told, and is never outside 0 to 1."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tocsin.reading.times import TimeCue
from tocsin.reading.times_calendar import Moment, place_on_calendar
from tocsin.reading.times_confidence import KINDS, confidence, kind_of

POSTED = datetime(2023, 10, 27, 7, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cue", "kind"),
    [
        (TimeCue(0, 1, delta=timedelta(hours=2)), "from_now"),
        (TimeCue(0, 1, week=1), "week"),
        (TimeCue(0, 1, weekdays=(4,), minute=600), "repeated"),
        (TimeCue(0, 1, weekday=6, week=1, minute=600), "weekday_clock"),
        (TimeCue(0, 1, month=11, day_of_month=5), "date_no_hour"),
        (TimeCue(0, 1, day=1, part=1080), "word_part"),
        (TimeCue(0, 1, minute=1140), "no_day_clock"),
    ],
)
def test_the_way_a_time_is_told(cue: TimeCue, kind: str) -> None:
    assert kind_of(cue) == kind
    assert kind in KINDS
    event = place_on_calendar(cue, Moment(POSTED, ZoneInfo("UTC")), past_tense=False)
    assert event is not None
    assert event.p == confidence(cue)


def test_each_way_has_a_share_between_none_and_all() -> None:
    cues = [
        TimeCue(0, 1, day=day, weekday=weekday, day_of_month=date, minute=minute, part=part)
        for day, weekday, date in ((1, None, None), (None, 2, None), (None, None, 3), (None,) * 3)
        for minute, part in ((600, None), (None, 600), (None, None))
    ]
    assert {kind_of(cue) for cue in cues} == set(KINDS[3:])
    assert all(0.0 < confidence(cue) < 1.0 for cue in cues)
