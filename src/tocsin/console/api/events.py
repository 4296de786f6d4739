"""Past events, and violence reported as in progress. Events are imported on the command line."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from tocsin.console.asked import AskedEvents
from tocsin.console.facts import events as facts
from tocsin.console.forms import Cursor, Desk, Limit, Viewer
from tocsin.console.problems import responses

router = APIRouter(tags=["events"])
Json = dict[str, Any]


@router.get("/events", responses=responses())
def read_events(
    desk: Desk, caller: Viewer, asked: AskedEvents, cursor: Cursor = "", limit: Limit = 100
) -> Json:
    """Past events in their newest version, the latest first."""
    del caller
    return facts.event_list(desk.store, asked, cursor, limit)


@router.get("/events.geojson", responses=responses())
def read_map(desk: Desk, caller: Viewer, asked: AskedEvents) -> Json:
    """The latest 1,000 of them as GeoJSON points."""
    del caller
    return facts.events_geojson(desk.store, asked)


@router.get("/events/provisional", responses=responses())
def read_provisional(desk: Desk, caller: Viewer) -> Json:
    """Mob violence reported as in progress, the newest first; never ground truth.

    Reports of people on the ground are told to analysts.
    """
    return {"items": facts.provisional(desk, caller.role), "next": None}
