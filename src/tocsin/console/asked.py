"""What is asked for in an address: points and filters, refused in one clear line."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Depends, Query

from tocsin.console.facts.events import EventsAsked
from tocsin.console.facts.indicators import SignsAsked
from tocsin.console.moments import maybe_moment
from tocsin.errors import UsageError
from tocsin.model import IndicatorStatus, Violence

Moment = Annotated[str, Query(max_length=40, examples=["2023-10-01T00:00:00+00:00"])]


def point_asked(name: str, text: str) -> tuple[float, float] | None:
    """Degrees north and east; None where nothing is said.

    Raises:
        UsageError: it is no point on earth.
    """
    if not text.strip():
        return None
    try:
        latitude, longitude = map(float, text.split(","))
    except ValueError:
        latitude, longitude = 91.0, 0.0
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        raise UsageError(f"{name}: not a point; write it as LAT,LON, like 42.98,47.50")
    return latitude, longitude


class _When:
    """Which time is asked about."""

    def __init__(
        self,
        start: Annotated[Moment, Query(alias="from", description="Not before.")] = "",
        end: Annotated[Moment, Query(alias="to", description="Before.")] = "",
        known_by: Annotated[Moment, Query(description="As it was known then.")] = "",
    ) -> None:
        self.start = maybe_moment(start, "from")
        self.end = maybe_moment(end, "to")
        self.known_by = maybe_moment(known_by, "known_by")


def events_asked(
    when: Annotated[_When, Depends()],
    violence: Annotated[Violence | Literal[""], Query(description="What it counts as.")] = "",
    near: Annotated[str, Query(max_length=60, description="LAT,LON", examples=["43,47.5"])] = "",
    within_km: Annotated[float, Query(gt=0, le=20_000, description="Of that point.")] = 50.0,
    words: Annotated[
        str, Query(max_length=100, description="Letters in place, kind or target.")
    ] = "",
) -> EventsAsked:
    """What is asked for, from an address.

    Raises:
        UsageError: a moment or a point is none.
    """
    point = point_asked("near", near)
    return EventsAsked(when.start, when.end, when.known_by, violence, point, within_km, words)


AskedEvents = Annotated[EventsAsked, Depends(events_asked)]


def signs_asked(
    place: Annotated[str, Query(max_length=100, description="Gazetteer id or country.")] = "",
    group: Annotated[str, Query(max_length=100)] = "",
    status: Annotated[IndicatorStatus | Literal[""], Query()] = "",
    retired: Annotated[bool, Query(description="Signs out of use too.")] = False,
) -> SignsAsked:
    """What is asked for, from an address."""
    return SignsAsked(place.strip(), group.strip(), status, retired)


AskedSigns = Annotated[SignsAsked, Depends(signs_asked)]
