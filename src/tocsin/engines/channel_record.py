"""What the store knows of channels: who posts together, and what became of their calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp
from typing import Any

import orjson
from sqlalchemy import func, select

from tocsin.clock import micros
from tocsin.engines.events import events_known
from tocsin.model import MobEvent
from tocsin.risk import haversine_km
from tocsin.spread.coordination import Coordination, CoordinationOptions
from tocsin.spread.edges import Edge
from tocsin.store import Store, schema

FOLLOWED_WITHIN = timedelta(hours=24)
FOLLOWED_KM = 30.0
MOST_SHOWN = 5
LEAST_POSTS = 10
"""Below it a channel has no habit that a silence could break."""


Row = dict[str, Any]


def edges(store: Store, until: datetime | None, options: CoordinationOptions) -> tuple[Edge, ...]:
    """Channels that post the same texts together, over the memory before ``until``.

    Args:
        until: None: the newest post.
    """
    p, s = schema.posts, schema.sightings
    with store.reading() as connection:
        end = until or connection.execute(select(func.max(p.c.known_at))).scalar()
        if end is None:
            return ()
        # Whole hours are looked at: the memory may begin up to an hour before it is counted.
        since = end - timedelta(days=options.memory_days, hours=1)
        query = select(p.c.channel, p.c.message_id, p.c.known_at, s.c.digest).join_from(
            p, s, s.c.seq == p.c.seq
        )
        query = query.where(s.c.digest.is_not(None), p.c.version == 1)
        query = query.where(p.c.known_at > since, p.c.known_at <= end)
        found, now = Coordination(options), 0
        for row in connection.execute(query.order_by(p.c.known_at, p.c.channel, p.c.message_id)):
            now = micros(row.known_at)
            found.add(f"{row.channel}/{row.message_id}", row.channel, row.digest, now)
    return found.edges(now if until is None else micros(until))


@dataclass(frozen=True, slots=True)
class _Call:
    """One call of a channel, with place and hour."""

    latitude: float
    longitude: float
    start: datetime


def record(store: Store, channel: str, as_of: datetime | None) -> Row | None:
    """A channel's record at ``as_of`` (None: the newest post of all); None: it has no post."""
    p, r = schema.posts, schema.readings
    columns = (p.c.message_id, p.c.known_at, r.c.lang, r.c.target, r.c.body)
    query = select(*columns).join_from(p, r, r.c.seq == p.c.seq, isouter=True)
    query = query.where(p.c.channel == channel, p.c.version == 1)
    if as_of is not None:
        query = query.where(p.c.known_at <= as_of)
    with store.reading() as connection:
        rows = [dict(row) for row in connection.execute(query.order_by(p.c.known_at)).mappings()]
        newest = connection.execute(select(func.max(p.c.known_at))).scalar()
    if not rows:
        return None
    now = as_of or newest or rows[-1]["known_at"]
    calls = [call for row in rows for call in _calls(row)]
    over = [call for call in calls if call.start + FOLLOWED_WITHIN <= now]
    events = events_known(store)
    return {
        "channel": channel,
        "posts": len(rows),
        "first": rows[0]["known_at"].isoformat(),
        "last": rows[-1]["known_at"].isoformat(),
        "languages": _most(row["lang"] for row in rows),
        "targets": _most(row["target"] for row in rows),
        "places": _most(place for row in rows for place in _places(row)),
        "calls": len(calls),
        "calls_over": len(over),
        "calls_followed_by_an_event": sum(_followed(call, events, now) for call in over),
        "silent_hours": round((now - rows[-1]["known_at"]) / timedelta(hours=1), 1),
        "chance_of_so_long_a_silence": silence_chance(
            len(rows), (rows[0]["known_at"], rows[-1]["known_at"]), now
        ),
    }


def _most(values: Any) -> list[list[Any]]:
    """The most frequent, with their counts."""
    counted = Counter(value for value in values if value)
    ranked = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
    return [[value, count] for value, count in ranked[:MOST_SHOWN]]


def _body(row: Mapping[str, Any]) -> Mapping[str, Any]:
    body: Mapping[str, Any] = orjson.loads(row["body"]) if row["body"] else {}
    return body


def _places(row: Mapping[str, Any]) -> list[str]:
    return [place["name"] for place in _body(row).get("places", ())]


def _calls(row: Mapping[str, Any]) -> list[_Call]:
    """Calls of a post that say where and when."""
    return [
        _Call(
            latitude=call["lat"],
            longitude=call["lon"],
            start=datetime.fromisoformat(call["start"]),
        )
        for call in _body(row).get("calls", ())
        if call.get("lat") is not None and call.get("start")
    ]


def _followed(call: _Call, events: Sequence[MobEvent], now: datetime) -> bool:
    """Mob violence within a day of the called hour and near its place, as known by now."""
    return any(
        event.violence.is_mob_violence
        and event.known_at <= now
        and abs(event.event_time - call.start) <= FOLLOWED_WITHIN
        and haversine_km(call.latitude, call.longitude, event.latitude, event.longitude)
        <= FOLLOWED_KM
        for event in events
    )


def silence_chance(posts: int, span: tuple[datetime, datetime], now: datetime) -> float | None:
    """P(no post for so long), had it gone on at its own mean rate; None: too few posts to say.

    Args:
        span: first and last post.
    """
    lasted = (span[1] - span[0]) / timedelta(hours=1)
    if posts < LEAST_POSTS or lasted <= 0:
        return None
    silent = (now - span[1]) / timedelta(hours=1)
    return round(exp(-(posts - 1) / lasted * silent), 4)
