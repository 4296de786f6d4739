"""Bringing the store up to the ledger: what is in the archive and not yet in the tables."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

import orjson
from sqlalchemy import Connection, Table

from tocsin import wire
from tocsin.archive import Archive, LedgerEntry, wording_digest
from tocsin.archive.erasure import ERASURE
from tocsin.archive.evidence import EVIDENCE
from tocsin.model import Evidence
from tocsin.store import Store, schema
from tocsin.store.erasures import note_erased
from tocsin.store.events import event_row
from tocsin.store.observations import observation_row
from tocsin.store.store import (
    add_rows,
    dumps,
    meta_of,
    post_row,
    put_meta,
    replace_rows,
)
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
        start = int(self._store.ask(lambda connection: meta_of(connection, INDEXED)) or "0")
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
        evidence = [evidence_row(item) for item in batch if isinstance(item, Evidence)]
        indexed = str(batch[-1].seq + 1)

        def work(connection: Connection) -> None:
            add_rows(connection, schema.posts, evidence)
            for item in batch:
                if isinstance(item, LedgerEntry):
                    index_entry(connection, item.seq, item.kind, item.payload)
            put_meta(connection, INDEXED, indexed)

        self._store.write(work, lambda connection: meta_of(connection, INDEXED) == indexed)


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
    elif kind == EVIDENCE:  # a bare entry: its content was erased
        note_erased(connection, [erased_row(seq, payload["identity"])])
    elif kind in _ROWS:
        table, rows_of = _ROWS[kind]
        add_rows(connection, table, rows_of(seq, payload))


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


def erased_row(seq: int, identity: Mapping[str, Any]) -> dict[str, Any]:
    """A row of ``erased`` from the identity of an evidence entry."""
    return {"seq": seq, **{name: identity[name] for name in ("channel", "message_id", "version")}}


def decision_row(seq: int, payload: Mapping[str, Any]) -> dict[str, Any]:
    """A row of ``decisions`` from a ledger entry (``wire.decision_form``).

    Of a kind that only a newer version knows too: it was here before, and may come back.
    """
    return {
        "seq": seq,
        "kind": payload["kind"],
        "subject": payload["subject"],
        "value": payload["value"],
        "by": payload["by"],
        "at": wire.moment(payload["at"]),
        "reason": payload.get("reason", ""),
    }


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


def report_row(seq: int, payload: Mapping[str, Any]) -> dict[str, Any]:
    """A row of ``field_reports`` from a ledger entry (``wire.report_form``)."""
    return {
        "seq": seq,
        "id": payload["id"],
        "received_at": wire.moment(payload["received_at"]),
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
        "until": wire.moment(payload.get("until")),
        "after": payload["after"],
        "done": False,
        "posts_done": 0,
        "position": None,
        "state": None,
        "versions": dumps(payload["versions"]),
    }


_ROWS: dict[str, tuple[Table, Callable[[int, Mapping[str, Any]], list[dict[str, Any]]]]] = {
    "decision": (schema.decisions, lambda seq, form: [decision_row(seq, form)]),
    "warning": (schema.warnings, lambda seq, form: [warning_row(seq, form)]),
    "events": (schema.events, event_rows),
    "field_report": (schema.field_reports, lambda seq, form: [report_row(seq, form)]),
    "observation": (
        schema.observations,
        lambda seq, form: [observation_row(seq, form, wire.moment(form["at"]))],
    ),
    "receipt": (schema.receipts, lambda seq, form: [receipt_row(seq, form)]),
    "run": (schema.runs, lambda seq, form: [run_row(seq, form)]),
    ERASURE: (schema.erasures, lambda seq, _: [{"seq": seq, "done": False}]),
}
"""Where an entry of each kind goes, and as which rows."""
