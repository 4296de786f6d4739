"""Tips: what people told the desk, and what is decided about it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from tocsin.console.actions.tips import TipVerdict, decide
from tocsin.console.facts import tips as facts
from tocsin.console.forms import Analyst, Desk, back, page_of, said
from tocsin.console.guard import Caller, Needs
from tocsin.console.render import path, render
from tocsin.console.roles import Role

router = APIRouter(prefix="/tips", include_in_schema=False)
TipReader = Annotated[Caller, Depends(Needs(Role.ANALYST, "view"))]
_SHOWN = 50


@router.get("")
def listed(
    request: Request,
    desk: Desk,
    caller: TipReader,
    status: Annotated[str, Query(pattern="^(|new|accepted|rejected)$")] = "",
    cursor: str = "",
) -> Response:
    """Tips, the newest first."""
    del caller
    rows = facts.tips(desk, status)
    shown = page_of(rows, cursor, _SHOWN, lambda row: str(row["id"]))
    return render(request, "tips.html", {**shown, "status": status, "count": len(rows)})


@router.get("/{name}")
def one(request: Request, desk: Desk, caller: TipReader, name: str) -> Response:
    """One tip."""
    del caller
    return render(request, "tip_one.html", {"tip": facts.tip(desk, name)})


class TipDecisionForm(BaseModel):
    """What somebody decides about a tip, as the page's form says it."""

    verb: Annotated[str, Field(pattern="^(accept|reject|answer)$")]
    reason: Annotated[str, Field(max_length=2_000)] = ""
    text: Annotated[str, Field(max_length=2_000)] = ""


@router.post("/{name}/decide")
def decided(
    desk: Desk, caller: Analyst, name: str, form: Annotated[TipDecisionForm, Form()]
) -> Response:
    """Accept, reject with a reason, or answer."""
    decide(desk, caller.handle, name, TipVerdict(form.verb, form.reason, form.text))
    said(caller, f"tips.said.{form.verb}")
    return back(f"/tips/{path(name)}")


@router.get("/{name}/files/{number}")
def file(
    desk: Desk, caller: TipReader, name: str, number: Annotated[int, Path(ge=0, le=99)]
) -> Response:
    """A file of an accepted tip, to be saved and never shown here."""
    del caller
    data = facts.file_of(desk, name, number)
    headers = {
        "content-disposition": f'attachment; filename="tip-{name}-{number}.bin"',
        "content-security-policy": "sandbox; default-src 'none'",
    }
    return Response(data, media_type="application/octet-stream", headers=headers)
