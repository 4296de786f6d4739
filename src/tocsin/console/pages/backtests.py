"""Back-tests: headline figures, and each report as it was written."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from tocsin.console.facts import backtests as facts
from tocsin.console.forms import Cursor, Desk, Viewer, page_of
from tocsin.console.render import render

router = APIRouter(prefix="/backtests", include_in_schema=False)
_LINES = 20
POLICY: Final = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
"""Of a report alone: a file from disk, with a style of its own. No script, no form, no link out of
a sandbox with an origin of its own."""


@router.get("")
def listed(request: Request, desk: Desk, caller: Viewer, cursor: Cursor = "") -> Response:
    """All reports."""
    del caller
    rows = facts.backtest_list(desk)
    shown = page_of(rows, cursor, _LINES, lambda row: str(row["name"]))
    return render(request, "backtests.html", {**shown, "count": len(rows)})


@router.get("/{name}")
def one(request: Request, desk: Desk, caller: Viewer, name: str) -> Response:
    """One report in sentences."""
    del caller
    return render(request, "backtest.html", {"one": facts.backtest(desk, name)})


@router.get("/{name}/report")
def report(desk: Desk, caller: Viewer, name: str) -> Response:
    """The page that was written, shut into a sandbox."""
    del caller
    kept = {"content-security-policy": POLICY}
    return Response(facts.page_of_report(desk, name), media_type="text/html", headers=kept)
