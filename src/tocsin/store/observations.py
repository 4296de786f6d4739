"""What was observed at live sources beside posts, as the ledger holds it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from tocsin.clock import as_utc
from tocsin.store import schema
from tocsin.store.store import Store, chunks

GONE = "gone"
"""A post (``channel/id``) that was there and was not at a later look."""
SILENT = "silent"
"""A source, by its name, that brings nothing more."""
HEARD = "heard"
"""A silent source that brings something again."""


def observation_row(seq: int, payload: Mapping[str, Any], at: Any) -> dict[str, Any]:
    """A row of ``observations`` from a ledger entry; ``at`` is its moment, aware."""
    return {
        "seq": seq,
        "what": payload["what"],
        "subject": payload["subject"],
        "at": as_utc(at),
        "detail": payload.get("detail", ""),
    }


def gone_already(store: Store, subjects: Iterable[str]) -> set[str]:
    """Those of some posts that were observed as gone before."""
    return set(gone_at(store, subjects))


def gone_at(
    store: Store, subjects: Iterable[str], at: datetime | None = None
) -> dict[str, datetime]:
    """Those of some posts that were observed as gone, and when.

    Args:
        at: only what was observed by this moment counts.
    """
    table, found = schema.observations.c, dict[str, datetime]()
    gone = select(table.subject, table.at).where(table.what == GONE)
    if at is not None:
        gone = gone.where(table.at <= at)
    with store.reading() as connection:
        for chunk in chunks(list(subjects), 500):
            rows = connection.execute(gone.where(table.subject.in_(chunk)))
            found.update((row.subject, row.at) for row in rows)
    return found


def silent_sources(
    store: Store, before: int | None = None, at: datetime | None = None
) -> dict[str, str]:
    """Sources that are silent now, and what is said of each, by name.

    Args:
        before: only what the ledger held before this position counts.
        at: only what was observed by this moment counts.
    """
    table = schema.observations
    query = select(table).where(table.c.what.in_((SILENT, HEARD))).order_by(table.c.seq)
    if before is not None:
        query = query.where(table.c.seq < before)
    if at is not None:
        query = query.where(table.c.at <= at)
    silent: dict[str, str] = {}
    with store.reading() as connection:
        for row in connection.execute(query).mappings():
            silent.pop(row["subject"], None)
            if row["what"] == SILENT:
                silent[row["subject"]] = row["detail"]
    return dict(sorted(silent.items()))


def gone_posts(store: Store, limit: int) -> list[dict[str, Any]]:
    """Posts observed as gone, the latest first; 0: all."""
    table = schema.observations
    query = table.select().where(table.c.what == GONE).order_by(table.c.seq.desc())
    with store.reading() as connection:
        rows = connection.execute(query.limit(limit) if limit else query).mappings().all()
    return [{"id": row["subject"], "gone_at": row["at"].isoformat()} for row in rows]
