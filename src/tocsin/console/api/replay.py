"""The desk at some minute of the past."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from tocsin.console.facts.replay import replay, window_of
from tocsin.console.forms import Desk, Reader
from tocsin.console.moments import maybe_moment
from tocsin.console.problems import responses

router = APIRouter()
At = Annotated[
    str,
    Query(
        max_length=40,
        description="ISO 8601, naive is UTC; blank: the newest warning.",
        examples=["2023-10-29T07:31:00Z"],
    ),
]
From = Annotated[str, Query(alias="from", max_length=40, description="Begin of the window.")]
To = Annotated[str, Query(alias="to", max_length=40, description="Its end.")]


@router.get("/replay", responses=responses(), tags=["now"])
def read_replay(
    desk: Desk, caller: Reader, at: At = "", start: From = "", end: To = ""
) -> dict[str, Any]:
    """Situations, decisions, posts, rumours and coverage as they stood at `at`; of what came later
    there is nothing in it. The window only says which warning actions are listed as marks.
    """
    asked = (maybe_moment(at, "at"), maybe_moment(start, "from"), maybe_moment(end, "to"))
    return replay(desk, window_of(desk, *asked), caller.role)
