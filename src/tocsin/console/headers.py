"""What every answer carries, and what no request may exceed. Plain ASGI, so that streams stream."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any, Final

import orjson
from starlette.exceptions import HTTPException

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

API: Final = "/api/"
"""Paths that software asks for."""
_MACHINES: Final = frozenset({"/metrics", "/readyz"})
"""Others that no person reads."""
MOST_BYTES: Final = 48 * 1_000_000
"""Of a body; a tip's files are the largest that is taken."""
LONGEST_PATH: Final = 4_096
SLOWEST_S: Final = 30.0
"""Between two pieces of a body."""
LONGEST_S: Final = 300.0
"""From its first piece to its last."""
_TOO_LARGE: Final = f"too large; {MOST_BYTES // 1_000_000} MB are taken"
_TOO_SLOW: Final = "the rest of the request did not come"


def for_software(path: str) -> bool:
    """Whether failures there are told to software."""
    return path.startswith(API) or path in _MACHINES


def content_policy(tiles: str = "") -> str:
    """Content-Security-Policy: everything from here, nothing inline, no frame.

    Args:
        tiles: address of map tiles that the desk set.
    """
    host = "/".join(tiles.split("/")[:3]) if tiles else ""
    images = f"'self' data: blob: {host}".strip()
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; "
        f"img-src {images}; connect-src 'self' {host}".rstrip()
        + "; worker-src 'self' blob:; "
        "manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


class Shield:
    """Adds the headers and turns away what is too long, too large or too slow.

    Args:
        secure: say that this host is to be reached over TLS alone.
    """

    def __init__(self, app: App, *, tiles: str = "", secure: bool = False) -> None:
        self._app = app
        said = {
            "content-security-policy": content_policy(tiles),
            "x-content-type-options": "nosniff",
            # Not "no-referrer": forms of this very site would then come with "Origin: null".
            "referrer-policy": "same-origin",
            "x-frame-options": "DENY",
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
            "permissions-policy": "geolocation=(), camera=(), microphone=(), interest-cohort=()",
        }
        if secure:
            said["strict-transport-security"] = "max-age=31536000"
        self._said = [(name.encode(), value.encode()) for name, value in said.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sent = _Sending(send, self._said, software=for_software(scope["path"]))
        length = dict(scope["headers"]).get(b"content-length", b"0")
        if len(scope["raw_path"]) + len(scope["query_string"]) > LONGEST_PATH:
            await sent.refuse(414, "the address is too long")
        elif not length.isdigit() or int(length) > MOST_BYTES:
            await sent.refuse(413, _TOO_LARGE)
        else:
            await self._app(scope, _Body(receive), sent)


class _Body:
    """A body that is counted and waited for, but not for ever.

    What it raises the application answers as it answers its own refusals; the connection ends
    there, for the rest of the body may still be on its way.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._bytes = 0
        self._whole = False
        self._until: float | None = None

    async def __call__(self) -> Message:
        if self._whole:  # what comes now is that the caller left; a stream waits for it for long
            return await self._receive()
        now = asyncio.get_running_loop().time()
        self._until = self._until or now + LONGEST_S
        try:
            async with asyncio.timeout(min(SLOWEST_S, self._until - now)):
                message = await self._receive()
        except TimeoutError:
            raise HTTPException(408, _TOO_SLOW, {"connection": "close"}) from None
        self._bytes += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        if self._bytes > MOST_BYTES:
            raise HTTPException(413, _TOO_LARGE, {"connection": "close"})
        return message


class _Sending:
    def __init__(
        self, send: Send, said: list[tuple[bytes, bytes]], *, software: bool = False
    ) -> None:
        self._send = send
        self._said = said
        self._software = software
        self._begun = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._begun = True
            own = {name for name, _ in message["headers"]}
            message["headers"] = [
                *message["headers"],
                *(pair for pair in self._said if pair[0] not in own),
                *([] if b"cache-control" in own else [(b"cache-control", b"no-store")]),
            ]
        await self._send(message)

    async def refuse(self, status: int, why: str) -> None:
        """One line, or a problem for software; nothing where an answer has begun."""
        if self._begun:
            return
        body, kind = f"{why}\n".encode(), b"text/plain; charset=utf-8"
        if self._software:
            form = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
            body, kind = orjson.dumps({**form, "detail": why}), b"application/problem+json"
        head = [(b"content-type", kind), (b"connection", b"close")]
        head.append((b"content-length", str(len(body)).encode()))
        await self({"type": "http.response.start", "status": status, "headers": head})
        await self._send({"type": "http.response.body", "body": body})
