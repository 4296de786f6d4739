"""What machines ask that watch over the desk: its figures, and whether it can do its work."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response

from tocsin.console.desk import ConsoleDesk
from tocsin.console.figures import DeskFigures
from tocsin.console.forms import Desk
from tocsin.console.guard import Caller, Needs
from tocsin.console.problems import Problem
from tocsin.console.roles import Role
from tocsin.engines.readiness import Ready, readiness
from tocsin.errors import DeskLocked

router = APIRouter(include_in_schema=False)
Scraper = Annotated[Caller, Depends(Needs(Role.VIEWER, scope="metrics", quiet=True))]
"""A token with the scope ``metrics``. Not whoever asks from this machine: behind a proxy everybody
does."""
_FRESH: Final = timedelta(seconds=5)
"""So long an answer holds: anybody may ask, and the disk is not to be kept busy by it."""
_RETRY_S: Final = 10


@router.get("/metrics")
def metrics(request: Request, caller: Scraper) -> Response:
    """Figures, as OpenMetrics where that is asked for, else in Prometheus' own form."""
    del caller
    figures: DeskFigures = request.app.state.figures
    content, kind = figures.shown(request.headers.get("accept", ""))
    return Response(content, headers={"content-type": kind})


@router.get("/readyz")
def readyz(request: Request, desk: Desk) -> Response:
    """200: it can do its work; 503: it cannot, and what to do."""
    looked = _looked(request.app.state, desk)
    wrong = [one.says for one in looked if not one.ok]
    checks = {one.what: one.ok for one in looked}
    if not wrong:
        return JSONResponse({"ready": True, "checks": checks})
    form: dict[str, Any] = {"type": "about:blank", "title": "Not ready", "status": 503}
    said = {**form, "detail": "; ".join(wrong), "checks": checks}
    return Problem(said, 503, {"retry-after": str(_RETRY_S)})


def _looked(state: Any, desk: ConsoleDesk) -> tuple[Ready, ...]:
    now = desk.clock.now()
    last: tuple[datetime, tuple[Ready, ...]] | None = getattr(state, "looked", None)
    if last is not None and now - last[0] < _FRESH:
        return last[1]
    with suppress(DeskLocked):
        desk.refuse_if_locked()  # signs everybody out, as any request does
    found = tuple(readiness(desk.project, lambda: desk.store, now))
    state.looked = (now, found)
    return found
