"""Back-tests in the project's folder ``reports``."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from tocsin.console.facts import backtests as facts
from tocsin.console.forms import Cursor, Desk, Limit, Viewer, page_of
from tocsin.console.problems import responses

router = APIRouter(tags=["back-tests"])
Json = dict[str, Any]


@router.get("/backtests", responses=responses())
def read_backtests(desk: Desk, caller: Viewer, cursor: Cursor = "", limit: Limit = 100) -> Json:
    """Reports with their headline figures, the newest first."""
    del caller
    return page_of(facts.backtest_list(desk), cursor, limit, lambda row: str(row["name"]))


@router.get("/backtests/{name}", responses=responses(404))
def read_backtest(desk: Desk, caller: Viewer, name: str) -> Json:
    """One report, with the whole of what `tocsin backtest` wrote as JSON."""
    del caller
    return facts.backtest(desk, name)
