"""What leaves the desk, what could not, and what waits for somebody."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from tocsin.console.actions.staff import retry
from tocsin.console.facts import outbox as facts
from tocsin.console.forms import Analyst, Cursor, Desk, Releaser, back, said
from tocsin.console.render import render

router = APIRouter(prefix="/outbox", include_in_schema=False)
_SHOWN = 100


@router.get("")
def listed(
    request: Request,
    desk: Desk,
    caller: Analyst,
    state: Annotated[str, Query(pattern="^(|dead|waiting|delivered|dropped)$")] = "",
    cursor: Cursor = "",
) -> Response:
    """Dead letters first, then what waits, then what was delivered."""
    del caller
    shown = facts.messages(desk, state, cursor, _SHOWN)
    around = {"releases": facts.waiting_releases(desk), "untold": facts.follow_ups(desk)}
    return render(request, "outbox.html", {**shown, **around, "state": state})


@router.post("/retry")
def again(
    desk: Desk,
    caller: Releaser,
    key: Annotated[list[str] | None, Form(max_length=500)] = None,
    every: Annotated[bool, Form()] = False,
) -> Response:
    """Put dead letters back."""
    retry(desk, None if every else key or [])
    said(caller, "outbox.said.retried")
    return back("/outbox")
