"""Signing in and out, taking up an invitation, choosing a language."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from tocsin.console.accounts import (
    Account,
    accepted,
    digest_of,
    hashed,
    invitation_for,
    sign_in,
)
from tocsin.console.actions.people import checked_name
from tocsin.console.desk import ConsoleDesk
from tocsin.console.forms import Desk, Viewer, back, local
from tocsin.console.guard import COOKIE, Refused, refuse_cross_site, session_of
from tocsin.console.language import languages
from tocsin.console.problems import NotThere
from tocsin.console.render import render
from tocsin.console.sessions import LONGEST
from tocsin.errors import UsageError
from tocsin.model.names import skeleton

router = APIRouter(include_in_schema=False)
Text = Annotated[str, Form(max_length=300)]


@router.get("/sign-in")
def ask(request: Request, after: str = "/") -> Response:
    """The form."""
    return render(request, "sign_in.html", {"after": local(after), "wrong": False})


@router.post("/sign-in")
def enter(
    request: Request, desk: Desk, handle: Text, password: Text, after: Text = "/"
) -> Response:
    """Sign in; five wrong passwords close a handle for a quarter of an hour."""
    desk.refuse_if_locked()
    refuse_cross_site(request)
    knock(request, desk, skeleton(handle))
    people = desk.people()
    account = sign_in(people, handle, password)
    if account is None:
        known = people.find(handle)  # no other name is noted: it may be a password, typed too early
        desk.note("?" if known is None else known.handle, "refused", ("sign-in",))
        return render(request, "sign_in.html", {"after": local(after), "wrong": True}, 401)
    desk.limits.attempts.forget(skeleton(handle))
    return admit(request, desk, account, local(after))


def knock(request: Request, desk: ConsoleDesk, door: str) -> None:
    """Count an attempt, by what is tried (a handle in whatever letters, a link) and from where.

    Raises:
        Refused: too many.
    """
    now, where = desk.clock.now(), request.client.host if request.client else ""
    waits = (
        desk.limits.addresses.wait(where, now),
        desk.limits.attempts.wait(door, now),
    )
    if any(waits):
        raise Refused(429, "often", int(max(waits).total_seconds()) + 1)


def admit(request: Request, desk: ConsoleDesk, account: Account, to: str) -> RedirectResponse:
    """Begin a new session, whatever cookie the browser came with."""
    old = request.cookies.get(COOKIE, "")
    desk.sessions.end(old)
    secret = desk.sessions.begin(account.handle, desk.clock.now(), account.language)
    desk.note(account.handle, "query", ("sign-in",))
    answer = back(to)
    answer.set_cookie(
        COOKIE,
        secret,
        max_age=int(LONGEST.total_seconds()),
        httponly=True,
        secure=desk.options.secure,
        samesite="strict",
        path="/",
    )
    return answer


@router.post("/sign-out")
def leave(request: Request, desk: Desk, caller: Viewer) -> Response:
    """Sign out."""
    del caller
    desk.sessions.end(request.cookies.get(COOKIE, ""))
    answer = back("/sign-in")
    answer.delete_cookie(COOKIE, path="/")
    return answer


@router.get("/welcome/{secret}")
def welcome(request: Request, desk: Desk, secret: str) -> Response:
    """What an invitation asks."""
    desk.refuse_if_locked()
    invitation = invitation_for(desk.people(), secret, desk.clock.now())
    if invitation is None:
        raise NotThere("this link holds no more; ask whoever sent it for a new one")
    return render(
        request, "welcome.html", {"invitation": invitation, "secret": secret, "wrong": ""}
    )


@router.post("/welcome/{secret}")
def join(
    request: Request, desk: Desk, secret: str, handle: Text = "", password: Text = ""
) -> Response:
    """Take the invitation up: an account is made, and signed in.

    The visitor of a demo gets a password that nobody knows: the link is the way in.
    """
    desk.refuse_if_locked()
    refuse_cross_site(request)
    knock(request, desk, digest_of(secret))
    now = desk.clock.now()
    invitation = invitation_for(desk.people(), secret, now)
    if invitation is None:
        raise NotThere("this link holds no more; ask whoever sent it for a new one")
    if desk.options.visitor and invitation.handle == desk.options.visitor:
        password = secrets.token_urlsafe(24)
    try:
        name = checked_name(invitation.handle or handle)
        account = Account(name, invitation.role, hashed(password), now)
        desk.accounts.change(lambda known: accepted(known, secret, account, now))
    except UsageError as error:
        facts = {"invitation": invitation, "secret": secret, "wrong": str(error)}
        return render(request, "welcome.html", facts, 422)
    desk.sessions.end_of(account.handle)  # it may be a new password for an old account
    desk.note(account.handle, "change", ("welcome", account.role.word))
    return admit(request, desk, account, desk.options.opens_at)


@router.post("/language")
def speak(request: Request, desk: Desk, caller: Viewer, code: Text, after: Text = "/") -> Response:
    """Choose the language of the pages."""
    session = session_of(request, desk)
    if session is not None and code in languages():
        session.language = code
    del caller
    return back(local(after))


@router.get("/healthz")
def healthz(desk: Desk) -> Response:
    """Whether it answers, for whatever restarts it; says nothing else."""
    desk.refuse_if_locked()
    return Response("ok\n", media_type="text/plain")
