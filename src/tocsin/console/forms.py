"""What routes share: the desk behind a request, a page's answer after a form, cursors of lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final, TypeVar

from fastapi import Depends, Query, Request
from fastapi.responses import RedirectResponse, Response

from tocsin.console.desk import ConsoleDesk
from tocsin.console.guard import Caller, Needs
from tocsin.console.roles import Role
from tocsin.errors import UsageError

MOST: Final = 500
"""Lines of one answer of a list."""


def _desk(request: Request) -> ConsoleDesk:
    found: ConsoleDesk = request.app.state.desk
    return found


Desk = Annotated[ConsoleDesk, Depends(_desk)]
Viewer = Annotated[Caller, Depends(Needs(Role.VIEWER))]
"""Anybody signed in."""
Reader = Annotated[Caller, Depends(Needs(Role.VIEWER, "view"))]
"""Anybody signed in, who is shown posts themselves."""
Analyst = Annotated[Caller, Depends(Needs(Role.ANALYST))]
AnalystReader = Annotated[Caller, Depends(Needs(Role.ANALYST, "view"))]
"""An analyst, who is shown posts themselves."""
Releaser = Annotated[Caller, Depends(Needs(Role.RELEASER))]
Admin = Annotated[Caller, Depends(Needs(Role.ADMIN))]
Limit = Annotated[int, Query(ge=1, le=MOST, description="Lines of one answer.")]
Cursor = Annotated[str, Query(max_length=200, description="`next` of the answer before.")]

Row = TypeVar("Row", bound=Mapping[str, Any])


def local(after: str) -> str:
    """A path on this server that a form may lead to; the first page otherwise."""
    inside = after.startswith("/") and not after.startswith(("//", "/\\")) and after.isprintable()
    return after if inside and "\\" not in after else "/"


def back(to: str) -> RedirectResponse:
    """After a form: to a page, by GET, so that loading it again sends nothing twice."""
    return RedirectResponse(to, 303)


def said(caller: Caller, text: str) -> None:
    """What the next page tells its reader once."""
    if caller.session is not None:
        caller.session.said = text


def page_of(
    rows: Sequence[Row], cursor: str, limit: int, key: Callable[[Row], str]
) -> dict[str, Any]:
    """``limit`` rows after the one that ``cursor`` names, and the cursor of the rest.

    Args:
        key: what names a row; rows are in a fixed order.

    Raises:
        UsageError: no row has that name.
    """
    start = 0
    if cursor:
        names = [key(row) for row in rows]
        if cursor not in names:
            raise UsageError("cursor: not one of this list; begin again without it")
        start = names.index(cursor) + 1
    part = rows[start : start + limit]
    more = start + limit < len(rows)
    return {"items": list(part), "next": key(part[-1]) if more else None}


def no_content() -> Response:
    """Done; nothing to say."""
    return Response(status_code=204)
