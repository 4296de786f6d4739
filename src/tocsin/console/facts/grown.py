"""Rumours that grew by some moment: more posts in the last 24 hours than in the 24 before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import case, func, select

from tocsin import wire
from tocsin.console.facts.posts import joined, post_forms
from tocsin.console.roles import Role
from tocsin.model import DecisionKind, Verification
from tocsin.store import Store, schema
from tocsin.store.divided import Divided
from tocsin.store.regrouping import KINDS, regrouping
from tocsin.store.store import chunks

DAY: Final = timedelta(hours=24)
MOST_LOOKED_AT: Final = 20_000
"""Newest posts of the two days that are counted; a flood is not counted to its end."""
MOST: Final = 8
LEAST: Final = 2
"""Posts within a day; a single one has not grown."""


@dataclass(slots=True)
class _Count:
    last: int = 0
    before: int = 0
    newest: int = -1

    def add(self, last: int, before: int, newest: int) -> None:
        """Count posts of another part of the rumour."""
        self.last += last
        self.before += before
        self.newest = max(self.newest, newest)


class _Then:
    """People's merges, splits and statuses as they had been decided at a moment."""

    def __init__(self, store: Store, at: datetime) -> None:
        self._store = store
        self._at = at
        table = schema.decisions
        query = table.select().where(table.c.at <= at).order_by(table.c.seq)
        wanted = [kind.value for kind in KINDS]
        with store.reading() as connection:
            rows = connection.execute(query.where(table.c.kind.in_(wanted))).mappings().all()
            status = connection.execute(
                query.where(table.c.kind == DecisionKind.RUMOUR_STATUS.value)
            ).mappings()
            self.status = {row["subject"]: row["value"] for row in status}
        self.regrouping = regrouping([dict(row) for row in rows])
        self.divided = self.regrouping.divided()
        self._pieces = Divided(store, self.regrouping)

    def pieces(self) -> Iterator[tuple[str, int, datetime]]:
        """(rumour, ledger position, moment) of each post of rumours that were split."""
        for name in sorted(self.divided):
            for piece in self._pieces.posts(name):
                if piece.known_at <= self._at:
                    yield self.regrouping.shown_as(name), piece.seq, piece.known_at


def grown(store: Store, at: datetime, role: Role) -> list[dict[str, Any]]:
    """The rumours that grew most, each with its newest post by then."""
    then = _Then(store, at)
    counts = _counted(store, at, then)
    grew = {name: one for name, one in counts.items() if one.last >= max(LEAST, one.before + 1)}
    most = sorted(grew, key=lambda name: (-grew[name].last, name))[:MOST]
    first = _first_seen(store, then, most)
    posts = _posts(store, [grew[name].newest for name in most], role, at)
    return [
        {
            "rumour": name,
            "status": then.status.get(name, Verification.NEW.value),
            "first_seen": wire.iso(first.get(name)),
            "posts_24h": grew[name].last,
            "posts_24h_before": grew[name].before,
            "newest": posts.get(grew[name].newest),
        }
        for name in most
    ]


def _counted(store: Store, at: datetime, then: _Then) -> dict[str, _Count]:
    """Posts of both days, by the rumour they were shown under."""
    counts: dict[str, _Count] = {}
    for name, last, before, newest in _by_table(store, at):
        if name not in then.divided:
            shown = then.regrouping.shown_as(name)
            counts.setdefault(shown, _Count()).add(last, before, newest)
    for name, seq, known_at in then.pieces():
        if known_at > at - 2 * DAY:
            last = known_at > at - DAY
            counts.setdefault(name, _Count()).add(int(last), int(not last), seq)
    return counts


def _by_table(store: Store, at: datetime) -> list[tuple[str, int, int, int]]:
    p, s = schema.posts.c, schema.sightings.c
    recent = (
        select(p.seq, p.known_at)
        .where(p.known_at > at - 2 * DAY, p.known_at <= at)
        .order_by(p.known_at.desc())
        .limit(MOST_LOOKED_AT)
        .subquery()
    )
    last = func.sum(case((recent.c.known_at > at - DAY, 1), else_=0))
    query = select(s.rumour, last, func.count() - last, func.max(s.seq))
    query = query.join_from(recent, schema.sightings, s.seq == recent.c.seq).group_by(s.rumour)
    with store.reading() as connection:
        return [(row[0], int(row[1]), int(row[2]), row[3]) for row in connection.execute(query)]


def _first_seen(store: Store, then: _Then, names: list[str]) -> dict[str, datetime]:
    owner = {member: name for name in names for member in then.regrouping.members(name)}
    table, found = schema.rumours.c, dict[str, datetime]()
    seen = [(name, known_at) for name, _, known_at in then.pieces() if name in names]
    query = select(table.id, table.first_seen)
    with store.reading() as connection:
        for some in chunks(sorted(set(owner) - then.divided), 500):
            rows = connection.execute(query.where(table.id.in_(some)))
            seen += [(owner[row.id], row.first_seen) for row in rows]
    for name, moment in seen:
        found[name] = min(moment, found.get(name, moment))
    return found


def _posts(store: Store, seqs: list[int], role: Role, at: datetime) -> dict[int, Mapping[str, Any]]:
    with store.reading() as connection:
        query = joined().where(schema.posts.c.seq.in_(seqs))
        rows = [dict(row) for row in connection.execute(query).mappings()]
    forms = post_forms(store, rows, role, at)
    return {row["seq"]: form for row, form in zip(rows, forms, strict=True)}
