"""Whether everything is here that a run needs."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from tocsin.console.facts import health as facts
from tocsin.console.forms import Desk, Viewer
from tocsin.console.problems import responses

router = APIRouter(tags=["health"])
Json = dict[str, Any]


@router.get("/health", responses=responses())
def read_health(desk: Desk, caller: Viewer) -> Json:
    """What `tocsin check` says of machine and project, versions, sizes in bytes, the last run,
    the outbox, silent sources. What a check says in words is told to analysts.
    """
    return facts.health(desk, caller.role)
