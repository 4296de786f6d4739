"""Posts: by their words and readings, and one of them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from tocsin.console.actions.search import save_feed
from tocsin.console.asked_search import SearchForm
from tocsin.console.facts import search as facts
from tocsin.console.forms import Analyst, Desk, Limit, Reader
from tocsin.console.problems import responses
from tocsin.wire import decision_form

router = APIRouter(tags=["posts"])
Json = dict[str, Any]


class PostQuery(SearchForm):
    """The same with the length of the answer."""

    limit: Limit = 50


class Feed(BaseModel):
    """A phrase by which a sign is looked for."""

    q: str = Field(min_length=1, max_length=200)


@router.get("/posts", responses=responses())
def read_posts(desk: Desk, caller: Reader, asked: Annotated[PostQuery, Query()]) -> Json:
    """Posts that fit, the newest first. `reached` says back to when posts were looked at in this
    answer; null: all of them. An answer may be empty and still have a `next`.
    """
    return facts.search(desk, asked.asked(), caller.role, asked.limit)


@router.get("/posts/{channel}/{name:path}", responses=responses(404))
def read_post(desk: Desk, caller: Reader, channel: str, name: str) -> Json:
    """One post with its reading, at its newest version."""
    return facts.post(desk, f"{channel}/{name}", caller.role)


@router.post(
    "/indicators/{sign}/feeds", status_code=201, responses=responses(404), tags=["indicators"]
)
def feed(desk: Desk, caller: Analyst, sign: str, said: Feed) -> Json:
    """Have posts with a phrase proposed as evidence of a sign; no proposal is a status."""
    return decision_form(save_feed(desk, caller.handle, sign, said.q))
