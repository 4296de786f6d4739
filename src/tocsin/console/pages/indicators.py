"""The register of signs, and what people say of each."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from tocsin.console.actions import indicators as actions
from tocsin.console.asked import AskedSigns
from tocsin.console.facts import indicators as facts
from tocsin.console.forms import Analyst, Desk, Reader, Viewer, back, said
from tocsin.console.moments import maybe_moment
from tocsin.console.render import path, render
from tocsin.engines.register import Told
from tocsin.model import IndicatorStatus

router = APIRouter(prefix="/indicators", include_in_schema=False)
Word = Annotated[str, Query(max_length=100)]
_STATUSES = [one.value for one in IndicatorStatus]


@router.get("")
def listed(request: Request, desk: Desk, caller: Viewer, asked: AskedSigns) -> Response:
    """All signs with their status."""
    del caller
    found = facts.sign_list(desk, asked)
    around = {"asked": asked, "statuses": _STATUSES, "groups": facts.groups(desk)}
    return render(request, "indicators.html", {**found, **around})


@router.get("/{sign}")
def one(request: Request, desk: Desk, caller: Reader, sign: str, evidence: Word = "") -> Response:
    """One sign; ``evidence`` is a post that the form begins with."""
    found = facts.sign(desk, sign, caller.role)
    if "hx-request" in request.headers:
        return render(request, "indicator_part.html", {"sign": found})
    around = {"evidence": evidence, "groups": facts.groups(desk), "statuses": _STATUSES}
    return render(request, "indicator.html", {"sign": found, **around})


class FindingForm(BaseModel):
    """What somebody saw, as the page's form says it; evidence: ids between white space."""

    status: Annotated[str, Field(max_length=20)]
    evidence: Annotated[str, Field(max_length=10_000)] = ""
    reliability: Annotated[str, Field(pattern="^[A-F]$")] = "F"
    credibility: Annotated[int, Field(ge=1, le=6)] = 6
    place: Annotated[str, Field(max_length=100)] = ""
    group: Annotated[str, Field(max_length=100)] = ""
    seen_at: Annotated[str, Field(max_length=40)] = ""
    note: Annotated[str, Field(max_length=2_000)] = ""

    def told(self) -> Told:
        """The same for the engine.

        Raises:
            UsageError: the time is none.
        """
        return Told(
            status=self.status,
            evidence=tuple(self.evidence.split()),
            reliability=self.reliability,
            credibility=self.credibility,
            place=self.place.strip(),
            group=self.group,
            seen_at=maybe_moment(self.seen_at, "seen_at"),
            note=self.note,
        )


@router.post("/{sign}/findings")
def say(desk: Desk, caller: Analyst, sign: str, form: Annotated[FindingForm, Form()]) -> Response:
    """Say what you saw of it."""
    actions.say(desk, caller.handle, sign, form.told())
    said(caller, "signs.said.finding")
    return back(f"/indicators/{path(sign)}#said")


class LookForm(BaseModel):
    """Where somebody looked, as the page's form says it."""

    place: Annotated[str, Field(max_length=100)] = ""
    group: Annotated[str, Field(max_length=100)] = ""
    note: Annotated[str, Field(max_length=2_000)] = ""


@router.post("/{sign}/looks")
def look(desk: Desk, caller: Analyst, sign: str, form: Annotated[LookForm, Form()]) -> Response:
    """Say that you looked and saw nothing new."""
    actions.look(desk, caller.handle, sign, (form.place.strip(), form.group), form.note)
    said(caller, "signs.said.look")
    return back(f"/indicators/{path(sign)}#said")
