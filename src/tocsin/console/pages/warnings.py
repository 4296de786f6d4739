"""Warnings: the list, one of them, and everything that is decided about it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from tocsin.console.actions import warnings as actions
from tocsin.console.desk import ConsoleDesk
from tocsin.console.facts import warning as facts
from tocsin.console.facts.situations import answer_of
from tocsin.console.forms import Analyst, Desk, Reader, Releaser, Viewer, back, page_of, said
from tocsin.console.render import path, render
from tocsin.console.roles import Role
from tocsin.engines.release import Wish

router = APIRouter(prefix="/warnings", include_in_schema=False)
Text = Annotated[str, Form(max_length=2_000)]


@router.get("")
def listed(
    request: Request,
    desk: Desk,
    caller: Viewer,
    level: Annotated[str, Query(pattern="^(|watch|alert|alarm)$")] = "",
    cursor: str = "",
) -> Response:
    """All warnings, the newest first."""
    del caller
    rows = facts.warning_list(desk, level or None)
    shown = page_of(rows, cursor, 100, lambda row: f"{row['id']}.{row['place_id']}")
    return render(request, "warnings.html", {**shown, "level": level, "count": len(rows)})


@router.get("/{name}")
def one(request: Request, desk: Desk, caller: Reader, name: str) -> Response:
    """One warning."""
    found = facts.warning(desk, name, caller.role)
    card = facts.call_card(desk, name) if caller.may(Role.ANALYST) else None
    line = facts.timeline(desk, name)
    recipients = desk.lists().recipients if caller.may(Role.ANALYST) else ()
    answer = answer_of(desk.store, found["newest"], desk.clock.now())
    around = {"card": card, "timeline": line, "recipients": recipients, "answer": answer}
    return render(request, "warning.html", {"warning": found, **around})


@router.get("/{name}/spread.svg")
def spread(desk: Desk, caller: Reader, name: str) -> Response:
    """How the posts behind it spread, as a picture."""
    del caller
    return Response(facts.timeline(desk, name)["svg"], media_type="image/svg+xml")


class DecisionForm(BaseModel):
    """What somebody decides, as the page's form says it."""

    verb: Annotated[str, Field(pattern="^(acknowledge|confirm|dismiss|outcome)$")]
    seen: Annotated[int, Field(ge=0)]
    value: Annotated[str, Field(max_length=40)] = ""
    reason: Annotated[str, Field(max_length=2_000)] = ""


@router.post("/{name}/decide")
def decide(
    desk: Desk, caller: Analyst, name: str, form: Annotated[DecisionForm, Form()]
) -> Response:
    """Acknowledge, confirm, dismiss with a reason, or say what came of it."""
    asked = actions.Said(form.verb, form.value, form.reason, form.seen)
    decision = actions.decide(desk, caller.handle, name, asked)
    said(caller, f"said.{form.verb}")
    return back(f"/warnings/{path(decision.subject)}")


@router.post("/{name}/calls")
def call(desk: Desk, caller: Analyst, name: str, who: Text, result: Text) -> Response:
    """Log a call that was made."""
    actions.log_call(desk, caller.handle, name, (who, result))
    said(caller, "said.call")
    return back(f"/warnings/{path(name)}#calls")


# -- release -----------------------------------------------------------------------------------


class ReleaseForm(BaseModel):
    """What somebody wants to release, as the page's form says it."""

    right: Annotated[str, Field(max_length=2_000)] = ""
    wrong: Annotated[str, Field(max_length=2_000)] = ""
    cancelled: Annotated[str, Field(max_length=2_000)] = ""
    to: list[str] = []
    everybody: bool = False
    alone: bool = False
    drill: bool = False
    digest: list[str] = []

    def wish(self, by: str) -> Wish:
        """The same for the engine."""
        harms = actions.harms_of(self.right, self.wrong, self.cancelled)
        return Wish(by, tuple(self.to), harms, self.everybody, self.alone, self.drill)


Asked = Annotated[ReleaseForm, Form()]


@router.post("/{name}/release")
def draft(request: Request, desk: Desk, caller: Analyst, name: str, asked: Asked) -> Response:
    """Show every word that would leave; written is nothing yet."""
    made = actions.drafts(desk, name, asked.wish(caller.handle))
    shown = {"warning": name, "drafts": made, "asked": asked, **_around(desk, name)}
    return render(request, "release_draft.html", shown)


def _around(desk: ConsoleDesk, name: str) -> dict[str, Any]:
    """What a release is about, and what recipients are called."""
    names = {one.id: one.name for one in desk.lists().recipients}
    return {"newest": facts.life_of(desk, name)[-1], "names": names}


@router.post("/{name}/release/propose")
def propose(desk: Desk, caller: Analyst, name: str, asked: Asked) -> Response:
    """Propose exactly what was shown."""
    actions.propose(desk, name, asked.wish(caller.handle), asked.digest)
    said(caller, "said.propose")
    return back(f"/warnings/{path(name)}#releases")


@router.get("/{name}/release/{release}")
def show_release(
    request: Request, desk: Desk, caller: Analyst, name: str, release: str
) -> Response:
    """The words of a release, and who has agreed."""
    actions.file_of(desk, name, release)
    file = next(one for one in facts.releases(desk, name) if one["id"] == release)
    shown = {"warning": name, "release": file, "messages": actions.shown_of(desk, name, release)}
    own = caller.handle in file["agreed"]
    return render(request, "release.html", {**shown, **_around(desk, name), "own": own})


@router.post("/{name}/release/{release}/approve")
def approve(desk: Desk, caller: Releaser, name: str, release: str) -> Response:
    """Agree to it."""
    actions.approve(desk, caller.handle, name, release)
    said(caller, "said.approve")
    return back(f"/warnings/{path(name)}#releases")


@router.post("/{name}/release/{release}/review")
def review(
    desk: Desk, caller: Releaser, name: str, release: str, verdict: Text, reason: Text = ""
) -> Response:
    """Let it stand after a review, or withdraw it with a reason."""
    withdraw = verdict == "withdraw"
    actions.review(desk, caller.handle, (name, release), withdraw=withdraw, reason=reason)
    said(caller, "said.withdraw" if withdraw else "said.review")
    return back(f"/warnings/{path(name)}#releases")
