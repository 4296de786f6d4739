"""UCDP's Georeferenced Event Dataset: 49 columns; some candidate releases have no header row.

Codebook: ucdp.uu.se, "UCDP GED Codebook". Only lethal events with an organised actor are in it,
so every event here is armed violence and none is mob violence.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from tocsin.events.shape import Shape, any_of, known_at
from tocsin.events.unfit import Unfit
from tocsin.events.values import Fields, between, code, day, noon, position, words
from tocsin.model import MobEvent, Violence

NAME = "ucdp"

_HEADER = """
id relid year active_year code_status type_of_violence conflict_dset_id conflict_new_id
conflict_name dyad_dset_id dyad_new_id dyad_name side_a_dset_id side_a_new_id side_a
side_b_dset_id side_b_new_id side_b number_of_sources source_article source_office
source_date source_headline source_original where_prec where_coordinates where_description
adm_1 adm_2 latitude longitude geom_wkt priogrid_gid country country_id region event_clarity
date_prec date_start date_end deaths_a deaths_b deaths_civilians deaths_unknown best high
low gwnoa gwnob
"""
COLUMNS = tuple(_HEADER.split())
"""The order of columns, for files without a header row."""

_KINDS = {1: "state-based violence", 2: "non-state violence", 3: "one-sided violence"}
_CIVILIANS = 3
_OFF_BY_KM = {1: 5.0, 2: 25.0, 3: 50.0, 4: 100.0, 5: 100.0, 6: 500.0, 7: 500.0}
"""``where_prec``; 2 is the codebook's 25 km, the others are ours."""

_LEAST_DAYS = {1: 1, 2: 1, 3: 7, 4: 30, 5: 365}
"""``date_prec``: the day, days, a week, a month, a year; where the dates name less than that."""

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def _first_report(fields: Fields) -> datetime | None:
    found = []
    for text in _DATE.findall(fields.get("source_date") or ""):
        try:
            found.append(noon(day(text)) + timedelta(hours=12))
        except Unfit:
            continue  # one wrong date among several is no reason to lose the event
    return min(found, default=None)


def _span(fields: Fields) -> tuple[datetime, float]:
    start = day(fields.need("date_start"))
    end = day(fields.get("date_end") or fields.need("date_start"))
    middle, half_width = between(start, end)
    precise = code(fields.get("date_prec"), "date_prec") or 1
    return middle, max(half_width, 12.0 * _LEAST_DAYS.get(precise, 365))


def _make(fields: Fields, lag: timedelta) -> MobEvent:
    latitude, longitude = position(fields)
    event_time, half_width = _span(fields)
    sort = code(fields.need("type_of_violence"), "type_of_violence") or 0
    if sort not in _KINDS:
        raise Unfit("type_of_violence is not 1, 2 or 3", "download the file again")
    exact = code(fields.get("where_prec"), "where_prec")
    place = fields.first("where_coordinates", "adm_2", "adm_1")
    return MobEvent(
        id=f"{NAME}:{fields.need('id')}",
        event_time=event_time,
        known_at=known_at(event_time, half_width, _first_report(fields), lag),
        latitude=latitude,
        longitude=longitude,
        kind=_KINDS[sort],
        precision_hours=half_width,
        place=words(place, "where_coordinates"),
        target="Civilians" if sort == _CIVILIANS else words(fields.get("side_b"), "side_b"),
        violence=Violence.ARMED,
        source=NAME,
        precision_km=None if exact is None else _OFF_BY_KM.get(exact, 500.0),
    )


def is_headless(fields: list[str]) -> bool:
    """Whether a first line is a row of this table and not its header."""
    if len(fields) != len(COLUMNS):
        return False
    row = Fields(dict(zip(COLUMNS, fields, strict=True)))
    try:
        return row.need("id").isdigit() and bool(day(row.need("date_start")))
    except Unfit:
        return False


SHAPE = Shape(
    name=NAME,
    summary="UCDP GED, with its header row or without it",
    needed=(
        any_of("id"),
        any_of("type_of_violence"),
        any_of("date_start"),
        any_of("latitude"),
        any_of("longitude"),
    ),
    make=_make,
)
