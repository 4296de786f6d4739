"""Places: where warnings stand or stood, and what is known of one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final
from urllib.parse import quote

from tocsin.clock import TICK, next_tick
from tocsin.console.desk import ConsoleDesk
from tocsin.console.facts.events import EventsAsked, event_list, events_geojson
from tocsin.console.facts.place_behind import behind
from tocsin.console.facts.situations import TELLS, as_geojson, situations
from tocsin.console.kept import kept
from tocsin.console.problems import NotThere
from tocsin.engines.atlas import atlas_of, own_places, place_form
from tocsin.engines.likelihood import verbal
from tocsin.engines.place_outlook import PlaceOutlook, place_outlook, slow_mark, slow_risk_of
from tocsin.engines.register import register, state_row
from tocsin.model import IndicatorStatus, Level, Place
from tocsin.risk import haversine_km
from tocsin.store.lists import warnings_now

NEAR_KM: Final = 50.0
"""Past events and warnings so far away are shown with a place."""
MOST_EVENTS: Final = 20
MOST_WARNINGS: Final = 50
MOST_FOUND: Final = 20
_SEEN: Final = (IndicatorStatus.OBSERVED.value, IndicatorStatus.POSSIBLE.value)

Line = dict[str, Any]


def place_list(desk: ConsoleDesk) -> list[Line]:
    """Places that were ever warned for, those where a warning stands first, highest level first."""
    found: dict[str, Line] = {}
    for line in warnings_now(desk.store):
        row = found.setdefault(line["place_id"], _place_row(line))
        row["warnings"] += 1
        if line["action"] in TELLS:
            row["standing"] += 1
            row["level"] = max(Level.named(row["level"]), Level.named(line["level"])).word
            row["groups"] = sorted({*row["groups"], line["target"]})
    return sorted(found.values(), key=lambda row: (-Level.named(row["level"]), -row["standing"]))


def _place_row(line: Mapping[str, Any]) -> Line:
    """Of its newest warning."""
    return {
        "place_id": line["place_id"],
        "place": line["place"],
        "lat": line["lat"],
        "lon": line["lon"],
        "level": Level.NONE.word,
        "standing": 0,
        "warnings": 0,
        "groups": [],
        "newest_at": line["issued_at"],
    }


def places_named(desk: ConsoleDesk, name: str) -> list[Line]:
    """Places of the gazetteer and of the desk's own that may be called so, at most 20."""
    found = atlas_of(desk.project).named(name)[:MOST_FOUND] if name.strip() else []
    return [place_form(one) for one in found]


def own_list(desk: ConsoleDesk) -> list[Line]:
    """Places that the desk added to the gazetteer."""
    return [
        {"name": one.name, "lat": one.latitude, "lon": one.longitude, "country": one.country}
        for one in own_places(desk.project)
    ]


def places_geojson(desk: ConsoleDesk) -> Line:
    """Places that were ever warned for, as GeoJSON points."""
    return {"type": "FeatureCollection", "features": [_feature(row) for row in place_list(desk)]}


def _feature(row: Mapping[str, Any]) -> Line:
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [row["lon"], row["lat"]]},
        "properties": {
            "level": row["level"],
            "title": row["place"],
            "place_id": row["place_id"],
            "href": f"/places/{quote(row['place_id'], safe=':')}",
        },
    }


# -- one place ---------------------------------------------------------------------------------


def place(desk: ConsoleDesk, place_id: str) -> Line:
    """One place: its base rate, past events and warnings near it, signs that people saw there.

    ``outlook`` is null while it is being reckoned.

    Raises:
        NotThere: neither the gazetteer nor any warning knows it.
    """
    where = _place(desk, place_id)
    near = EventsAsked(near=(where.latitude, where.longitude), within_km=NEAR_KM)
    return {
        **place_form(where),
        "near_km": NEAR_KM,
        **_outlook(desk, where),
        "events": event_list(desk.store, near, "", MOST_EVENTS)["items"],
        "warnings": _warnings_near(desk, where),
    }


def _place(desk: ConsoleDesk, place_id: str) -> Place:
    try:
        return atlas_of(desk.project).place(place_id)
    except (KeyError, ValueError, OverflowError):
        pass
    for line in warnings_now(desk.store):
        if line["place_id"] == place_id:
            return Place(
                id=place_id,
                name=line["place"],
                latitude=line["lat"],
                longitude=line["lon"],
                country="",
                population=0,
                time_zone=line.get("zone", "UTC"),
            )
    raise NotThere(f"no place {place_id}")


def _outlook(desk: ConsoleDesk, where: Place) -> Line:
    """Reckoned for the last tick at which situations were looked at, and kept until the next."""
    store, now = desk.store, next_tick(desk.clock.now()) - TICK
    mark = slow_mark(store)
    slow = kept(desk, "slow risk", mark, lambda: slow_risk_of(store))
    if slow is None:
        return {"outlook": None, "signs": [], **behind(desk, where, (where.id,), now)}
    known = slow.value
    made = kept(
        desk, f"outlook {where.id}", (mark, now), lambda: place_outlook(known, where, "", now)
    )
    lies_in = known.lies_in(where.id)
    states = [state.about(lies_in, "") for state in register(store, desk.clock.now()).values()]
    rows = [state_row(state, now) for state in states if state.retired_by is None]
    return {
        "outlook": None if made is None else _told(made.value),
        "signs": [row for row in rows if row["status"] in _SEEN],
        **behind(desk, where, lies_in, now),
    }


def _told(found: PlaceOutlook) -> Line:
    return {
        "relative": round(found.relative, 3),
        "known_events": found.known_events,
        "horizons": [asdict(base) for base in found.bases],
        "reasons": [{"what": text, "adds": round(share, 3)} for text, share in found.reasons],
    }


def _warnings_near(desk: ConsoleDesk, where: Place) -> list[Line]:
    """At their newest action, the newest first; those of the place itself and within reach."""
    found = []
    for line in warnings_now(desk.store):
        km = haversine_km(where.latitude, where.longitude, line["lat"], line["lon"])
        if line["place_id"] == where.id or km <= NEAR_KM:
            kept_keys = ("id", "level", "action", "issued_at", "place", "place_id", "target")
            row = {name: line[name] for name in kept_keys}
            found.append({**row, "likely": verbal(line), "km": round(km, 1)})
    return found[:MOST_WARNINGS]


def around_geojson(desk: ConsoleDesk, place_id: str) -> Line:
    """A place, situations that stand near it and past events near it, as GeoJSON points.

    Raises:
        NotThere: there is no such place.
    """
    where = _place(desk, place_id)
    here = (where.latitude, where.longitude)
    standing = [
        row
        for row in situations(desk.store, desk.clock.now())
        if haversine_km(*here, row["lat"], row["lon"]) <= NEAR_KM
    ]
    events = events_geojson(desk.store, EventsAsked(near=here, within_km=NEAR_KM))["features"]
    own = {"place_id": where.id, "place": where.name, "lat": here[0], "lon": here[1]}
    return {
        "type": "FeatureCollection",
        "features": [
            *as_geojson(standing)["features"],
            *events[:MOST_EVENTS],
            *([] if standing else [_feature({**own, "level": Level.NONE.word})]),
        ],
    }
