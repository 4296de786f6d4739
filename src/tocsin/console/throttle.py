"""How often something may be tried: attempts to sign in, and requests of one caller."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

_MOST_KEYS: Final = 20_000
"""Callers remembered; of more the one heard from longest ago is forgotten."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """So many in such a time, evenly refilled: a token bucket."""

    count: int
    within: timedelta


class Throttle:
    """Buckets by caller; the moment is passed in."""

    def __init__(self, allowance: Allowance) -> None:
        self._allowance = allowance
        self._left: OrderedDict[str, tuple[float, datetime]] = OrderedDict()
        self._lock = Lock()

    def wait(self, key: str, now: datetime) -> timedelta:
        """Take one; zero if there was one, else how long until there is."""
        with self._lock:
            left = self._filled(key, now)
            short = left < 1
            self._left[key] = (left if short else left - 1, now)
            self._left.move_to_end(key)
            while len(self._left) > _MOST_KEYS:
                self._left.popitem(last=False)
        return (
            (1 - left) * self._allowance.within / self._allowance.count if short else timedelta(0)
        )

    def forget(self, key: str) -> None:
        """All is allowed again, as after a right password."""
        with self._lock:
            self._left.pop(key, None)

    def _filled(self, key: str, now: datetime) -> float:
        count = float(self._allowance.count)
        if key not in self._left:
            return count
        left, at = self._left[key]
        passed = max(now - at, timedelta(0))  # a clock that was set back takes nothing away
        return min(count, left + count * (passed / self._allowance.within))
