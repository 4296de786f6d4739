"""The first page: what stands, what waits for whom, what is not seen, what is new."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select

from tocsin import wire
from tocsin.console.desk import ConsoleDesk
from tocsin.console.facts.situations import situations
from tocsin.console.kept import kept, store_mark
from tocsin.delivery import State
from tocsin.desk.release import Standing
from tocsin.engines.desk import without_outcome
from tocsin.engines.release import release_book
from tocsin.model import TipStatus
from tocsin.store import Store, outbox, schema
from tocsin.store.lists import reached
from tocsin.store.observations import silent_sources

_DAY: Final = timedelta(hours=24)
_COUNTED_S: Final = 10.0
"""Seconds that are waited for the first count, which nothing can stand for."""


def now(desk: ConsoleDesk, looked_at: datetime | None = None) -> dict[str, Any]:
    """Everything of the first page.

    Args:
        looked_at: when the reader last looked; what came since is counted from then.
    """
    store, moment = desk.store, desk.clock.now()
    # Counted by another thread over its own connection: none is held while it is waited for.
    seen = coverage_now(desk)
    with store.one_look():
        rows = situations(store, moment)
        return {
            "as_of": wire.iso(moment),
            "situations": rows,
            "coverage": seen,
            "waiting": waiting(desk, rows),
            "since": None if looked_at is None else since(store, looked_at),
        }


def coverage_now(desk: ConsoleDesk) -> dict[str, Any]:
    """:func:`coverage` as it stands, or stood a moment ago: a crisis is many posts to count."""
    store = desk.store
    made = kept(desk, "coverage", store_mark(store), lambda: coverage(store), _COUNTED_S)
    return coverage(store) if made is None else made.value


def coverage(store: Store, at: datetime | None = None) -> dict[str, Any]:
    """Silent sources, and posts of the last 24 hours that could not be read; unseen is not calm.

    Args:
        at: as it stood at that moment.
    """
    newest = reached(store, at)
    p, r = schema.posts.c, schema.readings.c
    query = select(r.read, func.count()).join_from(
        schema.posts, schema.readings, r.seq == p.seq, isouter=True
    )
    counts: dict[str, int] = {}
    if newest is not None:
        with store.reading() as connection:
            recent = query.where(p.known_at > newest - _DAY, p.known_at <= newest).group_by(r.read)
            counts = {read or "waiting": n for read, n in connection.execute(recent)}
    return {
        "reached": wire.iso(newest),
        "posts_24h": sum(counts.values()),
        "unread_24h": counts.get("unsupported", 0),
        "partial_24h": counts.get("partial", 0),
        "not_run_24h": counts.get("waiting", 0),
        "silent": [
            {"source": name, "says": says} for name, says in silent_sources(store, at=at).items()
        ],
    }


def waiting(desk: ConsoleDesk, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """What waits for a person, by number."""
    moment = desk.clock.now()
    files = release_book(desk.project, desk.store).files
    standings = [file.standing(moment) for file in files]
    return {
        "unanswered": sum(row["answer"] is None for row in rows),
        "overdue": sum(row["overdue"] for row in rows),
        "releases_to_approve": standings.count(Standing.PROPOSED),
        "releases_to_review": standings.count(Standing.REVIEW_DUE)
        + standings.count(Standing.OVERDUE),
        "outcomes": len(without_outcome(desk.store)),
        "tips": tips_waiting(desk),
        "dead_letters": dead_letters(desk.store),
    }


def tips_waiting(desk: ConsoleDesk) -> int:
    """Tips nobody has decided about; none where there is no box."""
    return sum(one.status is TipStatus.NEW for one in desk.tips.all())


def dead_letters(store: Store) -> int:
    """Messages that were given up."""
    return outbox.counts(store).get(State.DEAD.value, 0)


def since(store: Store, looked_at: datetime) -> dict[str, Any]:
    """What came after a moment: warning actions, decisions, posts."""
    tables = {
        "actions": (schema.warnings, schema.warnings.c.issued_at),
        "decisions": (schema.decisions, schema.decisions.c.at),
        "posts": (schema.posts, schema.posts.c.known_at),
    }
    found: dict[str, Any] = {"looked_at": wire.iso(looked_at)}
    with store.reading() as connection:
        for name, (table, column) in tables.items():
            query = select(func.count()).select_from(table).where(column > looked_at)
            found[name] = int(connection.execute(query).scalar_one())
    return found
