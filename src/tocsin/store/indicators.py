"""What the register of signs asks of the store: decisions about signs, and posts as read."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import RowMapping, select

from tocsin.model import Act, Decision, DecisionKind, Frame, Reading, ReadStatus, Signal, Target
from tocsin.store import schema
from tocsin.store.store import Store


def decisions_of(
    store: Store, kinds: Collection[DecisionKind], before: int | None = None
) -> tuple[Decision, ...]:
    """Every decision of these kinds, in the ledger's order, as far as ``before``."""
    table = schema.decisions
    query = table.select().where(table.c.kind.in_([kind.value for kind in kinds]))
    if before is not None:
        query = query.where(table.c.seq < before)
    with store.reading() as connection:
        rows = connection.execute(query.order_by(table.c.seq))
        return tuple(
            Decision(
                DecisionKind(row.kind), row.subject, row.value, row.by, row.at, reason=row.reason
            )
            for row in rows
        )


def posts_as_read(
    store: Store, until: datetime, since: datetime | None = None
) -> Iterator[tuple[datetime, Reading, str]]:
    """Posts known by ``until`` that were read: when known, acts to signals of the reading, text.

    Args:
        since: posts known before it are left out.
    """
    p, r = schema.posts, schema.readings
    columns = (p.c.channel, p.c.message_id, p.c.version, p.c.known_at, p.c.text, *r.c)
    query = select(*columns).join_from(p, r, r.c.seq == p.c.seq).where(p.c.known_at <= until)
    if since is not None:
        query = query.where(p.c.known_at >= since)
    query = query.order_by(p.c.known_at, p.c.channel, p.c.message_id, p.c.version)
    with store.reading() as connection:
        for row in connection.execution_options(yield_per=1_000).execute(query).mappings():
            yield row["known_at"], _reading(row), row["text"]


def _reading(row: RowMapping) -> Reading:
    body: dict[str, Any] = orjson.loads(row["body"]) if row["body"] else {}
    return Reading(
        ref=f"{row['channel']}/{row['message_id']}",
        version=row["version"],
        lang=row["lang"],
        read=ReadStatus(row["read"]),
        alarm=row["alarm"],
        acts=tuple(Act(act) for act in body.get("acts", ())),
        frame=Frame(row["frame"]),
        target=Target(row["target"], 1.0) if row["target"] else None,
        signals=frozenset(Signal(signal) for signal in body.get("signals", ())),
    )
