"""What comes again in Russian and English: "every Friday", "on weekdays" → time cues."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from tocsin.reading.times import TimeCue
from tocsin.reading.times_clock import Pack, choice

_RUSSIAN, _ENGLISH = Pack.read("ru"), Pack.read("en")

_ALL_DAYS = tuple(range(7))
_WORKING_DAYS = tuple(range(5))
_BY_DAY = _RUSSIAN.table("weekdays_by")
_EACH_DAY = {**_RUSSIAN.table("weekdays"), **_RUSSIAN.table("weekdays_oblique")}
_EVERY = _ENGLISH.table("weekdays")

_BY_RU = re.compile(
    rf"\bпо\s+(?P<first>{choice(_BY_DAY)})\b(?:(?:\s+и|,)\s+(?:по\s+)?(?P<second>{choice(_BY_DAY)})\b)?"
)
_EACH_RU = re.compile(
    rf"\bкажд(?:ый|ую|ое|ой|ого)\s+(?P<first>{choice(_EACH_DAY)})\b"
    rf"(?:\s+и\s+(?P<second>{choice(_EACH_DAY)})\b)?"
)
_DAILY_RU = re.compile(
    r"\b(?:ежедневно|каждый\s+(?:божий\s+)?день|(?P<working>по\s+будням|в\s+будни))\b"
)
_PART_RU = re.compile(r"\bкажд(?:ый|ое|ую)\s+(?P<part>утро|вечер|ночь)\b")
_PARTS_RU = {"утро": 8 * 60, "вечер": 18 * 60, "ночь": 22 * 60}

_EVERY_EN = re.compile(
    rf"\b(?:every|each)\s+(?P<first>{choice(_EVERY)})\b"
    rf"(?:\s+(?:and|&)\s+(?P<second>{choice(_EVERY)})\b)?(?:\s+(?P<part>morning|afternoon|evening|night)\b)?"
)
_PLURAL_EN = re.compile(
    rf"\b(?:on\s+)?(?P<first>{choice(_EVERY)})s\b(?:\s+(?:and|&)\s+(?P<second>{choice(_EVERY)})s\b)?"
)
_DAILY_EN = re.compile(r"\b(?:daily|every\s+day|each\s+day|(?P<working>(?:on\s+)?weekdays))\b")
_PART_EN = re.compile(r"\b(?:every|each)\s+(?P<part>morning|afternoon|evening|night)\b")
_PARTS_EN = _ENGLISH.parts()


def russian(text: str) -> Iterator[TimeCue]:
    """Cues of a folded Russian text."""
    yield from _on_days(_BY_RU, text, _BY_DAY, {})
    yield from _on_days(_EACH_RU, text, _EACH_DAY, {})
    yield from _daily(_DAILY_RU, _PART_RU, text, _PARTS_RU)


def english(text: str) -> Iterator[TimeCue]:
    """Cues of a folded English text."""
    yield from _on_days(_EVERY_EN, text, _EVERY, _PARTS_EN)
    yield from _on_days(_PLURAL_EN, text, _EVERY, {})
    yield from _daily(_DAILY_EN, _PART_EN, text, _PARTS_EN)


def _on_days(
    pattern: re.Pattern[str], text: str, days: Mapping[str, int], parts: Mapping[str, int]
) -> Iterator[TimeCue]:
    for found in pattern.finditer(text):
        named = [found[name] for name in ("first", "second") if found[name] is not None]
        part = found["part"] if parts else None
        yield TimeCue(
            found.start(),
            found.end(),
            weekdays=tuple(days[name] for name in named),
            part=parts[part] if part else None,
        )


def _daily(
    days: re.Pattern[str], with_part: re.Pattern[str], text: str, parts: Mapping[str, int]
) -> Iterator[TimeCue]:
    for found in days.finditer(text):
        weekdays = _WORKING_DAYS if found["working"] else _ALL_DAYS
        yield TimeCue(found.start(), found.end(), weekdays=weekdays, needs_company=True)
    for found in with_part.finditer(text):
        part = parts[found["part"]]
        yield TimeCue(found.start(), found.end(), weekdays=_ALL_DAYS, part=part)
