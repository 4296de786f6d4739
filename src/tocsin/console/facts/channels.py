"""Channels: what came from each, how sound it is, whether it fell silent, who posts with whom.

Counts go over one index (a fifth of a second for a million posts) and are kept for as long as
nothing new was indexed; what could not be read takes longer and is counted beside the requests.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from sqlalchemy import exists, select

from tocsin import wire
from tocsin.console.cursors import after, cursor_of
from tocsin.console.desk import ConsoleDesk
from tocsin.console.facts.posts import joined, post_forms
from tocsin.console.kept import Answer, kept, store_mark
from tocsin.console.problems import NotThere
from tocsin.console.roles import Role
from tocsin.engines.channel_record import edges, record, silence_chance
from tocsin.engines.project import profiles
from tocsin.model import ChannelProfile
from tocsin.spread.coordination import CoordinationOptions
from tocsin.store import Store, schema
from tocsin.store.lists import channel_spans, channel_unread, reached

UNLIKELY: Final = 0.01
"""A silence that had so small a chance is told as one."""
_COUNT_S: Final = 2.0
"""Seconds that are waited for the first count of all."""

Line = dict[str, Any]


def channel_list(desk: ConsoleDesk) -> dict[str, Any]:
    """Channels with posts first, the largest first; then those only known of.

    ``unread`` is null while it is being counted, and where nothing was tried yet.
    """
    store = desk.store
    counted, unread = _counts(desk)
    spans: list[Line] = [] if counted is None else counted.value
    known = {name: wire.profile_form(one) for name, one in profiles(store).items()}
    came, now = {row["channel"] for row in spans}, reached(store)
    missing = {} if unread is None else unread.value
    rows = [
        *({**_known(row["channel"], known.get(row["channel"])), **row} for row in spans),
        *(
            {**_known(name, known[name]), "posts": 0, "first": None, "last": None}
            for name in sorted(known)
            if name not in came
        ),
    ]
    return {
        "channels": [
            {**row, "unread": missing.get(row["channel"]), **_silence(row, now)} for row in rows
        ],
        "counted_at": None if counted is None else wire.iso(counted.made_at),
        "unread_counted": unread is not None,
        "reached": wire.iso(now),
    }


def channel_counts(desk: ConsoleDesk) -> list[Line]:
    """Posts, first, last and unread of each channel, as they were last counted; for the brief."""
    counted, unread = _counts(desk)
    missing = {} if unread is None else unread.value
    spans: list[Line] = [] if counted is None else counted.value
    return [{**row, "unread": missing.get(row["channel"])} for row in spans]


def _counts(desk: ConsoleDesk) -> tuple[Answer[list[Line]] | None, Answer[dict[str, int]] | None]:
    """What came from each channel, and what of it could not be read."""
    store = desk.store
    mark = store_mark(store)
    counted = kept(desk, "channels", mark, lambda: channel_spans(store), _COUNT_S)
    names = [] if counted is None else [row["channel"] for row in counted.value]
    return counted, kept(desk, "unread", mark, lambda: channel_unread(store, names))


def _known(name: str, profile: Mapping[str, Any] | None) -> Line:
    """What is known of a channel; of most of it, that nothing is."""
    return dict(profile or wire.profile_form(ChannelProfile(name)))


def _silence(row: Mapping[str, Any], now: datetime | None) -> Line:
    """Since when it is silent, where so long a silence was unlikely; never said of rare posters."""
    first, last = wire.moment(row["first"]), wire.moment(row["last"])
    if first is None or last is None or now is None:
        return {"silent_since": None, "silence_chance": None}
    chance = silence_chance(row["posts"], (first, last), now)
    unlikely = chance is not None and chance < UNLIKELY
    return {"silent_since": wire.iso(last) if unlikely else None, "silence_chance": chance}


def channel(desk: ConsoleDesk, name: str) -> dict[str, Any]:
    """One channel: what is known of it, its record, and who posts the same with it.

    ``record`` and ``together`` are null while they are being made.

    Raises:
        NotThere: nothing came from it and nothing is known of it.
    """
    store = desk.store
    profile = profiles(store).get(name)
    if profile is None and not _has_posts(store, name):
        raise NotThere(f"no channel {name}")
    mark = store_mark(store)
    made = kept(desk, f"record {name}", mark, lambda: record(store, name, None))
    pairs = kept(desk, "together", mark, lambda: edges(store, None, CoordinationOptions()))
    own = [] if pairs is None else [one for one in pairs.value if name in (one.one, one.other)]
    return {
        "channel": name,
        "profile": _known(name, None if profile is None else wire.profile_form(profile)),
        "posts": _has_posts(store, name),
        "record": None if made is None else made.value,
        "record_made": made is not None,
        "together": None if pairs is None else [asdict(one) for one in own],
        "reached": wire.iso(reached(store)),
    }


def channel_posts(
    desk: ConsoleDesk, name: str, role: Role, page: tuple[str, int]
) -> dict[str, Any]:
    """The newest version of each post of a channel, newest first; never by author.

    Args:
        page: the cursor, and how many.

    Raises:
        UsageError: the cursor is none of this list.
    """
    cursor, limit = page
    p, later = schema.posts.c, schema.posts.alias("later").c
    superseded = exists().where(
        later.channel == p.channel,
        later.message_id == p.message_id,
        later.version > p.version,
    )
    query = joined().where(p.channel == name, ~superseded)
    if cursor:
        query = query.where(after((p.posted_at, p.seq), cursor))
    query = query.order_by(p.posted_at.desc(), p.seq.desc()).limit(limit + 1)
    with desk.store.reading() as connection:
        rows = [dict(row) for row in connection.execute(query).mappings()]
    part = rows[:limit]
    more = cursor_of(part[-1]["posted_at"], part[-1]["seq"]) if len(rows) > limit else None
    return {"items": post_forms(desk.store, part, role), "next": more}


def _has_posts(store: Store, name: str) -> bool:
    p = schema.posts.c
    with store.reading() as connection:
        query = select(p.seq).where(p.channel == name).limit(1)
        return connection.execute(query).first() is not None
