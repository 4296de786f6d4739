"""Posts that say something in a picture or a voice alone, and what was read in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from sqlalchemy import exists, func, select

from tocsin.store import schema
from tocsin.store.lists import plain
from tocsin.store.store import Store, add_rows, dumps

SPEAKING = frozenset({"photo", "video", "voice", "audio", "animation", "document"})
"""Kinds of media that may hold words; a sticker or a shared position holds none."""


def unread_media(store: Store, limit: int | None = None) -> list[dict[str, Any]]:
    """Posts without text whose newest version has media that may hold words, newest first."""
    posts = schema.posts
    later = posts.alias("later")
    superseded = exists().where(
        later.c.channel == posts.c.channel,
        later.c.message_id == posts.c.message_id,
        later.c.version > posts.c.version,
    )
    query = select(posts).where(func.trim(posts.c.text) == "", ~superseded)
    query = query.where(posts.c.extra.contains('"media"'))
    query = query.order_by(posts.c.posted_at.desc(), posts.c.seq.desc())
    with store.reading() as connection:
        rows = (_row(plain(row)) for row in connection.execute(query).mappings())
        found = [row for row in rows if SPEAKING & set(row["media"])]
    return found[:limit]


def _row(row: dict[str, Any]) -> dict[str, Any]:
    listed = orjson.loads(row["extra"]).get("media") or ()
    media = [{"kind": one} if isinstance(one, str) else one for one in listed]
    return {
        "post": f"{row['channel']}/{row['message_id']}",
        "posted_at": row["posted_at"],
        "media": [one.get("kind", "other") for one in media],
        "digests": [one["digest"] for one in media if one.get("digest")],
        "channel": row["channel"],
        "message_id": row["message_id"],
    }


def add_proposal(store: Store, channel: str, number: str, body: Mapping[str, Any]) -> None:
    """Keep what a machine read in a picture of a post and was not sure of."""
    with store.writing() as connection:
        row = {"channel": channel, "message_id": number, "body": dumps(body)}
        add_rows(connection, schema.proposals, [row])


def proposals_of(store: Store, posts: Iterable[tuple[str, str]]) -> dict[str, dict[str, Any]]:
    """The newest proposal for each post that has one, by evidence id."""
    wanted = set(posts)
    table = schema.proposals
    with store.reading() as connection:
        rows = connection.execute(select(table).order_by(table.c.seq)).mappings().all()
    return {
        f"{row['channel']}/{row['message_id']}": orjson.loads(row["body"])
        for row in rows
        if (row["channel"], row["message_id"]) in wanted
    }
