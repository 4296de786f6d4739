"""Russian words for time → time cues. Works on folded text (lower case, ё as е)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
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
    numeric_date,
    rest_is_no_time,
    single_words,
)

_PACK = Pack.read("ru")
DIGEST = _PACK.digest

_DAYS = _PACK.table("days")
_WEEKDAYS = _PACK.table("weekdays")
_SHORT = _PACK.table("weekdays_short")
_OBLIQUE = _PACK.table("weekdays_oblique")
_MONTHS = _PACK.table("months")
_PARTS = _PACK.parts()
_HOURS = {
    **_PACK.table("numbers"),
    **_PACK.table("datives"),
    **_PACK.table("genitives"),
}
_COUNTS = {**_PACK.table("numbers"), "две": 2, "пару": 2, "полтора": 1.5, "полторы": 1.5}
_GENITIVES = _PACK.table("genitives")
_DAYS_OF_MONTH = _PACK.table("days_of_month")
_BOOKS = frozenset(_PACK.words["verses"])
_NOT_AFTER = re.compile(rf"\s*[-–]?\s*(?:{choice(_PACK.words['not_after'])})\b")

_OF_DAY = r"(?:\s+(?P<part>утра|дня|вечера|ночи)\b)?"
_UNIT_WORDS = r"минут\w*|час\w*|дн\w+|день|сут\w+|недел\w+"
_UNIT_BY_LETTER = {"м": "minute", "ч": "hour", "д": "day", "с": "day", "н": "week"}

_DAY = re.compile(rf"(?<!\bне\s)\b(?:(?P<until>до|к)\s+)?(?P<day>{choice(_DAYS)})\b(?!шн)")
_WEEKDAY = re.compile(
    r"\b(?:(?P<prep>во?|на|ко?|до|со?|кажд\w+)\s+)?"
    r"(?:(?P<which>эт\w{1,3}|ближайш\w+|следующ\w+|будущ\w+|прошл\w+|минувш\w+)\s+)?"
    rf"(?P<day>{choice([*_WEEKDAYS, *_OBLIQUE])})\b"
)
_WEEKDAY_SHORT = re.compile(rf"\b(?P<day>{choice(_SHORT)})\b(?=[\s,.)]{{0,3}}(?:в\s*)?\d)")
_WEEKEND = re.compile(r"\b(?:в|на)\s+(?:эти\s+|ближайшие\s+)?выходны[ех]\b")
_WEEK = re.compile(r"\bна\s+(?P<which>этой|следующей|будущей|прошлой|минувшей)\s+неделе\b")
_DATE_WORDS = re.compile(
    rf"\b(?:(?P<until>до|к)\s+)?(?:(?P<d>\d{{1,2}})(?:-?(?:ого|го|е))?|"
    rf"(?P<w>{choice(_DAYS_OF_MONTH)}))\s+(?P<m>{choice(_MONTHS)})\b\.?"
    r"(?:\s+(?P<y>(?:19|20)\d{2})(?:\s*г(?:ода|оду|\.)?\b)?)?"
)
_OF_MONTH = re.compile(r"\b(?P<until>до\s+)?(?P<d>\d{1,2})(?:-?го)?\s+числа\b")
_STREET_BEFORE = re.compile(r"(?:ул\w*|площад\w+|пл|проспект\w*|имени|парк\w*)\.?\s*$")
_DATE_FIGURES = re.compile(
    r"(?<![\d.,:/+$€-])(?P<a>\d{1,2})[./](?P<b>\d{2})(?:[./](?P<c>(?:19|20)\d{2}|\d{2}))?(?![\d])"
)
_DATE_ISO = re.compile(r"(?<![\d-])(?P<a>20\d{2})-(?P<b>\d{2})-(?P<c>\d{2})(?![\d-])")
_DEADLINE_BEFORE = re.compile(r"\b(?:до|к)\s+$")

_CLOCK = re.compile(
    r"(?<![\d.,:/+$€№#–-])(?:\b(?P<prep>во?|к|со?|до|около|на|после|начало|сбор)\s+)?"
    r"(?P<h>\d{1,2})(?P<sep>[:.-])(?P<m>\d{2})(?!\d)(?:\s*(?:час\w*|ч)\b\.?)?"
    r"(?:\s*(?:[-–—]|до|по)\s*(?P<h2>\d{1,2})[:.](?P<m2>\d{2})(?!\d))?" + _OF_DAY
)
_HOUR = re.compile(
    rf"\b(?P<prep>в|к|с|около|до|после|на)\s+(?:(?P<h>\d{{1,2}})|(?P<w>{choice(_HOURS)}))"
    r"(?![\d:.-]\d)(?:\s*(?P<unit>час(?:ов|а|у|ам)?|ч)\b\.?)?(?:\s*(?P<m>[0-5]\d)\s*мин\w*\.?)?"
    + _OF_DAY
)
_HOUR_RANGE = re.compile(
    r"\bс\s+(?P<h>\d{1,2})\s*(?:ч\w*\.?\s*)?(?:до|по)\s+(?P<h2>\d{1,2})\s*(?:ч(?:ас\w*)?\b\.?)"
)
_HOUR_OF_PART = re.compile(
    rf"\b(?:(?P<h>\d{{1,2}})|(?P<w>{choice(_HOURS)}))\s*(?:час\w*\s+|ч\.?\s+)?"
    r"(?P<part>утра|вечера|ночи)\b"
)
_HOUR_ALONE = re.compile(r"(?<![\d.,:])\b(?P<h>\d{1,2})\s*часов\b")
_HALF = re.compile(
    rf"\b(?:в\s+|к\s+)?(?:пол[\s-]?|половин[ауе]\s+)(?P<g>{choice(_GENITIVES)})\b" + _OF_DAY
)
_QUARTER = re.compile(rf"\b(?:в\s+)?четверть\s+(?P<g>{choice(_GENITIVES)})\b" + _OF_DAY)
_BEFORE_HOUR = re.compile(
    r"\bбез\s+(?P<less>четверти|пятнадцати|двадцати|десяти|пяти|5|10|15|20)(?:\s+минут)?\s+"
    rf"(?:(?P<h>\d{{1,2}})|(?P<w>{choice(_HOURS)}))\b" + _OF_DAY
)
_LESS = {"четверти": 15, "пятнадцати": 15, "двадцати": 20, "десяти": 10, "пяти": 5}
_PART = re.compile(rf"\b(?P<part>{choice(_PARTS)})\b(?!\s+рождени)")
_EACH_BEFORE = re.compile(r"(?:кажд\w+|сегодняшн\w+|завтрашн\w+)\s+$")
_AFTER = re.compile(
    r"\bчерез\s+(?:(?P<half>полчаса)\b|"
    rf"(?:(?P<n>\d{{1,3}}|{choice(_COUNTS)})\s+)?(?P<unit>{_UNIT_WORDS})\b)"
)
_AGO = re.compile(
    r"\b(?:(?P<half>полчаса)|"
    rf"(?:(?P<n>\d{{1,3}}|{choice(_COUNTS)})\s+)?(?P<unit>{_UNIT_WORDS}))\s+назад\b"
)
_NOW = re.compile(r"\b(?P<firm>прямо\s+сейчас|прямо\s+щас)\b|\b(?:сейчас|щас|срочно|немедленно)\b")
_PRAYER = re.compile(
    r"\bпосле\s+(?:пятничн\w+\s+(?:намаза|молитвы)|джума[-\s]?намаза|джумы|рузмана)\b"
)
_ZONE = re.compile(rf"\b(?P<zone>{choice(_PACK.words['zones'])})\b")
_CLOSES = re.compile(
    r"\s*(?:$|[,.;!?)\n](?!\d)|(?:у|на|возле|около|во?|к|перед|сегодня|завтра|послезавтра|по|все|"
    r"всем|мск|сбор\w*|собира\w*|жд\w+|встреча\w*|ровно)\b)"
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
        offset = _DAYS[found["day"]]
        until = found["until"] == "до"
        yield TimeCue(found.start(), found.end(), day=offset, deadline=until, past=offset < 0)


def _weekdays(text: str) -> Iterator[TimeCue]:
    for found in _WEEKDAY.finditer(text):
        prep, which = found["prep"] or "", found["which"] or ""
        if prep.startswith("кажд"):
            continue
        oblique = found["day"] in _OBLIQUE
        yield TimeCue(
            found.start(),
            found.end(),
            weekday=_OBLIQUE[found["day"]] if oblique else _WEEKDAYS[found["day"]],
            week=_which_week(which),
            deadline=prep in {"до", "с", "со"} or (oblique and prep in {"к", "ко"}),
            needs_company=not which and prep not in {"в", "во", "на", "до", "к", "ко", "с", "со"},
            past=which.startswith(("прошл", "минувш")),
        )
    for found in _WEEKDAY_SHORT.finditer(text):
        weekday = _SHORT[found["day"]]
        yield TimeCue(found.start(), found.end(), weekday=weekday, needs_company=True)


def _which_week(which: str) -> int | None:
    if which.startswith(("следующ", "будущ")):
        return 1
    if which.startswith(("прошл", "минувш")):
        return -1
    return 0 if which else None


def _weeks(text: str) -> Iterator[TimeCue]:
    for found in _WEEKEND.finditer(text):
        yield TimeCue(found.start(), found.end(), weekday=5)
    for found in _WEEK.finditer(text):
        week = _which_week(found["which"])
        yield TimeCue(found.start(), found.end(), week=week, past=week == -1)


def _dates(text: str) -> Iterator[TimeCue]:
    for found in _DATE_WORDS.finditer(text):
        day = int(found["d"]) if found["d"] else _DAYS_OF_MONTH[found["w"]]
        if not 1 <= day <= 31 or _STREET_BEFORE.search(text, 0, found.start()):
            continue
        yield TimeCue(
            found.start(),
            found.end(),
            year=full_year(found["y"]) if found["y"] else None,
            month=_MONTHS[found["m"]],
            day_of_month=day,
            deadline=found["until"] is not None,
        )


def _dates_in_figures(text: str) -> Iterator[TimeCue]:
    for found in _OF_MONTH.finditer(text):
        if 1 <= int(found["d"]) <= 31:
            until = found["until"] is not None
            yield TimeCue(found.start(), found.end(), day_of_month=int(found["d"]), deadline=until)
    for found in _DATE_ISO.finditer(text):
        yield from _made(numeric_date(found, "ymd"))
    for found in _DATE_FIGURES.finditer(text):
        if found["c"] is None and ("/" in found.group() or _reads_as_clock(text, found)):
            continue
        cue = numeric_date(found, "dmy")
        if cue is not None:
            deadline = _DEADLINE_BEFORE.search(text, max(0, found.start() - 4), found.start())
            yield replace(cue, deadline=deadline is not None)


def _reads_as_clock(text: str, found: re.Match[str]) -> bool:
    """ "at 19.10", or a number with a unit: no date."""
    before = text[max(0, found.start() - 7) : found.start()]
    prepositions = r"(?:^|\W)(?:в|во|к|около|после|с)\s+$"
    return bool(re.search(prepositions, before)) or _no_time_after(text, found.end())


def _made(cue: TimeCue | None) -> Iterator[TimeCue]:
    if cue is not None:
        yield cue


# -- hours -------------------------------------------------------------------------------------


def _clocks(text: str) -> Iterator[TimeCue]:
    for found in _CLOCK.finditer(text):
        hour, minute = int(found["h"]), int(found["m"])
        if not _valid(hour, minute) or not _clock_meant(text, found, minute):
            continue
        prep = found["prep"] or ""
        of_day = found["part"] or ""
        lonely = found["sep"] == "." and not prep and not of_day and minute != 0
        yield TimeCue(
            found.start(),
            found.end(),
            minute=_in_part(hour, of_day) * 60 + minute,
            until=_until(found),
            exact=True,
            deadline=prep == "до" and not found["h2"],
            needs_company=lonely,
        )


def _until(found: re.Match[str]) -> int | None:
    if found["h2"] is None or not _valid(int(found["h2"]), int(found["m2"])):
        return None
    return int(found["h2"]) * 60 + int(found["m2"])


def _clock_meant(text: str, found: re.Match[str], minute: int) -> bool:
    if _no_time_after(text, found.end()):
        return False
    prep, separator = found["prep"] or "", found["sep"]
    if separator == ":":
        figures = found.start("h")
        return not is_verse(text, figures, found.end(), _BOOKS) and not is_score(text, figures)
    if prep == "на" and separator == "." and 1 <= minute <= 12:
        return False
    if prep or found["part"]:
        return separator == "." or minute % 5 == 0
    return separator == "." and len(found["h"]) == 2 and minute in QUOTED_MINUTES


def _no_time_after(text: str, end: int) -> bool:
    return rest_is_no_time(text, end) or _NOT_AFTER.match(text, end) is not None


def _hours(text: str) -> Iterator[TimeCue]:
    for found in _HOUR.finditer(text):
        hour = int(found["h"]) if found["h"] else _HOURS[found["w"]]
        if hour > 24 or not _hour_meant(text, found, hour):
            continue
        of_day = found["part"] or ""
        yield TimeCue(
            found.start(),
            found.end(),
            minute=_in_part(hour, of_day) * 60 + int(found["m"] or 0),
            exact=found["m"] is not None,
            halved=not of_day and hour < 12,
            deadline=found["prep"] == "до",
        )
    for found in _HOUR_OF_PART.finditer(text):
        hour = int(found["h"]) if found["h"] else _HOURS[found["w"]]
        if 1 <= hour <= 12:
            minute = _in_part(hour, found["part"]) * 60
            yield TimeCue(found.start(), found.end(), minute=minute)


def _hour_meant(text: str, found: re.Match[str], hour: int) -> bool:
    prep, unit = found["prep"], found["unit"]
    if found["part"]:
        return found["part"] != "дня" or hour in {12, 1, 2, 3, 4, 5}
    if unit is None:
        told = found["h"] is not None or found["w"] not in {"час", "один"}
        bare = prep in {"в", "к"} and told and not _no_time_after(text, found.end())
        return bare and _CLOSES.match(text, found.end()) is not None
    if found["w"] == "час" or (hour == 24 and prep == "в"):
        return False
    return not (prep in {"на", "около"} and hour < 8)


def _hour_ranges(text: str) -> Iterator[TimeCue]:
    for found in _HOUR_RANGE.finditer(text):
        start, end = int(found["h"]), int(found["h2"])
        if start <= 24 and end <= 24:
            yield TimeCue(found.start(), found.end(), minute=start * 60, until=end * 60)
    for found in _HOUR_ALONE.finditer(text):
        if 7 <= int(found["h"]) <= 24:
            minute = int(found["h"]) * 60
            yield TimeCue(found.start(), found.end(), minute=minute, needs_company=True)


def _halves(text: str) -> Iterator[TimeCue]:
    for pattern, minutes in ((_HALF, -30), (_QUARTER, -45)):
        for found in pattern.finditer(text):
            yield _spoken(found, _GENITIVES[found["g"]], minutes)
    for found in _BEFORE_HOUR.finditer(text):
        hour = int(found["h"]) if found["h"] else _HOURS[found["w"]]
        less = found["less"]
        yield _spoken(found, hour, -(int(less) if less.isdigit() else _LESS[less]))


def _spoken(found: re.Match[str], hour: int, minutes: int) -> TimeCue:
    of_day = found["part"] or ""
    minute = (_in_part(hour, of_day) * 60 + minutes) % (24 * 60)
    return TimeCue(
        found.start(), found.end(), minute=minute, exact=True, halved=not of_day and hour <= 12
    )


def _in_part(hour: int, of_day: str) -> int:
    """24-hour clock; midnight at the end of the day is 24."""
    if of_day == "утра":
        return hour % 12
    if of_day == "дня":
        return hour + 12 if hour < 8 else hour
    if of_day == "вечера":
        return hour + 12 if hour <= 12 else hour
    if of_day == "ночи":
        return hour + 12 if 9 <= hour <= 12 else hour
    return hour


def _valid(hour: int, minute: int) -> bool:
    return (hour < 24 and minute < 60) or (hour == 24 and minute == 0)


# -- the rest ----------------------------------------------------------------------------------


def _parts(text: str) -> Iterator[TimeCue]:
    for found in _PART.finditer(text):
        if not _EACH_BEFORE.search(text, max(0, found.start() - 20), found.start()):
            key = " ".join(found["part"].split())
            yield TimeCue(found.start(), found.end(), part=_PARTS[key])


def _deltas(text: str) -> Iterator[TimeCue]:
    for pattern, sign in ((_AFTER, 1), (_AGO, -1)):
        for found in pattern.finditer(text):
            delta, unit = _delta(found)
            start, end = found.span()
            yield TimeCue(start, end, delta=sign * delta, delta_unit=unit, past=sign < 0)


def _delta(found: re.Match[str]) -> tuple[timedelta, Granularity]:
    if found["half"]:
        return timedelta(minutes=30), Granularity.MINUTE
    count = found["n"] or "1"
    number = float(count) if count.isdigit() else float(_COUNTS[count])
    length, unit = UNITS[_UNIT_BY_LETTER[found["unit"][0]]]
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
_HOUR_WORDS = single_words(_HOURS, ("утра", "дня", "вечера", "ночи", "часов", "часа", "ч"))
_HALF_WORDS = frozenset({"пол", *(f"пол{hour}" for hour in _GENITIVES)})
_WORD_RULES: tuple[tuple[_Rule, frozenset[str]], ...] = (
    (_days, single_words(_DAYS)),
    (_weekdays, single_words(_WEEKDAYS, _OBLIQUE, _SHORT)),
    (
        times_repeated.russian,
        single_words(_PACK.table("weekdays_by"))
        | {"каждый", "каждую", "каждое", "каждой", "каждого", "ежедневно", "будням", "будни"},
    ),
    (_weeks, frozenset({"неделе", "выходные", "выходных"})),
    (_dates, single_words(_MONTHS)),
    (_hours, _HOUR_WORDS),
    (_halves, _HALF_WORDS | {"половина", "половину", "половине", "четверть", "без"}),
    (_parts, single_words(_PARTS)),
    (_deltas, frozenset({"через", "назад"})),
    (_nows, frozenset({"сейчас", "щас", "срочно", "немедленно"})),
    (_prayers, frozenset({"намаза", "молитвы", "джумы", "рузмана"})),
)
_FIGURE_RULES: tuple[_Rule, ...] = (_dates_in_figures, _clocks, _hours, _hour_ranges, _zones)
TRIGGERS = frozenset().union(*(words for _, words in _WORD_RULES))
"""Words without which a text without figures has no time."""
