"""Moments and windows of time as addresses write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from tocsin.errors import Unfit, UsageError
from tocsin.sources.instants import instant

_LOST_PLUS: Final = re.compile(r" (\d\d:?\d\d)$")
"""An offset whose ``+`` an address has turned into a space."""


def moment_of(said: str, name: str) -> datetime:
    """An ISO 8601 time as an aware datetime in UTC; naive is UTC.

    Args:
        name: of the parameter, for the message.

    Raises:
        UsageError: it is none, or not between 1970 and 2099.
    """
    text = said.strip()
    try:
        found = instant(_LOST_PLUS.sub(r"+\1", text) if "T" in text else text)
    except Unfit as unfit:
        raise UsageError(f"{name}: {unfit.problem}; {unfit.advice}") from None
    if found is None:
        raise UsageError(f"{name}: blank; write it as 2023-10-29T07:31:00Z")
    return datetime.fromisoformat(found)


def maybe_moment(said: str, name: str) -> datetime | None:
    """The same; None where nothing is said."""
    return moment_of(said, name) if said.strip() else None


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time, and the moment in it that is looked at."""

    start: datetime
    end: datetime
    at: datetime

    def share(self, moment: datetime) -> float:
        """Where in the window a moment lies, 0 to 1."""
        return min(max((moment - self.start) / self.length, 0.0), 1.0)

    @property
    def length(self) -> timedelta:
        """How long it is."""
        return self.end - self.start
