"""English words for time → time cues. Works on folded text (lower case)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

from tocsin.model.reading import Granularity
from tocsin.reading import times_repeated
from tocsin.reading.times import TimeCue
from tocsin.reading.times_clock import (
    AFTER_FRIDAY_PRAYER,
    FRIDAY,
    QUOTED_MINUTES,
    UNITS,
    Pack,
    choice,
    full_year,
    is_score,
    is_verse,
    minutes_of,
    numeric_date,
    rest_is_no_time,
    single_words,
)

_PACK = Pack.read("en")
DIGEST = _PACK.digest

_DAYS = _PACK.table("days")
_WEEKDAYS = _PACK.table("weekdays")
_SHORT = _PACK.table("weekdays_short")
_MONTHS = _PACK.table("months")
_PARTS = _PACK.parts()
_NUMBERS = _PACK.table("numbers")
_BOOKS = frozenset(_PACK.words["verses"])
_NOT_AFTER = re.compile(rf"\s*[-–]?\s*(?:{choice(_PACK.words['not_after'])})\b")

_EVENING = minutes_of("18:00")
_NIGHT = minutes_of("22:00")
_COUNTS = {**_NUMBERS, "a": 1, "an": 1, "half an": 0.5, "a couple of": 2, "a few": 3}

_HALF_OF_DAY = r"(?:\s*(?P<half>a\.?m\b\.?|p\.?m\b\.?))?"
_OF_DAY = r"(?:\s+(?:in\s+the\s+|this\s+|at\s+)(?P<part>morning|afternoon|evening|night)\b)?"
_DEADLINE = r"(?:until|till|til|before|by|since)"

_DAY = re.compile(rf"\b(?:(?P<until>{_DEADLINE})\s+)?(?:the\s+)?(?P<day>{choice(_DAYS)})\b(?!'s)")
_TONIGHT = re.compile(r"\b(?:tonight|tonite)\b(?!'s)")
_THIS_PART = re.compile(
    r"\b(?:(?P<which>this|yesterday|tomorrow|last|later\s+this)\s+)"
    r"(?P<part>morning|afternoon|evening|night)\b"
)
_PART = re.compile(
    r"\b(?:at|by|around)\s+(?P<part>noon|midday|lunchtime|night)\b|\b(?:12\s+)?noon\b"
)
_DAY_PART_AFTER = re.compile(r"\bin\s+the\s+(?P<part>morning|afternoon|evening)\b")
_MIDNIGHT = re.compile(r"\b(?:at\s+)?midnight\b")
_WEEKDAY = re.compile(
    rf"\b(?:(?P<prep>on|{_DEADLINE}|from|every|each)\s+)?"
    rf"(?:(?P<which>this|coming|this\s+coming|next|last)\s+)?(?P<day>{choice(_WEEKDAYS)})\b(?!'s)"
    r"(?:\s+(?P<part>morning|afternoon|evening|night)\b)?"
)
_WEEKDAY_SHORT = re.compile(
    rf"\b(?P<day>{choice(_SHORT)})\b(?=[\s,.)]{{0,3}}(?:at\s+)?(?:\d|{choice(_MONTHS)}))"
)
_WEEKEND = re.compile(r"\b(?P<which>this|next|last)\s+weekend\b")
_WEEK = re.compile(r"\b(?P<which>this|next|last)\s+week\b(?!end)")
_MONTH_FIRST = re.compile(
    rf"\b(?:(?P<until>{_DEADLINE})\s+)?(?P<m>{choice(_MONTHS)})\b\.?\s+(?:the\s+)?"
    r"(?P<d>\d{1,2})(?:st|nd|rd|th)?\b(?![:.]\d|\s*[ap]\.?m\b)(?:\s*,?\s*(?P<y>(?:19|20)\d{2})\b)?"
)
_DAY_FIRST = re.compile(
    rf"\b(?:(?P<until>{_DEADLINE})\s+)?(?:the\s+)?(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?"
    rf"(?P<m>{choice(_MONTHS)})\b\.?(?:\s*,?\s*(?P<y>(?:19|20)\d{{2}})\b)?"
)
_OF_MONTH = re.compile(r"\bon\s+the\s+(?P<d>\d{1,2})(?:st|nd|rd|th)\b")
_DATE_FIGURES = re.compile(
    r"(?<![\d.,:/+$€£-])(?P<a>\d{1,2})(?P<sep>[./])(?P<b>\d{1,2})(?P=sep)(?P<c>(?:19|20)\d{2}|\d{2})"
    r"(?![\d/])"
)
_DATE_ISO = re.compile(r"(?<![\d-])(?P<a>20\d{2})-(?P<b>\d{2})-(?P<c>\d{2})(?![\d-])")

_CLOCK = re.compile(
    r"(?<![\d.,:/+$€£#–-])(?:\b(?P<prep>at|by|from|until|till|before|after|around)\s+)?"
    r"(?P<h>\d{1,2})(?P<sep>[:.h])(?P<m>\d{2})(?!\d)"
    + _HALF_OF_DAY
    + r"(?:\s*(?:[-–—]|to|until|till)\s*(?P<h2>\d{1,2})(?:[:.](?P<m2>\d{2}))?(?!\d)"
    r"(?:\s*(?P<half2>a\.?m\b\.?|p\.?m\b\.?))?)?" + _OF_DAY
)
_HOUR_HALF = re.compile(
    r"(?<![\d.,:/$€£-])(?:\b(?P<prep>at|by|from|until|till|before|after|around)\s+)?"
    rf"\b(?:(?P<h0>\d{{1,2}})\s*(?:[-–—]|to)\s*)?(?:(?P<h>\d{{1,2}})|(?P<w>{choice(_NUMBERS)}))\s*"
    r"(?P<half>a\.m\.?|p\.m\.?|am\b|pm\b)"
)
_HOUR = re.compile(
    rf"\b(?P<prep>at|by|around|from|after)\s+(?:(?P<h>\d{{1,2}})|(?P<w>{choice(_NUMBERS)}))"
    r"(?![\d:.,]\d)(?!\s*[ap]\.?m\b)(?:\s*(?P<unit>o'?\s?clock\b|h\b|hrs\b|hours\b))?" + _OF_DAY
)
_OCLOCK = re.compile(rf"\b(?:(?P<h>\d{{1,2}})|(?P<w>{choice(_NUMBERS)}))\s+o'?\s?clock\b" + _OF_DAY)
_HOURS_1900 = re.compile(r"\b(?:at\s+)?(?P<h>[01]\d|2[0-3])(?P<m>[0-5]\d)\s*(?:hours|hrs|h)\b")
_PAST_TO = re.compile(
    r"\b(?P<less>half|quarter|ten|twenty|five|10|20|5)(?:\s+minutes)?\s+(?P<side>past|to|after)\s+"
    rf"(?:(?P<h>\d{{1,2}})|(?P<w>{choice(_NUMBERS)}))\b(?!\s+(?:of|per)\b)" + _HALF_OF_DAY + _OF_DAY
)
_LESS = {"half": 30, "quarter": 15, "ten": 10, "twenty": 20, "five": 5}
_UNITS = r"minute|min|hour|hr|day|week"
_AFTER = re.compile(
    rf"\bin\s+(?:about\s+|exactly\s+)?(?:(?P<n>\d{{1,3}}|{choice(_COUNTS)})\s+)"
    rf"(?P<unit>{_UNITS})s?\b(?:'s)?(?:\s+(?:time))?"
)
_FROM_NOW = re.compile(
    rf"\b(?P<n>\d{{1,3}}|{choice(_COUNTS)})\s+(?P<unit>{_UNITS})s?\s+from\s+now\b"
)
_AGO = re.compile(rf"\b(?:(?P<n>\d{{1,3}}|{choice(_COUNTS)})\s+)(?P<unit>{_UNITS})s?\s+ago\b")
_NOW = re.compile(r"\b(?P<firm>right\s+now|as\s+we\s+speak)\b|\b(?:now|immediately|urgent)\b")
_PRAYER = re.compile(
    r"\bafter\s+(?:the\s+)?(?:friday\s+prayers?|jum+[u']?a[h']?(?:\s+(?:prayers?|namaz|salah))?)\b"
)
_ZONE = re.compile(rf"\b(?P<zone>{choice(_PACK.words['zones'])})\b")
_CLOSES = re.compile(
    r"\s*(?:$|[,.;!?)\n](?!\d)|(?:at|in|on|outside|near|by|tonight|today|tomorrow|sharp|this|for|"
    r"everyone|we|be|meet|bring)\b)"
)


def cues(text: str, forms: frozenset[str], has_figures: bool) -> Iterator[TimeCue]:
    """Time cues of a folded text, rule by rule.

    Args:
        forms: the folded words of the text; a rule none of whose words is there is not tried.
        has_figures: the text has digits.
    """
    for rule, words in _WORD_RULES:
        if not words.isdisjoint(forms):
            yield from rule(text)
    if has_figures:
        for rule in _FIGURE_RULES:
            yield from rule(text)


# -- days --------------------------------------------------------------------------------------


def _days(text: str) -> Iterator[TimeCue]:
    for found in _DAY.finditer(text):
        offset = _DAYS[" ".join(found["day"].split())]
        deadline = found["until"] is not None
        yield TimeCue(found.start(), found.end(), day=offset, deadline=deadline, past=offset < 0)
    for found in _TONIGHT.finditer(text):
        yield TimeCue(found.start(), found.end(), day=0, part=_EVENING)


_WHICH_DAY = {"yesterday": -1, "last": -1, "tomorrow": 1}


def _parts(text: str) -> Iterator[TimeCue]:
    for found in _THIS_PART.finditer(text):
        day = _WHICH_DAY.get(found["which"], 0)
        part = _PARTS[found["part"]]
        yield TimeCue(found.start(), found.end(), day=day, part=part, past=day < 0)
    for found in _PART.finditer(text):
        part = _PARTS[found["part"] or "noon"]
        yield TimeCue(found.start(), found.end(), part=part, weak=found["part"] == "night")
    for found in _DAY_PART_AFTER.finditer(text):
        part = _PARTS[found["part"]]
        yield TimeCue(found.start(), found.end(), part=part, needs_company=True)
    for found in _MIDNIGHT.finditer(text):
        yield TimeCue(found.start(), found.end(), minute=24 * 60)


def _weekdays(text: str) -> Iterator[TimeCue]:
    for found in _WEEKDAY.finditer(text):
        prep, which = found["prep"] or "", found["which"] or ""
        if prep in {"every", "each"}:
            continue
        part = _PARTS[found["part"]] if found["part"] else None
        yield TimeCue(
            found.start(),
            found.end(),
            weekday=_WEEKDAYS[found["day"]],
            week=_which_week(which),
            part=part,
            deadline=prep not in {"", "on"},
            needs_company=not which and prep != "on" and part is None,
            past=which == "last",
        )
    for found in _WEEKDAY_SHORT.finditer(text):
        weekday = _SHORT[found["day"]]
        yield TimeCue(found.start(), found.end(), weekday=weekday, needs_company=True)


def _which_week(which: str) -> int | None:
    return {"next": 1, "last": -1}.get(which, 0 if which else None)


def _weeks(text: str) -> Iterator[TimeCue]:
    for found in _WEEKEND.finditer(text):
        week = _which_week(found["which"])
        yield TimeCue(found.start(), found.end(), weekday=5, week=week, past=week == -1)
    for found in _WEEK.finditer(text):
        week = _which_week(found["which"])
        yield TimeCue(found.start(), found.end(), week=week, past=week == -1)


def _dates(text: str) -> Iterator[TimeCue]:
    for pattern in (_MONTH_FIRST, _DAY_FIRST):
        for found in pattern.finditer(text):
            if 1 <= int(found["d"]) <= 31:
                yield TimeCue(
                    found.start(),
                    found.end(),
                    year=full_year(found["y"]) if found["y"] else None,
                    month=_MONTHS[found["m"]],
                    day_of_month=int(found["d"]),
                    deadline=found["until"] is not None,
                )


def _dates_in_figures(text: str) -> Iterator[TimeCue]:
    for found in _OF_MONTH.finditer(text):
        if 1 <= int(found["d"]) <= 31:
            yield TimeCue(found.start(), found.end(), day_of_month=int(found["d"]))
    for found in _DATE_ISO.finditer(text):
        yield from _made(numeric_date(found, "ymd"))
    for found in _DATE_FIGURES.finditer(text):
        yield from _made(_either_order(found))


def _either_order(found: re.Match[str]) -> TimeCue | None:
    """Day or month first: told by a figure over 12, by dots; otherwise not said."""
    first, second = int(found["a"]), int(found["b"])
    if found["sep"] == "." or first > 12 or first == second:
        return numeric_date(found, "dmy")
    if not 13 <= second <= 31 or first == 0:
        return None
    year = full_year(found["c"])
    return TimeCue(found.start(), found.end(), year=year, month=first, day_of_month=second)


def _made(cue: TimeCue | None) -> Iterator[TimeCue]:
    if cue is not None:
        yield cue


# -- hours -------------------------------------------------------------------------------------


def _clocks(text: str) -> Iterator[TimeCue]:
    for found in _CLOCK.finditer(text):
        hour, minute = int(found["h"]), int(found["m"])
        if hour > 23 or minute > 59 or not _clock_meant(text, found):
            continue
        half, prep = _half(found["half"]) or _half(found["half2"]), found["prep"] or ""
        yield TimeCue(
            found.start(),
            found.end(),
            minute=_in_half(hour, half, found["part"]) * 60 + minute,
            until=_until(found, half),
            exact=True,
            halved=not half and found["part"] is None and 1 <= hour <= 6 and found["h"][0] != "0",
            deadline=prep in {"until", "till", "before"},
            needs_company=_lonely(found),
        )


def _lonely(found: re.Match[str]) -> bool:
    """ "14.00" with nothing that says it is an hour means one beside a day alone."""
    return found["sep"] == "." and not (found["half"] or found["half2"] or found["prep"] == "at")


def _half(written: str | None) -> str:
    return written.replace(".", "") if written else ""


def _until(found: re.Match[str], half: str) -> int | None:
    if found["h2"] is None or int(found["h2"]) > 24:
        return None
    until = _in_half(int(found["h2"]), _half(found["half2"]) or half, found["part"])
    return until * 60 + int(found["m2"] or 0)


def _clock_meant(text: str, found: re.Match[str]) -> bool:
    figures, end = found.start("h"), found.end()
    if rest_is_no_time(text, end) or _NOT_AFTER.match(text, end):
        return False
    if found["sep"] == ":":
        verse = is_verse(text, figures, found.end("m"), _BOOKS)
        return bool(found["half"] or found["half2"]) or not (verse or is_score(text, figures))
    if found["sep"] == "h":
        return True
    if found["half"] or found["half2"]:
        return True
    minute = int(found["m"])
    return (
        minute % 5 == 0
        if found["prep"] == "at"
        else minute in QUOTED_MINUTES and int(found["h"]) > 9
    )


def _hours(text: str) -> Iterator[TimeCue]:
    for found in _HOUR_HALF.finditer(text):
        hour = int(found["h"]) if found["h"] else _NUMBERS[found["w"]]
        if 1 <= hour <= 12:
            yield _from_half(found, hour)
    for pattern in (_HOUR, _OCLOCK):
        for found in pattern.finditer(text):
            hour = int(found["h"]) if found["h"] else _NUMBERS[found["w"]]
            if hour <= 24 and (pattern is _OCLOCK or _hour_meant(text, found)):
                minute = _in_half(hour, "", found["part"]) * 60
                halved = found["part"] is None and hour < 12
                yield TimeCue(found.start(), found.end(), minute=minute, halved=halved)


def _from_half(found: re.Match[str], hour: int) -> TimeCue:
    half = _half(found["half"])
    minute, until = _in_half(hour, half, None) * 60, None
    if found["h0"] and 1 <= int(found["h0"]) <= 12:
        earlier = _in_half(int(found["h0"]), half, None) * 60
        minute, until = (earlier if earlier < minute else earlier % 720), minute
    deadline = found["prep"] in {"until", "till", "before"}
    return TimeCue(found.start(), found.end(), minute=minute, until=until, deadline=deadline)


def _hour_meant(text: str, found: re.Match[str]) -> bool:
    if found["part"] is not None:
        return True
    if found["unit"] is not None:
        return found["unit"][0] == "o" or found["prep"] == "at"
    told = found["prep"] == "at" and not _NOT_AFTER.match(text, found.end())
    return (
        told and not rest_is_no_time(text, found.end()) and bool(_CLOSES.match(text, found.end()))
    )


def _spoken_hours(text: str) -> Iterator[TimeCue]:
    for found in _PAST_TO.finditer(text):
        hour = int(found["h"]) if found["h"] else _NUMBERS[found["w"]]
        less = _LESS[found["less"]] if found["less"] in _LESS else int(found["less"])
        if not 1 <= hour <= 24 or (found["side"] != "past" and less == 30):
            continue
        half = _half(found["half"])
        start = _in_half(hour, half, found["part"]) * 60
        minute = (start - less if found["side"] == "to" else start + less) % (24 * 60)
        halved = not half and found["part"] is None and hour <= 12
        yield TimeCue(found.start(), found.end(), minute=minute, exact=True, halved=halved)


def _hours_1900(text: str) -> Iterator[TimeCue]:
    for found in _HOURS_1900.finditer(text):
        minute = int(found["h"]) * 60 + int(found["m"])
        yield TimeCue(found.start(), found.end(), minute=minute, exact=True)


def _in_half(hour: int, half: str, part: str | None) -> int:
    """24-hour clock; ``half`` is ``am``, ``pm`` or empty."""
    if half == "am" or part == "morning":
        return hour % 12 if hour == 12 else hour
    if half == "pm" or part in {"afternoon", "evening"}:
        return hour + 12 if hour < 12 else hour
    if part == "night":
        return hour + 12 if 6 <= hour <= 12 else hour
    return hour


# -- the rest ----------------------------------------------------------------------------------


def _deltas(text: str) -> Iterator[TimeCue]:
    for pattern, sign in ((_AFTER, 1), (_FROM_NOW, 1), (_AGO, -1)):
        for found in pattern.finditer(text):
            delta, unit = _delta(found)
            start, end = found.span()
            yield TimeCue(start, end, delta=sign * delta, delta_unit=unit, past=sign < 0)


def _delta(found: re.Match[str]) -> tuple[timedelta, Granularity]:
    count = " ".join(found["n"].split())
    number = float(count) if count.isdigit() else float(_COUNTS[count])
    length, unit = UNITS[{"min": "minute", "hr": "hour"}.get(found["unit"], found["unit"])]
    if unit is Granularity.HOUR and number < 1:
        return number * length, Granularity.MINUTE
    return number * length, unit


def _nows(text: str) -> Iterator[TimeCue]:
    for found in _NOW.finditer(text):
        weak = found["firm"] is None
        yield TimeCue(found.start(), found.end(), delta=timedelta(0), weak=weak)


def _prayers(text: str) -> Iterator[TimeCue]:
    for found in _PRAYER.finditer(text):
        yield TimeCue(found.start(), found.end(), weekday=FRIDAY, part=AFTER_FRIDAY_PRAYER)


def _zones(text: str) -> Iterator[TimeCue]:
    zones = _PACK.words["zones"]
    for found in _ZONE.finditer(text):
        zone = zones[" ".join(found["zone"].split())]
        yield TimeCue(found.start(), found.end(), zone=zone, needs_company=True)


_Rule = Callable[[str], Iterator[TimeCue]]
_WORD_RULES: tuple[tuple[_Rule, frozenset[str]], ...] = (
    (_days, single_words(_DAYS, ("tonight", "tonite")) - {"day", "the", "before", "after"}),
    (_parts, single_words(_PARTS, ("midnight",))),
    (_weekdays, single_words(_WEEKDAYS, _SHORT)),
    (
        times_repeated.english,
        frozenset({"every", "each", "daily", "weekdays", *(f"{day}s" for day in _WEEKDAYS)}),
    ),
    (_weeks, frozenset({"week", "weekend"})),
    (_dates, single_words(_MONTHS)),
    (_hours, single_words(_NUMBERS, ("clock",))),
    (_spoken_hours, frozenset({"half", "quarter", "ten", "twenty", "five"})),
    (_deltas, single_words((f"{unit}s" for unit in UNITS), UNITS, ("hrs", "mins", "hr", "min"))),
    (_nows, frozenset({"now", "immediately", "urgent", "speak"})),
    (_prayers, frozenset({"prayer", "prayers", "jumma", "jummah", "juma", "jumu", "jumuah"})),
)
_FIGURE_RULES: tuple[_Rule, ...] = (
    _dates_in_figures, _clocks, _hours, _spoken_hours, _hours_1900, _zones,
)  # fmt: skip
TRIGGERS = frozenset().union(*(words for _, words in _WORD_RULES))
"""Words without which a text without figures has no time."""
