"""Accounts, invitations, tokens and passwords.

Whatever changes what somebody may do ends their sessions, and takes back links made for them
before: an old link must not give an old role back.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from tocsin.console.accounts import (
    Account,
    Accounts,
    Invitation,
    Token,
    digest_of,
    hashed,
    invited,
    new_link,
    only,
    sign_in,
    with_account,
)
from tocsin.console.desk import ConsoleDesk
from tocsin.console.facts.people import token_form
from tocsin.console.guard import SCOPES, Caller, Refused
from tocsin.console.language import languages
from tocsin.console.problems import NotThere
from tocsin.console.roles import Role
from tocsin.errors import UsageError
from tocsin.model.names import same_person

LONGEST_HANDLE: Final = 60
LONGEST_TOKEN_DAYS: Final = 366
MOST_TOKENS: Final = 200
_ID_DIGITS: Final = 8


def checked_name(name: str, what: str = "a handle") -> str:
    """A handle, or the name of a token, as it goes into ledger and audit log.

    Raises:
        UsageError: it is empty, too long, or has signs that cannot be told apart on a page.
    """
    found = " ".join(name.split())
    if not found or len(found) > LONGEST_HANDLE or not found.isprintable():
        raise UsageError(f"{what} has 1 to {LONGEST_HANDLE} letters; it need not be a real name")
    return found


def found_in(known: Accounts, handle: str) -> Account:
    """The account of a handle.

    Raises:
        NotThere: there is none.
    """
    account = known.find(handle)
    if account is None:
        raise NotThere(f"no account {handle}")
    return account


def with_change(known: Accounts, account: Account) -> Accounts:
    """The accounts with one changed, and links made for it before taken back.

    Raises:
        UsageError: no admin would be left.
    """
    changed = with_account(known, account)
    if _has_admin(known) and not _has_admin(changed):
        raise UsageError("one admin must stay; make somebody else admin first")
    kept = only(changed.invitations, lambda one: not same_person(one.handle, account.handle))
    return replace(changed, invitations=kept)


def _has_admin(known: Accounts) -> bool:
    return any(one.role is Role.ADMIN and not one.disabled for one in known.accounts)


def change_account(
    desk: ConsoleDesk, by: str, handle: str, *, role: Role | None = None, closed: bool | None = None
) -> None:
    """Give somebody another role, or close or open their account; their sessions end.

    Raises:
        NotThere: there is no such account.
        UsageError: no admin would be left.
    """

    def change(known: Accounts) -> Accounts:
        old = found_in(known, handle)
        shut = old.disabled if closed is None else closed
        return with_change(known, replace(old, role=role or old.role, disabled=shut))

    name = found_in(desk.people(), handle).handle
    said = role.word if role else ("close" if closed else "open")
    desk.accounts.change(change)
    desk.sessions.end_of(name)
    desk.note(by, "change", ("people", name, said))


def invite(desk: ConsoleDesk, by: str, handle: str, role: Role) -> str:
    """Make a link for one handle; returns its secret, which is nowhere kept.

    For somebody who has an account it is a new password, and their role stays.

    Raises:
        UsageError: the handle is none, or the account is closed.
    """
    name = checked_name(handle)
    secret, made = new_link(role, desk.clock.now(), name)
    desk.accounts.change(lambda known: with_invitation(known, made))
    desk.note(by, "change", ("invite", name, role.word))
    return secret


def with_invitation(known: Accounts, made: Invitation) -> Accounts:
    """The accounts with one more link; one for somebody who has an account keeps their role.

    Raises:
        UsageError: the account is closed.
    """
    account = known.find(made.handle) if made.handle else None
    if account is not None and account.disabled:
        raise UsageError(f"{account.handle}: the account is closed; open it first")
    if account is not None:
        made = replace(made, role=account.role, handle=account.handle)
    return invited(known, made)


# -- tokens --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TokenWish:
    """What somebody wants a token to be.

    Args:
        days: after which it holds no more.
    """

    name: str
    role: Role
    scopes: tuple[str, ...]
    days: int


def make_token(desk: ConsoleDesk, caller: Caller, wish: TokenWish) -> tuple[dict[str, Any], str]:
    """A token of the caller's own, and its secret, which is nowhere kept.

    Raises:
        UsageError: no name or scope, one that is taken, too long a time, or too many tokens.
        Refused: it would be allowed more than whoever makes it.
    """
    name = checked_name(wish.name, "a token's name")
    if not wish.scopes or not 1 <= wish.days <= LONGEST_TOKEN_DAYS:
        raise UsageError(f"a token has a scope at least, and holds 1 to {LONGEST_TOKEN_DAYS} days")
    if wish.role > caller.role or not set(wish.scopes) <= set(caller.scopes):
        raise Refused(403, "role")
    secret, now = secrets.token_urlsafe(32), desk.clock.now()
    parent = _token_of(desk.people(), caller)
    until = now + timedelta(days=wish.days)
    if parent is not None:  # what a token makes does not outlive it
        until = min(until, parent.expires_at)
    digest = digest_of(secret)
    scopes = tuple(scope for scope in SCOPES if scope in wish.scopes)
    owner = caller.handle
    made = Token(digest[:_ID_DIGITS], digest, name, owner, wish.role, scopes, now, until)

    def change(known: Accounts) -> Accounts:
        kept = only(known.tokens, lambda one: now < one.expires_at)
        if any(same_person(one.name, name) and one.owner == owner for one in kept):
            raise UsageError(f"{name}: you have a token of that name; revoke it or name another")
        if len(kept) >= MOST_TOKENS:
            raise UsageError("there are too many tokens; revoke some")
        return replace(known, tokens=(*kept, made))

    desk.accounts.change(change)
    desk.note(caller.noted, "change", ("token", made.id, made.role.word, *scopes))
    return token_form(made), secret


def _token_of(known: Accounts, caller: Caller) -> Token | None:
    """The token that a caller came with; None: a browser's session."""
    if caller.session is not None:
        return None
    for one in known.tokens:
        if (one.owner, one.name) == (caller.handle, caller.token):
            return one
    raise Refused(401, "nobody")


def revoke_token(desk: ConsoleDesk, by: str, name: str) -> None:
    """Take a token back; it holds no more at once.

    Args:
        name: its id.

    Raises:
        NotThere: there is none.
    """

    def change(known: Accounts) -> Accounts:
        kept = only(known.tokens, lambda one: one.id != name)
        if len(kept) == len(known.tokens):
            raise NotThere(f"no token {name}")
        return replace(known, tokens=kept)

    desk.accounts.change(change)
    desk.note(by, "change", ("token", name, "revoked"))


# -- one's own -----------------------------------------------------------------------------------


def change_password(desk: ConsoleDesk, handle: str, old: str, new: str) -> Account:
    """A new password for oneself; every session of the handle ends.

    Raises:
        Refused: too many wrong ones.
        UsageError: the old one is wrong, or the new one too short.
    """
    wait = desk.limits.attempts.wait(handle.casefold(), desk.clock.now())
    if wait:
        raise Refused(429, "often", int(wait.total_seconds()) + 1)
    if sign_in(desk.people(), handle, old) is None:
        raise UsageError("the old password is not right")
    kept = hashed(new)

    def change(known: Accounts) -> Accounts:
        return with_change(known, replace(found_in(known, handle), password=kept))

    account = found_in(desk.accounts.change(change), handle)
    desk.limits.attempts.forget(handle.casefold())
    desk.sessions.end_of(account.handle)
    return account


def choose_language(desk: ConsoleDesk, caller: Caller, code: str) -> None:
    """The language of one's pages, from now on and after each sign-in.

    Args:
        code: empty: what the browser asks for.

    Raises:
        UsageError: there are no pages in it.
    """
    if code and code not in languages():
        raise UsageError(f"{code}: pages are in {', '.join(languages())}")

    def change(known: Accounts) -> Accounts:
        return with_account(known, replace(found_in(known, caller.handle), language=code))

    desk.accounts.change(change)
    if caller.session is not None:
        caller.session.language = code
