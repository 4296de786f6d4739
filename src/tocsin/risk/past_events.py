"""Past mob violence as the base rate and contagion take it: columns in the order of knowledge."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from tocsin.clock import as_utc

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

SECONDS_A_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class PastEvent:
    """One event that has happened.

    Args:
        place: name or id; events of one name lie at the position of the one known first.
        latitude, longitude: degrees.
        event_time: when it happened; where only the day is known, its middle.
        known_at: when it could be known; one before ``event_time`` counts from ``event_time``.
        violence: riot, assault, arson, clandestine, …; see ``Basis.kinds``.
    """

    place: str
    latitude: float
    longitude: float
    event_time: datetime
    known_at: datetime
    violence: str


@dataclass(frozen=True, slots=True, eq=False)
class EventColumns:
    """Events in the order in which they became known, so that what was known at T is a prefix.

    Args:
        happened, known: days since 1970, shape (events,).
        kind: place in ``Basis.kinds``, shape (events,).
        counted: whether the kind is one that is forecast, shape (events,).
        spot: index into ``spots``, shape (events,).
        spots: unit vectors of distinct places, in the order first known, shape (places, 3).
    """

    happened: Floats
    known: Floats
    kind: Indices
    counted: npt.NDArray[np.bool_]
    spot: Indices
    spots: Floats

    def known_by(self, day: float) -> int:
        """How many events were known at ``day``."""
        return int(np.searchsorted(self.known, day, side="right"))


def columns_of(
    events: Iterable[PastEvent], kinds: Sequence[str], counted: Sequence[str]
) -> EventColumns:
    """Events as columns; a violence that is not among ``kinds`` counts as the last of them."""
    ordered = sorted(events, key=_order)
    spots: dict[str, int] = {}
    degrees: list[tuple[float, float]] = []
    for event in ordered:
        if event.place not in spots:
            spots[event.place] = len(spots)
            degrees.append((event.latitude, event.longitude))
    place_of = {kind: number for number, kind in enumerate(kinds)}
    happened = np.array([day_of(event.event_time) for event in ordered], dtype=np.float64)
    known = np.array([day_of(event.known_at) for event in ordered], dtype=np.float64)
    return EventColumns(
        happened=happened,
        known=np.maximum(known, happened),
        kind=np.array([place_of.get(e.violence, len(kinds) - 1) for e in ordered], dtype=np.int64),
        counted=np.array([event.violence in counted for event in ordered], dtype=np.bool_),
        spot=np.array([spots[event.place] for event in ordered], dtype=np.int64),
        spots=unit_vectors(degrees),
    )


def day_of(moment: datetime) -> float:
    """Days since 1970-01-01 UTC."""
    return as_utc(moment).timestamp() / SECONDS_A_DAY


def unit_vectors(degrees: Sequence[tuple[float, float]]) -> Floats:
    """(latitude, longitude) in degrees → points on the unit sphere, shape (n, 3)."""
    angles = np.radians(np.array(degrees, dtype=np.float64).reshape(-1, 2))
    north, east = angles[:, 0], angles[:, 1]
    return np.stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)], 1)


def _order(event: PastEvent) -> tuple[datetime, datetime, str, str, float, float]:
    happened = as_utc(event.event_time)
    known = max(as_utc(event.known_at), happened)
    return (known, happened, event.place, event.violence, event.latitude, event.longitude)
