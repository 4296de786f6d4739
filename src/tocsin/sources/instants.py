"""Moments in time as sources write them → ISO 8601 in UTC, with "+00:00".

A moment without an offset is taken as UTC. What lies outside the years 1970 to 2099 is not
the time of a post but a fault, and is refused.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from typing import Any

from tocsin.clock import as_utc
from tocsin.sources.refusals import Unfit

END_SECONDS = 4_102_444_800
"""2100-01-01T00:00:00Z in Unix seconds."""

_ADVICE = "write times as ISO 8601, like 2023-10-28T19:00:00+03:00"
_UNIX_TEXT = re.compile(r"\d{9,10}(\.\d+)?")
_FIRST_DAY_NUMBER = 19_700_101
_LAST_DAY_NUMBER = 20_991_231


def instant(value: Any) -> str | None:
    """A moment as ISO 8601 in UTC; None for what says nothing (None, a blank, NaN).

    Strings are ISO 8601, or Unix seconds of nine or ten digits; numbers are Unix seconds.

    Raises:
        Unfit: not a moment, or not one between 1970 and 2099.
    """
    if isinstance(value, str):
        return _from_text(value.strip())
    if value is None or value != value:  # noqa: PLR0124 (NaN alone differs from itself)
        return None
    if isinstance(value, datetime):
        return _checked(value)
    if isinstance(value, date):
        return _checked(datetime.combine(value, time(), UTC))
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unfit(f"a time is written as {type(value).__name__}", _ADVICE)
    return from_seconds(value)


def from_seconds(seconds: float) -> str:
    """Unix seconds as ISO 8601 in UTC.

    Raises:
        Unfit: outside 1970 to 2099, or a calendar date written as a number (20231028).
    """
    if not 0 < seconds < END_SECONDS:
        raise Unfit("a time outside the years 1970 to 2099", f"{_ADVICE}, or as Unix seconds")
    if _is_day_number(seconds):
        raise Unfit("a time that looks like a date written as one number", _ADVICE)
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def _is_day_number(seconds: float) -> bool:
    # 20231028 as Unix seconds would quietly be a day in August 1970
    if not _FIRST_DAY_NUMBER <= seconds <= _LAST_DAY_NUMBER:
        return False
    month, day = int(seconds) // 100 % 100, int(seconds) % 100
    return 1 <= month <= 12 and 1 <= day <= 31


def _from_text(text: str) -> str | None:
    if not text:
        return None
    if _UNIX_TEXT.fullmatch(text):
        return from_seconds(float(text) if "." in text else int(text))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Unfit("a time that cannot be read", _ADVICE) from error
    return _checked(moment)


def _checked(moment: datetime) -> str:
    try:
        utc = as_utc(moment)
    except OverflowError as error:
        raise Unfit("a time outside the years 1970 to 2099", _ADVICE) from error
    if not 1970 <= utc.year < 2100:
        raise Unfit("a time outside the years 1970 to 2099", _ADVICE)
    return utc.isoformat()
