"""The first page."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from tocsin.console.facts.now import now
from tocsin.console.forms import Desk, Viewer
from tocsin.console.render import render

router = APIRouter(include_in_schema=False)


@router.get("/")
def first(request: Request, desk: Desk, caller: Viewer) -> Response:
    """What is happening where, and what to do next."""
    session = caller.session
    facts = now(desk, session.looked_at if session else None)
    part = "hx-request" in request.headers
    if session is not None and not part:
        session.looked_at = desk.clock.now()
    return render(request, "now_part.html" if part else "now.html", facts)
