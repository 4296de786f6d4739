"""Posts in the order of how alarming a machine found them, for people to look at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import orjson
from sqlalchemy import Select, func, literal, select, tuple_

from tocsin.errors import UsageError
from tocsin.store import schema
from tocsin.store.search import of_refs
from tocsin.store.store import Store

WINDOW: Final = 400
"""Posts of one window."""
_NEWEST_WARNINGS: Final = 200
Row = Mapping[str, Any]


def alarming(least: float, after: tuple[float, int] | None) -> Select[Any]:
    """One window of posts, the most alarming first, and of equals the newest; each with its newest
    copy's ledger position (``newest``) and alarm (``newest_alarm``).

    Args:
        least: alarm of a post, 0 to 1, at least.
        after: alarm and ledger position of the last one before the window.
    """
    r = schema.readings.c
    query = select(r.seq, r.alarm).where(r.alarm >= least)
    if after is not None:
        query = query.where(tuple_(r.alarm, r.seq) < tuple_(*map(literal, after)))
    window = query.order_by(r.alarm.desc(), r.seq.desc()).limit(WINDOW).subquery()
    p, s, w = schema.posts, schema.sightings, window.c
    copy, read = s.alias("copy").c, schema.readings.alias("copy_read").c
    newest = select(func.max(copy.seq)).where(copy.digest == s.c.digest).scalar_subquery()
    found = select(w.seq, w.alarm, p.c.channel, p.c.message_id, s.c.digest, newest.label("newest"))
    found = found.join_from(window, p, p.c.seq == w.seq)
    whole = found.join(s, s.c.seq == w.seq, isouter=True).subquery()
    alarm = select(read.alarm).where(read.seq == whole.c.newest).scalar_subquery()
    query = select(whole, alarm.label("newest_alarm"))
    return query.order_by(whole.c.alarm.desc(), whole.c.seq.desc())


def stands_for_copies(row: Row) -> bool:
    """Whether a row of a window is to be shown for its copies: the newest is, and one that alarms
    otherwise than the newest. So pages of a list do not repeat a text.
    """
    newest = row["newest"]
    return newest in (None, row["seq"]) or row["newest_alarm"] != row["alarm"]


def window(store: Store, least: float, after: int | None) -> list[Row]:
    """The same, read.

    Args:
        after: ledger position of the last one before the window.

    Raises:
        UsageError: no post that was read is there.
    """
    with store.reading() as connection:
        place = None
        if after is not None:
            r = schema.readings.c
            alarm = connection.execute(select(r.alarm).where(r.seq == after)).scalar()
            if alarm is None:
                raise UsageError("cursor: not one of this list; begin again without it")
            place = (float(alarm), after)
        return [dict(row) for row in connection.execute(alarming(least, place)).mappings()]


def count_alarming(store: Store, least: float, most: int) -> int:
    """How many posts are so alarming; not counted beyond ``most``."""
    r = schema.readings.c
    some = select(r.seq).where(r.alarm >= least).limit(most).subquery()
    with store.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(some)).scalar_one())


def copies(store: Store, digests: Iterable[bytes]) -> dict[bytes, int]:
    """How many posts have the same words, those with these digests themselves included."""
    s = schema.sightings.c
    wanted = sorted(set(digests))
    query = select(s.digest, func.count()).where(s.digest.in_(wanted)).group_by(s.digest)
    with store.reading() as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


def named_by_newest(store: Store) -> dict[str, list[str]]:
    """Evidence id → ids of the newest warnings that rest on that post."""
    table = schema.warnings.c
    query = select(table.id, table.body).order_by(table.seq.desc()).limit(_NEWEST_WARNINGS)
    found: dict[str, list[str]] = {}
    with store.reading() as connection:
        for name, body in connection.execute(query):
            for ref in orjson.loads(body)["posts"]:
                named = found.setdefault(ref, [])
                if name not in named:
                    named.append(name)
    return found


def known_among(store: Store, refs: Sequence[str]) -> set[str]:
    """Those evidence ids of which there is a post."""
    p = schema.posts.c
    query = select(p.channel, p.message_id).where(of_refs(refs))
    with store.reading() as connection:
        return {f"{channel}/{name}" for channel, name in connection.execute(query)}
