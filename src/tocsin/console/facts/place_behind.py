"""What stands behind a place beside posts and past events: the region's figures, days ahead, and
whether its numbers are corrected by outcomes. All of it comes from files and decisions of people.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from math import exp
from pathlib import Path
from typing import Any, Final

from tocsin.console.desk import ConsoleDesk
from tocsin.engines.known import calibration, read_calendar
from tocsin.errors import TocsinError
from tocsin.model import Place
from tocsin.risk import CalendarDay, haversine_km
from tocsin.risk.structure import MOST, Factors, read_factors

DAYS_AHEAD: Final = 30

Line = dict[str, Any]


def behind(desk: ConsoleDesk, where: Place, lies_in: Collection[str], now: datetime) -> Line:
    """Structural factors of the place's region, days of the calendar, and its calibration.

    Args:
        lies_in: the place, its region and its country, as tables name them.
    """
    known = calibration(desk.store)
    correction = None if known is None else known.of(where.time_zone)
    return {
        "structure": structure(desk, lies_in, now),
        "calendar": calendar(desk, where, now),
        "calibrated": correction is not None and correction.calibrated,
    }


def structure(desk: ConsoleDesk, lies_in: Collection[str], now: datetime) -> Line:
    """Figures of the tables that the desk keeps; empty where it keeps none.

    What is wrong with a table is told, not raised: the rest of the page still stands.
    """
    rows: list[Line] = []
    problems: list[str] = []
    total = 0.0
    for name in desk.project.settings.texts("risk.structure"):
        try:
            factors = _factors(name, Path(name).stat().st_mtime_ns)
        except (TocsinError, OSError) as error:
            problems.append(str(error))
            continue
        for region in lies_in:
            for row, share in factors.shares(region, now):
                total += share
                shown = {name: getattr(row, name) for name in ("region", "factor", "value", "year")}
                rows.append({**shown, "source": row.source, "adds": round(share, 3)})
    times = exp(max(-MOST, min(MOST, total)))
    return {"factors": rows, "times": round(times, 2), "problems": problems}


@lru_cache(16)
def _factors(path: str, changed: int) -> Factors:
    del changed
    return read_factors(Path(path))


def calendar(desk: ConsoleDesk, where: Place, now: datetime) -> list[Line]:
    """Days of the desk's calendars in the next 30 days that concern it, the nearest first."""
    found = [
        {"day": day.isoformat(), "what": one.what, "group": one.group}
        for one in _days(desk.project.settings.texts("risk.calendar"))
        if _concerns(one, where) and (day := _next(one, now.date())) is not None
    ]
    return sorted(found, key=lambda row: str(row["day"]))


def _days(paths: Sequence[str]) -> Iterator[CalendarDay]:
    for path in paths:
        try:
            yield from read_calendar(Path(path))
        except (TocsinError, OSError):
            continue  # a run says what is wrong with it, and does not begin


def _concerns(day: CalendarDay, where: Place) -> bool:
    if day.latitude is None or day.longitude is None:
        return True
    here = (where.latitude, where.longitude)
    return haversine_km(*here, day.latitude, day.longitude) <= day.within_km


def _next(one: CalendarDay, today: date) -> date | None:
    """The day, or of a yearly one its next, where it is near enough."""
    for ahead in range(-1, DAYS_AHEAD + 1):
        day = today + timedelta(days=ahead)
        yearly = one.yearly and (day.month, day.day) == (one.day.month, one.day.day)
        if day == one.day or yearly:
            return day
    return None
