"""Past events, and violence that was reported as in progress."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Final

import orjson
from sqlalchemy import select

from tocsin import wire
from tocsin.console.cursors import after, cursor_of
from tocsin.console.desk import ConsoleDesk
from tocsin.console.roles import Role
from tocsin.engines.reports import all_reports
from tocsin.model import Seen, Violence
from tocsin.risk import haversine_km
from tocsin.store import Store, schema
from tocsin.store.events import EventFilter, count_events, events_newest_first

KM_A_DEGREE: Final = 110.0
"""Less than any degree of latitude is long, so that nothing within reach is left out."""
MOST_MAPPED: Final = 1_000
MOST_PROVISIONAL: Final = 100
_NEARBY: Final = "event_nearby"
"""The term of a forecast that says: violence was reported nearby."""

Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class EventsAsked:
    """Which events are asked for; what is not said means any.

    Args:
        start, end: not before, and before.
        known_by: only what was known then, as it read then.
        violence: what it counts as.
        near: degrees north and east.
        within_km: of that point.
        words: letters that stand in the place, kind or target.
    """

    start: datetime | None = None
    end: datetime | None = None
    known_by: datetime | None = None
    violence: str = ""
    near: tuple[float, float] | None = None
    within_km: float = 50.0
    words: str = ""


def event_list(store: Store, asked: EventsAsked, cursor: str, limit: int) -> Line:
    """Events in their newest version, the latest first.

    Raises:
        UsageError: the cursor is none of this list.
    """
    c = schema.events.c
    below = after((c.event_time, c.seq, c.row), cursor) if cursor else None
    found = list(islice(_fitting(store, asked, below), limit + 1))
    part = found[:limit]
    more = cursor_of(*part[-1][:3]) if len(found) > limit else None
    return {"items": [form for *_, form in part], "next": more}


def _fitting(
    store: Store, asked: EventsAsked, below: Any = None
) -> Iterator[tuple[datetime, int, int, Line]]:
    reach = asked.within_km / KM_A_DEGREE
    wanted = EventFilter(
        known_by=asked.known_by,
        start=asked.start,
        end=asked.end,
        latitudes=None if asked.near is None else (asked.near[0] - reach, asked.near[0] + reach),
    )
    for when, seq, row, body in events_newest_first(store, wanted, below):
        if not _may_fit(body, asked):
            continue
        form = orjson.loads(body)
        if _fits(form, asked):
            yield when, seq, row, _told(form, asked.near)


def _may_fit(body: str, asked: EventsAsked) -> bool:
    """A quick no for what need not be taken apart; letters that JSON writes otherwise may be in
    anything.
    """
    letters = asked.words.strip().casefold()
    plain = letters.isprintable() and not {'"', "\\"} & set(letters)
    return not plain or letters in body.casefold()


def _fits(form: Mapping[str, Any], asked: EventsAsked) -> bool:
    letters = asked.words.strip().casefold()
    said = f"{form['place'] or ''} {form['kind'] or ''} {form['target'] or ''}".casefold()
    here = asked.near is None or _km(form, asked.near) <= asked.within_km
    return here and letters in said and asked.violence in ("", form["violence"])


def _km(form: Mapping[str, Any], near: tuple[float, float]) -> float:
    return haversine_km(*near, form["latitude"], form["longitude"])


def _told(form: Mapping[str, Any], near: tuple[float, float] | None) -> Line:
    sort = Violence(form["violence"])
    km = None if near is None else round(_km(form, near), 1)
    return {**form, "mob_violence": sort.is_mob_violence, "km": km}


def event_counts(store: Store) -> Line:
    """How many events are known."""
    return {"events": count_events(store), "kinds": [one.value for one in Violence]}


def events_geojson(store: Store, asked: EventsAsked) -> Line:
    """The latest of them as GeoJSON points, longitude first."""
    found = islice(_fitting(store, asked), MOST_MAPPED)
    return {"type": "FeatureCollection", "features": [_feature(form) for *_, form in found]}


def _feature(form: Mapping[str, Any]) -> Line:
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [form["longitude"], form["latitude"]]},
        "properties": {
            "level": "none",
            "title": f"{form['place'] or ''} {form['event_time'][:10]}".strip(),
            "id": form["id"],
            "event_time": form["event_time"],
            "kind": form["kind"],
            "violence": form["violence"],
            "target": form["target"],
        },
    }


# -- in progress -------------------------------------------------------------------------------


def provisional(desk: ConsoleDesk, role: Role) -> list[Line]:
    """Mob violence reported as in progress, the newest first; no ground truth.

    What independent channels report is told by the warnings that it raised; people on the ground
    tell it in reports, which analysts see.
    """
    rows = _told_by_warnings(desk.store)
    if role >= Role.ANALYST:
        rows += [_told_on_ground(row) for row in all_reports(desk.store) if _is_violence(row)]
    rows.sort(key=lambda row: row["known_at"], reverse=True)
    return rows[:MOST_PROVISIONAL]


def _told_by_warnings(store: Store) -> list[Line]:
    """The first action of each warning, place and group in which such a report counted."""
    table = schema.warnings.c
    query = select(table.body).where(table.body.contains(f'"{_NEARBY}"')).order_by(table.seq.desc())
    found: dict[tuple[str, str, str], Line] = {}
    with store.reading() as connection:
        for body in connection.execute(query.limit(10 * MOST_PROVISIONAL)).scalars():
            line = orjson.loads(body)
            if any(name == _NEARBY for name, _ in line.get("shares", ())):
                found[line["id"], line["place_id"], line["target"]] = {
                    "by": "channels",
                    "known_at": line["issued_at"],
                    "place_id": line["place_id"],
                    "place": line["place"],
                    "lat": line["lat"],
                    "lon": line["lon"],
                    "target": line["target"],
                    "warning": line["id"],
                    "grade": None,
                    "role": None,
                }
    return list(found.values())


def _is_violence(row: Mapping[str, Any]) -> bool:
    return bool(row["seen"] == Seen.VIOLENCE.value)


def _told_on_ground(row: Mapping[str, Any]) -> Line:
    report = wire.report_from_form(dict(row))
    return {
        "by": "ground",
        "known_at": wire.iso(report.received_at),
        "place_id": report.place_id,
        "place": report.place,
        "lat": report.latitude,
        "lon": report.longitude,
        "target": report.group or None,
        "warning": None,
        "grade": str(report.grade),
        "role": report.role,
    }
