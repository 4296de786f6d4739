"""Posts by their words and readings, and one post with its reading."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import and_, or_

from tocsin import wire
from tocsin.console.desk import ConsoleDesk
from tocsin.console.facts.posts import joined, post_forms
from tocsin.console.facts.rumours import rows_at
from tocsin.console.problems import NotThere
from tocsin.console.roles import Role
from tocsin.engines.search_words import says
from tocsin.errors import UsageError
from tocsin.store import schema
from tocsin.store.finding import MOST, Asked, Found, Look, find
from tocsin.text.clean import clean

LOOK_S: Final = 0.08
"""Seconds of one look back through posts that no index names."""
MOST_DAYS: Final = 400
"""Days of the histogram, the newest."""


MOST_DIGITS: Final = 4
"""In what a viewer searches for: a year, and no telephone."""


def search(desk: ConsoleDesk, asked: Asked, role: Role, limit: int) -> dict[str, Any]:
    """Posts that fit, the newest first; how many came on which day; how far it looked.

    Raises:
        UsageError: a viewer searches for a number or a name, which they are not shown either.
    """
    refuse_contacts(asked.words, role)
    until = time.monotonic() + LOOK_S
    found = find(desk.store, asked, Look(says, lambda: time.monotonic() >= until, clean))
    shown = found.seqs[:limit]
    return {
        "items": post_forms(desk.store, _newest(rows_at(desk.store, shown)), role),
        "next": _next(found, shown),
        "counted": len(found.seqs),
        "capped": len(found.seqs) >= MOST,
        "reached": wire.iso(found.reached),
        "days": days_of(found.moments),
    }


def refuse_contacts(words: Sequence[str], role: Role) -> None:
    """Say no to finding out by search what is taken out of the posts that are shown.

    Raises:
        UsageError: a viewer searches for what may be a number, an address or a name.
    """
    said = " ".join(words)
    digits = sum(letter.isdigit() for letter in said)
    if role < Role.ANALYST and (digits > MOST_DIGITS or "@" in said):
        raise UsageError("q: numbers, addresses and @names are searched for by analysts alone")


def _newest(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Of versions of one post on a page the newest, which comes first."""
    kept: dict[tuple[str, str], Mapping[str, Any]] = {}
    for row in rows:
        kept.setdefault((row["channel"], row["message_id"]), row)
    return list(kept.values())


def _next(found: Found, shown: Sequence[int]) -> str | None:
    """Where to go on: after the last shown; after the last looked at, where all found are."""
    if len(shown) < len(found.seqs):
        return str(shown[-1])
    if len(found.seqs) >= MOST and shown:
        return str(shown[-1])
    return None if found.last is None else str(found.last)


def days_of(moments: Sequence[datetime]) -> list[dict[str, Any]]:
    """Posts on each day of UTC that has any, oldest first."""
    counts = Counter(moment.date() for moment in moments)
    days = sorted(counts)[-MOST_DAYS:]
    return [{"at": day.isoformat(), "posts": counts[day]} for day in days]


def post(desk: ConsoleDesk, ref: str, role: Role) -> dict[str, Any]:
    """One post with its reading: the newest version, and what versions there are.

    Args:
        ref: its evidence id, ``channel/id``; both may have strokes in them.

    Raises:
        NotThere: there is no such post.
    """
    p = schema.posts.c
    pairs = [(ref[:at], ref[at + 1 :]) for at, letter in enumerate(ref) if letter == "/"]
    fits = or_(*(and_(p.channel == one, p.message_id == other) for one, other in pairs))
    with desk.store.reading() as connection:
        query = joined().where(fits).order_by(p.version)
        rows = [dict(row) for row in connection.execute(query).mappings()] if pairs else []
    if not rows:
        raise NotThere(f"no post {ref}")
    forms = post_forms(desk.store, rows, role)
    versions = [
        {"version": one["version"], "known_at": one["known_at"], "edited_at": one["edited_at"]}
        for one in forms
    ]
    return {**forms[-1], "copy_of": None, "versions": versions}
