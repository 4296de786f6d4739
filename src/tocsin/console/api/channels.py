"""Channels and their posts."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from tocsin.console.facts import channels as facts
from tocsin.console.forms import Cursor, Desk, Limit, Reader, Viewer, page_of
from tocsin.console.problems import responses

router = APIRouter(tags=["channels"])
Json = dict[str, Any]
Posts = Annotated[int, Query(ge=1, le=200, description="Posts of one answer.")]


@router.get("/channels", responses=responses())
def read_channels(desk: Desk, caller: Viewer, cursor: Cursor = "", limit: Limit = 100) -> Json:
    """Channels, the largest first: posts, unread (null while it is counted), size, silence."""
    del caller
    found = facts.channel_list(desk)
    rows = found.pop("channels")
    return {**page_of(rows, cursor, limit, lambda row: str(row["channel"])), **found}


@router.get("/channels/{channel:path}/posts", responses=responses(404))
def read_posts(
    desk: Desk, caller: Reader, channel: str, cursor: Cursor = "", limit: Posts = 50
) -> Json:
    """A channel's posts, newest first, each in its newest version."""
    facts.channel(desk, channel)
    return facts.channel_posts(desk, channel, caller.role, (cursor, limit))


@router.get("/channels/{channel:path}", responses=responses(404))
def read_channel(desk: Desk, caller: Viewer, channel: str) -> Json:
    """One channel: what is known of it, its record, and who posts the same within minutes.

    `record` and `together` are null while they are being made; ask again.
    """
    del caller
    return facts.channel(desk, channel)
