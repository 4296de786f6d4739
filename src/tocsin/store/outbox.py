"""The outbox in the store: which row is next, and what became of it. Each function commits.

``line`` is whose order a row is part of. Of each line only the first row that waits may be sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, case, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from tocsin.store import Store, schema
from tocsin.store.store import Rows, chunks, set_counters

Row = dict[str, Any]
WAITING, DELIVERED, DEAD = "waiting", "delivered", "dead"
LONGEST_WAIT = timedelta(hours=1)
"""No receiver is waited for longer, see ``OutboxOptions.longest_asked``."""
_TABLE = schema.outbox
_COLUMNS = _TABLE.c


def add(store: Store, rows: Rows) -> tuple[str, ...]:
    """Keep rows whose key is new, on the disk when this returns; returns the keys that were new.

    A key that the ledger has as delivered is not new, even where the outbox itself was lost.
    """
    delivered = _delivered_before(store, [row["key"] for row in rows])
    insert = sqlite.insert if store.is_sqlite() else postgresql.insert
    new: list[str] = []
    with store.writing() as connection:
        for row in rows:
            if row["key"] in delivered:
                continue
            statement = insert(_TABLE).values(**row).on_conflict_do_nothing(index_elements=["key"])
            new += connection.execute(statement.returning(_COLUMNS.key)).scalars()
    _sync(store)
    return tuple(new)


def renew(store: Store, row: Row) -> bool:
    """Put a row in the place of the one with its key; False where that went, or is on its way.

    It keeps its place in the line.
    """
    at = row["enqueued_at"]
    free = or_(_COLUMNS.claimed_until.is_(None), _COLUMNS.claimed_until <= at)
    same = _TABLE.update().where(_COLUMNS.key == row["key"], _COLUMNS.state != DELIVERED, free)
    values = {**row, "settled_at": None, "claimed_until": None}
    with store.writing() as connection:
        return connection.execute(same.values(**values)).rowcount == 1


def _delivered_before(store: Store, keys: Sequence[str]) -> set[str]:
    table, found = schema.receipts, set[str]()
    with store.reading() as connection:
        for chunk in chunks(keys, 500):
            query = select(table.c.key).where(table.c.key.in_(chunk), table.c.kind == DELIVERED)
            found |= set(connection.execute(query).scalars())
    return found


def _sync(store: Store) -> None:
    """SQLite's commits survive a kill, but a loss of power only once its log is on the disk."""
    if store.is_sqlite():
        raw = store.engine.raw_connection()
        try:
            raw.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        finally:
            raw.close()


def claim(store: Store, now: datetime, until: datetime, lines: str = "") -> Row | None:
    """Take the most urgent row that is due; one statement, so that two processes never share it.

    A row that waits for longer than any may, or is claimed for longer, was written down before the
    clock was set back: it is due.

    Args:
        lines: only those that begin so.
    """
    claimed = _COLUMNS.claimed_until
    free = or_(claimed.is_(None), claimed <= now, claimed > until)
    come = or_(_COLUMNS.next_try <= now, _COLUMNS.next_try > now + LONGEST_WAIT)
    due = and_(_COLUMNS.state == WAITING, come, free)
    if lines:
        due = and_(due, _COLUMNS.line.startswith(lines, autoescape=True))
    first = select(_COLUMNS.seq).where(_COLUMNS.seq.in_(_heads()), due)
    first = first.order_by(_COLUMNS.urgency.desc(), _COLUMNS.next_try, _COLUMNS.seq).limit(1)
    first = first.with_for_update(skip_locked=True)  # on a server another takes the next at once
    statement = _TABLE.update().where(_COLUMNS.seq == first.scalar_subquery(), due)
    with store.writing() as connection:
        taken = connection.execute(statement.values(claimed_until=until).returning(_TABLE))
        row = taken.mappings().first()
    return None if row is None else dict(row)


def _heads() -> Select[tuple[int]]:
    """The first waiting row of each line."""
    waiting = select(func.min(_COLUMNS.seq)).where(_COLUMNS.state == WAITING)
    return waiting.group_by(_COLUMNS.line)


def settle(store: Store, key: str, values: Mapping[str, Any]) -> None:
    """Write down how a try ended; what was delivered stays so, whatever a late try says."""
    own = _TABLE.update().where(_COLUMNS.key == key, _COLUMNS.state != DELIVERED)
    with store.writing() as connection:
        connection.execute(own.values(**values))


def settle_delivered(store: Store) -> int:
    """Mark as delivered what the ledger has a receipt for; returns how many rows that were.

    After a restore a row may be older than its receipt.
    """
    got = schema.receipts
    own = (got.c.key == _COLUMNS.key, got.c.kind == DELIVERED)
    at = select(func.min(got.c.at)).where(*own).scalar_subquery()
    rows = _TABLE.update().where(
        _COLUMNS.state != DELIVERED, select(got.c.key).where(*own).exists()
    )
    note = "delivered, as the ledger says"
    values = {"state": DELIVERED, "settled_at": at, "claimed_until": None, "logged": True}
    with store.writing() as connection:
        return connection.execute(rows.values(**values, note=note)).rowcount


def by_key(store: Store, keys: Sequence[str]) -> list[Row]:
    """Rows with these keys."""
    found: list[Row] = []
    with store.reading() as connection:
        for chunk in chunks(keys, 500):
            query = _TABLE.select().where(_COLUMNS.key.in_(chunk)).order_by(_COLUMNS.seq)
            found += [dict(row) for row in connection.execute(query).mappings()]
    return found


def rows(
    store: Store, state: str | None = None, warning: str | None = None, line: str | None = None
) -> list[Row]:
    """Rows in the order they were queued; None: any."""
    query = _TABLE.select().order_by(_COLUMNS.seq)
    if state is not None:
        query = query.where(_COLUMNS.state == state)
    if warning is not None:
        query = query.where(_COLUMNS.warning == warning)
    if line is not None:
        query = query.where(_COLUMNS.line == line)
    with store.reading() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


_ORDER = {DEAD: 0, WAITING: 1, DELIVERED: 2}


def newest(
    store: Store, state: str | None, after: tuple[int, int] | None, most: int
) -> tuple[list[Row], tuple[int, int] | None]:
    """Rows as a person reads them: dead letters, what waits, what was delivered, the rest; of each
    the newest first.

    Args:
        after: what the answer before came with; None: from the beginning.

    Returns:
        The rows, and where to go on; None: these were all.
    """
    rank = case(_ORDER, value=_COLUMNS.state, else_=len(_ORDER))
    query = select(_COLUMNS.seq, rank).order_by(rank, _COLUMNS.seq.desc()).limit(most + 1)
    if state is not None:
        query = query.where(_COLUMNS.state == state)
    if after is not None:
        later = and_(rank == after[0], _COLUMNS.seq < after[1])
        query = query.where(or_(rank > after[0], later))
    with store.reading() as connection:
        found = connection.execute(query).all()
        shown = [seq for seq, _ in found[:most]]
        whole = connection.execute(_TABLE.select().where(_COLUMNS.seq.in_(shown))).mappings()
        by_seq = {row["seq"]: dict(row) for row in whole}
    last = found[most - 1] if len(found) > most else None
    return [by_seq[seq] for seq in shown], None if last is None else (last[1], last[0])


def counts(store: Store) -> dict[str, int]:
    """How many rows are in each state."""
    query = select(_COLUMNS.state, func.count().label("number")).group_by(_COLUMNS.state)
    with store.reading() as connection:
        return {row.state: row.number for row in connection.execute(query)}


def next_due(store: Store) -> datetime | None:
    """When the next row may be sent."""
    query = select(_COLUMNS.next_try, _COLUMNS.claimed_until).where(_COLUMNS.seq.in_(_heads()))
    with store.reading() as connection:
        heads = connection.execute(query).all()
    return min((max(due, claimed or due) for due, claimed in heads), default=None)


def unlogged(store: Store) -> list[Row]:
    """Rows whose fate is settled and not in the ledger yet."""
    query = _TABLE.select().where(_COLUMNS.state != WAITING, _COLUMNS.logged.is_(False))
    with store.reading() as connection:
        ordered = connection.execute(
            query.order_by(_COLUMNS.settled_at.nulls_first(), _COLUMNS.seq)
        )
        return [dict(row) for row in ordered.mappings()]


def mark_logged(store: Store, settled: Iterable[tuple[str, str]]) -> None:
    """The ledger has the receipts of these (key, state); one put back since is left alone."""
    with store.writing() as connection:
        for key, state in settled:
            same = _TABLE.update().where(_COLUMNS.key == key, _COLUMNS.state == state)
            connection.execute(same.values(logged=True))


def receipts_of(store: Store, keys: Sequence[str]) -> set[tuple[str, str, datetime]]:
    """(key, kind, at) of the receipts that the ledger has for these keys."""
    table, found = schema.receipts.c, set[tuple[str, str, datetime]]()
    with store.reading() as connection:
        for chunk in chunks(keys, 500):
            query = select(table.key, table.kind, table.at).where(table.key.in_(chunk))
            found |= {(row.key, row.kind, row.at) for row in connection.execute(query)}
    return found


def receipts_about(store: Store, warning: str) -> list[Row]:
    """Receipts of one warning, oldest first."""
    table = schema.receipts
    query = table.select().where(table.c.warning == warning).order_by(table.c.seq)
    with store.reading() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def arrived(store: Store, warning: str | None = None) -> list[str]:
    """Bodies of the receipts of what was delivered, of one warning or of all, oldest first."""
    table = schema.receipts
    query = select(table.c.body).where(table.c.kind == DELIVERED).order_by(table.c.seq)
    if warning is not None:
        query = query.where(table.c.warning == warning)
    with store.reading() as connection:
        return list(connection.execute(query).scalars())


def carry_over(old: Store, new: Store) -> int:
    """Copy the outbox into a store that was made anew; returns how many rows."""
    kept = rows(old)
    with new.writing() as connection:
        for chunk in chunks(kept, 500):
            connection.execute(_TABLE.insert(), list(chunk))
        set_counters(connection)
    return len(kept)
