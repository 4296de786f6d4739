"""Tips, recipients, the rota and the outbox."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from tocsin.console.actions.staff import retry
from tocsin.console.actions.tips import TipVerdict, decide
from tocsin.console.facts import outbox as outbox_facts
from tocsin.console.facts import staff as facts
from tocsin.console.facts import tips as tip_facts
from tocsin.console.forms import Analyst, Cursor, Desk, Limit, Releaser, page_of
from tocsin.console.guard import Caller, Needs
from tocsin.console.problems import responses
from tocsin.console.roles import Role

router = APIRouter()
Json = dict[str, Any]
TipReader = Annotated[Caller, Depends(Needs(Role.ANALYST, "view"))]


class TipDecision(BaseModel):
    """What is decided about a tip."""

    verb: Literal["accept", "reject", "answer"]
    reason: str = Field("", max_length=2_000, description="Needed to reject.")
    text: str = Field("", max_length=2_000, description="The answer, where that is what is said.")


class Again(BaseModel):
    """Which dead letters are put back."""

    keys: list[str] = Field([], max_length=500, description="`key` of each, from the outbox.")
    every: bool = Field(False, description="All that nothing later has overtaken.")


@router.get("/tips", responses=responses(), tags=["tips"])
def read_tips(
    desk: Desk,
    caller: TipReader,
    status: Annotated[Literal["new", "accepted", "rejected"] | None, Query()] = None,
    cursor: Cursor = "",
    limit: Limit = 100,
) -> Json:
    """What people told the desk, the newest first; of senders nothing is known."""
    del caller
    return page_of(tip_facts.tips(desk, status or ""), cursor, limit, lambda row: str(row["id"]))


@router.get("/tips/{name}", responses=responses(404), tags=["tips"])
def read_tip(desk: Desk, caller: TipReader, name: str) -> Json:
    """One tip."""
    del caller
    return tip_facts.tip(desk, name)


@router.post("/tips/{name}/decision", responses=responses(404, 409), tags=["tips"])
def decide_tip(desk: Desk, caller: Analyst, name: str, said: TipDecision) -> Json:
    """Accept it as evidence, reject it with a reason, or leave an answer for its sender."""
    verdict = TipVerdict(said.verb, said.reason, said.text)
    return decide(desk, caller.handle, name, verdict)


@router.get("/recipients", responses=responses(), tags=["desk"])
def read_recipients(desk: Desk, caller: Analyst) -> Json:
    """Who outside the desk may be warned: ids and what they are told of, no address or name."""
    del caller
    return {"items": facts.recipient_ids(desk), "next": None}


@router.get("/rota/now", responses=responses(), tags=["desk"])
def read_rota(desk: Desk, caller: Analyst) -> Json:
    """Who is on duty, until when, who is then, and in what order an alarm is called."""
    del caller
    return facts.rota_now(desk)


@router.get("/drills", responses=responses(), tags=["desk"])
def read_drills(desk: Desk, caller: Analyst) -> Json:
    """Drills that were done, and whether one is due."""
    del caller
    return facts.drills(desk)


@router.get("/outbox", responses=responses(), tags=["releases"])
def read_outbox(
    desk: Desk,
    caller: Analyst,
    state: Annotated[Literal["dead", "waiting", "delivered", "dropped"] | None, Query()] = None,
    cursor: Cursor = "",
    limit: Limit = 100,
) -> Json:
    """Messages, dead letters first: to whom by id, about which warning, what became of each."""
    del caller
    return outbox_facts.messages(desk, state or "", cursor, limit)


@router.get("/outbox/waiting", responses=responses(), tags=["releases"])
def read_waiting(desk: Desk, caller: Analyst) -> Json:
    """Releases that wait for approval or review, and updates that somebody was not told."""
    del caller
    return {
        "releases": outbox_facts.waiting_releases(desk),
        "untold": outbox_facts.follow_ups(desk),
    }


@router.post("/outbox/retries", responses=responses(), tags=["releases"])
def retry_dead(desk: Desk, caller: Releaser, asked: Again) -> Json:
    """Put dead letters back; the next delivery sends them."""
    del caller
    return {"put_back": list(retry(desk, None if asked.every else asked.keys))}
