"""Where anybody can tell the desk something, and ask with a code what came of it."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from tocsin.console.desk import ConsoleDesk
from tocsin.console.forms import Desk
from tocsin.console.guard import refuse_cross_site
from tocsin.console.tip_form import Filled, TipRoute, Wrong, filled, page
from tocsin.console.tips_here import place_of
from tocsin.sources.tips import CONSENT_VERSION

router = APIRouter(include_in_schema=False, route_class=TipRoute)
_EMPTY: Final = {"text": "", "place": "", "when": ""}


@router.get("/tip")
def ask(request: Request, desk: Desk) -> Response:
    """The form, with what becomes of what is sent."""
    desk.refuse_if_locked()
    return _form(request, desk, _EMPTY)


@router.post("/tip")
async def take(request: Request, desk: Desk) -> Response:
    """Take a tip in; its code is shown on this page and never again."""
    desk.refuse_if_locked()
    refuse_cross_site(request)
    limits = desk.tips.desk().limits
    said = Filled(_EMPTY, agreed=False, asks_back=False, files=())
    try:
        said = await filled(request, limits)
        form = said.checked(limits)
    except Wrong as wrong:
        return _form(request, desk, said.told, wrong.why)
    code = await run_in_threadpool(desk.tips.submit, form, desk.clock.now(), _from(request))
    return page(request, "tip_taken.html", {"code": code, "asks_back": said.asks_back}, 201)


@router.get("/tip/answer")
def ask_back(request: Request, desk: Desk) -> Response:
    """Where a code is typed in."""
    desk.refuse_if_locked()
    return page(request, "tip_answer.html", {"asked": False, "found": None})


@router.post("/tip/answer")
def answer(request: Request, desk: Desk, code: Annotated[str, Form(max_length=100)]) -> Response:
    """What came of the tip with this code."""
    desk.refuse_if_locked()
    refuse_cross_site(request)
    found = desk.tips.ask(code, desk.clock.now(), _from(request))
    shown = {"asked": True, "found": found}
    return page(request, "tip_answer.html", shown, 200 if found else 404)


def _form(request: Request, desk: ConsoleDesk, told: Any, wrong: str = "") -> Response:
    limits = desk.tips.desk().limits
    facts = {
        "told": told,
        "wrong": wrong,
        "consent": CONSENT_VERSION,
        "most_text": limits.text,
        "most_files": limits.files,
        "most_mb": limits.file_bytes // 1_000_000,
    }
    return page(request, "tip.html", facts, 422 if wrong else 200)


def _from(request: Request) -> str:
    """For the gate alone; behind a proxy it is whom the server takes the proxy's word for."""
    return place_of(request.client.host if request.client else "")
