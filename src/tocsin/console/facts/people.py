"""Who may sign in, tokens of other software, the audit log, and what the desk is for."""

from __future__ import annotations

from typing import Any, Final

from tocsin import wire
from tocsin.console.accounts import Token
from tocsin.console.desk import ConsoleDesk
from tocsin.desk.audit import newest
from tocsin.engines.papers import purpose as answers
from tocsin.errors import UsageError

Json = dict[str, Any]
WHATS: Final = ("query", "view", "export", "change", "check", "refused")
_RETENTION: Final = ("posts_days", "rumours_days", "warnings_days", "tips_days")


def accounts(desk: ConsoleDesk) -> list[Json]:
    """Every account, the oldest first."""
    return [
        {
            "handle": one.handle,
            "role": one.role.word,
            "created_at": wire.iso(one.created_at),
            "closed": one.disabled,
        }
        for one in desk.people().accounts
    ]


def invitations(desk: ConsoleDesk) -> list[Json]:
    """Links that still hold; their secrets are nowhere kept."""
    now = desk.clock.now()
    return [
        {"handle": one.handle, "role": one.role.word, "until": wire.iso(one.expires_at)}
        for one in desk.people().invitations
        if now < one.expires_at
    ]


def tokens(desk: ConsoleDesk, owner: str | None = None) -> list[Json]:
    """Tokens that are there, of everybody or of one; never their secrets."""
    now = desk.clock.now()
    return [
        {**token_form(one), "expired": one.expires_at <= now}
        for one in desk.people().tokens
        if owner in (None, one.owner)
    ]


def token_form(one: Token) -> Json:
    """A token without what is kept of its secret."""
    return {
        "id": one.id,
        "name": one.name,
        "owner": one.owner,
        "role": one.role.word,
        "scopes": list(one.scopes),
        "created_at": wire.iso(one.created_at),
        "expires_at": wire.iso(one.expires_at),
    }


def audit(desk: ConsoleDesk, by: str, what: str, cursor: str, most: int) -> Json:
    """The audit log, the newest first, read from its end.

    Args:
        by: a handle; its tokens are meant too. Empty: everybody.
        what: one of ``WHATS``; empty: everything.

    Returns:
        ``items``; ``next``: where to go on. A long stretch without any that is asked for ends an
        answer early, with ``next`` set.

    Raises:
        UsageError: the cursor is none of this list.
    """
    if cursor and (not cursor.isascii() or not cursor.isdigit() or len(cursor) > 18):
        raise UsageError("cursor: not one of this list; begin again without it")
    name = by.strip().casefold()

    def wanted(row: Any) -> bool:
        who = str(row["by"]).casefold()
        return what in ("", row["what"]) and (
            not name or who == name or who.startswith(f"{name} (")
        )

    found = newest(desk.project.audit_path, int(cursor) if cursor else None, most, wanted)
    return {
        "items": list(found.rows),
        "next": None if found.before is None else str(found.before),
    }


def purpose(desk: ConsoleDesk) -> Json:
    """What was answered before the first ingest, how long things are kept, who must agree."""
    settings = desk.project.settings
    rows = answers(desk.project)
    harms = next((row["answer"] for row in rows if row["question"] == "harms"), "")
    return {
        "answers": rows,
        "harms": harms,
        "retention": {name: settings.whole(f"retention.{name}") for name in _RETENTION},
        "tip_files_days": settings.whole("tips.purge_days"),
        "release_people": settings.whole("release.people"),
    }
