"""Finding posts by their words and readings, the newest first, in a time that does not grow with
the store.

Two ways. Where full text, or the index of groups or channels, names few posts, those are looked at,
all of them. Otherwise posts are walked from the newest back, in windows, until enough are found or
time is up; the answer says how far it came, and goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import Connection, Select, and_, literal, select, text, tuple_

from tocsin.errors import UsageError
from tocsin.store import schema
from tocsin.store.grams import PIECE, Cleaned, holds, with_all
from tocsin.store.store import Store, chunks
from tocsin.store.words import full_text_of

FEW: Final = 2_000
"""Posts that are looked at one by one where an index names them."""
WINDOW: Final = 1_500
"""Posts that are walked before it is asked whether time is up."""
MOST: Final = 5_000
"""Found posts whose days are counted."""
_CHUNK: Final = 400
_ORDER: Final = ("known_at", "channel", "message_id", "version")
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which posts; all that is given must fit.

    Args:
        words: cleaned, and in one case, as full text has them.
        act: that a machine read in it.
        since, until: known here at or after, and before.
        before: ledger position of the last post that was shown or looked at.
    """

    words: tuple[str, ...] = ()
    channel: str | None = None
    lang: str | None = None
    act: str | None = None
    target: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What was found in one look.

    Args:
        seqs: ledger positions, the newest post first.
        moments: when each of them became known.
        reached: back to when posts were looked at; None: all of them.
        last: ledger position of the last that was looked at; None: all were.
    """

    seqs: tuple[int, ...]
    moments: tuple[datetime, ...]
    reached: datetime | None = None
    last: int | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """How one looks.

    Args:
        says: whether a text as it was taken in has all the words.
        hurry: whether time is up; asked after each window, of which there is at least one.
        cleaned: a text as it was put into full text.
    """

    says: Callable[[str, Sequence[str]], bool]
    hurry: Callable[[], bool]
    cleaned: Cleaned


def find(store: Store, asked: Asked, look: Look) -> Found:
    """Posts that fit, the newest first.

    Raises:
        UsageError: there is no post at ``asked.before``.
    """
    with store.reading() as connection:
        after = _place(connection, asked.before)
        few = _few(connection, asked, look)
        if few is not None:
            rows = sorted(_among(connection, few, look), key=_key, reverse=True)
            rows = [row for row in rows if after is None or _key(row) < after]
            return _found(rows[:MOST])
        return _walked(connection, asked, after, look)


def _walked(
    connection: Connection, asked: Asked, after: tuple[Any, ...] | None, look: Look
) -> Found:
    rows: list[Row] = []
    while True:
        window = window_of(asked, after)
        edge = connection.execute(window.offset(WINDOW - 1).limit(1)).mappings().first()
        rows += _fitting(connection, (asked, look), _joined(asked, window.limit(WINDOW).subquery()))
        if edge is None:
            return _found(rows)
        after = _key(dict(edge))
        if len(rows) >= MOST or look.hurry():
            return replace(_found(rows), reached=edge["known_at"], last=edge["seq"])


def window_of(asked: Asked, after: tuple[Any, ...] | None) -> Select[Any]:
    """Posts from a place back, the newest first; an index has all that it asks for."""
    p = schema.posts.c
    query = select(p.seq, *(p[name] for name in _ORDER))
    if asked.channel is not None:
        # As an expression, so that the walk keeps to the index of times: a channel's own posts lie
        # there in no order, and would be sorted for every window.
        query = query.where(p.channel + "" == asked.channel)
    if asked.since is not None:
        query = query.where(p.known_at >= asked.since)
    if asked.until is not None:
        query = query.where(p.known_at < asked.until)
    if after is not None:
        place = tuple_(*(literal(v, p[n].type) for n, v in zip(_ORDER, after, strict=True)))
        query = query.where(tuple_(*(p[name] for name in _ORDER)) < place)
    return query.order_by(*(p[name].desc() for name in _ORDER))


def _joined(asked: Asked, window: Any) -> Select[Any]:
    """Posts of a window, or of a table, with as much of them as the question needs."""
    r, w = schema.readings.c, window.c
    query = select(w.seq, *(w[name] for name in _ORDER))
    source: Any = window
    if asked.words:
        p = schema.posts.alias("worded")
        source = source.join(p, p.c.seq == w.seq)
        query = query.add_columns(p.c.text)
    if asked.lang is not None or asked.act is not None or asked.target is not None:
        source = source.join(schema.readings, r.seq == w.seq)
        query = query.add_columns(r.body)
    if asked.channel is not None:
        query = query.where(w.channel == asked.channel)
    if asked.lang is not None:
        query = query.where(r.lang == asked.lang)
    if asked.target is not None:
        query = query.where(r.target == asked.target)
    if asked.act is not None:
        query = query.where(r.body.contains(f'"{asked.act}"', autoescape=True))
    return query.select_from(source).order_by(*(w[name].desc() for name in _ORDER))


def _fitting(connection: Connection, what: tuple[Asked, Look], query: Select[Any]) -> list[Row]:
    asked, look = what
    found = connection.execute(query)
    names = tuple(found.keys())  # a mapping of each row would cost more than the row
    return [
        dict(zip(names, row, strict=True))
        for row in found
        if (not asked.words or look.says(row.text, asked.words))
        and (asked.act is None or asked.act in orjson.loads(row.body).get("acts", ()))
    ]


# -- few -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Few:
    """Posts that an index names.

    Args:
        rest: what of the question is still to be asked of each.
    """

    seqs: Sequence[int]
    rest: Asked


def _few(connection: Connection, asked: Asked, look: Look) -> _Few | None:
    """The posts that an index names, if they are few."""
    r = schema.readings.c
    few = _few_said(connection, asked, look) if asked.words else None
    if few is not None:
        return few
    if asked.target is not None:
        query = select(r.seq).where(r.target == asked.target)
        found = list(connection.execute(query.limit(FEW + 1)).scalars())
        if len(found) <= FEW:
            return _Few(found, asked)
    own = None if asked.channel is None else few_of(connection, asked.channel)
    return None if own is None else _Few(own, asked)


def few_of(connection: Connection, channel: str) -> list[int] | None:
    """Ledger positions of a channel's posts, if they are few."""
    p = schema.posts.c
    query = select(p.seq).where(p.channel == channel).limit(FEW + 1)
    found = list(connection.execute(query).scalars())
    return found if len(found) <= FEW else None


def _few_said(connection: Connection, asked: Asked, look: Look) -> _Few | None:
    """The posts that full text names."""
    if connection.dialect.name == "sqlite":
        said, rest = full_text_of(connection, asked.words)
        query = full_text(said) if said else None
    else:
        long = tuple(word for word in asked.words if len(word) >= PIECE)
        rest = tuple(word for word in asked.words if word not in long)
        query = pieces_with(long) if long else None
    if query is None:
        return None
    found = list(connection.execute(query).scalars())
    if len(found) > FEW:
        return None
    if connection.dialect.name != "sqlite":
        found = _confirmed(connection, found, long, look)
    return _Few(found, replace(asked, words=rest))


def _confirmed(
    connection: Connection, seqs: Sequence[int], words: Sequence[str], look: Look
) -> list[int]:
    """Those of some posts that have the words in them as full text has them."""
    p = schema.posts.c
    return [
        row.seq
        for some in chunks(seqs, _CHUNK)
        for row in connection.execute(select(p.seq, p.text).where(p.seq.in_(some)))
        if holds(look.cleaned(row.text), words)
    ]


def pieces_with(words: Sequence[str]) -> Select[Any]:
    """Posts that PostgreSQL's index of pieces names, one more than are few."""
    return select(schema.post_search.c.seq).where(with_all(words)).limit(FEW + 1)


def full_text(said: str) -> Any:
    """Posts that SQLite's full text names, one more than are few."""
    query = text("SELECT rowid FROM post_search WHERE post_search MATCH :said LIMIT :most")
    return query.bindparams(said=said, most=FEW + 1)


def _among(connection: Connection, few: _Few, look: Look) -> Iterator[Row]:
    """Those of few posts that fit."""
    p, rest = schema.posts, few.rest
    query = _joined(rest, p)
    times = [p.c.known_at >= rest.since] if rest.since is not None else []
    times += [p.c.known_at < rest.until] if rest.until is not None else []
    for some in chunks(few.seqs, _CHUNK):
        yield from _fitting(connection, (rest, look), query.where(and_(p.c.seq.in_(some), *times)))


def _place(connection: Connection, seq: int | None) -> tuple[Any, ...] | None:
    """Where a post stands in the order."""
    if seq is None:
        return None
    p = schema.posts.c
    query = select(*(p[name] for name in _ORDER)).where(p.seq == seq)
    row = connection.execute(query).first()
    if row is None:
        raise UsageError("cursor: not one of this list; begin again without it")
    return tuple(row)


def _key(row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in _ORDER)


def _found(rows: Sequence[Row]) -> Found:
    return Found(tuple(row["seq"] for row in rows), tuple(row["known_at"] for row in rows))
