"""Channels: the list, and one of them with its record and newest posts."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from tocsin.console.facts import channels as facts
from tocsin.console.forms import Cursor, Desk, Reader, Viewer, page_of
from tocsin.console.render import render

router = APIRouter(prefix="/channels", include_in_schema=False)
_LINES = 200
_POSTS = 30


@router.get("")
def listed(
    request: Request,
    desk: Desk,
    caller: Viewer,
    name: Annotated[str, Query(max_length=100)] = "",
    cursor: Cursor = "",
) -> Response:
    """All channels, the largest first, or those whose name or home has these letters."""
    del caller
    found = facts.channel_list(desk)
    rows = [row for row in found.pop("channels") if _fits(row, name.strip().casefold())]
    shown = page_of(rows, cursor, _LINES, lambda row: str(row["channel"]))
    return render(
        request, "channels.html", {**found, **shown, "count": len(rows), "name": name.strip()}
    )


def _fits(row: facts.Line, letters: str) -> bool:
    return letters in f"{row['channel']} {row['name'] or ''} {row['home_place'] or ''}".casefold()


@router.get("/{channel:path}")
def one(
    request: Request, desk: Desk, caller: Reader, channel: str, cursor: Cursor = ""
) -> Response:
    """One channel."""
    found = facts.channel(desk, channel)
    posts = facts.channel_posts(desk, channel, caller.role, (cursor, _POSTS))
    part = "hx-request" in request.headers
    return render(
        request,
        "channel_part.html" if part else "channel.html",
        {"channel": found, "posts": posts, "cursor": cursor},
    )
