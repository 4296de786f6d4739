"""Ways to say a time from ``reading_times/times_cases``, and how they are read in tests."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from tocsin.model import EventTime
from tocsin.reading.calls import Timed, choose_deadline, choose_time
from tocsin.reading.hints import CueHints
from tocsin.reading.places_words import Words
from tocsin.reading.times import TimeCue
from tocsin.reading.times_calendar import Moment, place_on_calendar
from tocsin.reading.times_find import clause_of, find_all_times, tells_of_past

FOLDER = Path(__file__).parent / "reading_times" / "times_cases"
LANGUAGES = ("ru", "uk", "en", "de", "fr", "es", "ar", "tr")


@cache
def cases(lang: str) -> list[dict[str, Any]]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found: list[dict[str, Any]] = yaml.load((FOLDER / f"{lang}.yaml").read_text(), loader)
    return found


def placed(words: Words, cue: TimeCue, lang: str, moment: Moment) -> EventTime | None:
    past = tells_of_past(words, *clause_of(words, cue, find_all_times(words, lang)), lang)
    return place_on_calendar(cue, moment, past)


def read(case: dict[str, Any], lang: str) -> tuple[EventTime | None, EventTime | None]:
    """The event's time and the end of the term."""
    zone = ZoneInfo(case["zone"])
    posted = datetime.fromisoformat(case["posted_at"]).replace(tzinfo=zone).astimezone(UTC)
    words = Words(case["text"])
    timed = []
    for cue in find_all_times(words, lang):
        event = placed(words, cue, lang, Moment(posted, zone))
        if event is not None:
            timed.append(Timed(cue, event))
    events = [t for t in timed if not t.cue.deadline]
    return choose_time(words, events, CueHints(), posted), choose_deadline(timed, posted)


def local(moment: datetime, case: dict[str, Any]) -> str:
    return moment.astimezone(ZoneInfo(case["zone"])).strftime("%Y-%m-%dT%H:%M")


@contextmanager
def machine_zone(name: str) -> Iterator[None]:
    """The machine set to another time zone for a while."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = name
    time.tzset()
    try:
        yield
    finally:
        os.environ.pop("TZ")
        if before is not None:
            os.environ["TZ"] = before
        time.tzset()
