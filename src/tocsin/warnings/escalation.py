"""When a warning that nobody answered is told again (DESIGN section 6, the table of levels)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from tocsin.model import Level
from tocsin.warnings.files import WarningFile

WITHIN: Mapping[Level, timedelta] = MappingProxyType(
    {Level.ALERT: timedelta(hours=1), Level.ALARM: timedelta(minutes=10)}
)
"""In which a person has to acknowledge; a watch waits for the next shift."""

MOST_STEPS = 6
"""After so many times it has gone round; more of the same wakes nobody."""


def overdue(file: WarningFile, as_of: datetime) -> int | None:
    """How many times its time to answer has run out, where that is news; else None."""
    level = file.action.level
    if level not in WITHIN or file.acknowledged >= level or file.disturbed_at is None:
        return None
    steps = min(MOST_STEPS, int((as_of - file.disturbed_at) / WITHIN[level]))
    return steps if steps > file.escalated else None
