"""Questions that commands ask of the store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Table, exists, func, select

from tocsin.clock import moment_at
from tocsin.store import schema
from tocsin.store.store import Store

Row = dict[str, Any]


def reached(store: Store, at: datetime | None = None) -> datetime | None:
    """The newest moment any post was known: how far the desk has come.

    Args:
        at: had come by that moment.
    """
    known_at = schema.posts.c.known_at
    query = select(func.max(known_at))
    with store.reading() as connection:
        found: datetime | None = connection.execute(
            query if at is None else query.where(known_at <= at)
        ).scalar()
    return found


def newest_seq(store: Store, table: Table) -> int | None:
    """The greatest ledger position in a table; None: it is empty."""
    with store.reading() as connection:
        found: int | None = connection.execute(select(func.max(table.c.seq))).scalar()
    return found


def read_until(store: Store) -> datetime | None:
    """When the latest post that any run has read became known; None: none was read."""
    query = select(func.max(schema.runs.c.position))
    with store.reading() as connection:
        position = connection.execute(query).scalar()
    return None if position is None else moment_at(int(orjson.loads(position)[0]))


def warnings_now(store: Store, level: str | None = None, at: datetime | None = None) -> list[Row]:
    """The newest action of each warning, newest first; of a list of places one for each.

    Args:
        level: of that action.
        at: as it stood then; None: now.
    """
    table = schema.warnings
    newest = select(func.max(table.c.seq)).group_by(table.c.id, table.c.place_id, table.c.target)
    if at is not None:
        newest = newest.where(table.c.issued_at <= at)
    query = select(table.c.body).where(table.c.seq.in_(newest))
    if level is not None:
        query = query.where(table.c.level == level)
    query = query.order_by(table.c.issued_at.desc(), table.c.seq.desc())
    with store.reading() as connection:
        return [orjson.loads(body) for body in connection.execute(query).scalars()]


def warning_life(store: Store, warning_id: str) -> list[Row]:
    """All actions of one warning, oldest first; empty if there is none."""
    table = schema.warnings
    query = select(table.c.body).where(table.c.id == warning_id).order_by(table.c.seq)
    with store.reading() as connection:
        return [orjson.loads(body) for body in connection.execute(query).scalars()]


def decisions_about(store: Store, subject: str) -> list[Row]:
    """People's decisions about a rumour or warning, oldest first."""
    table = schema.decisions
    query = table.select().where(table.c.subject == subject).order_by(table.c.seq)
    with store.reading() as connection:
        return [plain(row) for row in connection.execute(query).mappings()]


def decided(store: Store, kind: str, before: int | None = None) -> dict[str, str]:
    """The newest value decided for each subject.

    Args:
        before: only decisions that the ledger held before this position.
    """
    table = schema.decisions
    query = select(table.c.subject, table.c.value).where(table.c.kind == kind)
    if before is not None:
        query = query.where(table.c.seq < before)
    with store.reading() as connection:
        rows = connection.execute(query.order_by(table.c.seq))
        return {row.subject: row.value for row in rows}


def channel_counts(store: Store) -> list[Row]:
    """Each channel with its posts, first and last, and how many could not be read.

    Unread is None where none of a channel's posts was tried yet.
    """
    rows = channel_spans(store)
    unread = channel_unread(store, [row["channel"] for row in rows])
    return [{**row, "unread": unread.get(row["channel"])} for row in rows]


def channel_spans(store: Store) -> list[Row]:
    """Each channel with how many posts it has, the first and the last; the largest first.

    Goes over an index alone: a fifth of a second for a million posts.
    """
    p = schema.posts.c
    spans = (func.min(p.posted_at).label("first"), func.max(p.posted_at).label("last"))
    query = select(p.channel, func.count().label("posts"), *spans).group_by(p.channel)
    with store.reading() as connection:
        rows = connection.execute(query.order_by(func.count().desc(), p.channel)).mappings()
        return [plain(row) for row in rows]


def channel_unread(store: Store, channels: Iterable[str]) -> dict[str, int]:
    """How many posts of each channel could not be read; over a second for a million posts.

    A post whose words came in a later version, as by a transcript, is not among them; a channel
    none of whose posts was tried yet is left out.
    """
    p, r = schema.posts.c, schema.readings.c
    later = schema.posts.alias("later").c
    is_newest = ~exists().where(
        later.channel == p.channel,
        later.message_id == p.message_id,
        later.version > p.version,
    )
    query = select(p.channel, func.count()).join_from(schema.readings, schema.posts, p.seq == r.seq)
    query = query.where(r.read == "unsupported", is_newest).group_by(p.channel)
    with store.reading() as connection:
        found = {str(channel): int(count) for channel, count in connection.execute(query)}
        for channel in channels:
            tried = select(p.seq).where(p.channel == channel, exists().where(r.seq == p.seq))
            if channel not in found and connection.execute(tried.limit(1)).first() is not None:
                found[channel] = 0
    return found


def plain(row: Mapping[Any, Any]) -> Row:
    """A row with times as ISO 8601."""
    return {str(k): v.isoformat() if hasattr(v, "isoformat") else v for k, v in row.items()}


def newest_post(store: Store, channel: str, message_id: str) -> Row | None:
    """The row of the newest version of a post; None where there is no such post."""
    posts = schema.posts
    query = select(posts).where(posts.c.channel == channel, posts.c.message_id == message_id)
    with store.reading() as connection:
        row = connection.execute(query.order_by(posts.c.version.desc()).limit(1)).mappings().first()
    return None if row is None else dict(row)
