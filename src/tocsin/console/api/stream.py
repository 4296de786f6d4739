"""Live change as Server-Sent Events."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import StreamingResponse

from tocsin.console.desk import ConsoleDesk
from tocsin.console.forms import Desk
from tocsin.console.guard import Caller, Needs, Refused, who
from tocsin.console.headers import Receive, Scope, Send
from tocsin.console.problems import responses
from tocsin.console.roles import Role
from tocsin.console.streams import Mark, Streams, events

router = APIRouter()
Listener = Annotated[Caller, Depends(Needs(Role.VIEWER, "query", quiet=True))]
_TYPE: Final = "text/event-stream"
_LATER_S: Final = 60
_SHOWN: Final = {
    "description": "Events; each `id` may be sent back as `Last-Event-ID`",
    "content": {
        _TYPE: {
            "schema": {"type": "string"},
            "example": 'id: 812.790.64\nevent: change\ndata: {"position":812,'
            '"warnings":["de9fe29a5f1c"]}\n\n',
        }
    },
}


class _Live(StreamingResponse):
    """Gives its place back however it ends, also where nobody took its first word."""

    media_type = _TYPE

    def __init__(self, content: Any, leave: Callable[[], None]) -> None:
        super().__init__(content, headers={"x-accel-buffering": "no", "cache-control": "no-store"})
        self._leave = leave

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until it ends or the caller leaves."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._leave()


@router.get(
    "/stream",
    response_class=StreamingResponse,
    responses={**responses(), 200: _SHOWN},
    tags=["live"],
)
async def listen(
    request: Request,
    desk: Desk,
    caller: Listener,
    last: Annotated[str, Header(alias="last-event-id", max_length=80)] = "",
    seconds: Annotated[
        float | None, Query(ge=0, le=86_400, description="End after so long; else go on.")
    ] = None,
) -> StreamingResponse:
    """An event `change` whenever something new is in the store: `position` of the ledger, and the
    `warnings` about which something was said, decided or sent since the event before. A comment
    every 15 seconds shows that it is alive. Ends when the session ends or the desk is locked.
    """
    key = f"{caller.noted} {caller.session.csrf if caller.session else ''}"
    streams: Streams = desk.streams
    if not streams.admit(key):
        raise Refused(429, "often", _LATER_S)
    until = None if seconds is None else time.monotonic() + seconds

    def may() -> bool:
        return (until is None or time.monotonic() < until) and still(request, desk, caller)

    text = events(streams, lambda: desk.store, may, Mark.read(last))
    return _Live(text, lambda: streams.leave(key))


def still(request: Request, desk: ConsoleDesk, caller: Caller) -> bool:
    """Whether a caller who was let in may go on; looking keeps no session alive."""
    desk.refuse_if_locked()
    now = who(request, desk, asked=False)
    return now is not None and now.handle == caller.handle
