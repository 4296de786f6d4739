"""Past events in the store: versions by id, and what was known of them at a moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select

from tocsin.store import Store, schema
from tocsin.store.store import chunks, dumps


@dataclass(frozen=True, slots=True)
class EventVersions:
    """What is known of one event.

    Args:
        newest: digest of the version that counts.
        known_at: when that one was known.
        wordings: digests of all versions.
    """

    newest: bytes
    known_at: datetime
    wordings: frozenset[bytes]

    def with_version(self, wording: bytes, known_at: datetime) -> EventVersions:
        """The same after one more version; one that was known earlier does not count now."""
        counts = known_at >= self.known_at
        return EventVersions(
            wording if counts else self.newest,
            max(known_at, self.known_at),
            self.wordings | {wording},
        )


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events are asked for; None means any.

    Args:
        known_by: only what was known at this moment, in the wording it had then.
        start: not before.
        end: before.
        latitudes: lowest and highest, in degrees.
        before: only what the ledger held before this position.
    """

    known_by: datetime | None = None
    start: datetime | None = None
    end: datetime | None = None
    latitudes: tuple[float, float] | None = None
    before: int | None = None


def event_row(seq: int, row: int, form: Mapping[str, Any], wording: bytes) -> dict[str, Any]:
    """A row of ``events`` from an event's form with its times as ISO 8601 in UTC."""
    return {
        "seq": seq,
        "row": row,
        "id": form["id"],
        "event_time": datetime.fromisoformat(form["event_time"]),
        "known_at": datetime.fromisoformat(form["known_at"]),
        "latitude": form["latitude"],
        "wording": wording,
        "body": dumps(form),
    }


def versions_of(connection: Connection, ids: Iterable[str]) -> dict[str, EventVersions]:
    """Versions of the events among ``ids`` that are known."""
    columns = schema.events.c
    found: dict[str, EventVersions] = {}
    for chunk in chunks(list(ids), 500):
        query = (
            select(columns.id, columns.wording, columns.known_at)
            .where(columns.id.in_(chunk))
            .order_by(columns.seq, columns.row)
        )
        for name, wording, known_at in connection.execute(query):
            before = found.get(name, EventVersions(wording, known_at, frozenset()))
            found[name] = before.with_version(wording, known_at)
    return found


def event_forms(store: Store, wanted: EventFilter) -> Sequence[dict[str, Any]]:
    """Forms of events in order of time and id; of each event the newest version that was known.

    Versions are compared before the event's own time and place are asked about: a date that was
    corrected must not bring the wrong one back.
    """
    table = schema.events
    query = table.select().order_by(table.c.known_at, table.c.seq, table.c.row)
    if wanted.known_by is not None:
        query = query.where(table.c.known_at <= wanted.known_by)
    if wanted.before is not None:
        query = query.where(table.c.seq < wanted.before)
    newest: dict[str, tuple[datetime, float, str]] = {}
    with store.reading() as connection:
        for row in connection.execute(query):
            newest[row.id] = (row.event_time, row.latitude, row.body)
    kept = [
        (when, name, body)
        for name, (when, latitude, body) in newest.items()
        if _fits(when, latitude, wanted)
    ]
    return [orjson.loads(body) for _, _, body in sorted(kept)]


def events_newest_first(
    store: Store, wanted: EventFilter, below: ColumnElement[bool] | None = None
) -> Iterator[tuple[datetime, int, int, str]]:
    """(when, ledger position, row, form as JSON) of each event in its newest version, the latest
    first.

    Read as it is asked for: whoever stops early has read no more than that.

    Args:
        below: further condition on the columns of ``events``.
    """
    c, later = schema.events.c, schema.events.alias("later").c
    newer = or_(
        later.known_at > c.known_at,
        and_(later.known_at == c.known_at, or_(
            later.seq > c.seq, and_(later.seq == c.seq, later.row > c.row)
        )),
    )  # fmt: skip
    newest = ~exists().where(later.id == c.id, newer, *_known(later, wanted))
    query = select(c.event_time, c.seq, c.row, c.body).where(newest, *_known(c, wanted))
    query = query.where(c.latitude.between(*_latitudes(wanted)))
    if wanted.start is not None:
        query = query.where(c.event_time >= wanted.start)
    if wanted.end is not None:
        query = query.where(c.event_time < wanted.end)
    if below is not None:
        query = query.where(below)
    query = query.order_by(c.event_time.desc(), c.seq.desc(), c.row.desc())
    with store.reading() as connection:
        rows: Iterator[Any] = iter(connection.execution_options(yield_per=200).execute(query))
        yield from rows


def count_events(store: Store) -> int:
    """How many events are known, each once."""
    with store.reading() as connection:
        query = select(func.count(schema.events.c.id.distinct()))
        return int(connection.execute(query).scalar_one())


def _known(columns: Any, wanted: EventFilter) -> list[ColumnElement[bool]]:
    """What was known by the moment and the place in the ledger that are asked about."""
    by = [] if wanted.known_by is None else [columns.known_at <= wanted.known_by]
    return by + ([] if wanted.before is None else [columns.seq < wanted.before])


def _latitudes(wanted: EventFilter) -> tuple[float, float]:
    return wanted.latitudes or (-90.0, 90.0)


def _fits(when: datetime, latitude: float, wanted: EventFilter) -> bool:
    low, high = _latitudes(wanted)
    return (
        (wanted.start is None or when >= wanted.start)
        and (wanted.end is None or when < wanted.end)
        and low <= latitude <= high
    )
