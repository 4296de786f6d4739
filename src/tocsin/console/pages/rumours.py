"""Rumours: the list, one of them with its picture of spread, and what is decided about it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from tocsin.console.actions import rumours as actions
from tocsin.console.facts import rumours as facts
from tocsin.console.forms import Analyst, Desk, Reader, back, said
from tocsin.console.render import path, render
from tocsin.console.roles import Role
from tocsin.model import Verification
from tocsin.store.rumours import Wanted

router = APIRouter(prefix="/rumours", include_in_schema=False)
_PAGE = 25
_POSTS = 50


class ListForm(BaseModel):
    """The filters above the list, as the page's form says them."""

    live: bool = False
    status: Annotated[str, Field(max_length=60)] = ""
    least: Annotated[int, Field(ge=1, le=1_000_000)] = 2
    cursor: Annotated[str, Field(max_length=200)] = ""

    def wanted(self) -> Wanted:
        """The same for the store; a status that there is not means all."""
        known = Verification(self.status) if self.status in facts.STATUSES else None
        return Wanted(_PAGE, self.live, known, self.least, facts.after_cursor(self.cursor))


@router.get("")
def listed(
    request: Request, desk: Desk, caller: Reader, asked: Annotated[ListForm, Query()]
) -> Response:
    """Rumours, those with most posts first."""
    shown = facts.rumour_list(desk, asked.wanted(), caller.role)
    around = {"asked": asked, "statuses": facts.STATUSES}
    return render(request, "rumours.html", {**shown, **around})


@router.get("/{name}")
def one(
    request: Request,
    desk: Desk,
    caller: Reader,
    name: str,
    after: Annotated[int, Query(ge=0, le=10**15)] = 0,
) -> Response:
    """One rumour."""
    found = facts.rumour(desk, name, caller.role, after, _POSTS)
    others = facts.others(desk, found["id"]) if caller.may(Role.ANALYST) else []
    around = {"after": after, "others": others}
    return render(request, "rumour.html", {"rumour": found, **around})


@router.get("/{name}/spread.svg")
def spread(desk: Desk, caller: Reader, name: str) -> Response:
    """How it spread, as a picture."""
    del caller
    return Response(facts.spread_of(desk, name)["svg"], media_type="image/svg+xml")


class DecisionForm(BaseModel):
    """What somebody decides, as the page's form says it."""

    verb: Annotated[str, Field(pattern="^(status|merge|unmerge|split|dismiss)$")]
    seen: Annotated[int, Field(ge=0)]
    value: Annotated[str, Field(max_length=60)] = ""
    ref: Annotated[list[str], Field(max_length=500)] = []
    reason: Annotated[str, Field(max_length=2_000)] = ""


@router.post("/{name}/decide")
def decide(
    desk: Desk, caller: Analyst, name: str, form: Annotated[DecisionForm, Form()]
) -> Response:
    """Set a status, merge, take a merge back, split, or leave two rumours apart."""
    asked = actions.Said(form.verb, form.value.strip(), tuple(form.ref), form.reason, form.seen)
    done, _ = actions.decide(desk, caller.handle, name, asked)
    said(caller, f"rumours.said.{form.verb}")
    return back(f"/rumours/{path(done.result)}")
