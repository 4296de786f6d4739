"""What stands behind a place and a group beside the posts, put together for the risk model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tocsin.model import Background, PlaceMention, Situation, Term
from tocsin.risk.calibration import Calibration
from tocsin.risk.distance import haversine_km

DAY_WEIGHT = 0.5
"""Log-odds for a date of the calendar: a prior, with the same standing as the coefficients."""

AROUND = timedelta(days=1)
"""So long before and after its day a date counts."""


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A day that may bring people together or anger them: an anniversary, a funeral, a verdict.

    Args:
        group: whom it is about; None: any group.
        latitude, longitude: degrees; None: everywhere.
        within_km: of that position.
        yearly: it comes back on the same day of every year.
    """

    day: date
    what: str
    group: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    within_km: float = 50.0
    yearly: bool = False


@dataclass(frozen=True, slots=True)
class Sources:
    """What a background is made of; each part may be missing.

    Args:
        slow: (place, group, as_of) → relative rate of the place, standard deviation of its
            logarithm, and further terms.
        calendar: days known in advance.
        calibration: what outcomes have taught.
    """

    slow: Callable[[PlaceMention, str, datetime], tuple[float, float, tuple[Term, ...]]] | None = (
        None
    )
    calendar: Sequence[CalendarDay] = ()
    calibration: Calibration | None = None


def background(situation: Situation, sources: Sources, as_of: datetime) -> Background:
    """Everything that is known beside the posts at ``as_of``."""
    place, group = situation.place, situation.key.target
    relative, spread = 1.0, 0.0
    terms: tuple[Term, ...] = ()
    if sources.slow is not None:
        relative, spread, terms = sources.slow(place, group, as_of)
    known = sources.calibration
    return Background(
        relative=relative,
        relative_sd=spread,
        terms=(*terms, *_days(situation, sources.calendar, as_of)),
        correction=None if known is None else known.of(place.time_zone),
    )


def _days(
    situation: Situation, calendar: Sequence[CalendarDay], as_of: datetime
) -> tuple[Term, ...]:
    """One term where at least one day is close, naming the first of them."""
    near = [day for day in calendar if _concerns(day, situation) and _close(day, as_of)]
    return (Term("calendar", 1.0, DAY_WEIGHT, near[0].what),) if near else ()


def _concerns(day: CalendarDay, situation: Situation) -> bool:
    if day.group is not None and day.group != situation.key.target:
        return False
    if day.latitude is None or day.longitude is None:
        return True
    place = situation.place
    away = haversine_km(place.latitude, place.longitude, day.latitude, day.longitude)
    return away <= day.within_km


def _close(day: CalendarDay, as_of: datetime) -> bool:
    """As of, in UTC, the day is yesterday, today or tomorrow."""
    first, last = (as_of - AROUND).date(), (as_of + AROUND).date()
    if not day.yearly:
        return first <= day.day <= last
    return any(
        (moment.month, moment.day) == (day.day.month, day.day.day)
        for moment in (first, as_of.date(), last)
    )
