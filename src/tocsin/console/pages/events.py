"""Past events."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response

from tocsin.console.asked import AskedEvents
from tocsin.console.facts import events as facts
from tocsin.console.forms import Cursor, Desk, Viewer
from tocsin.console.render import render

router = APIRouter(prefix="/events", include_in_schema=False)
_LINES = 100
_FILTERS = ("from", "to", "violence", "near", "within_km", "words")


@router.get("")
def listed(
    request: Request, desk: Desk, caller: Viewer, asked: AskedEvents, cursor: Cursor = ""
) -> Response:
    """Events, the latest first, with filters and a map."""
    said = {name: request.query_params.get(name, "") for name in _FILTERS}
    rest = urlencode({name: value for name, value in said.items() if value})
    shown = facts.event_list(desk.store, asked, cursor, _LINES)
    around = {**facts.event_counts(desk.store), "asked": said, "rest": rest}
    found = {"provisional": facts.provisional(desk, caller.role), "cursor": cursor}
    return render(request, "events.html", {**shown, **around, **found})
