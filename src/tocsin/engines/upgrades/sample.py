"""Which posts are read again to see what other versions make of them; always the same ones.

Posts that warnings rest on come first, then the most alarming, then an even draw from the rest.
Windows of posts are replayed beside that: all posts of the project where they are few enough,
else so many before each of the newest warnings, and the newest ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, func, or_, select

from tocsin import wire
from tocsin.store import Store, schema
from tocsin.store.lists import warnings_now
from tocsin.store.search import of_refs
from tocsin.store.store import chunks

POSTS = 20_000
"""Read again by default, and replayed in windows: each about twenty seconds on two cores."""

_WINDOWS = 10
_SHORTEST = 200
_P = schema.posts.c
_R = schema.readings.c
_ORDER = (_P.known_at, _P.channel, _P.message_id, _P.version)


@dataclass(frozen=True, slots=True)
class Leg:
    """Posts of one run in the order they were taken in, and to where time passes after them."""

    run: int
    seqs: tuple[int, ...]
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Window:
    """Posts to replay.

    Args:
        end: what is told later than this is not compared; None: nothing is later.
        whole: these are all posts the project ever ran, so what led to a warning is among them.
    """

    legs: tuple[Leg, ...]
    end: datetime | None
    whole: bool

    @property
    def posts(self) -> int:
        """How many."""
        return sum(len(leg.seqs) for leg in self.legs)


@dataclass(frozen=True, slots=True)
class Sample:
    """What is read and replayed again.

    Args:
        seqs: posts to read again, ascending.
        drawn: how many of them for which reason.
        of: posts that the project has read.
    """

    seqs: tuple[int, ...]
    windows: tuple[Window, ...]
    drawn: Mapping[str, int]
    of: int

    @property
    def posts(self) -> int:
        """Steps of work: posts read, and posts replayed."""
        return len(self.seqs) + sum(window.posts for window in self.windows)


def draw(store: Store, most: int) -> Sample:
    """The sample of a project.

    Args:
        most: posts to read again, and as many to replay.
    """
    with store.reading() as connection:
        evidence = _evidence(connection, most)
        taken = set(evidence)
        alarming = _alarming(connection, (most - len(taken)) // 2, taken)
        taken.update(alarming)
        rest = _evenly(connection, most - len(taken), taken)
        taken.update(rest)
        of = int(connection.execute(select(func.count()).select_from(schema.readings)).scalar_one())
    drawn = {"evidence": len(evidence), "alarming": len(alarming), "even": len(rest)}
    return Sample(tuple(sorted(taken)), tuple(_windows(store, most)), drawn, of)


def _evidence(connection: Connection, most: int) -> list[int]:
    """Every version of every post that a warning names, those of the newest warnings first."""
    table = schema.warnings.c
    bodies = connection.execute(select(table.body).order_by(table.seq.desc())).scalars()
    refs = dict.fromkeys(ref for body in bodies for ref in orjson.loads(body)["posts"])
    return _read_seqs(connection, refs)[:most]


def _read_seqs(connection: Connection, refs: Iterable[str]) -> list[int]:
    found: list[int] = []
    query = select(_P.seq).join_from(schema.posts, schema.readings, _P.seq == _R.seq)
    for chunk in chunks(list(refs), 500):
        asked = query.where(of_refs(chunk))
        found.extend(connection.execute(asked.order_by(_P.seq.desc())).scalars())
    return found


def _alarming(connection: Connection, most: int, taken: set[int]) -> list[int]:
    query = select(_R.seq).where(_R.alarm.is_not(None)).order_by(_R.alarm.desc(), _R.seq)
    ranked = connection.execute(query.limit(most + len(taken))).scalars()
    return [seq for seq in ranked if seq not in taken][: max(most, 0)]


def _evenly(connection: Connection, most: int, taken: set[int]) -> list[int]:
    """So many of what is left, at even distances in the order of the ledger."""
    every = connection.execute(select(_R.seq).order_by(_R.seq)).scalars()
    left = [seq for seq in every if seq not in taken]
    count = min(max(most, 0), len(left))
    return [left[number * len(left) // count] for number in range(count)]


# -- windows -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _RunRow:
    seq: int
    after: int
    boundary: int
    until: datetime | None


def _windows(store: Store, most: int) -> Iterator[Window]:
    runs = _done_runs(store)
    with store.reading() as connection:
        if not runs or not most:
            return
        bounds = (runs[0].after, runs[-1].boundary)
        if _count(connection, bounds) <= most:
            legs = [Leg(r.seq, tuple(_seqs(connection, r, None, None)), r.until) for r in runs]
            yield Window(tuple(legs), None, True)
            return
    each = max(_SHORTEST, most // _WINDOWS)
    for run, end in _ends(store, runs, most // each):
        with store.reading() as connection:
            yield _before(connection, [r for r in runs if r.seq <= run], end, each)


def _done_runs(store: Store) -> list[_RunRow]:
    table = schema.runs.c
    query = select(table.seq, table.after, table.boundary, table.until).where(table.done)
    with store.reading() as connection:
        return [_RunRow(*row) for row in connection.execute(query.order_by(table.seq))]


def _count(connection: Connection, bounds: tuple[int, int]) -> int:
    query = select(func.count()).where(_P.seq >= bounds[0], _P.seq < bounds[1])
    return int(connection.execute(query).scalar_one())


def _ends(
    store: Store, runs: Sequence[_RunRow], most: int
) -> Iterator[tuple[int, datetime | None]]:
    """Where windows end: now, and where each of the newest warnings was last told anew.

    A warning that was told within another's window may be replayed twice; that costs time alone.
    """
    yield runs[-1].seq, None
    seen: set[str] = set()
    for row in warnings_now(store):
        if len(seen) + 1 >= most:
            return
        told = _last_told(store, row["id"])
        if row["id"] in seen or told is None:
            continue
        seen.add(row["id"])
        yield told["run"], wire.moment(told["issued_at"])


def _last_told(store: Store, warning: str) -> Mapping[str, Any] | None:
    """The newest action of a warning that is not its end."""
    table = schema.warnings.c
    told = or_(table.action == "issue", table.action == "update")
    query = select(table.body).where(table.id == warning, told)
    with store.reading() as connection:
        body = connection.execute(query.order_by(table.seq.desc()).limit(1)).scalar()
    return None if body is None else dict(orjson.loads(body))


def _before(
    connection: Connection, runs: Sequence[_RunRow], end: datetime | None, most: int
) -> Window:
    """The last ``most`` posts that had been taken in by ``end`` of the last of these runs."""
    legs: list[Leg] = []
    left, until = most, end
    for run in reversed(runs):
        seqs = tuple(_seqs(connection, run, until, left))
        if seqs or until is not None:
            legs.append(Leg(run.seq, seqs, until or run.until))
        left -= len(seqs)
        until = None
        if left <= 0:
            break
    return Window(tuple(reversed(legs)), end, False)


def _seqs(
    connection: Connection, run: _RunRow, until: datetime | None, most: int | None
) -> list[int]:
    """Posts of a run in the order they were taken in, the last ``most`` up to ``until``."""
    query = select(_P.seq).where(_P.seq >= run.after, _P.seq < run.boundary)
    if until is not None:
        query = query.where(_P.known_at <= until)
    newest_first = query.order_by(*(column.desc() for column in _ORDER)).limit(most)
    return list(reversed(connection.execute(newest_first).scalars().all()))
