"""What the groups of a pattern mean: from a match of a pack's rule to a time cue."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tocsin.model.reading import Granularity
from tocsin.reading.times import TimeCue
from tocsin.reading.times_clock import (
    AFTER_FRIDAY_PRAYER,
    FRIDAY,
    QUOTED_MINUTES,
    UNITS,
    choice,
    full_year,
    is_date,
    minutes_of,
    rest_is_no_time,
)

_HOUR = 60
_DAY = 24 * 60
_HOURS = ("hour", "hourat", "hourto", "hourpast", "hourfrom", "hourof", "hourin")
"""Tables of words for hours, by their case."""

_REPEATED = ("weekdays", "byweek", "everyweek", "bareweekday")
"""Tables of forms that by themselves mean every such day."""

_PLAIN = ("day", "weekday", "week", "month", "day_of_month", "deadline", "past", "weak",
          "needs_company", "next_month")  # fmt: skip
_NIGHT = 22 * 60
_BY_THE_SUN = {
    "fajr": "05:00", "sunrise": "08:00", "dhuhr": "12:00", "asr": "15:00", "maghrib": "18:00",
    "isha": "20:00", "candles": "18:00", "havdalah": "18:00",
}  # fmt: skip
"""Where the place is not known: by custom."""

_VERSE_AFTER = re.compile(r"\s?[-–]\s?\d{1,3}(?![\d:.]|\s*(?:h|uhr)\b)")


@dataclass(frozen=True, slots=True)
class Match:
    """A match, the folded text it was found in, and what its rule says of every match."""

    found: re.Match[str]
    text: str
    fixed: Mapping[str, Any]

    def __getitem__(self, name: str) -> str | None:
        """The words of a group; None where it has none or is not in the pattern."""
        return self.found[name] if name in self.found.re.groupindex else None


class Tables:
    """The words of a pack by table, as the builder of cues needs them.

    Args:
        tables: folded words → numbers, by the table's name.
        habits: ``twelve``: people count hours to twelve even in figures (up to 5, with ``six``
            up to 6, the afternoon is meant); ``either``: some write the month before the day.
    """

    def __init__(self, tables: Mapping[str, Mapping[str, Any]], habits: frozenset[str]) -> None:
        self._tables = tables
        self.twelve = (6 if "six" in habits else 5) if "twelve" in habits else 0
        self.either = "either" in habits
        units = tables.get("not_after", {"%": 0})
        self._not_after = re.compile(rf"\s*-?\s*(?:{choice(units)})(?!\w)")

    def value(self, table: str, match: Match, group: str | None = None) -> Any:
        """What the words of a group stand for; None where the group has none."""
        words = match[group or table]
        return None if words is None else self._tables[table][" ".join(words.split())]

    def is_counted(self, text: str, end: int) -> bool:
        """What follows a number is something other than hours."""
        return self._not_after.match(text, end) is not None


def made(match: Match, tables: Tables) -> TimeCue | None:
    """The cue a match stands for; None where its figures are no time."""
    fields: dict[str, Any] = {}
    for part in (_day, _date, _clock, _delta):
        told = part(match, tables)
        if told is None:
            return None
        fields.update(told)
    fields.update(_fixed(match))
    if match["until"] is not None and "until" not in fields:
        fields["deadline"] = True
    if match["since"] is not None:
        fields["past"] = True
    if match.fixed.get("eve"):
        fields |= _eve(fields)
    start, end = match.found.span()
    return TimeCue(start, end, **fields)


def _fixed(match: Match) -> dict[str, Any]:
    """What the rule says itself."""
    fields: dict[str, Any] = {name: match.fixed[name] for name in _PLAIN if name in match.fixed}
    if "weekdays" in match.fixed:
        fields["weekdays"] = tuple(match.fixed["weekdays"])
    for name in ("part", "minute"):
        if name in match.fixed:
            fields[name] = minutes_of(match.fixed[name])
    if fields.get("minute", 0) % _HOUR:
        fields["exact"] = True
    if "to_weekday" in match.fixed:
        fields["to"] = TimeCue(*match.found.span(), weekday=match.fixed["to_weekday"])
    prayer = match.fixed.get("prayer")
    if prayer == "friday":
        fields |= {"weekday": FRIDAY, "part": AFTER_FRIDAY_PRAYER}
    elif prayer == "any":
        fields |= {"part": AFTER_FRIDAY_PRAYER, "prayer": prayer, "needs_company": True}
    elif prayer is not None:
        fields |= {"part": minutes_of(_BY_THE_SUN[prayer]), "prayer": prayer}
    if match.fixed.get("lonely") and match["on"] is None and match["until"] is None:
        fields["needs_company"] = True
    return fields


def _eve(fields: Mapping[str, Any]) -> dict[str, Any]:
    """ "The night to Saturday" begins on Friday."""
    if fields.get("weekday") is not None:
        return {"weekday": (fields["weekday"] - 1) % 7, "part": _NIGHT}
    if fields.get("day_of_month") is not None:
        before = fields["day_of_month"] - 1
        return {"day_of_month": before, "part": _NIGHT} if before else {"part": 0}
    return {"day": fields.get("day", 1) - 1, "part": _NIGHT}


# -- days --------------------------------------------------------------------------------------


def _day(match: Match, tables: Tables) -> dict[str, Any] | None:
    fields: dict[str, Any] = {}
    day = _first(tables.value(table, match) for table in ("day", "dayadj"))
    part = _first(tables.value(table, match) for table in ("part", "each", "partof"))
    if day is not None:
        fields |= {"day": day, "past": day < 0}
    if part is not None:
        fields["part"] = minutes_of(part)
    which = _first(tables.value(table, match) for table in ("which", "whichweek"))
    if which is not None:
        fields |= {"week": which, "past": which < 0}
    holiday = tables.value("holiday", match)
    if holiday is not None:
        month, _, number = holiday.partition("-")
        fields |= {"month": int(month), "day_of_month": int(number)}
    zone = tables.value("zone", match)
    if zone is not None:
        fields["zone"] = zone
    return fields | _weekday(match, tables)


def _first(values: Iterable[Any]) -> Any:
    return next((value for value in values if value is not None), None)


def _weekday(match: Match, tables: Tables) -> dict[str, Any]:
    words = ("weekday", "weekdayshort", "ofweek", "toweek")
    first = _first(tables.value(table, match) for table in words)
    if first is not None and not match.fixed.get("every"):
        return {"weekday": first} | _last_weekday(match, tables)
    second = tables.value("weekday", match, "weekday2")
    for table in _REPEATED:
        if match[table] is not None:
            first = tables.value(table, match)
            second = tables.value(table, match, f"{table}2")
    if first is None:
        return {}
    if second is None:
        return {"weekdays": (first,)}
    if match["through"] is None:
        return {"weekdays": (first, second)}
    return {"weekdays": tuple((first + step) % 7 for step in range((second - first) % 7 + 1))}


def _last_weekday(match: Match, tables: Tables) -> dict[str, Any]:
    words = ("ofweek", "weekday", "weekdayshort")
    last = _first(tables.value(table, match, f"{table}3") for table in words)
    return {} if last is None else {"to": TimeCue(*match.found.span(), weekday=last)}


def _date(match: Match, tables: Tables) -> dict[str, Any] | None:
    either = False
    if match["a"] is not None and match["b"] is not None:
        day, month = int(match["a"]), int(match["b"])
        written = match["c"]
        if tables.either and _month_first(match):
            day, month = month, day
        either = tables.either and _either_order(match)
        if either and match["c"] is not None:
            return None
    elif match["d"] is not None or match["dayword"] is not None:
        day = int(match["d"]) if match["d"] else tables.value("dayword", match)
        month = _first((tables.value("month", match, "month2"), tables.value("month", match)))
        written = match["y"]
    else:
        last = match.fixed.get("day_of_month") is not None and match["month"] is not None
        return {"month": tables.value("month", match)} if last else {}
    year = full_year(written) if written is not None else None
    if not is_date(year, month, day):
        return None
    fields: dict[str, Any] = {"day_of_month": day, "month": month, "year": year}
    if either:
        fields["either"] = True
    return fields | _last_date(match, tables)


def _month_first(match: Match) -> bool:
    """ "10/29": a figure over twelve is no month."""
    marked = "." not in match.found.group()
    return int(match["b"] or 0) > 12 >= int(match["a"] or 0) and match["iso"] is None and marked


def _either_order(match: Match) -> bool:
    """ "03/04/2023": nobody can tell."""
    first, second = int(match["a"] or 0), int(match["b"] or 0)
    slashed = "/" in match.found.group() or match["ds"] == "-"
    return slashed and match["iso"] is None and first <= 12 and second <= 12 and first != second


def _last_date(match: Match, tables: Tables) -> dict[str, Any]:
    """The last day of "3 to 5 November"."""
    if match["d2"] is None:
        return {}
    day, month = int(match["d2"]), tables.value("month", match)
    if not is_date(None, month, day):
        return {}
    return {"to": TimeCue(*match.found.span(), month=month, day_of_month=day)}


# -- hours -------------------------------------------------------------------------------------


def _clock(match: Match, tables: Tables) -> dict[str, Any] | None:
    hour = _hour(match, tables, "")
    if hour is None:
        return {}
    if hour > 24 or not _meant(match, tables):
        return None
    said, last = tables.value("of", match), tables.value("of", match, "of2")
    of = said or last or ""
    extra = _extra(match, tables)
    minute = _in_half(hour, of) * _HOUR + extra
    until = _until(match, tables, last or of)
    if until is not None and said is None and minute > until > hour * _HOUR + extra:
        minute = hour * _HOUR + extra  # "9 to 1 in the afternoon": only the end is said
    fields: dict[str, Any] = {
        "minute": minute % _DAY if minute != _DAY else minute,
        "exact": _exact(match),
        "halved": not of and hour <= 12 and _either_half(match, tables, hour),
    }
    if until is not None:
        fields["until"] = until
    if _lonely(match) or (match.fixed.get("alone") and not _told(match)):
        fields["needs_company"] = True
    return fields


def _hour(match: Match, tables: Tables, suffix: str) -> int | None:
    figures = match[f"h{suffix}"]
    if figures is not None:
        return int(figures)
    if suffix:
        until: int | None = tables.value("hour", match, f"hour{suffix}")
        return until
    hour: int | None = _first(tables.value(table, match) for table in _HOURS)
    return hour


def _extra(match: Match, tables: Tables) -> int:
    """Minutes after the hour, below zero before it ("half eight" in German is 7:30)."""
    extra = int(match["m"] or 0) + int(match.fixed.get("minutes", 0))
    extra += tables.value("plus", match) or 0
    less = tables.value("less", match)
    if less is not None:
        extra += -less if match.fixed.get("before") else less
    return extra


def _until(match: Match, tables: Tables, of: str) -> int | None:
    hour = _hour(match, tables, "2")
    if hour is None:
        return None
    return _in_half(hour, of) * _HOUR + int(match["m2"] or 0)


def _exact(match: Match) -> bool:
    said = any(match[name] is not None for name in ("m", "plus", "less"))
    return said or ("minutes" in match.fixed and not match.fixed.get("hourly"))


def _either_half(match: Match, tables: Tables, hour: int) -> bool:
    """The hour may be one of the morning or of the evening."""
    figures = match["h"]
    if figures is None:
        return hour > 0
    if match["m"] is not None:
        return 1 <= hour <= tables.twelve and figures[0] != "0"
    return bool(match.fixed.get("halved")) and figures[0] != "0"


def _in_half(hour: int, of: str) -> int:
    """24-hour clock; ``of`` is ``am``, ``noon``, ``pm``, ``night`` or empty."""
    if of == "am":
        return 0 if hour == 12 else hour
    if of == "noon":
        return hour + 12 if hour < 8 else hour
    if of == "pm12":
        return hour + 12 if hour < 12 else hour
    if of == "pm":
        return hour + 12 if hour <= 12 else hour
    if of == "night":
        return hour + 12 if 6 <= hour <= 12 else hour
    return hour


def _meant(match: Match, tables: Tables) -> bool:
    """The figures are a clock time and no verse, score, price or number of something."""
    if match["h"] is None or match["of"] is not None or match["of2"] is not None:
        return True
    end = match.found.end()
    counted = match["sep"] != ":" and tables.is_counted(match.text, end)
    if counted or rest_is_no_time(match.text, end):
        return False
    if match["sep"] == ":" and match["u"] is None and match["at"] is None:
        return match["h2"] is not None or not _VERSE_AFTER.match(match.text, end)
    if match["sep"] == "." and not _told(match):
        return len(match["h"] or "") == 2 and int(match["m"] or 0) in QUOTED_MINUTES
    return True


def _told(match: Match) -> bool:
    return any(match[name] is not None for name in ("at", "u", "of", "h2", "until"))


def _lonely(match: Match) -> bool:
    """ "19.30" with nothing that says it is an hour."""
    return match["sep"] == "." and not _told(match)


# -- from now ----------------------------------------------------------------------------------


def _delta(match: Match, tables: Tables) -> dict[str, Any] | None:
    told = match.fixed.get("from_now")
    count, unit = 1.0, match["unit"]
    if told is not None:
        count, unit = float(told[0]), str(told[1])
    elif unit is None:
        return {}
    else:
        unit = str(tables.value("unit", match))
        if match["n"] is not None or match["count"] is not None:
            figures = match["n"]
            count = tables.value("count", match) if figures is None else _number(figures)
    times, _, name = unit.rpartition(" ")
    count = count * float(times or 1) + float(match.fixed.get("more", 0))
    length, granularity = UNITS[name]
    ago = bool(match.fixed.get("ago"))
    days = count * 7 if granularity is Granularity.WEEK else count
    if granularity in {Granularity.DAY, Granularity.WEEK}:
        return {"day": round(-days if ago else days), "past": ago}
    if granularity is Granularity.HOUR and 0 < count < 1:
        granularity = Granularity.MINUTE
    minutes = round((-count if ago else count) * length / timedelta(minutes=1))
    delta = timedelta(minutes=minutes)
    return {"delta": delta, "delta_unit": granularity, "past": ago}


def _number(figures: str) -> float:
    return float(figures.replace(",", "."))
