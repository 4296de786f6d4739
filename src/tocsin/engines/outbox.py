"""The outbox of a project: the queue in its store, and receipts on their way to the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

from tocsin.archive import Archive
from tocsin.delivery import Queued, State
from tocsin.delivery.codec import (
    content_form,
    content_from,
    receipt_form,
    release_form,
    release_from,
)
from tocsin.delivery.outbox import receipt_of
from tocsin.engines.indexing import Indexer
from tocsin.engines.project import Project
from tocsin.errors import Locked
from tocsin.model import DeskPage, Receipt
from tocsin.store import Store, outbox
from tocsin.store.store import dumps

PAGES_FIRST = 10
"""Waking the desk goes before anything else; among the rest a higher level goes first."""


class StoreQueue:
    """The queue of ``delivery.queue.Queue`` in a project's store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, entries: Sequence[Queued]) -> tuple[str, ...]:
        """Keep those that are new, durably."""
        return outbox.add(self._store, [_row(entry) for entry in entries])

    def renew(self, entries: Sequence[Queued]) -> tuple[str, ...]:
        """Put these in the place of those of the same key that did not go."""
        rows = [_row(entry) for entry in entries]
        return tuple(row["key"] for row in rows if outbox.renew(self._store, row))

    def known(self, keys: Sequence[str]) -> dict[str, Queued]:
        """Those of the keys that are in the outbox."""
        return {row["key"]: queued(row) for row in outbox.by_key(self._store, keys)}

    def claim(self, now: datetime, until: datetime, lines: str = "") -> Queued | None:
        """Take one that is due."""
        row = outbox.claim(self._store, now, until, lines)
        return None if row is None else queued(row)

    def settle(self, entry: Queued) -> None:
        """Write down how a try ended."""
        values = {
            "state": entry.state.value,
            "tries": entry.tries,
            "next_try": entry.next_try,
            "claimed_until": entry.claimed_until,
            "settled_at": entry.settled_at,
            "note": entry.note,
            "logged": False,
        }
        outbox.settle(self._store, entry.key, values)

    def dead(self) -> list[Queued]:
        """Those that were given up."""
        return [queued(row) for row in outbox.rows(self._store, outbox.DEAD)]

    def later_delivered(self, entry: Queued) -> bool:
        """Whether a later one about the same warning has reached the same line."""
        same = outbox.rows(self._store, outbox.DELIVERED, entry.content.warning, entry.line)
        return any(row["seq"] > entry.seq for row in same)

    def next_due(self) -> datetime | None:
        """When the next one may be sent."""
        return outbox.next_due(self._store)


def _row(entry: Queued) -> dict[str, Any]:
    content = entry.content
    page = isinstance(content, DeskPage)
    return {
        "key": entry.key,
        "line": entry.line,
        "warning": content.warning,
        "urgency": PAGES_FIRST * page + content.level,
        "state": entry.state.value,
        "tries": entry.tries,
        "next_try": entry.next_try,
        "enqueued_at": entry.enqueued_at,
        "note": entry.note,
        "body": dumps({"content": content_form(content), "release": release_form(entry.release)}),
        "logged": False,
    }


def state_counts(store: Store) -> dict[str, int]:
    """How many messages are in each state, none left out."""
    counts = outbox.counts(store)
    return {state.value: counts.get(state.value, 0) for state in State}


def queued(row: Mapping[str, Any]) -> Queued:
    """A row of the store as what the outbox works with."""
    body = orjson.loads(row["body"])
    return Queued(
        seq=row["seq"],
        content=content_from(body["content"]),
        release=release_from(body["release"]),
        enqueued_at=row["enqueued_at"],
        next_try=row["next_try"],
        state=State(row["state"]),
        tries=row["tries"],
        claimed_until=row["claimed_until"],
        settled_at=row["settled_at"],
        note=row["note"],
    )


def log_receipts(project: Project, store: Store) -> int | None:
    """Bring receipts to the ledger; None where another tocsin is writing there, so later.

    A kill between the ledger and the mark in the store repeats nothing: what the ledger has is
    looked up first.
    """
    if not outbox.unlogged(store):
        return 0
    try:
        with project.writing() as (archive, writable):
            return _log(archive, writable)
    except Locked:
        return None


def _log(archive: Archive, store: Store) -> int:
    waiting = outbox.unlogged(store)
    known = outbox.receipts_of(store, [row["key"] for row in waiting])
    found = [receipt for row in waiting if (receipt := receipt_of(queued(row))) is not None]
    new = [one for one in found if (one.key, one.kind.value, one.at) not in known]
    append_receipts(archive, store, new)
    outbox.mark_logged(store, [(row["key"], row["state"]) for row in waiting])
    return len(new)


def append_receipts(archive: Archive, store: Store, receipts: Sequence[Receipt]) -> None:
    """Write receipts to the ledger and index them; also those of people, such as a call."""
    for receipt in receipts:
        archive.append_entry("receipt", receipt_form(receipt))
    archive.flush()
    Indexer(store).catch_up(archive)


def receipts_of_messages(store: Store, warning: str | None = None) -> list[dict[str, Any]]:
    """Receipts of messages that have arrived outside the desk, oldest first; no pages, no calls."""
    rows = outbox.arrived(store, warning)
    return [form for row in rows if (form := orjson.loads(row))["digest"]]


def outbox_form(entry: Queued) -> dict[str, Any]:
    """One message of the outbox: whom by id or handle, never an address or the text."""
    content = entry.content
    page = isinstance(content, DeskPage)
    return {
        "key": entry.key,
        "state": entry.state.value,
        "to": content.staff if isinstance(content, DeskPage) else content.recipient,
        "page": page,
        "warning": content.warning,
        "number": content.number,
        "level": content.level.word,
        "drill": content.drill,
        "tries": entry.tries,
        "next_try": entry.next_try.isoformat() if entry.state is State.WAITING else None,
        "settled_at": None if entry.settled_at is None else entry.settled_at.isoformat(),
        "released_by": [] if entry.release is None else list(entry.release.released_by),
        "note": entry.note,
    }
