"""The register of signs."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from tocsin.console.actions import indicators as actions
from tocsin.console.asked import AskedSigns
from tocsin.console.facts import indicators as facts
from tocsin.console.forms import Analyst, Cursor, Desk, Limit, Reader, Viewer, page_of
from tocsin.console.moments import maybe_moment
from tocsin.console.problems import responses
from tocsin.engines.register import Told
from tocsin.wire import decision_form

router = APIRouter(tags=["indicators"])
Json = dict[str, Any]


class FindingTold(BaseModel):
    """What somebody saw of a sign; it rests on posts or on a note."""

    status: Literal["observed", "possible", "absent", "withdrawn"]
    evidence: list[str] = Field(
        [], max_length=100, description="Ids of posts.", examples=[["town/1"]]
    )
    reliability: Literal["A", "B", "C", "D", "E", "F"] = "F"
    credibility: int = Field(6, ge=1, le=6)
    place: str = Field("", max_length=100, description="Gazetteer id or country; empty: all.")
    group: str = Field("", max_length=100, description="Empty: all.")
    seen_at: str = Field("", max_length=40, description="When it was seen; empty: now.")
    note: str = Field("", max_length=2_000)

    def told(self) -> Told:
        """The same for the engine.

        Raises:
            UsageError: the time is none.
        """
        return Told(
            status=self.status,
            evidence=tuple(self.evidence),
            reliability=self.reliability,
            credibility=self.credibility,
            place=self.place.strip(),
            group=self.group.strip(),
            seen_at=maybe_moment(self.seen_at, "seen_at"),
            note=self.note,
        )


class Looked(BaseModel):
    """Somebody looked for a sign and saw nothing new."""

    place: str = Field("", max_length=100, description="Gazetteer id or country; empty: all.")
    group: str = Field("", max_length=100, description="Empty: all.")
    note: str = Field("", max_length=2_000, description="Where they looked.")


@router.get("/indicators", responses=responses())
def read_indicators(
    desk: Desk, caller: Viewer, asked: AskedSigns, cursor: Cursor = "", limit: Limit = 100
) -> Json:
    """Signs with their status, and how many were ever looked for."""
    del caller
    found = facts.sign_list(desk, asked)
    shown = page_of(found["signs"], cursor, limit, lambda row: str(row["id"]))
    return {**shown, "completeness": found["completeness"]}


@router.get("/indicators/{sign}", responses=responses(404))
def read_indicator(desk: Desk, caller: Reader, sign: str) -> Json:
    """One sign: definition, findings with their grades, looks, history, posts that may be evidence.

    `proposals` is null while posts are gone through; ask again. No proposal is a status.
    """
    return facts.sign(desk, sign, caller.role)


@router.post("/indicators/{sign}/findings", status_code=201, responses=responses(404))
def say(desk: Desk, caller: Analyst, sign: str, finding: FindingTold) -> Json:
    """Say what you saw of a sign; people do this, never the machine."""
    return decision_form(actions.say(desk, caller.handle, sign, finding.told()))


@router.post("/indicators/{sign}/looks", status_code=201, responses=responses(404))
def look(desk: Desk, caller: Analyst, sign: str, looked: Looked) -> Json:
    """Say that you looked and saw nothing new."""
    where = (looked.place.strip(), looked.group.strip())
    return decision_form(actions.look(desk, caller.handle, sign, where, looked.note))
