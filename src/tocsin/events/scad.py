"""SCAD, the Social Conflict Analysis Database (Strauss Center): Africa and Latin America.

Codebook: "SCAD Codebook", Salehyan and Hendrix. One row per place of an event; actors and targets
are written freely and may be persons, so they are left out.
"""

from __future__ import annotations

from datetime import date, timedelta

from tocsin.events.shape import DAY_HOURS, Shape, any_of, known_at
from tocsin.events.unfit import Unfit
from tocsin.events.values import Fields, code, day, noon, position, words
from tocsin.model import MobEvent, Violence

NAME = "scad"

_KINDS = {
    1: ("organized demonstration", Violence.PROTEST),
    2: ("spontaneous demonstration", Violence.PROTEST),
    3: ("organized violent riot", Violence.RIOT),
    4: ("spontaneous violent riot", Violence.RIOT),
    5: ("general strike", Violence.PROTEST),
    6: ("limited strike", Violence.PROTEST),
    7: ("pro-government violence", Violence.ARMED),
    8: ("anti-government violence", Violence.ARMED),
    9: ("extra-government violence", Violence.ARMED),
    10: ("intra-government violence", Violence.ARMED),
}
"""``etype``, in the codebook's words."""

_UNKNOWN_TYPE = ("unknown", Violence.OTHER)

_OFF_BY_KM = {1: 10.0, 2: 10.0, 3: 25.0, 4: 100.0, 5: 100.0, 6: 100.0}
"""``locnum``: capital, town, countryside, several towns, several regions, a province; ours."""

_ANYWHERE_KM = 500.0
"""Nationwide, unknown, or marked as not precise: the position is a middle of something."""


def _off_by(fields: Fields) -> float:
    if (fields.get("location_precision") or "").lower() == "no":
        return _ANYWHERE_KM
    return _OFF_BY_KM.get(code(fields.get("locnum"), "locnum") or 0, _ANYWHERE_KM)


def _start(fields: Fields) -> date:
    """From its three columns where they are filled: ``startdate`` has no one way of writing it."""
    year, month, number = (code(fields.get(name), name) or 0 for name in ("styr", "stmo", "stday"))
    if min(year, month, number) < 1:
        return day(fields.need("startdate"))
    return day(f"{year:04d}-{month:02d}-{number:02d}")


def _make(fields: Fields, lag: timedelta) -> MobEvent:
    latitude, longitude = position(fields)
    event_time = noon(_start(fields))
    etype = code(fields.need("etype"), "etype") or 0
    if etype not in _KINDS and etype >= 0:
        raise Unfit("etype is not one of 1 to 10", "download the file again")
    kind, violence = _KINDS.get(etype, _UNKNOWN_TYPE)
    place = fields.first("elocal", "ilocal")
    return MobEvent(
        id=f"{NAME}:{fields.need('eventid')}-{fields.get('sublocal') or '1'}",
        event_time=event_time,
        known_at=known_at(event_time, DAY_HOURS, None, lag),
        latitude=latitude,
        longitude=longitude,
        kind=kind,
        precision_hours=DAY_HOURS,
        place=None if place is None or place.lower() == "unknown" else words(place, "elocal"),
        violence=violence,
        source=NAME,
        precision_km=_off_by(fields),
    )


SHAPE = Shape(
    name=NAME,
    summary="SCAD, Africa or Latin America",
    needed=(
        any_of("eventid"),
        any_of("startdate"),
        any_of("etype"),
        any_of("latitude"),
        any_of("longitude"),
    ),
    make=_make,
    counts_rows=True,
)
