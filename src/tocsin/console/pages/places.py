"""Places: where warnings stand, the gazetteer searched, and one place."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from tocsin.console.facts import places as facts
from tocsin.console.forms import Cursor, Desk, Viewer, page_of
from tocsin.console.render import render

router = APIRouter(prefix="/places", include_in_schema=False)
_LINES = 100


@router.get("")
def listed(
    request: Request,
    desk: Desk,
    caller: Viewer,
    name: Annotated[str, Query(max_length=100)] = "",
    cursor: Cursor = "",
) -> Response:
    """Places with warnings, and what the gazetteer calls so."""
    del caller
    rows = facts.place_list(desk)
    shown = page_of(rows, cursor, _LINES, lambda row: str(row["place_id"]))
    found = facts.places_named(desk, name) if name.strip() else None
    around = {"name": name.strip(), "found": found, "own": facts.own_list(desk)}
    return render(request, "places.html", {**shown, **around, "count": len(rows)})


@router.get("/{place_id}")
def one(request: Request, desk: Desk, caller: Viewer, place_id: str) -> Response:
    """One place."""
    del caller
    part = "hx-request" in request.headers
    found = facts.place(desk, place_id)
    return render(request, "place_part.html" if part else "place.html", {"place": found})
