"""Who asks, and whether they may: every route names the least role it takes.

A route without a guard does not exist, but for those in ``OPEN``; tests walk all of them.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Final

from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from tocsin.console.accounts import token_for
from tocsin.console.desk import ConsoleDesk
from tocsin.console.roles import Role
from tocsin.console.sessions import Session

COOKIE: Final = "tocsin_session"
CSRF_FIELD: Final = "csrf"
CSRF_HEADER: Final = "x-csrf-token"
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
SCOPES: Final = ("read", "write", "ingest", "metrics")
OPEN: Final = frozenset(
    {
        "/sign-in",
        "/welcome/{secret}",
        "/static/{name}",
        "/healthz",
        "/readyz",
        "/tip",
        "/tip/answer",
        "/api/v1/openapi.json",
    }
)
"""Paths that need nobody signed in; the API's description is in the package for all to read."""


class Refused(Exception):
    """The caller may not; ``status`` says why in HTTP's terms.

    Args:
        why: a word of the pages' language files, under ``refused``.
        wait_s: seconds after which it may be tried again.
    """

    def __init__(self, status: int, why: str, wait_s: int = 0) -> None:
        super().__init__(why)
        self.status = status
        self.why = why
        self.wait_s = wait_s


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who is known.

    Args:
        handle: of the account, a token's owner: who decides, whatever they decide with. Otherwise
            somebody could be two people, with a browser and a token.
        scopes: what a token allows; a browser's session allows all.
        session: None: other software, with a token.
        token: its name.
    """

    handle: str
    role: Role
    scopes: tuple[str, ...] = SCOPES
    session: Session | None = None
    token: str = ""

    @property
    def noted(self) -> str:
        """As the audit log calls them: a token is told from its owner."""
        return f"{self.handle} ({self.token})" if self.token else self.handle

    def may(self, role: Role) -> bool:
        """Whether the role is enough."""
        return self.role >= role


class Needs:
    """A dependency: the caller has at least this role, and shows that they mean it.

    Args:
        what: as the audit log calls the use; default by method: query or change.
        scope: of a token; default by method: read or write.
        quiet: pages ask by themselves; the same within ten minutes is noted once.
    """

    def __init__(
        self,
        role: Role,
        what: str | None = None,
        scope: str | None = None,
        *,
        quiet: bool = False,
    ) -> None:
        self.role = role
        self.what = what
        self.scope = scope
        self.quiet = quiet

    async def __call__(self, request: Request) -> Caller:
        """The caller.

        Raises:
            Refused: nobody, somebody else, or a form that is not ours.
        """
        desk: ConsoleDesk = request.app.state.desk
        desk.refuse_if_locked()
        caller = who(request, desk)
        if caller is None:
            raise Refused(401, "nobody")
        changes = request.method not in _SAFE
        if not caller.may(self.role):
            request.state.caller = caller  # the page that says no still shows where they may go
            raise Refused(403, "role")
        if (self.scope or ("write" if changes else "read")) not in caller.scopes:
            raise Refused(403, "scope")
        if changes and caller.session is not None:
            await refuse_foreign(request, caller.session.csrf)
        wait = desk.limits.requests.wait(caller.noted, desk.clock.now())
        if wait:
            raise Refused(429, "often", int(wait.total_seconds()) + 1)
        # The log is on the disk before anything is shown; the others need not wait for the disk.
        await run_in_threadpool(self._note, request, caller, changes)
        request.state.caller = caller
        return caller

    def _note(self, request: Request, caller: Caller, changes: bool) -> None:
        desk: ConsoleDesk = request.app.state.desk
        what = self.what or ("change" if changes else "query")
        by_itself = caller.session is not None and "hx-request" in request.headers
        refresh = self.quiet or (by_itself and not changes)
        desk.note(caller.noted, what, noted(request), refresh=refresh)


def noted(request: Request) -> tuple[str, ...]:
    """Method, path and names of what was asked with; never a free text."""
    return (request.method, request.url.path, *(f"{name}=" for name in request.query_params))


def who(request: Request, desk: ConsoleDesk, *, asked: bool = True) -> Caller | None:
    """The caller by their token or session; None: nobody we know.

    Args:
        asked: see :meth:`Sessions.find`.
    """
    given = request.headers.get("authorization", "")
    if given.lower().startswith("bearer "):
        token = token_for(desk.people(), given[7:].strip(), desk.clock.now())
        if token is None:
            return None
        return Caller(token.owner, token.role, token.scopes, token=token.name)
    session = session_of(request, desk, asked=asked)
    account = None if session is None else desk.people().find(session.handle)
    if account is None or account.disabled:
        return None
    return Caller(account.handle, account.role, session=session)


def session_of(request: Request, desk: ConsoleDesk, *, asked: bool = True) -> Session | None:
    """The session that the browser's cookie names."""
    secret = request.cookies.get(COOKIE, "")
    return desk.sessions.find(secret, desk.clock.now(), asked=asked) if secret else None


async def refuse_foreign(request: Request, token: str) -> None:
    """Say no to a form that another site had the browser send.

    Raises:
        Refused: it comes from elsewhere, or does not carry the session's token.
    """
    refuse_cross_site(request)
    shown = request.headers.get(CSRF_HEADER, "")
    kind = request.headers.get("content-type", "")
    if not shown and kind.startswith(("application/x-www-form-urlencoded", "multipart/form-data")):
        shown = str((await request.form()).get(CSRF_FIELD, ""))
    if not secrets.compare_digest(shown.encode(), token.encode()):
        raise Refused(403, "foreign")


def refuse_cross_site(request: Request) -> None:
    """Say no to what a browser itself says comes from another site.

    Raises:
        Refused: it does.
    """
    headers, desk = request.headers, request.app.state.desk
    # A proxy that speaks TLS for us passes on clear HTTP.
    own = str(request.base_url.replace(scheme="https") if desk.options.secure else request.base_url)
    site = headers.get("sec-fetch-site", "same-origin")
    origin = headers.get("origin")
    elsewhere = origin is not None and origin.rstrip("/") != own.rstrip("/")
    if site not in ("same-origin", "none") or elsewhere:
        raise Refused(403, "foreign")
