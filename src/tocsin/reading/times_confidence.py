"""How sure a time is: the share of times told in the same way that are right.

The table is made by ``models/make_time_confidence.py``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from tocsin.reading.times import TimeCue

TABLE = "time_confidence.json"

KINDS = (
    "from_now",
    "week",
    "repeated",
    *(f"{day}_{hour}" for day in ("date", "weekday", "word", "no_day")
      for hour in ("clock", "part", "no_hour")),
)  # fmt: skip
"""Ways of telling a time: by its day, then by its hour."""


def kind_of(cue: TimeCue) -> str:
    """Which of KINDS a cue is."""
    if cue.delta is not None:
        return "from_now"
    if cue.week is not None and not cue.has_day:
        return "week"
    if cue.weekdays is not None:
        return "repeated"
    return f"{_day(cue)}_{_hour(cue)}"


def confidence(cue: TimeCue) -> float:
    """Probability, 0 to 1, that the interval made of a cue begins when the writer meant."""
    return _shares()[kind_of(cue)]


def _day(cue: TimeCue) -> str:
    if cue.day_of_month is not None:
        return "date"
    if cue.weekday is not None:
        return "weekday"
    return "no_day" if cue.day is None else "word"


def _hour(cue: TimeCue) -> str:
    if cue.has_clock:
        return "clock"
    return "no_hour" if cue.part is None else "part"


def digest() -> str:
    """The first 16 hex digits of the SHA-256 of the built-in table."""
    return hashlib.sha256(_raw()).hexdigest()[:16]


def _raw() -> bytes:
    return (files("tocsin.reading.weights") / TABLE).read_bytes()


@cache
def _shares() -> Mapping[str, float]:
    """The built-in table; read once."""
    told = json.loads(_raw())
    return {kind: float(told["kinds"][kind]["p"]) for kind in KINDS}
