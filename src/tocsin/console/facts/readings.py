"""What was read in posts, the newest first, without their words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import ColumnElement, Select, literal, select, tuple_

from tocsin import wire
from tocsin.errors import UsageError
from tocsin.store import Store, schema
from tocsin.store.finding import few_of
from tocsin.store.lists import read_until

_BODY: Final[Mapping[str, Any]] = {
    "act_scores": {},
    "places": [],
    "event_time": None,
    "deadline": None,
    "calls": [],
}
"""What is kept beside the columns, and what stands for it where nothing was found."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which readings.

    Args:
        since, until: of ``known_at``: from ``since`` on, and before ``until``.
        cursor: ``next`` of the answer before.
    """

    since: datetime | None = None
    until: datetime | None = None
    channel: str = ""
    cursor: str = ""
    limit: int = 100


def readings(store: Store, asked: Asked) -> dict[str, Any]:
    """Readings of posts, and the cursor of those after.

    Raises:
        UsageError: the cursor is not one of this list.
    """
    p, r = schema.posts.c, schema.readings
    seqs = _seqs(store, asked).subquery()
    query = select(schema.posts, r, schema.sightings.c.rumour).join_from(
        seqs, schema.posts, p.seq == seqs.c.seq
    )
    query = query.join(r, r.c.seq == p.seq).join(
        schema.sightings, schema.sightings.c.seq == p.seq, isouter=True
    )
    order = [column.desc() for column in _order()]
    with store.reading() as connection:
        rows = connection.execute(query.order_by(*order)).mappings().all()
    shown = rows[: asked.limit]
    more = len(rows) > asked.limit
    return {"items": [_line(row) for row in shown], "next": str(shown[-1]["seq"]) if more else None}


def _few(store: Store, channel: str) -> bool:
    """Whether a channel has so few posts that they are sorted rather than sought among all."""
    with store.reading() as connection:
        return few_of(connection, channel) is not None


def _order() -> tuple[ColumnElement[Any], ...]:
    """The columns of the index ``posts_in_time``."""
    p = schema.posts.c
    return (p.known_at, p.channel, p.message_id, p.version)


def _seqs(store: Store, asked: Asked) -> Select[Any]:
    """Ledger positions of one answer and one more, read from an index alone."""
    p, r = schema.posts.c, schema.readings.c
    query = select(p.seq).where(select(r.seq).where(r.seq == p.seq).exists())
    newest = read_until(store)
    if newest is not None:  # above it there may be a million posts that wait for their run
        query = query.where(p.known_at <= newest)
    if asked.since is not None:
        query = query.where(p.known_at >= asked.since)
    if asked.until is not None:
        query = query.where(p.known_at < asked.until)
    if asked.channel:
        # Joined to nothing, SQLite walks the index in time instead of sorting the channel.
        name = p.channel if _few(store, asked.channel) else p.channel + ""
        query = query.where(name == asked.channel)
    if asked.cursor:
        query = query.where(tuple_(*_order()) < tuple_(*_position(store, asked.cursor)))
    return query.order_by(*(column.desc() for column in _order())).limit(asked.limit + 1)


def _position(store: Store, cursor: str) -> tuple[Any, ...]:
    row = None
    if cursor.isdecimal() and len(cursor) <= 18:
        query = select(*_order()).where(schema.posts.c.seq == int(cursor))
        with store.reading() as connection:
            row = connection.execute(query).first()
    if row is None:
        raise UsageError("cursor: not one of this list; begin again without it")
    return tuple(literal(value, column.type) for value, column in zip(row, _order(), strict=True))


def _line(row: Mapping[Any, Any]) -> dict[str, Any]:
    body = orjson.loads(row["body"] or "{}")
    return {
        "id": f"{row['channel']}/{row['message_id']}",
        "channel": row["channel"],
        "version": row["version"],
        "posted_at": wire.iso(row["posted_at"]),
        "known_at": wire.iso(row["known_at"]),
        "lang": row["lang"],
        "read": row["read"],
        "alarm": row["alarm"],
        "acts": body.get("acts", []),
        "frame": row["frame"],
        "target": row["target"],
        "rumour": row["rumour"],
        **{name: body.get(name, none) for name, none in _BODY.items()},
    }
