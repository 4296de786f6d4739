"""Who is on duty and who is next; drills; the shift log and the morning brief."""

from __future__ import annotations

import re
from base64 import b64encode
from datetime import timedelta
from hashlib import sha256
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, Response

from tocsin.console.actions import staff as actions
from tocsin.console.facts import staff as facts
from tocsin.console.facts.channels import channel_counts
from tocsin.console.forms import Analyst, Desk, Releaser, back, said
from tocsin.console.guard import Caller, Needs
from tocsin.console.render import render
from tocsin.console.roles import Role
from tocsin.desk.pages import brief_page
from tocsin.engines.papers import morning_brief

router = APIRouter(prefix="/rota", include_in_schema=False)
BriefReader = Annotated[Caller, Depends(Needs(Role.ANALYST, "export"))]
Text = Annotated[str, Form(max_length=2_000)]
Moment = Annotated[str, Form(max_length=40)]
Asked = Annotated[str, Query(max_length=40, pattern=r"^[0-9T:+.-]*$")]
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


@router.get("")
def shown(
    request: Request, desk: Desk, caller: Analyst, start: Asked = "", end: Asked = ""
) -> Response:
    """The rota; with two moments, the form to swap the shift between them filled in."""
    del caller
    found = facts.rota(desk)
    zone = found["zone"]
    ahead = [
        {
            **one,
            "from": facts.local_time(one["start"], zone),
            "to": facts.local_time(one["end"], zone),
        }
        for one in found["ahead"]
    ]
    around = {"drills": facts.drills(desk), "notes": facts.notes(desk)}
    return render(
        request,
        "rota.html",
        {"rota": {**found, "ahead": ahead}, **around, "start": start, "end": end},
    )


@router.post("/swap")
def swap(
    desk: Desk, caller: Releaser, start: Moment, end: Moment, people: Text, reason: Text = ""
) -> Response:
    """Put other people on duty."""
    actions.swap_shift(desk, caller.handle, actions.Swap(start, end, people, reason))
    said(caller, "rota.said.swapped")
    return back("/rota")


@router.post("/undo")
def undo(desk: Desk, caller: Releaser, start: Moment, end: Moment) -> Response:
    """Take an exception back."""
    actions.undo_swap(desk, caller.handle, start, end)
    said(caller, "rota.said.undone")
    return back("/rota")


@router.post("/notes")
def note(
    desk: Desk,
    caller: Analyst,
    text: Text,
    warning: Annotated[str, Form(max_length=60)] = "",
    handover: Annotated[bool, Form()] = False,
) -> Response:
    """Write to the shift log."""
    actions.note_shift(desk, caller.handle, text, handover=handover, warning=warning)
    said(caller, "rota.said.noted")
    return back("/rota#log")


@router.get("/brief")
def brief(
    desk: Desk, caller: BriefReader, hours: Annotated[int, Query(ge=1, le=168)] = 12
) -> Response:
    """The morning brief, as ``tocsin brief --html`` writes it."""
    del caller
    now = desk.clock.now()
    since, channels = now - timedelta(hours=hours), channel_counts(desk)
    with desk.store.one_look():
        made = morning_brief(desk.project, desk.store, desk.lists(), since, now, channels)
    text = brief_page(made, desk.project.settings.text("project.name"))
    return HTMLResponse(text, headers={"content-security-policy": _policy(text)})


def _policy(page: str) -> str:
    """The page's own style and nothing else: it is one file that prints."""
    found = _STYLE.search(page)
    digest = b64encode(sha256((found[1] if found else "").encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; frame-ancestors 'none'"
