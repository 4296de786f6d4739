"""Local accounts, tokens and invitations: ``DIR/console.box``, encrypted like the desk's lists.

Passwords are kept as argon2id, secrets of tokens and invitations as SHA-256 of 32 random bytes,
which nobody tries out. A handle tells who decided in the ledger, so it is never given away again.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from hmac import compare_digest
from typing import Final, TypeVar

import orjson
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from tocsin.console.roles import Role
from tocsin.desk.forms import form_of, word_of
from tocsin.desk.kept import KeptWord
from tocsin.errors import Unfit, UsageError
from tocsin.model.names import same_person

FILE_NAME: Final = "console.box"
SHORTEST_PASSWORD: Final = 12
LONGEST_PASSWORD: Final = 256
INVITED_FOR: Final = timedelta(hours=24)
_VERSION: Final = 1
_HASHER: Final = PasswordHasher()


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may sign in.

    Args:
        password: argon2id, with its parameters and salt.
        language: of the pages; empty: what the browser asks for.
    """

    handle: str
    role: Role
    password: str
    created_at: datetime
    disabled: bool = False
    language: str = ""


@dataclass(frozen=True, slots=True)
class Token:
    """What other software shows instead of a password.

    Args:
        id: the first 8 digits of the secret's digest.
        role: what it may do at most; never more than its owner.
        scopes: ``read``, ``write``, ``ingest``, ``metrics``.
    """

    id: str
    digest: str
    name: str
    owner: str
    role: Role
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link that makes one account, once.

    Args:
        handle: whom it is for; empty: whoever has it says.
    """

    digest: str
    role: Role
    expires_at: datetime
    handle: str = ""


@dataclass(frozen=True, slots=True)
class Accounts:
    """All of them, in the order in which they were made."""

    accounts: tuple[Account, ...] = ()
    tokens: tuple[Token, ...] = ()
    invitations: tuple[Invitation, ...] = ()

    def find(self, handle: str) -> Account | None:
        """The account of a handle, in whatever letters it is typed."""
        found = (one for one in self.accounts if same_person(one.handle, handle))
        return next(found, None)


class AccountsBox(KeptWord[Accounts]):
    """The file with them."""

    empty = Accounts()

    def to_bytes(self, word: Accounts) -> bytes:
        """As they lie inside the box: JSON, versioned."""
        return orjson.dumps({"version": _VERSION, **form_of(word)}, option=orjson.OPT_SORT_KEYS)

    def from_bytes(self, data: bytes, name: str) -> Accounts:
        """The inverse of :meth:`to_bytes`."""
        try:
            form = orjson.loads(data)
            if form.pop("version", None) != _VERSION:
                raise UsageError(f"{name}: written by a later version of tocsin; install that one")
            return word_of(Accounts, form)
        except (Unfit, orjson.JSONDecodeError, AttributeError, TypeError) as error:
            raise UsageError(f"{name}: {error}; restore it from its copy") from None


def digest_of(secret: str) -> str:
    """What is kept of a secret."""
    return sha256(secret.encode()).hexdigest()


def checked_password(password: str) -> str:
    """The same, if it is long enough.

    Raises:
        UsageError: it is too short, or absurdly long.
    """
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise UsageError(
            f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters: four or five "
            "words that nobody connects with you"
        )
    return password


def hashed(password: str) -> str:
    """A checked password as it is kept."""
    return _HASHER.hash(checked_password(password))


@cache
def _nobody() -> str:
    """Checked where there is no such account, so that the time taken tells nothing."""
    return _HASHER.hash("nobody has this password")


def sign_in(accounts: Accounts, handle: str, password: str) -> Account | None:
    """The account, if the password is right and it is not closed; takes as long either way."""
    account = accounts.find(handle)
    try:
        _HASHER.verify(account.password if account else _nobody(), password[:LONGEST_PASSWORD])
    except VerificationError:
        return None
    return None if account is None or account.disabled else account


def with_account(accounts: Accounts, account: Account) -> Accounts:
    """One more, or changed in its old place."""
    known = [same_person(one.handle, account.handle) for one in accounts.accounts]
    if True not in known:
        return replace(accounts, accounts=(*accounts.accounts, account))
    at = known.index(True)
    whole = accounts.accounts
    return replace(accounts, accounts=(*whole[:at], account, *whole[at + 1 :]))


def new_link(role: Role, now: datetime, handle: str = "") -> tuple[str, Invitation]:
    """The secret of a link, which is nowhere kept, and what is kept of it.

    Args:
        handle: whom it is for; empty: whoever has it says.
    """
    secret = secrets.token_urlsafe(24)
    return secret, Invitation(digest_of(secret), role, now + INVITED_FOR, handle)


def invited(accounts: Accounts, invitation: Invitation) -> Accounts:
    """With one more invitation; those that hold no more and those for the same handle go, and as
    long as there is no account at all, so do those that name nobody: one link for the first admin.
    """
    made_at = invitation.expires_at - INVITED_FOR

    def stays(one: Invitation) -> bool:
        if one.expires_at <= made_at:
            return False
        if one.handle and invitation.handle:
            return not same_person(one.handle, invitation.handle)
        return bool(accounts.accounts)

    kept = filter(stays, accounts.invitations)
    return replace(accounts, invitations=(*kept, invitation))


def invitation_for(accounts: Accounts, secret: str, now: datetime) -> Invitation | None:
    """The invitation that a link's secret belongs to, while it holds."""
    wanted = digest_of(secret)
    for one in accounts.invitations:
        if compare_digest(one.digest, wanted) and now < one.expires_at:
            return one
    return None


def accepted(accounts: Accounts, secret: str, account: Account, now: datetime) -> Accounts:
    """The invitation used up and its account made.

    Raises:
        UsageError: the link holds no more, or the handle is taken.
    """
    invitation = invitation_for(accounts, secret, now)
    if invitation is None:
        raise UsageError("this link holds no more; ask for a new one: tocsin people invite")
    known = accounts.find(account.handle)
    if known is not None and not same_person(invitation.handle or "", known.handle):
        raise UsageError(f"{account.handle} is taken; choose another handle")
    rest = tuple(one for one in accounts.invitations if one is not invitation)
    return with_account(replace(accounts, invitations=rest), account)


def token_for(accounts: Accounts, secret: str, now: datetime) -> Token | None:
    """The token that this secret belongs to, while it and its owner's account hold."""
    wanted = digest_of(secret)
    for one in accounts.tokens:
        owner = accounts.find(one.owner)
        if compare_digest(one.digest, wanted) and now < one.expires_at:
            if owner is None or owner.disabled:
                return None
            return replace(one, role=min(one.role, owner.role))
    return None


Part = TypeVar("Part", Account, Token, Invitation)


def only(parts: tuple[Part, ...], keep: Callable[[Part], bool]) -> tuple[Part, ...]:
    """Those that are to stay."""
    return tuple(one for one in parts if keep(one))
