"""Tokens, the audit log, and what the desk is for."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from tocsin.console.actions import people as actions
from tocsin.console.facts import people as facts
from tocsin.console.forms import Admin, Cursor, Desk, Limit, Viewer, no_content
from tocsin.console.guard import SCOPES
from tocsin.console.problems import responses
from tocsin.console.roles import Role

router = APIRouter()
Json = dict[str, Any]


class TokenWish(BaseModel):
    """What a token is to be."""

    name: str = Field(max_length=60, examples=["map on the wall"])
    role: Literal["viewer", "analyst", "releaser", "admin"] = Field(
        "viewer", description="At most one's own."
    )
    scopes: list[Literal["read", "write", "ingest", "metrics"]] = Field(
        ["read"], max_length=len(SCOPES)
    )
    days: int = Field(90, ge=1, le=actions.LONGEST_TOKEN_DAYS)


@router.get("/tokens", responses=responses(), tags=["people"])
def read_tokens(desk: Desk, caller: Admin) -> Json:
    """Tokens that are there; never their secrets."""
    del caller
    return {"items": facts.tokens(desk), "next": None}


@router.post("/tokens", status_code=201, responses=responses(), tags=["people"])
def make_token(desk: Desk, caller: Admin, wish: TokenWish) -> Json:
    """Make a token; `secret` is in this answer and nowhere else."""
    role = Role.named(wish.role)
    asked = actions.TokenWish(wish.name, role, tuple(wish.scopes), wish.days)
    made, secret = actions.make_token(desk, caller, asked)
    return {**made, "secret": secret}


@router.delete("/tokens/{name}", status_code=204, responses=responses(404), tags=["people"])
def revoke_token(desk: Desk, caller: Admin, name: str) -> Response:
    """Take a token back, by its id; it holds no more at once."""
    actions.revoke_token(desk, caller.noted, name)
    return no_content()


@router.get("/audit", responses=responses(), tags=["people"])
def read_audit(
    desk: Desk,
    caller: Admin,
    by: Annotated[str, Query(max_length=60, description="A handle.")] = "",
    what: Annotated[
        Literal["query", "view", "export", "change", "check", "refused"] | None, Query()
    ] = None,
    cursor: Cursor = "",
    limit: Limit = 100,
) -> Json:
    """Who looked at what, the newest first; an answer may be short and still have `next`."""
    del caller
    return facts.audit(desk, by, what or "", cursor, limit)


@router.get("/purpose", responses=responses(), tags=["desk"])
def read_purpose(desk: Desk, caller: Viewer) -> Json:
    """What was answered before the first ingest, and how long things are kept."""
    del caller
    return facts.purpose(desk)
