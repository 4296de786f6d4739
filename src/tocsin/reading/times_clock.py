"""What the clock rules of all languages share: packs, validity of hours, and what is no time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tocsin.model.reading import Granularity
from tocsin.reading.places_pack import read_pack
from tocsin.reading.times import TimeCue

FRIDAY = 4
AFTER_FRIDAY_PRAYER = 13 * 60 + 30
QUOTED_MINUTES = frozenset({0, 15, 20, 30, 40, 45})
"""Minutes with which "19.30" reads as a time even without a preposition."""

UNITS: Mapping[str, tuple[timedelta, Granularity]] = {
    "minute": (timedelta(minutes=1), Granularity.MINUTE),
    "hour": (timedelta(hours=1), Granularity.HOUR),
    "day": (timedelta(days=1), Granularity.DAY),
    "week": (timedelta(weeks=1), Granularity.WEEK),
}

NOT_A_TIME_AFTER = re.compile(
    r"\s?(?:[%°€$£₽₴]|\.\d|:\d|,\d|/\d|-\d|–\d{3}|(?:mln|млн|тыс|руб|км|кг|usd|eur)\b)"
)
VERSE_RANGE = re.compile(r"[-–]\d{1,3}\b(?!\s*[:.]\d)")
SCORE_BEFORE = re.compile(
    r"(?:сч[её]т\w*|score\w*|выигра\w+|проигра\w+|побе[дж]\w+|won|lost|beat|draw|odds|ratio)"
    r"\W{0,3}(?:\w+\W{1,3}){0,2}$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Pack:
    """A language's words for time and the digest of the file they came from."""

    words: Mapping[str, Any]
    digest: str

    @classmethod
    def read(cls, language: str) -> Pack:
        """The built-in pack ``times_<language>.yaml``."""
        words, digest = read_pack(f"times_{language}")
        return cls(words, digest)

    def table(self, name: str) -> Mapping[str, int]:
        """A table of words to numbers."""
        found: Mapping[str, int] = self.words[name]
        return found

    def parts(self) -> dict[str, int]:
        """Parts of the day → minutes after midnight."""
        return {word: minutes_of(clock) for word, clock in self.words["parts"].items()}


def minutes_of(clock: str) -> int:
    """``"13:30"`` → 810."""
    hours, _, minutes = clock.partition(":")
    return int(hours) * 60 + int(minutes)


def choice(words: Iterable[str]) -> str:
    """An alternation, the longest first; spaces stand for any white space."""
    ordered = sorted(words, key=lambda word: (-len(word), word))
    return "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in ordered)


def single_words(*tables: Iterable[str]) -> frozenset[str]:
    """The words that phrases are made of, leaving out single letters."""
    phrases = (phrase for table in tables for phrase in table)
    return frozenset(word for phrase in phrases for word in phrase.split() if len(word) > 1)


def rest_is_no_time(text: str, end: int) -> bool:
    """What follows makes of the figures a price, a percentage, a verse, a version, a score."""
    return NOT_A_TIME_AFTER.match(text, end) is not None


def is_verse(text: str, start: int, end: int, books: frozenset[str]) -> bool:
    """ "John 3:16", "5:17-20": chapter and verse."""
    before = text[max(0, start - 20) : start].rstrip(" .").rpartition(" ")[2].lstrip("(\n")
    return before in books or (VERSE_RANGE.match(text, end) is not None)


def is_score(text: str, start: int) -> bool:
    """ "won 3:15": the result of a game."""
    return SCORE_BEFORE.search(text, max(0, start - 40), start) is not None


def numeric_date(match: re.Match[str], order: str) -> TimeCue | None:
    """A date in figures; ``order`` is ``dmy`` or ``ymd``. None: there is no such month or day."""
    first, second, third = match.group("a"), match.group("b"), match.group("c")
    if order == "ymd":
        year, month, day = int(first), int(second), int(third)
        return _date_cue(match, year, month, day)
    year_or_none = full_year(third) if third else None
    return _date_cue(match, year_or_none, int(second), int(first))


def _date_cue(match: re.Match[str], year: int | None, month: int, day: int) -> TimeCue | None:
    if not is_date(year, month, day):
        return None
    return TimeCue(match.start(), match.end(), year=year, month=month, day_of_month=day)


def is_date(year: int | None, month: int | None, day: int) -> bool:
    """Figures that can be a date of our time; None: not said."""
    months = month is None or 1 <= month <= 12
    return months and 1 <= day <= 31 and (year is None or 1990 <= year <= 2100)


def full_year(text: str) -> int:
    """``"23"`` → 2023."""
    return int(text) if len(text) == 4 else 2000 + int(text)
