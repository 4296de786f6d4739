"""ACLED's event table: 31 columns since March 2023, and the shapes before that.

Codebook: acleddata.com, "ACLED Codebook". Rows are changed and taken back; ``timestamp`` says when
a row was last changed, so a row counts as known from then.
"""

from __future__ import annotations

from datetime import timedelta

from tocsin.events.shape import DAY_HOURS, Shape, any_of, known_at
from tocsin.events.unfit import Unfit
from tocsin.events.values import Fields, code, day, noon, position, unix_moment, words
from tocsin.model import MobEvent, Violence

NAME = "acled"

_HALF_WIDTHS = {1: DAY_HOURS, 2: 84.0, 3: 360.0}
"""``time_precision``: the day, within a week, within a month."""

_OFF_BY_KM = {1: 5.0, 2: 25.0, 3: 100.0}
"""``geo_precision``: the town, near it, the region. The kilometres are ours."""

_RIOTERS, _PROTESTERS, _CIVILIANS = 5, 6, 7
_CODES = {"rioters": _RIOTERS, "protesters": _PROTESTERS, "civilians": _CIVILIANS}
"""``inter1`` in words since 2024; the others are armed, official or foreign."""


def _actor(fields: Fields) -> int | None:
    told = fields.get("inter1")
    if told is not None and not told[0].isdigit():
        return _CODES.get(told.lower(), 0)
    found = code(told, "inter1")
    if found is None:
        name = (fields.get("actor1") or "").lower()
        return next((number for word, number in _CODES.items() if name.startswith(word)), None)
    return found


def violence_of(event_type: str, sub_event_type: str, actor: int | None) -> Violence:
    """What an event is, by type, sub-type and the first actor's ``inter`` code.

    Before 2019 riots and protests were one type; then the sub-type or the actor decides. A protest
    that was met with force is still a protest: its own side did nothing.
    """
    kind, detail = event_type.lower(), sub_event_type.lower()
    if kind == "riots" or detail in ("mob violence", "violent demonstration"):
        return Violence.RIOT
    if kind == "protests" or detail == "peaceful protest":
        return Violence.PROTEST
    if kind == "riots/protests":
        known = {_RIOTERS: Violence.RIOT, _PROTESTERS: Violence.PROTEST}
        return known.get(actor or 0, Violence.OTHER)
    if kind == "violence against civilians":
        return _against_civilians(actor)
    if detail in ("looting/property destruction", "looting/destruction of property"):
        return _destruction(actor)
    armed = ("battle", "explosions", "remote violence")
    return Violence.ARMED if kind.startswith(armed) else Violence.OTHER


def _against_civilians(actor: int | None) -> Violence:
    if actor == _RIOTERS:
        return Violence.RIOT
    return Violence.ASSAULT if actor in (_PROTESTERS, _CIVILIANS) else Violence.ARMED


def _destruction(actor: int | None) -> Violence:
    if actor == _RIOTERS:
        return Violence.RIOT
    unarmed = actor in (_PROTESTERS, _CIVILIANS, None)
    return Violence.CLANDESTINE if unarmed else Violence.ARMED


def _id(fields: Fields) -> str:
    named = fields.get("event_id_cnty")
    if named is None:
        number = fields.first("event_id_no_cnty", "data_id")
        if number is None:
            raise Unfit("no event_id_cnty", "fill it in, or leave the row out")
        named = (fields.first("iso3", "iso", "country") or "") + "-" + number
    return f"{NAME}:{named}"


def _make(fields: Fields, lag: timedelta) -> MobEvent:
    latitude, longitude = position(fields)
    event_time = noon(day(fields.need("event_date")))
    precise = code(fields.first("time_precision", "time_prec"), "time_precision")
    half_width = _HALF_WIDTHS.get(precise or 1, _HALF_WIDTHS[3])
    stamp = fields.get("timestamp")
    stated = None if stamp is None else unix_moment(stamp, "timestamp")
    event_type, detail = fields.need("event_type"), fields.get("sub_event_type") or ""
    exact = code(fields.get("geo_precision"), "geo_precision")
    return MobEvent(
        id=_id(fields),
        event_time=event_time,
        known_at=known_at(event_time, half_width, stated, lag),
        latitude=latitude,
        longitude=longitude,
        kind=words(detail or event_type, "sub_event_type") or "",
        precision_hours=half_width,
        place=words(fields.first("location", "admin2", "admin1"), "location"),
        target=words(fields.first("assoc_actor_2", "actor2"), "actor2"),
        violence=violence_of(event_type, detail, _actor(fields)),
        source=NAME,
        precision_km=None if exact is None else _OFF_BY_KM.get(exact, _OFF_BY_KM[3]),
    )


SHAPE = Shape(
    name=NAME,
    summary="ACLED's table, with 31 columns or one of the older shapes",
    needed=(
        any_of("event_date"),
        any_of("event_type"),
        any_of("event_id_cnty", "event_id_no_cnty", "data_id"),
        any_of("latitude"),
        any_of("longitude"),
    ),
    make=_make,
    dates_versions=True,
)
