"""A desk for tests of the console: people of every role, requests as browsers and software send
them, and all routes that there are.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import orjson
from argon2 import PasswordHasher
from desk_builders import NIGHT
from engine_support import new_project
from fastapi.routing import APIRoute

from tocsin.clock import ReplayClock
from tocsin.console import accounts, api, pages
from tocsin.console.accounts import Account, Token, digest_of, hashed, with_account
from tocsin.console.app import Console, _routers, build
from tocsin.console.desk import ConsoleDesk, ConsoleOptions, Limits
from tocsin.console.guard import COOKIE, CSRF_HEADER, SCOPES, Needs
from tocsin.console.roles import Role
from tocsin.console.throttle import Allowance, Throttle
from tocsin.engines.project import Project

SHIPPED: PasswordHasher = accounts._HASHER
"""As accounts keep passwords; tests hash faster."""
setattr(accounts, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))  # noqa: B010
PASSWORD = "four good long words"
MORNING = NIGHT + timedelta(hours=8)
GUARDED = ("GET", "POST", "PUT", "PATCH", "DELETE")
JSON = {"content-type": "application/json"}
FORM = {"content-type": "application/x-www-form-urlencoded"}


@cache
def kept_password() -> str:
    """Argon2 is slow on purpose; once is enough for a test run."""
    return hashed(PASSWORD)


def patient() -> Limits:
    """Nothing is too often."""
    many = Allowance(1_000_000, timedelta(seconds=1))
    return Limits(Throttle(many), Throttle(many), Throttle(many))


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request came to."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)


@dataclass(slots=True)
class Stand:
    """A console over a project, and whoever uses it."""

    desk: ConsoleDesk
    app: Console
    clock: ReplayClock
    scheme: str = "http"

    def account(self, handle: str, role: Role, **more: Any) -> Account:
        """Somebody with ``PASSWORD``."""
        made = Account(handle, role, kept_password(), self.clock.now(), **more)
        self.desk.accounts.change(lambda known: with_account(known, made))
        return made

    def signed_in(self, role: Role, handle: str = "") -> User:
        """A browser of somebody who is signed in."""
        name = handle or role.word
        if self.desk.people().find(name) is None:
            self.account(name, role)
        secret = self.desk.sessions.begin(name, self.clock.now())
        session = self.desk.sessions.find(secret, self.clock.now())
        assert session is not None
        return User(
            self, {"cookie": f"{COOKIE}={secret}"}, {CSRF_HEADER: session.csrf}, session.csrf
        )

    def software(
        self, role: Role, scopes: tuple[str, ...] = SCOPES, owner: str = "", name: str = "map"
    ) -> User:
        """Software with a token of somebody."""
        handle = owner or role.word
        if self.desk.people().find(handle) is None:
            self.account(handle, role)
        secret, now = secrets.token_urlsafe(24), self.clock.now()
        digest, until = digest_of(secret), now + timedelta(days=30)
        token = Token(digest[:8], digest, name, handle, role, scopes, now, until)
        self.desk.accounts.change(lambda known: with_token(known, token))
        return User(self, {"authorization": f"Bearer {secret}"})

    def nobody(self) -> User:
        """Whoever comes by."""
        return User(self)


def with_token(known: Any, token: Token) -> Any:
    from dataclasses import replace

    return replace(known, tokens=(*known.tokens, token))


@dataclass(frozen=True, slots=True)
class User:
    """Sends requests.

    Args:
        headers: with every request.
        meant: with those that change something, as the pages' script sends it.
    """

    stand: Stand
    headers: Mapping[str, str] = field(default_factory=dict)
    meant: Mapping[str, str] = field(default_factory=dict)
    csrf: str = ""

    def ask(self, method: str, path: str, body: bytes = b"", **more: Any) -> Answer:
        """One request; a stream is left as soon as it has begun."""
        headers = {**self.headers, **more.pop("headers", {})}
        if method not in ("GET", "HEAD"):
            headers = {**self.meant, **headers}
        return asyncio.run(request(self.stand, method, path, headers, body))

    def get(self, path: str, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.ask("GET", path, headers=named)

    def post(self, path: str, form: Any = None, **headers: str) -> Answer:
        """A form of a page, with its token in it, as without JavaScript."""
        body = urlencode({"csrf": self.csrf, **(form or {})}, doseq=True).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return User(self.stand, self.headers).ask("POST", path, body, headers={**FORM, **named})

    def send(self, path: str, said: Any, method: str = "POST") -> Answer:
        """JSON, as software sends it."""
        return self.ask(method, path, orjson.dumps(said), headers=JSON)


async def request(
    stand: Stand, method: str, path: str, headers: Mapping[str, str], body: bytes
) -> Answer:
    """What the application answers; it is called as a server calls it."""
    sent: list[bytes] = []
    start: dict[str, Any] = {}
    begun = asyncio.Event()
    given = False

    async def receive() -> dict[str, Any]:
        nonlocal given
        if given:
            await asyncio.Event().wait()  # a browser that stays
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
            if _header(message, "content-type").startswith("text/event-stream"):
                begun.set()
        else:
            sent.append(message.get("body", b""))

    scope = scope_of(stand.scheme, method, path, headers, len(body))
    work = asyncio.ensure_future(stand.app(scope, receive, send))
    stream = asyncio.ensure_future(begun.wait())
    await asyncio.wait((work, stream), return_when=asyncio.FIRST_COMPLETED)
    for task in (stream, work):
        task.cancel()
    (_, outcome) = await asyncio.gather(stream, work, return_exceptions=True)
    if not start:
        assert isinstance(outcome, BaseException)
        raise outcome
    named = [(name.decode(), value.decode("latin-1")) for name, value in start["headers"]]
    return Answer(start["status"], dict(named), b"".join(sent))


def _header(message: Any, name: str) -> str:
    found = [v for k, v in message["headers"] if k.lower() == name.encode()]
    return bytes(found[0]).decode() if found else ""


def scope_of(
    scheme: str, method: str, path: str, headers: Mapping[str, str], length: int = 0
) -> dict[str, Any]:
    """A request as a server describes it."""
    from urllib.parse import unquote

    raw, _, query = path.partition("?")
    listed = {"host": "desk.test", **({"content-length": str(length)} if length else {}), **headers}
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": scheme,
        "path": unquote(raw),
        "raw_path": raw.encode("ascii", "replace"),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in listed.items()],
        "client": ("192.0.2.7", 50_000),
        "server": ("desk.test", 80),
        "state": {},
    }


def stand_on(project: Project, clock: ReplayClock | None = None, **options: Any) -> Stand:
    """A console over this project."""
    clock = clock or ReplayClock(MORNING)
    desk = ConsoleDesk(project, clock, ConsoleOptions(**options), patient())
    return Stand(desk, build(desk), clock, "https" if options.get("secure") else "http")


def empty_stand(folder: Path, **options: Any) -> Stand:
    """A console over a project with nothing in it."""
    return stand_on(new_project(folder / "desk", delivery__sender="desk@example.org"), **options)


@dataclass(frozen=True, slots=True)
class Way:
    """One route: a method and a path that lead somewhere."""

    method: str
    path: str
    route: APIRoute

    @property
    def guards(self) -> list[Needs]:
        """What it asks of its callers."""
        return [one.call for one in self.route.dependant.dependencies if type(one.call) is Needs]

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def shape(self) -> str:
        """Its path without kinds of values, as the API's description has it."""
        return re.sub(r":\w+}", "}", self.path)

    def filled(self, values: Mapping[str, str]) -> str:
        """Its path with values for what stands in braces."""
        path = self.shape
        for one in self.route.param_convertors:
            path = path.replace("{" + one + "}", values.get(one, "1"))
        return path


def ways() -> list[Way]:
    """Every route of every module; whoever adds one is in it."""
    found = [
        Way(method, prefix + path, route)
        for package, prefix in ((api, "/api/v1"), (pages, ""))
        for router in _routers(package)
        for path, route in _routes(router)
        for method in sorted(route.methods or ())
    ]
    assert len({way.name for way in found}) == len(found), "two routes for one request"
    return found


def _routes(router: Any, prefix: str = "") -> Iterator[tuple[str, APIRoute]]:
    for route in router.routes:
        if isinstance(route, APIRoute):
            yield prefix + route.path, route
        else:  # a router within a router
            inner = route.original_router
            yield from _routes(inner, prefix + route.include_context.prefix)
