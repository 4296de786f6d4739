"""Posts of a rumour as it is shown: a list for people, and what a summary is made from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Select, func, select

from tocsin.model import Role
from tocsin.store import schema
from tocsin.store.lists import Row, plain
from tocsin.store.regrouping import Grouped
from tocsin.store.rumours import Shown, ShownRumours
from tocsin.store.store import Store, chunks

MOST_TEXTS = 2_000
"""Distinct wordings of one rumour whose text is read; of more, as many evenly spaced in time."""
BACKGROUND = 1_500
"""Posts looked at, evenly spaced over all, to tell what is usual."""

_ORDER = ("known_at", "channel", "message_id", "seq")


def sightings_of(book: ShownRumours, shown: Shown, limit: int) -> list[Row]:
    """Posts of a rumour in time order, with text and reading."""
    s, p, r = schema.sightings, schema.posts, schema.readings
    query = _joined(s.c.seq, p.c.text, s.c.method, s.c.similarity, r.c.alarm)
    query = query.order_by(p.c.known_at, p.c.channel, p.c.message_id, p.c.seq).limit(limit)
    found = _rows(book, shown, query)
    return [{k: v for k, v in plain(row).items() if k != "seq"} for row in found[:limit]]


def wordings_in(book: ShownRumours, shown: Shown, most: int | None = None) -> list[Row]:
    """All posts of a rumour in time order, times as datetimes, each with what makes it a copy
    (``wording``) and its text: that of the first with that wording, blank where it is not among
    the MOST_TEXTS.

    Args:
        most: of a rumour with more posts only about so many, evenly spaced; None: all.
    """
    s, p = schema.sightings, schema.posts
    query = _joined(s.c.seq, s.c.digest, p.c.wording)
    found = _rows(book, shown, _thinned(query, shown, most))
    rows = [{**row, "wording": row["digest"] or row["wording"]} for row in found]
    firsts: dict[bytes, int] = {}
    for row in rows:
        firsts.setdefault(row["wording"], row["seq"])
    texts = _texts(book.store, _evenly(list(firsts.values()), MOST_TEXTS))
    return [{**row, "text": texts.get(firsts[row["wording"]], "")} for row in rows]


def in_order(book: ShownRumours, shown: Shown) -> list[int]:
    """Ledger positions of all posts of a rumour, oldest first."""
    return [row["seq"] for row in _rows(book, shown, _joined(schema.sightings.c.seq))]


def places_named(
    book: ShownRumours, shown: Shown, since: datetime, most: int | None = None
) -> list[tuple[str, int]]:
    """Places that posts after ``since`` speak of, with how many posts; the most named first.

    Args:
        most: as for :func:`wordings_in`.
    """
    p, r = schema.posts, schema.readings
    query = _joined(schema.sightings.c.seq, r.c.body).where(p.c.known_at > since)
    query = _thinned(query, shown, most)
    named: Counter[str] = Counter()
    for row in _rows(book, shown, query):
        places = orjson.loads(row["body"]).get("places", ()) if row["body"] else ()
        named.update({place["name"] for place in places if place["role"] != Role.ORIGIN})
    return sorted(named.items(), key=lambda pair: (-pair[1], pair[0]))


def parts_of(book: ShownRumours, shown: Shown) -> dict[str, list[Grouped]]:
    """Posts of a rumour by the member they belong to, before merges; oldest first, late ones
    last, as the machine saw them.
    """
    s, p = schema.sightings, schema.posts
    query = _joined(s.c.seq, s.c.digest, p.c.wording)
    found = {}
    for member in shown.members:
        alone = Shown(shown.rumour, (member,))
        rows = sorted(_rows(book, alone, query), key=lambda row: bool(row["late"]))
        found[member] = [_grouped(member, row) for row in rows]
    return found


def _grouped(member: str, row: Mapping[str, Any]) -> Grouped:
    ref = f"{row['channel']}/{row['message_id']}"
    return Grouped(row["seq"], member, ref, row["digest"] or row["wording"])


def background(store: Store) -> dict[int, str]:
    """Texts of posts evenly spaced over all that were taken in, by ledger position."""
    seq = schema.posts.c.seq
    with store.reading() as connection:
        first, last = connection.execute(select(func.min(seq), func.max(seq))).one()
    if first is None:
        return {}
    texts = _texts(store, _evenly(range(first, last + 1), BACKGROUND))
    return {one: texts[one] for one in sorted(texts)}


def _joined(*columns: ColumnElement[Any]) -> Select[Any]:
    """A question about sightings, their posts and readings."""
    s, p, r = schema.sightings, schema.posts, schema.readings
    common = (p.c.channel, p.c.message_id, p.c.known_at, r.c.lang, s.c.stance, s.c.late)
    query = select(*common, *columns).join_from(s, p, s.c.seq == p.c.seq)
    return query.join(r, r.c.seq == s.c.seq)


def _thinned(query: Select[Any], shown: Shown, most: int | None) -> Select[Any]:
    """Only posts whose ledger position divides evenly, where there are more than ``most``; an
    index tells these without a look at the others.
    """
    posts = shown.rumour.posts
    if most is None or posts <= most:
        return query
    return query.where(schema.sightings.c.seq % -(-posts // most) == 0)


def _rows(book: ShownRumours, shown: Shown, query: Select[Any]) -> list[Mapping[str, Any]]:
    """The answers for every part of the rumour, in time order."""
    with book.store.reading() as connection:
        found: list[Mapping[str, Any]] = [
            dict(row)
            for scope in book.scopes(shown)
            for row in connection.execute(query.where(scope)).mappings()
        ]
    return sorted(found, key=lambda row: tuple(row[name] for name in _ORDER))


def _texts(store: Store, seqs: list[int]) -> dict[int, str]:
    p = schema.posts
    found: dict[int, str] = {}
    with store.reading() as connection:
        for some in chunks(seqs, 500):
            query = select(p.c.seq, p.c.text).where(p.c.seq.in_(some))
            found.update((row.seq, row.text) for row in connection.execute(query))
    return found


def _evenly(values: list[int] | range, most: int) -> list[int]:
    """At most ``most`` of them, evenly spaced."""
    if len(values) <= most:
        return list(values)
    return [values[i * len(values) // most] for i in range(most)]
