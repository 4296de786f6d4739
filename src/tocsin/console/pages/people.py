"""People and roles, tokens, and one's own account."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from tocsin.console.actions import people as actions
from tocsin.console.facts import people as facts
from tocsin.console.forms import Admin, Desk, Viewer, back, said
from tocsin.console.guard import SCOPES, Refused
from tocsin.console.language import languages
from tocsin.console.pages.entry import admit
from tocsin.console.render import render
from tocsin.console.roles import WORDS, Role
from tocsin.errors import UsageError

router = APIRouter(include_in_schema=False)
RoleWord = Annotated[str, Form(pattern=f"^({'|'.join(WORDS)})$")]
Handle = Annotated[str, Form(max_length=60)]
Password = Annotated[str, Form(max_length=300)]


@router.get("/people")
def listed(request: Request, desk: Desk, caller: Admin) -> Response:
    """Accounts, links that hold, tokens."""
    del caller
    shown = {
        "accounts": facts.accounts(desk),
        "invitations": facts.invitations(desk),
        "tokens": facts.tokens(desk),
        "roles": WORDS,
        "scopes": SCOPES,
    }
    return render(request, "people.html", shown)


@router.post("/people/role")
def give_role(desk: Desk, caller: Admin, handle: Handle, role: RoleWord) -> Response:
    """Give somebody another role."""
    actions.change_account(desk, caller.handle, handle, role=Role.named(role))
    said(caller, "people.said.role")
    return back("/people")


@router.post("/people/close")
def close(desk: Desk, caller: Admin, handle: Handle, closed: Annotated[bool, Form()]) -> Response:
    """Close an account, or open it again."""
    actions.change_account(desk, caller.handle, handle, closed=closed)
    said(caller, "people.said.closed" if closed else "people.said.opened")
    return back("/people")


@router.post("/people/invite")
def invite(request: Request, desk: Desk, caller: Admin, handle: Handle, role: RoleWord) -> Response:
    """Make a link; it is shown on this answer and never again."""
    secret = actions.invite(desk, caller.handle, handle, Role.named(role))
    shown = {"what": "link", "secret": f"{str(request.base_url).rstrip('/')}/welcome/{secret}"}
    return render(request, "people_once.html", {**shown, "name": handle, "role": role})


class TokenForm(BaseModel):
    """What a token is to be, as the page's form says it."""

    name: Annotated[str, Field(max_length=60)]
    role: Annotated[str, Field(pattern=f"^({'|'.join(WORDS)})$")]
    scope: list[Annotated[str, Field(pattern=f"^({'|'.join(SCOPES)})$")]] = []
    days: Annotated[int, Field(ge=1, le=actions.LONGEST_TOKEN_DAYS)] = 90


@router.post("/people/tokens")
def make_token(
    request: Request, desk: Desk, caller: Admin, form: Annotated[TokenForm, Form()]
) -> Response:
    """Make a token; its secret is shown on this answer and never again."""
    wish = actions.TokenWish(form.name, Role.named(form.role), tuple(form.scope), form.days)
    made, secret = actions.make_token(desk, caller, wish)
    facts_shown = {"what": "token", "secret": secret, "name": made["name"], "role": form.role}
    return render(request, "people_once.html", facts_shown)


@router.post("/people/tokens/revoke")
def revoke(
    desk: Desk, caller: Admin, name: Annotated[str, Form(alias="id", max_length=20)]
) -> Response:
    """Take a token back."""
    actions.revoke_token(desk, caller.handle, name)
    said(caller, "people.said.revoked")
    return back("/people")


# -- one's own -----------------------------------------------------------------------------------


@router.get("/me")
def me(request: Request, desk: Desk, caller: Viewer, done: str = "") -> Response:
    """One's own account."""
    account = desk.people().find(caller.handle)
    shown = {
        "language_kept": account.language if account else "",
        "known_languages": languages(),
        "tokens": facts.tokens(desk, caller.handle),
        "done": done == "password",
        "wrong": "",
    }
    return render(request, "me.html", shown)


@router.post("/me/password")
def password(
    request: Request, desk: Desk, caller: Viewer, old: Password, new: Password
) -> Response:
    """A new password: all sessions end, and this browser gets a new one."""
    if caller.session is None:
        raise Refused(403, "scope")
    try:
        account = actions.change_password(desk, caller.handle, old, new)
    except UsageError as error:
        shown = {"language_kept": "", "known_languages": languages(), "tokens": []}
        return render(request, "me.html", {**shown, "done": False, "wrong": str(error)}, 422)
    return admit(request, desk, account, "/me?done=password")


@router.post("/me/language")
def language(
    desk: Desk, caller: Viewer, code: Annotated[str, Form(max_length=10)] = ""
) -> Response:
    """Choose the language of one's pages for good."""
    if caller.session is None:
        raise Refused(403, "scope")
    actions.choose_language(desk, caller, code)
    said(caller, "people.said.language")
    return back("/me")


@router.post("/me/sign-out")
def everywhere(desk: Desk, caller: Viewer) -> Response:
    """Sign out on every device."""
    if caller.session is None:
        raise Refused(403, "scope")
    desk.sessions.end_of(caller.handle)
    return back("/sign-in")
