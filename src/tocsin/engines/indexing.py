"""Bringing the store up to the ledger: what is in the archive and not yet in the tables."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy import Connection

from tocsin import wire
from tocsin.archive import Archive, LedgerEntry, wording_digest
from tocsin.model import Decision, DecisionKind, Evidence
from tocsin.store import Store, schema
from tocsin.store.events import event_row
from tocsin.store.store import add_rows, decision_row, dumps, post_row, put_meta, replace_rows
from tocsin.text import post_from_content

INDEXED = "indexed_seq"
_BATCH = 5_000


class Indexer:
    """Reads ledger entries into the tables, in order, each exactly once."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def catch_up(self, archive: Archive, until: int | None = None) -> int:
        """Index every durable entry the store has not seen; returns how many that were.

        Args:
            until: stop before this seq (a rebuild goes run by run).
        """
        start = int(self._store.meta(INDEXED, "0"))
        end = archive.durable_seq if until is None else until
        if start >= end:
            return 0
        batch: list[LedgerEntry | Evidence] = []
        for item in archive.items(start):
            if item.seq >= end:
                break
            batch.append(item)
            if len(batch) >= _BATCH:
                self._index(batch)
                batch = []
        self._index(batch)
        return end - start

    def _index(self, batch: list[LedgerEntry | Evidence]) -> None:
        if not batch:
            return
        with self._store.writing() as connection:
            evidence = [item for item in batch if isinstance(item, Evidence)]
            add_rows(connection, schema.posts, [evidence_row(item) for item in evidence])
            for item in batch:
                if isinstance(item, LedgerEntry):
                    index_entry(connection, item.seq, item.kind, item.payload)
            put_meta(connection, INDEXED, str(batch[-1].seq + 1))


def evidence_row(evidence: Evidence, wording: bytes | None = None) -> dict[str, Any]:
    """A row of ``posts`` from an archived item; its wording digest, where it is known."""
    content = orjson.loads(evidence.content)
    post = post_from_content(evidence.identity, content, seq=evidence.seq)
    return post_row(post, wording or wording_digest(content), content)


def index_entry(connection: Connection, seq: int, kind: str, payload: Mapping[str, Any]) -> None:
    """Write one ledger entry that is not evidence to its table.

    ``run_done`` has none: a run is done when its last checkpoint is in the store, and a kill may
    come between the two.
    """
    if kind == "channels":
        rows = [{"channel": form["channel"], "profile": dumps(form)} for form in payload["rows"]]
        replace_rows(connection, schema.channels, "channel", rows)
    elif kind == "decision":
        add_rows(connection, schema.decisions, [decision_row(seq, decision_from(payload))])
    elif kind == "warning":
        add_rows(connection, schema.warnings, [warning_row(seq, payload)])
    elif kind == "events":
        add_rows(connection, schema.events, event_rows(seq, payload))
    elif kind == "receipt":
        add_rows(connection, schema.receipts, [receipt_row(seq, payload)])
    elif kind == "run":
        add_rows(connection, schema.runs, [run_row(seq, payload)])


def event_rows(seq: int, payload: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows of ``events`` from one batch in the ledger."""
    return [
        event_row(seq, number, form, event_wording(form))
        for number, form in enumerate(payload["rows"])
    ]


def event_wording(form: Mapping[str, Any]) -> bytes:
    """Digest of what an event's form says, apart from when it was known."""
    told = {name: value for name, value in form.items() if name != "known_at"}
    return hashlib.sha256(dumps(told).encode()).digest()


def decision_from(payload: Mapping[str, Any]) -> Decision:
    """The inverse of ``wire.decision_form``."""
    at = wire.moment(payload["at"])
    assert at is not None
    return Decision(
        kind=DecisionKind(payload["kind"]),
        subject=payload["subject"],
        value=payload["value"],
        by=payload["by"],
        at=at,
        reason=payload.get("reason", ""),
    )


def warning_row(seq: int, payload: Mapping[str, Any]) -> dict[str, Any]:
    """A row of ``warnings`` from a ledger entry (``wire.warning_line`` and the run's seq)."""
    return {
        "seq": seq,
        "id": payload["id"],
        "action": payload["action"],
        "issued_at": wire.moment(payload["issued_at"]),
        "level": payload["level"],
        "place_id": payload["place_id"],
        "target": payload["target"],
        "body": dumps(payload),
    }


def receipt_row(seq: int, payload: Mapping[str, Any]) -> dict[str, Any]:
    """A row of ``receipts`` from a ledger entry (``delivery.codec.receipt_form``)."""
    return {
        "seq": seq,
        "key": payload["key"],
        "warning": payload["warning"],
        "recipient": payload["recipient"],
        "kind": payload["kind"],
        "at": wire.moment(payload["at"]),
        "body": dumps(payload),
    }


def run_row(seq: int, payload: Mapping[str, Any]) -> dict[str, Any]:
    """A row of ``runs`` that has not begun."""
    return {
        "seq": seq,
        "boundary": payload["boundary"],
        "after": payload["after"],
        "done": False,
        "posts_done": 0,
        "position": None,
        "state": None,
        "versions": dumps(payload["versions"]),
    }
