"""Fields of event files → values: days, moments, numbers, positions, short texts."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from unicodedata import category

from tocsin.events.unfit import Unfit

_ABSENT = frozenset({"", "na", "n/a", "nan", "null", "none"})
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WRITTEN = re.compile(r"(\d{1,2})[- ]([A-Za-z]{3,9})[- ](\d{4}|\d{2})")
_ISO = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ].*)?")
_PIVOT = 69
"""Two digits of a year: 69 to 99 are in the last century, as in POSIX's strptime."""

_LONGEST = 500
_DATE_ADVICE = "write dates like 2023-10-29"
_TIME_ADVICE = "write times like 2023-10-29T19:00:00+03:00"
_FIRST_YEAR, _LAST_YEAR = 1900, 2100


@dataclass(frozen=True, slots=True)
class Fields:
    """One row by its columns' names in lower case; what says nothing counts as absent."""

    values: Mapping[str, str]

    def get(self, column: str) -> str | None:
        """What stands there, without surrounding blanks; None where nothing does."""
        value = self.values.get(column, "").strip()
        return None if value.lower() in _ABSENT else value

    def need(self, column: str) -> str:
        """What stands there.

        Raises:
            Unfit: nothing does.
        """
        value = self.get(column)
        if value is None:
            raise Unfit(f"no {column}", "fill it in, or leave the row out")
        return value

    def first(self, *columns: str) -> str | None:
        """What stands in the first of the columns that says anything."""
        return next((value for name in columns if (value := self.get(name)) is not None), None)


def day(text: str) -> date:
    """``2023-01-31``, ``31 January 2023`` or ``31-Jan-23``.

    Raises:
        Unfit: it is none of these, or there is no such day.
    """
    try:
        found = _day(text)
    except ValueError as error:
        raise Unfit("a date that is not in the calendar", _DATE_ADVICE) from error
    if found is None:
        raise Unfit("a date that cannot be read", _DATE_ADVICE)
    _check_year(found.year)
    return found


def _day(text: str) -> date | None:
    if iso := _ISO.fullmatch(text):
        return date.fromisoformat(iso[1])
    if written := _WRITTEN.fullmatch(text):
        month = _MONTHS.index(written[2][:3].lower()) + 1
        return date(_full_year(written[3]), month, int(written[1]))
    return None


def _full_year(digits: str) -> int:
    year = int(digits)
    if len(digits) == len("2023"):
        return year
    return year + (1900 if year >= _PIVOT else 2000)


def _check_year(year: int) -> None:
    if not _FIRST_YEAR <= year < _LAST_YEAR:
        raise Unfit(f"a date outside the years {_FIRST_YEAR} to {_LAST_YEAR - 1}", _DATE_ADVICE)


def noon(of: date) -> datetime:
    """Noon of a day, in UTC."""
    return datetime.combine(of, time(12), UTC)


def between(start: date, end: date) -> tuple[datetime, float]:
    """The middle of whole days and the half-width in hours, both ends included.

    Raises:
        Unfit: they are the wrong way round.
    """
    if end < start:
        raise Unfit("it ends before it begins", "check its dates")
    half = (end - start + timedelta(days=1)) / 2
    return datetime.combine(start, time(), UTC) + half, half / timedelta(hours=1)


def moment(text: str) -> datetime:
    """A moment in ISO 8601, in UTC; without an offset it is taken as UTC.

    Raises:
        Unfit: it is none, or outside 1900 to 2099.
    """
    try:
        found = datetime.fromisoformat(text)
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Unfit("a time that cannot be read", _TIME_ADVICE) from error
    _check_year(found.year)
    return found


def unix_moment(text: str, column: str) -> datetime:
    """Unix seconds → UTC.

    Raises:
        Unfit: not a number, or outside 1970 to 2099.
    """
    seconds = number(text, column)
    if not 0 < seconds < 4_102_444_800:
        raise Unfit(f"{column} is no time in Unix seconds", "download the file again")
    return datetime.fromtimestamp(seconds, UTC)


def number(text: str, column: str) -> float:
    """A finite number.

    Raises:
        Unfit: it is none.
    """
    try:
        found = float(text)
    except ValueError as error:
        raise Unfit(f"{column} is not a number", "correct it") from error
    if not math.isfinite(found):
        raise Unfit(f"{column} is not a number", "correct it")
    return found


def code(text: str | None, column: str) -> int | None:
    """A whole number as tables write codes: ``3``, or ``3.0`` after a spreadsheet.

    Raises:
        Unfit: it is none.
    """
    if text is None:
        return None
    found = number(text, column)
    if found != int(found):
        raise Unfit(f"{column} is not a whole number", "correct it")
    return int(found)


def position(fields: Fields) -> tuple[float, float]:
    """Latitude and longitude in degrees.

    Raises:
        Unfit: missing, off the globe, or 0, 0, which is what failed geocoding leaves behind.
    """
    latitude = number(fields.need("latitude"), "latitude")
    longitude = number(fields.need("longitude"), "longitude")
    advice = "correct it, in degrees: latitude -90 to 90, longitude -180 to 180"
    if not -90 <= latitude <= 90:
        raise Unfit("latitude is off the globe", advice)
    if not -180 <= longitude <= 180:
        raise Unfit("longitude is off the globe", advice)
    if latitude == 0 and longitude == 0:
        raise Unfit("its position is 0, 0, where nobody lives", "find its position")
    return latitude, longitude


def words(text: str | None, column: str) -> str | None:
    """A short text on one line; control characters, left by wrong encodings, are taken out.

    Raises:
        Unfit: over 500 characters.
    """
    if text is None:
        return None
    plain = "".join(letter for letter in text if letter.isspace() or category(letter) != "Cc")
    found = " ".join(plain.split())
    if len(found) > _LONGEST:
        raise Unfit(f"{column} has over {_LONGEST} characters", "shorten it: a name is enough")
    return found or None
