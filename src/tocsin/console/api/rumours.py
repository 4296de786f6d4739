"""Rumours: the list, one of them, how it spread, and what people decide about it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from tocsin.console.actions import rumours as actions
from tocsin.console.facts import rumours as facts
from tocsin.console.forms import Analyst, Cursor, Desk, Limit, Reader
from tocsin.console.problems import responses
from tocsin.model import Verification
from tocsin.store.rumours import Wanted
from tocsin.wire import decision_form

router = APIRouter(tags=["rumours"])
Json = dict[str, Any]


class RumourFilter(BaseModel):
    """Which rumours, and from where on."""

    live: bool = Field(False, description="Only those still open to new posts.")
    status: Verification | None = Field(None, description="As people have set it.")
    least: int = Field(2, ge=1, le=1_000_000, description="Posts that it has at least.")
    cursor: Cursor = ""
    limit: Limit = 25

    def wanted(self) -> Wanted:
        """The same for the store.

        Raises:
            UsageError: the cursor is not one of this list.
        """
        after = facts.after_cursor(self.cursor)
        return Wanted(self.limit, self.live, self.status, self.least, after)


class RumourDecision(BaseModel):
    """What is decided about a rumour."""

    verb: Literal["status", "merge", "unmerge", "split", "dismiss"]
    value: str = Field(
        "", max_length=60, description="The status; or the other rumour, to merge or to dismiss."
    )
    refs: list[Annotated[str, Field(max_length=300)]] = Field(
        [], max_length=500, description="Posts that leave in a split; their copies leave too."
    )
    reason: str = Field("", max_length=2_000)
    seen: int | None = Field(
        None, ge=0, description="`seen` of the rumour as shown; 409 if somebody decided since."
    )


@router.get("/rumours", responses=responses())
def read_rumours(desk: Desk, caller: Reader, asked: Annotated[RumourFilter, Query()]) -> Json:
    """Rumours, those with most posts first; languages and towns of some of their posts."""
    return facts.rumour_list(desk, asked.wanted(), caller.role)


@router.get("/rumours/{name}", responses=responses(404))
def read_rumour(
    desk: Desk,
    caller: Reader,
    name: str,
    cursor: Annotated[int, Query(ge=0, le=10**15, description="`next` of the answer before.")] = 0,
    limit: Limit = 50,
) -> Json:
    """One rumour: what it is about, its wordings, days, posts, suggestions, decisions."""
    return facts.rumour(desk, name, caller.role, cursor, limit)


@router.get("/rumours/{name}/timeline", responses=responses(404))
def read_timeline(desk: Desk, caller: Reader, name: str) -> Json:
    """From the first sighting on: who was first, what happened, how it spread."""
    del caller
    return facts.spread_of(desk, name)


@router.post("/rumours/{name}/decisions", status_code=201, responses=responses(404, 409))
def decide(desk: Desk, caller: Analyst, name: str, said: RumourDecision) -> Json:
    """A status, a merge, its undoing, a split, or that a suggestion is wrong."""
    asked = actions.Said(said.verb, said.value, tuple(said.refs), said.reason, said.seen)
    checked, decision = actions.decide(desk, caller.handle, name, asked)
    return {**decision_form(decision), "rumour": checked.result}
