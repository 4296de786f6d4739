"""Each request counted and logged by the template of its route: neither by whom nor with what.

The tip form is left out of both: a log that says when a tip came could be laid beside what a
provider of the sender has.
"""

from __future__ import annotations

import secrets
import time
from typing import Final

from structlog.contextvars import bound_contextvars

from tocsin.console.figures import DeskFigures
from tocsin.console.headers import App, Message, Receive, Scope, Send
from tocsin.logs import Log

REQUEST_ID: Final = "x-request-id"
NOWHERE: Final = "none"
"""Instead of a path that no route has: it may hold anything."""
_LEFT_OUT: Final = "/tip"
_QUIET: Final = frozenset({"/healthz", "/readyz", "/metrics", "/static/{name}"})
"""Asked for by machines all the time: logged at debug."""
_LOG: Final = Log("tocsin.console.requests")


class Measured:
    """Around everything else, so that refusals and crashes are counted too."""

    def __init__(self, app: App, figures: DeskFigures) -> None:
        self._app = app
        self._figures = figures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        path = scope.get("path", "")
        if scope["type"] != "http" or path == _LEFT_OUT or path.startswith(f"{_LEFT_OUT}/"):
            await self._app(scope, receive, send)
            return
        begun, request = time.monotonic(), secrets.token_hex(6)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message["headers"],
                    (REQUEST_ID.encode(), request.encode()),
                ]
                self._note(scope, message["status"], time.monotonic() - begun)
            await send(message)

        with bound_contextvars(request=request):
            await self._app(scope, receive, answer)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route, method = template(scope), str(scope["method"])
        self._figures.answered(route, method, status, seconds)
        write = _LOG.debug if route in _QUIET else _LOG.info
        said = {"route": route, "method": method, "status": status, "ms": round(seconds * 1000)}
        write("request answered", **said)


def template(scope: Scope) -> str:
    """The route that a request was led to, with names instead of values; ``none`` if to none."""
    whole = scope.get("fastapi", {}).get("effective_route_context")  # with the prefix of its router
    route = whole or scope.get("route")
    return str(getattr(route, "path_format", None) or getattr(route, "path", NOWHERE))
