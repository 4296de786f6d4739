"""Now, situations and warnings."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from tocsin.console.actions import warnings as actions
from tocsin.console.facts import warning as facts
from tocsin.console.facts.now import coverage_now, now
from tocsin.console.facts.situations import as_geojson, situations
from tocsin.console.forms import Analyst, Cursor, Desk, Limit, Reader, Releaser, Viewer, page_of
from tocsin.console.problems import responses
from tocsin.engines.release import Wish
from tocsin.wire import decision_form

router = APIRouter()
Json = dict[str, Any]


class WarningDecision(BaseModel):
    """What is decided about a warning."""

    verb: Literal["acknowledge", "confirm", "dismiss", "outcome"]
    value: str = Field("", max_length=40, description="The outcome, where that is decided.")
    reason: str = Field("", max_length=2_000, description="Needed to dismiss.")
    seen: int | None = Field(
        None,
        ge=0,
        description="`seen` of the warning as shown; 409 if somebody decided since.",
    )


class CallMade(BaseModel):
    """A call that was made; roles, no names."""

    who: str = Field(max_length=200, examples=["community security"])
    result: str = Field(max_length=2_000, examples=["answered; they close early"])


class ReleaseWish(BaseModel):
    """What somebody wants to release outside the desk."""

    to: list[str] = Field([], max_length=500, description="Ids of recipients.")
    everybody: bool = Field(False, description="Everybody on the list whom it concerns.")
    if_right: str = Field("", max_length=2_000)
    if_wrong: str = Field("", max_length=2_000)
    if_cancelled: str = Field("", max_length=2_000)
    alone: bool = Field(False, description="An alarm, by one person; reviewed within 12 hours.")
    drill: bool = False
    digests: list[str] | None = Field(
        None, description="Of the messages that were shown; without them nothing is written."
    )

    def wish(self, by: str) -> Wish:
        """The same for the engine."""
        harms = actions.harms_of(self.if_right, self.if_wrong, self.if_cancelled)
        return Wish(by, tuple(self.to), harms, self.everybody, self.alone, self.drill)


class Review(BaseModel):
    """A second person's look at a release."""

    withdraw: bool = False
    reason: str = Field("", max_length=2_000, description="Needed to withdraw.")


@router.get("/now", responses=responses(), tags=["now"])
def read_now(desk: Desk, caller: Viewer) -> Json:
    """What stands, what waits for a person, what is not seen."""
    del caller
    return now(desk)


@router.get("/coverage", responses=responses(), tags=["now"])
def read_coverage(desk: Desk, caller: Viewer) -> Json:
    """Silent sources and unread posts of the last 24 hours."""
    del caller
    return coverage_now(desk)


@router.get("/situations", responses=responses(), tags=["warnings"])
def read_situations(desk: Desk, caller: Viewer) -> Json:
    """Situations with a warning that stands, what waits for a person first."""
    del caller
    return {"items": situations(desk.store, desk.clock.now()), "next": None}


@router.get("/situations.geojson", responses=responses(), tags=["warnings"])
def read_map(desk: Desk, caller: Viewer) -> Json:
    """The same as GeoJSON points."""
    del caller
    return as_geojson(situations(desk.store, desk.clock.now()))


@router.get("/warnings", responses=responses(), tags=["warnings"])
def read_warnings(
    desk: Desk,
    caller: Viewer,
    level: Annotated[Literal["watch", "alert", "alarm"] | None, Query()] = None,
    cursor: Cursor = "",
    limit: Limit = 100,
) -> Json:
    """Warnings at their newest action, the newest first; of a list of places one line for each."""
    del caller
    rows = facts.warning_list(desk, level)
    return page_of(rows, cursor, limit, lambda row: f"{row['id']}.{row['place_id']}")


@router.get("/warnings/{name}", responses=responses(404), tags=["warnings"])
def read_warning(desk: Desk, caller: Reader, name: str) -> Json:
    """One warning: its life, reasons with their shares, posts, denials, decisions, releases."""
    return facts.warning(desk, name, caller.role)


@router.get("/warnings/{name}/timeline", responses=responses(404), tags=["warnings"])
def read_timeline(desk: Desk, caller: Reader, name: str) -> Json:
    """From the first sighting on: who was first, what happened, how it spread."""
    del caller
    facts.life_of(desk, name)
    return facts.timeline(desk, name)


@router.get("/warnings/{name}/call-card", responses=responses(404), tags=["warnings"])
def read_card(desk: Desk, caller: Analyst, name: str) -> Json:
    """Whom to call, in what order, whom not, and what to say."""
    del caller
    return facts.call_card(desk, name)


@router.post(
    "/warnings/{name}/decisions", status_code=201, responses=responses(404, 409), tags=["warnings"]
)
def decide(desk: Desk, caller: Analyst, name: str, said: WarningDecision) -> Json:
    """Acknowledge, confirm, dismiss, or say what came of it."""
    asked = actions.Said(said.verb, said.value, said.reason, said.seen)
    return decision_form(actions.decide(desk, caller.handle, name, asked))


@router.post("/warnings/{name}/calls", status_code=201, responses=responses(404), tags=["warnings"])
def log_call(desk: Desk, caller: Analyst, name: str, made: CallMade) -> Json:
    """Log a call that was made."""
    receipt = actions.log_call(desk, caller.handle, name, (made.who, made.result))
    return {"warning": name, "who": receipt.recipient, "result": receipt.note, "by": receipt.by}


@router.get("/warnings/{name}/releases", responses=responses(404), tags=["releases"])
def read_releases(desk: Desk, caller: Viewer, name: str) -> Json:
    """Where each release of a warning stands."""
    del caller
    facts.life_of(desk, name)
    return {"items": facts.releases(desk, name), "next": None}


@router.post("/warnings/{name}/releases", responses=responses(404), tags=["releases"])
def propose(desk: Desk, caller: Analyst, name: str, wish: ReleaseWish) -> Json:
    """Show every word that would leave; with the digests of what was shown: propose it."""
    asked = wish.wish(caller.handle)
    if wish.digests is not None:
        actions.propose(desk, name, asked, wish.digests)
        return {"proposed": True, "items": facts.releases(desk, name)}
    messages = [message for one in actions.drafts(desk, name, asked) for message in one.messages]
    kept = ("recipient", "language", "subject", "text", "digest")
    shown = [{name: getattr(one, name) for name in kept} for one in messages]
    return {"proposed": False, "messages": shown}


@router.post(
    "/warnings/{name}/releases/{release}/approval",
    status_code=201,
    responses=responses(404),
    tags=["releases"],
)
def approve(desk: Desk, caller: Releaser, name: str, release: str) -> Json:
    """Agree to a release; with enough people its messages go into the outbox."""
    facts.life_of(desk, name)
    actions.approve(desk, caller.handle, name, release)
    return {"items": facts.releases(desk, name), "next": None}


@router.post(
    "/warnings/{name}/releases/{release}/review",
    status_code=201,
    responses=responses(404),
    tags=["releases"],
)
def review(desk: Desk, caller: Releaser, name: str, release: str, said: Review) -> Json:
    """Let an alarm's release stand, or withdraw a release with a reason."""
    facts.life_of(desk, name)
    about = (name, release)
    actions.review(desk, caller.handle, about, withdraw=said.withdraw, reason=said.reason)
    return {"items": facts.releases(desk, name), "next": None}
