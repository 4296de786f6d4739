"""Replay: a slider over a past window shows the desk as it stood at that minute."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from tocsin import wire
from tocsin.console.facts.replay import replay, window_of
from tocsin.console.forms import Desk, Reader
from tocsin.console.moments import Window, maybe_moment
from tocsin.console.render import render

router = APIRouter(include_in_schema=False)
STEPS: Final = {"hour_back": -60, "back": -10, "on": 10, "hour_on": 60}
"""Buttons: the word of the language files, and minutes."""
_MINUTE: Final = timedelta(minutes=1)


class Asked(BaseModel):
    """What the page is asked for; moments as ISO 8601, naive is UTC.

    Args:
        minute: of the window, from the slider; counts before ``at``.
    """

    at: Annotated[str, Field(max_length=40)] = ""
    start: Annotated[str, Field(max_length=40, alias="from")] = ""
    end: Annotated[str, Field(max_length=40, alias="to")] = ""
    minute: Annotated[int | None, Field(ge=0, le=1_000_000)] = None


@router.get("/replay")
def show(
    request: Request, desk: Desk, caller: Reader, asked: Annotated[Asked, Query()]
) -> Response:
    """The whole page; to the slider only the part that changes."""
    window = _window(desk, asked)
    facts = replay(desk, window, caller.role)
    shown = {**facts, "steps": _steps(window), "link": _link}
    if "hx-request" not in request.headers:
        return render(request, "replay.html", shown)
    part = render(request, "replay_part.html", shown)
    part.headers["hx-replace-url"] = _link(facts, facts["at"])
    return part


def _window(desk: Desk, asked: Asked) -> Window:
    start, end = maybe_moment(asked.start, "from"), maybe_moment(asked.end, "to")
    if asked.minute is not None and start is not None:
        return window_of(desk, start + asked.minute * _MINUTE, start, end)
    return window_of(desk, maybe_moment(asked.at, "at"), start, end)


def _steps(window: Window) -> list[dict[str, str | None]]:
    return [
        {"name": name, "at": wire.iso(window.at + minutes * _MINUTE)}
        for name, minutes in STEPS.items()
    ]


def _link(facts: dict[str, Any], at: str) -> str:
    """Address of the page at another moment of the same window."""
    said = {"at": at, "from": facts["from"], "to": facts["to"]}
    short = {name: moment.replace("+00:00", "Z") for name, moment in said.items()}
    return "/replay?" + urlencode(short, safe=":")
