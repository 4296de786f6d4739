"""Posts by the words in them, by channel, and by when they were published."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, false, or_, select, text

from tocsin.store import schema
from tocsin.store.grams import Cleaned, holds, with_all
from tocsin.store.store import Store, chunks

SHORTEST = 3
"""Letters that full text needs; shorter words are looked for in each post."""
_CHUNK = 400


@dataclass(frozen=True, slots=True)
class Bounds:
    """Which posts are meant; all that is given must fit.

    Args:
        since, until: published at or after, and before.
    """

    channel: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def posts_with(store: Store, words: str, bounds: Bounds, cleaned: Cleaned) -> list[int]:
    """Ledger positions of posts that have all the words in them, rising.

    Args:
        words: cleaned as the posts' texts were; none: every post within the bounds.
        cleaned: how a post's text was put into full text.
    """
    wanted = words.split()
    long = [word for word in wanted if len(word) >= SHORTEST]
    query = _within(bounds)
    for word in wanted:
        if word not in long:
            query = query.where(schema.posts.c.text.icontains(word, autoescape=True))
    with store.reading() as connection:
        if not long:
            return list(connection.execute(query).scalars())
        if store.is_sqlite():
            return list(connection.execute(query.where(_said(long))).scalars())
        return _holding(connection, query, long, cleaned)


def _said(words: Sequence[str]) -> Any:
    phrase = " AND ".join('"' + word.replace('"', '""') + '"' for word in words)
    found = text("posts.seq IN (SELECT rowid FROM post_search WHERE post_search MATCH :said)")
    return found.bindparams(said=phrase)


def _holding(
    connection: Connection, query: Select[Any], words: Sequence[str], cleaned: Cleaned
) -> list[int]:
    """The same on PostgreSQL: what the index of pieces names, where the text bears it out."""
    candidates = select(schema.post_search.c.seq).where(with_all(words))
    query = query.add_columns(schema.posts.c.text).where(schema.posts.c.seq.in_(candidates))
    found = connection.execution_options(yield_per=_CHUNK).execute(query)
    return [row.seq for row in found if holds(cleaned(row.text), words)]


def erased_of(store: Store, channel: str) -> list[int]:
    """Ledger positions of a channel's posts that were erased, rising."""
    gone = schema.erased.c
    with store.reading() as connection:
        query = select(gone.seq).where(gone.channel == channel).order_by(gone.seq)
        return list(connection.execute(query).scalars())


def within(store: Store, seqs: Iterable[int], bounds: Bounds) -> set[int]:
    """Those of some posts that are within the bounds."""
    kept: set[int] = set()
    with store.reading() as connection:
        for some in chunks(sorted(seqs), _CHUNK):
            query = _within(bounds).where(schema.posts.c.seq.in_(some))
            kept.update(connection.execute(query).scalars())
    return kept


def posts_named(store: Store, refs: Sequence[str]) -> dict[int, str]:
    """Every version of the posts with these evidence ids: position → ``channel/id``."""
    p, found = schema.posts.c, dict[int, str]()
    with store.reading() as connection:
        for some in chunks(refs, _CHUNK // 4):
            pairs = [pair for ref in some for pair in _readings(ref)]
            fits = or_(*(and_(p.channel == one, p.message_id == other) for one, other in pairs))
            for row in connection.execute(select(p.seq, p.channel, p.message_id).where(fits)):
                found[row.seq] = f"{row.channel}/{row.message_id}"
    return found


def of_refs(refs: Iterable[str]) -> ColumnElement[bool]:
    """A condition on ``posts``: one of these evidence ids, every version.

    By channel, because SQLite looks through all posts for one of a list of pairs, and for a channel
    with one of a list of ids it takes an index.
    """
    p, names = schema.posts.c, dict[str, list[str]]()
    for ref in dict.fromkeys(refs):
        channel, _, name = ref.rpartition("/")
        names.setdefault(channel, []).append(name)
    return or_(false(), *(and_(p.channel == c, p.message_id.in_(ids)) for c, ids in names.items()))


def _readings(ref: str) -> list[tuple[str, str]]:
    """How ``channel/id`` may be meant: both may have a stroke in them."""
    return [(ref[:at], ref[at + 1 :]) for at, letter in enumerate(ref) if letter == "/"]


def _within(bounds: Bounds) -> Select[Any]:
    p = schema.posts.c
    query: Select[Any] = select(p.seq).order_by(p.seq)
    if bounds.channel is not None:
        query = query.where(p.channel == bounds.channel)
    if bounds.since is not None:
        query = query.where(p.posted_at >= bounds.since)
    if bounds.until is not None:
        query = query.where(p.posted_at < bounds.until)
    return query
