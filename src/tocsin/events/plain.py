"""A plain table of events, for whatever has no format of its own: CSV or JSON Lines.

It is also what ``tocsin events list --json`` prints and what the ledger keeps, so a list can be
read in again without loss.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from tocsin.events.shape import DAY_HOURS, Shape, any_of, digest_id, known_at
from tocsin.events.unfit import Unfit
from tocsin.events.values import Fields, day, moment, noon, number, position, words
from tocsin.model import MobEvent, Violence

NAME = "plain"
COLUMNS = (
    "id",
    "event_time",
    "known_at",
    "latitude",
    "longitude",
    "kind",
    "violence",
    "place",
    "target",
    "precision_hours",
    "precision_km",
    "source",
)

_KIND = "mob violence"
"""What an event is where nothing is said: a desk's own list is one of mob violence."""

_MOMENT_HOURS = 1.0
"""Half-width where a moment is given and no precision."""

_LONGEST_HOURS = 24.0 * 366

_KINDS = {
    **{violence.value: violence for violence in Violence},
    **dict.fromkeys(
        ("mob violence", "mob attack", "violent demonstration", "violent protest", "pogrom",
         "lynching", "looting", "riots"),
        Violence.RIOT,
    ),
    **dict.fromkeys(("attack", "beating", "stabbing", "attack on people"), Violence.ASSAULT),
    **dict.fromkeys(("arson attack", "fire", "fire-bombing", "firebombing"), Violence.ARSON),
    **dict.fromkeys(
        ("vandalism", "graffiti", "paint", "property damage", "stone throwing",
         "desecration", "threatening letter"),
        Violence.CLANDESTINE,
    ),
    **dict.fromkeys(("armed attack", "shooting", "bombing", "battle"), Violence.ARMED),
    **dict.fromkeys(
        ("peaceful protest", "demonstration", "protests", "march", "rally", "vigil", "strike",
         "procession", "gathering"),
        Violence.PROTEST,
    ),
}  # fmt: skip


def violence_of(kind: str) -> Violence:
    """What a kind is taken as; ``OTHER``, which counts as no violence, where it is not known."""
    return _KINDS.get(kind.lower(), Violence.OTHER)


def _when(fields: Fields) -> tuple[datetime, float]:
    told = fields.need("event_time")
    if len(told) == len("2023-10-29"):
        return noon(day(told)), DAY_HOURS
    return moment(told), _MOMENT_HOURS


def _half_width(fields: Fields, usual: float) -> float:
    told = fields.get("precision_hours")
    found = usual if told is None else number(told, "precision_hours")
    if not 0 <= found <= _LONGEST_HOURS:
        raise Unfit("precision_hours is not between 0 and a year", "correct it")
    return found


def _stated(fields: Fields) -> datetime | None:
    told = fields.get("known_at")
    if told is None:
        return None
    if len(told) == len("2023-10-29"):
        return noon(day(told)) + timedelta(hours=12)
    return moment(told)


def _violence(fields: Fields, kind: str) -> Violence:
    told = fields.get("violence")
    if told is None:
        return violence_of(kind)
    try:
        return Violence(told.lower())
    except ValueError as error:
        known = ", ".join(violence.value for violence in Violence)
        raise Unfit("violence is not a known sort", f"write one of {known}") from error


def _off_by(fields: Fields) -> float | None:
    told = fields.get("precision_km")
    found = None if told is None else number(told, "precision_km")
    if found is not None and found < 0:
        raise Unfit("precision_km is below zero", "correct it")
    return found


def event_of(fields: Fields, lag: timedelta) -> MobEvent:
    """The event that a row tells of.

    Raises:
        Unfit: a needed value is missing, or a value is wrong.
    """
    latitude, longitude = position(fields)
    event_time, usual = _when(fields)
    half_width = _half_width(fields, usual)
    kind = words(fields.get("kind"), "kind") or _KIND
    place = words(fields.get("place"), "place")
    parts = (event_time.isoformat(), str(latitude), str(longitude), kind, place)
    return MobEvent(
        id=words(fields.get("id"), "id") or digest_id(NAME, *parts),
        event_time=event_time,
        known_at=known_at(event_time, half_width, _stated(fields), lag),
        latitude=latitude,
        longitude=longitude,
        kind=kind,
        precision_hours=half_width,
        place=place,
        target=words(fields.get("target"), "target"),
        violence=_violence(fields, kind),
        source=words(fields.get("source"), "source") or NAME,
        precision_km=_off_by(fields),
    )


def event_form(event: MobEvent) -> dict[str, Any]:
    """An event under the plain columns, as JSON values; what is unknown is None."""
    values = {column: getattr(event, column) for column in COLUMNS}
    return values | {
        "event_time": event.event_time.isoformat(),
        "known_at": event.known_at.isoformat(),
        "violence": event.violence.value,
    }


def event_from_form(form: Mapping[str, Any]) -> MobEvent:
    """The inverse of :func:`event_form`."""
    values = {column: form[column] for column in COLUMNS}
    return MobEvent(
        **values
        | {
            "event_time": datetime.fromisoformat(form["event_time"]),
            "known_at": datetime.fromisoformat(form["known_at"]),
            "violence": Violence(form["violence"]),
        }
    )


SHAPE = Shape(
    name=NAME,
    summary=f"a table or JSON Lines with {', '.join(COLUMNS)}; of these only event_time, "
    "latitude and longitude are needed",
    needed=(any_of("event_time"), any_of("latitude"), any_of("longitude")),
    make=event_of,
)
