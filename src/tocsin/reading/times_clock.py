"""What the rules of all languages share: packs, units, and what is no time."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from tocsin.model.reading import Granularity

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

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


def pack_digest(name: str) -> str:
    """The first 16 hex digits of the SHA-256 of a built-in pack."""
    return hashlib.sha256(_pack_bytes(name)).hexdigest()[:16]


@cache
def read_pack(name: str) -> tuple[Mapping[str, Any], str]:
    """A built-in pack and its digest; read once."""
    words = yaml.load(_pack_bytes(name), _LOADER)  # noqa: S506 - one of the safe loaders
    return words, pack_digest(name)


@cache
def _pack_bytes(name: str) -> bytes:
    return (files("tocsin.reading.packs") / f"{name}.yaml").read_bytes()


def minutes_of(clock: str) -> int:
    """``"13:30"`` → 810."""
    hours, _, minutes = clock.partition(":")
    return int(hours) * 60 + int(minutes)


def choice(words: Iterable[str]) -> str:
    """An alternation, the longest first; spaces stand for any white space."""
    ordered = sorted(words, key=lambda word: (-len(word), word))
    return "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in ordered)


def rest_is_no_time(text: str, end: int) -> bool:
    """What follows makes of the figures a price, a percentage, a verse, a version, a score."""
    return NOT_A_TIME_AFTER.match(text, end) is not None


def is_date(year: int | None, month: int | None, day: int) -> bool:
    """Figures that can be a date of our time; None: not said."""
    months = month is None or 1 <= month <= 12
    return months and 1 <= day <= 31 and (year is None or 1990 <= year <= 2100)


def full_year(text: str) -> int:
    """``"23"`` → 2023."""
    return int(text) if len(text) == 4 else 2000 + int(text)
