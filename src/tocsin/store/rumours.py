"""Rumours as they are shown: the machine's grouping with people's merges and splits over it.

Only rumours that somebody decided about are put together here, from their parts; all others are
read as they stand, so a list costs no more for the hundreds of thousands behind it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, or_, select, true, tuple_

from tocsin.model import DecisionKind, Rumour, Verification
from tocsin.store import schema
from tocsin.store.divided import Divided
from tocsin.store.lists import Row, decided, plain
from tocsin.store.regrouping import KINDS, Regrouping, regrouping, together
from tocsin.store.store import Store, chunks

_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Shown:
    """One rumour of a list.

    Args:
        rumour: with the posts of all its members.
        members: its own id and those merged into it, sorted.
        into: of one that was merged, where it is shown; its own counts alone stand here.
    """

    rumour: Rumour
    members: tuple[str, ...]
    into: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rumours of a list, in what part.

    Args:
        least: posts that a rumour has at least.
        after: posts and id of the last one shown; None: from the beginning.
    """

    limit: int
    live_only: bool = False
    status: Verification | None = None
    least: int = 1
    after: tuple[int, str] | None = None

    def fits(self, one: Rumour) -> bool:
        """Whether a rumour is meant, wherever it stands in the order."""
        return (
            one.posts >= self.least
            and (one.live or not self.live_only)
            and self.status in (None, one.status)
            and (self.after is None or place_of(one) < self.after)
        )


def place_of(one: Rumour) -> tuple[int, str]:
    """By what a list is ordered, the greatest first."""
    return one.posts, one.id


class ShownRumours:
    """The rumours of a store, under the decisions made so far."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._status = decided(store, DecisionKind.RUMOUR_STATUS.value)
        self.regrouping: Regrouping = regrouping(_decisions(store))
        self._divided = Divided(store, self.regrouping)

    def largest(
        self, limit: int, *, live_only: bool = False, merged_too: bool = False
    ) -> list[Shown]:
        """Those with most posts.

        Args:
            merged_too: list what was merged as well, each with ``into``.
        """
        touched = self.regrouping.touched()
        rows = schema.rumours
        query = rows.select().order_by(rows.c.posts.desc(), rows.c.id).limit(limit + len(touched))
        if live_only:
            query = query.where(rows.c.live)
        found = [Shown(r, (r.id,)) for r in self._rumours([query]) if r.id not in touched]
        regrouped = self._regrouped(merged_too=merged_too)
        found += [shown for shown in regrouped if shown.rumour.live or not live_only]
        return sorted(found, key=lambda one: (-one.rumour.posts, one.rumour.id))[:limit]

    def listed(self, wanted: Wanted) -> list[Shown]:
        """A part of the list of those with most posts, read by an index from where it begins."""
        found = [one for one in self._regrouped(merged_too=False) if wanted.fits(one.rumour)]
        untouched = islice(self._untouched(wanted), wanted.limit)
        found += [Shown(one, (one.id,)) for one in untouched]
        found.sort(key=lambda one: place_of(one.rumour), reverse=True)
        return found[: wanted.limit]

    def find(self, rumour_id: str) -> Shown | None:
        """The rumour under which this id is shown: another one, if it was merged."""
        return self._shown(self.regrouping.shown_as(rumour_id))

    def reached(self) -> datetime | None:
        """The moment to which the desk has come: its newest sighting's."""
        with self.store.reading() as connection:
            moment: datetime | None = connection.execute(
                select(func.max(schema.rumours.c.last_seen))
            ).scalar()
        return moment

    def scopes(self, shown: Shown) -> Iterator[ColumnElement[bool]]:
        """Conditions on ``sightings``, each for a part of the rumour's posts, together for all."""
        divided = self.regrouping.divided()
        whole = [member for member in shown.members if member not in divided]
        for names in chunks(whole, _CHUNK):
            yield schema.sightings.c.rumour.in_(names)
        seqs = [piece.seq for member in shown.members for piece in self._divided.posts(member)]
        for some in chunks(seqs, _CHUNK):
            yield schema.sightings.c.seq.in_(some)

    def languages(self, listed: Sequence[Shown]) -> dict[str, list[str]]:
        """Languages of the posts of each listed rumour, most frequent first."""
        divided = self.regrouping.divided()
        owner = {member: one.rumour.id for one in listed for member in one.members}
        counts: dict[str, Counter[str]] = {one.rumour.id: Counter() for one in listed}
        for name, lang, posts in self._languages_of(set(owner) - divided):
            counts[owner[name]][lang] += posts
        for member in set(owner) & divided:
            counts[owner[member]].update(p.lang for p in self._divided.posts(member) if p.lang)
        return {name: _by_count(found) for name, found in counts.items()}

    def place_of(self, rumour: str, ref: str) -> str:
        """The rumour under which a post is shown that the machine put into ``rumour``."""
        return self.regrouping.shown_as(self._divided.place_of(rumour, ref))

    def decisions(self, shown: Shown) -> list[Row]:
        """People's decisions about a rumour, its members, and what made it; oldest first."""
        table = schema.decisions
        merges = (DecisionKind.RUMOUR_MERGE.value, DecisionKind.RUMOUR_UNMERGE.value)
        about = or_(
            table.c.subject.in_(shown.members),
            table.c.kind.in_(merges) & table.c.value.in_(shown.members),
            table.c.seq.in_([p.seq for p in self.regrouping.partings if p.new in shown.members]),
        )
        with self.store.reading() as connection:
            rows = connection.execute(table.select().where(about).order_by(table.c.seq))
            return [plain(row) for row in rows.mappings()]

    def _untouched(self, wanted: Wanted) -> Iterator[Rumour]:
        """Those nobody merged or split, in the list's order."""
        touched, rows = self.regrouping.touched(), schema.rumours
        if wanted.status not in (None, Verification.NEW):
            names = [name for name, said in self._status.items() if said == wanted.status]
            queries = [rows.select().where(rows.c.id.in_(some)) for some in chunks(names, _CHUNK)]
            found = sorted(self._rumours(queries), key=place_of, reverse=True)
            yield from (one for one in found if one.id not in touched and wanted.fits(one))
            return
        after = wanted.after
        while part := self._rumours([in_order(wanted, after)]):
            yield from (one for one in part if one.id not in touched and wanted.fits(one))
            after = place_of(part[-1])

    def _regrouped(self, *, merged_too: bool) -> Iterator[Shown]:
        """Every rumour that somebody decided about."""
        for name in sorted(self.regrouping.touched()):
            into = self.regrouping.shown_as(name)
            if into == name:
                shown = self._shown(name)
            elif merged_too:
                shown = self._alone(name, into)
            else:
                continue
            if shown is not None:
                yield shown

    def _shown(self, name: str) -> Shown | None:
        members = sorted(self.regrouping.members(name))
        parts = self._parts(members)
        if not parts:
            return None
        whole = replace(together(name, parts), status=self._status_of(name))
        return Shown(whole, tuple(members))

    def _alone(self, name: str, into: str) -> Shown | None:
        parts = self._parts([name])
        return Shown(parts[0], (name,), into) if parts else None

    def _parts(self, names: Sequence[str]) -> list[Rumour]:
        """Each name's own posts, without those merged into it."""
        rows = schema.rumours
        queries = (rows.select().where(rows.c.id.in_(some)) for some in chunks(names, _CHUNK))
        known = {rumour.id: rumour for rumour in self._rumours(queries)}
        for name in self.regrouping.divided().intersection(names):
            part = self._divided.part(name, known.pop(name, None))
            if part is not None:
                known[name] = part
        return list(known.values())

    def _languages_of(self, names: Iterable[str]) -> Iterator[tuple[str, str, int]]:
        s, r = schema.sightings, schema.readings
        query = select(s.c.rumour, r.c.lang, func.count()).join_from(s, r, s.c.seq == r.c.seq)
        with self.store.reading() as connection:
            for some in chunks(sorted(names), _CHUNK):
                part = query.where(s.c.rumour.in_(some)).group_by(s.c.rumour, r.c.lang)
                yield from map(tuple, connection.execute(part))

    def _rumours(self, queries: Iterable[Select[Any]]) -> list[Rumour]:
        with self.store.reading() as connection:
            rows = [row for query in queries for row in connection.execute(query).mappings()]
        return [Rumour(**{**row, "status": self._status_of(row["id"])}) for row in rows]

    def _status_of(self, name: str) -> Verification:
        return Verification(self._status.get(name, Verification.NEW.value))


def in_order(wanted: Wanted, after: tuple[int, str] | None) -> Select[Any]:
    """Rows of ``rumours`` after a place of the list's order, some of them."""
    rows = schema.rumours
    query = rows.select().where(rows.c.posts >= wanted.least)
    if wanted.live_only:
        query = query.where(rows.c.live == true())
    if after is not None:
        query = query.where(tuple_(rows.c.posts, rows.c.id) < tuple_(*map(literal, after)))
    return query.order_by(rows.c.posts.desc(), rows.c.id.desc()).limit(max(wanted.limit, 50))


def _decisions(store: Store) -> list[Mapping[str, Any]]:
    table = schema.decisions
    query = table.select().where(table.c.kind.in_([kind.value for kind in KINDS]))
    with store.reading() as connection:
        return [dict(row) for row in connection.execute(query.order_by(table.c.seq)).mappings()]


def _by_count(counts: Counter[str]) -> list[str]:
    return sorted(counts, key=lambda name: (-counts[name], name))
