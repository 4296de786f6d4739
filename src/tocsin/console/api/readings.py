"""What was read in posts."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from tocsin.console.facts.readings import Asked, readings
from tocsin.console.forms import MOST, Desk, Viewer
from tocsin.console.moments import maybe_moment
from tocsin.console.problems import responses

router = APIRouter()


class ReadingsAsked(BaseModel):
    """Which readings, and from where on."""

    since: str = Field("", max_length=40, description="Known at or after; ISO 8601.")
    until: str = Field("", max_length=40, description="Known before.")
    channel: str = Field("", max_length=512)
    cursor: str = Field("", max_length=200, description="`next` of the answer before.")
    limit: int = Field(100, ge=1, le=MOST, description="Lines of one answer.")

    def asked(self) -> Asked:
        """The same, checked.

        Raises:
            UsageError: a time that is none.
        """
        since, until = maybe_moment(self.since, "since"), maybe_moment(self.until, "until")
        return Asked(since, until, self.channel, self.cursor, self.limit)


@router.get("/readings", responses=responses(), tags=["posts"])
def read_readings(
    desk: Desk, caller: Viewer, asked: Annotated[ReadingsAsked, Query()]
) -> dict[str, Any]:
    """Readings of posts, the newest first: acts, frame, target group, places, called hours. The
    words themselves are not in it.
    """
    del caller
    return readings(desk.store, asked.asked())
