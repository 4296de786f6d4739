"""The desk as it stood at some minute of the past: nothing that came later is in it.

What counts is when something was known: of a post that came in an export that is when it was
posted, of a warning when it was issued, of a decision when it was made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
from sqlalchemy import func, select

from tocsin import wire
from tocsin.console.desk import ConsoleDesk
from tocsin.console.facts.grown import grown
from tocsin.console.facts.now import coverage
from tocsin.console.facts.posts import joined, post_forms
from tocsin.console.facts.situations import TELLS, situations
from tocsin.console.moments import Window
from tocsin.console.one_look import in_one_look
from tocsin.console.roles import Role
from tocsin.errors import UsageError
from tocsin.model import DecisionKind
from tocsin.store import Store, schema
from tocsin.store.lists import reached
from tocsin.store.store import chunks

BEFORE: Final = timedelta(hours=36)
AFTER: Final = timedelta(hours=12)
"""Around the newest warning, where no window is asked for: 48 hours."""
LONGEST: Final = timedelta(days=370)
RECENT: Final = timedelta(hours=6)
MOST_POSTS: Final = 5
MOST_DECISIONS: Final = 30
MOST_MARKS: Final = 100
MOST_LIFE: Final = 12
_MINUTE: Final = timedelta(minutes=1)
_DECIDED: Final = tuple(
    kind.value
    for kind in DecisionKind
    if kind.value.partition("_")[0] in ("warning", "rumour", "release")
)
"""Kinds that are shown: not what was done to the desk's lists, keys and tips."""
_VALUES: Final = (
    DecisionKind.WARNING_OUTCOME,
    DecisionKind.RUMOUR_STATUS,
    DecisionKind.RUMOUR_MERGE,
    DecisionKind.RUMOUR_UNMERGE,
)
"""Decisions whose value is a word, and not texts or lists."""

Row = Mapping[str, Any]


def window_of(
    desk: ConsoleDesk,
    at: datetime | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
) -> Window:
    """The window that is asked for; else the 48 hours around the newest warning, or around ``at``.

    Raises:
        UsageError: it ends before it begins, or is longer than a year.
    """
    if start is None or end is None:
        usual = _usual(desk, at)
        start, end, at = start or usual.start, end or usual.end, at or usual.at
    if end <= start or end - start > LONGEST:
        raise UsageError("from, to: a window ends after it begins and is at most a year long")
    at = at or end
    if at < start:
        start, end = at, at + (end - start)
    elif at > end:
        start, end = at - (end - start), at
    return Window(start, end, at)


def _usual(desk: ConsoleDesk, at: datetime | None) -> Window:
    newest = newest_warning(desk.store) or reached(desk.store) or desk.clock.now()
    around = Window(_hour(newest - BEFORE), _hour(newest + AFTER), newest)
    if at is None or around.start <= at <= around.end:
        return around
    return Window(_hour(at - BEFORE), _hour(at + AFTER), at)


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def newest_warning(store: Store) -> datetime | None:
    """When a warning was issued or changed for the last time."""
    table = schema.warnings.c
    query = select(func.max(table.issued_at)).where(table.action.in_(TELLS))
    with store.reading() as connection:
        found: datetime | None = connection.execute(query).scalar()
    return found


@in_one_look
def replay(desk: ConsoleDesk, window: Window, role: Role) -> dict[str, Any]:
    """The desk as it stood at ``window.at``."""
    store, at = desk.store, window.at
    standing = situations(store, at, at)
    lives = _lives(store, [row["warning"] for row in standing], at)
    return {
        "at": wire.iso(at),
        "from": wire.iso(window.start),
        "to": wire.iso(window.end),
        "minute": (at - window.start) // _MINUTE,
        "minutes": window.length // _MINUTE,
        "situations": [
            {**row, "minutes_left": _left(row, at), "life": lives.get(_key(row), [])}
            for row in standing
        ],
        "marks": _marks(store, window),
        "decisions": _decisions(store, at),
        "posts": _posts(store, at, role),
        "rumours": grown(store, at, role),
        "coverage": coverage(store, at),
    }


def _key(row: Row) -> tuple[str, str, str]:
    return row.get("warning") or row["id"], row["place_id"], row["target"]


def _left(row: Row, at: datetime) -> int | None:
    """Minutes to the called hour; below zero: it has passed; None: no hour is known."""
    start = wire.moment(row["window_start"])
    return None if start is None else (start - at) // _MINUTE


def _lives(
    store: Store, names: Sequence[str], at: datetime
) -> dict[tuple[str, str, str], list[dict[str, Any]]]:
    """What was said of each warning by then, the newest last."""
    table, found = schema.warnings.c, dict[tuple[str, str, str], list[dict[str, Any]]]()
    query = select(table.body).where(table.issued_at <= at).order_by(table.seq)
    with store.reading() as connection:
        for some in chunks(list(dict.fromkeys(names)), 500):
            for body in connection.execute(query.where(table.id.in_(some))).scalars():
                line = orjson.loads(body)
                found.setdefault(_key(line), []).append(_said(line))
    return {key: life[-MOST_LIFE:] for key, life in found.items()}


def _said(line: Row) -> dict[str, Any]:
    kept = ("action", "level", "issued_at", "window_start", "why")
    return {name: line[name] for name in kept}


def _marks(store: Store, window: Window) -> list[dict[str, Any]]:
    """Warning actions of the window up to the moment, oldest first; the newest where they are
    many.
    """
    table = schema.warnings.c
    query = select(table.body).where(table.issued_at >= window.start, table.issued_at <= window.at)
    query = query.order_by(table.issued_at.desc(), table.seq.desc()).limit(MOST_MARKS)
    with store.reading() as connection:
        lines = [orjson.loads(body) for body in connection.execute(query).scalars()]
    return [_mark(line, window) for line in reversed(lines)]


def _mark(line: Row, window: Window) -> dict[str, Any]:
    kept = ("action", "level", "place", "target")
    issued = wire.moment(line["issued_at"])
    assert issued is not None
    where = {"at": line["issued_at"], "share": round(window.share(issued), 5)}
    return {"warning": line["id"], **where, **{name: line[name] for name in kept}}


def _decisions(store: Store, at: datetime) -> list[dict[str, Any]]:
    """What people had decided by then about warnings and rumours, the newest first."""
    table = schema.decisions
    query = select(table).where(table.c.at <= at, table.c.kind.in_(_DECIDED))
    query = query.order_by(table.c.at.desc(), table.c.seq.desc()).limit(MOST_DECISIONS)
    with store.reading() as connection:
        rows = connection.execute(query).mappings().all()
    return [
        {
            "kind": row["kind"],
            "subject": row["subject"],
            "value": row["value"] if row["kind"] in _VALUES else None,
            "by": row["by"],
            "at": wire.iso(row["at"]),
            "reason": row["reason"],
        }
        for row in rows
    ]


def _posts(store: Store, at: datetime, role: Role) -> dict[str, Any]:
    """How many posts of the last hours were known, and the newest."""
    p = schema.posts.c
    recent = (p.known_at > at - RECENT, p.known_at <= at)
    newest = joined().where(*recent).order_by(
        p.known_at.desc(), p.channel.desc(), p.message_id.desc(), p.version.desc()
    )  # fmt: skip
    with store.reading() as connection:
        count = connection.execute(select(func.count()).where(*recent)).scalar_one()
        rows = [dict(row) for row in connection.execute(newest.limit(2 * MOST_POSTS)).mappings()]
    latest = {(row["channel"], row["message_id"]): row for row in reversed(rows)}
    shown = sorted(latest.values(), key=lambda row: (row["known_at"], row["seq"]), reverse=True)
    items = post_forms(store, shown[:MOST_POSTS], role, at)
    return {"hours": RECENT // timedelta(hours=1), "count": count, "items": items}
