"""Health of the desk."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from tocsin.console.facts import health as facts
from tocsin.console.forms import Desk, Viewer
from tocsin.console.render import render

router = APIRouter(include_in_schema=False)


@router.get("/health")
def shown(request: Request, desk: Desk, caller: Viewer) -> Response:
    """What ``tocsin check`` says, versions, sizes, the last run."""
    return render(request, "health.html", {"health": facts.health(desk, caller.role)})
