"""The audit log, and what the desk is for."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from tocsin.console.facts import people as facts
from tocsin.console.forms import Admin, Cursor, Desk, Viewer, back
from tocsin.console.render import render

router = APIRouter(include_in_schema=False)
_SHOWN = 100


@router.get("/audit")
def log(
    request: Request,
    desk: Desk,
    caller: Admin,
    by: Annotated[str, Query(max_length=60)] = "",
    what: Annotated[str, Query(pattern=f"^(|{'|'.join(facts.WHATS)})$")] = "",
    cursor: Cursor = "",
) -> Response:
    """Who looked at what, the newest first."""
    del caller
    shown = facts.audit(desk, by, what, cursor, _SHOWN)
    around = {"by": by, "what": what, "whats": facts.WHATS, "check": desk.checking.state()}
    return render(request, "audit.html", {**shown, **around, "begun": bool(cursor)})


@router.post("/audit/check")
def check(desk: Desk, caller: Admin) -> Response:
    """Check the chain and its ends as the ledger noted them; a long log is checked aside."""
    desk.checking.start(desk.project, caller.handle, desk.clock.now())
    return back("/audit#check")


@router.get("/purpose")
def purpose(request: Request, desk: Desk, caller: Viewer) -> Response:
    """What was answered before the first ingest."""
    del caller
    return render(request, "purpose.html", {"purpose": facts.purpose(desk)})
