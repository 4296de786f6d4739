"""Reports from the ground: into the ledger, and out of it in the order they were made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

import orjson
from sqlalchemy import func, select

from tocsin import wire
from tocsin.archive import Archive
from tocsin.engines.indexing import Indexer
from tocsin.errors import UsageError
from tocsin.model import FieldReport
from tocsin.sources.contacts import redact
from tocsin.store import Store, schema
from tocsin.store.store import dumps

KIND = "field_report"
MAX_TEXT = 2_000
_DIGITS = 12


def add_report(
    archive: Archive, store: Store, report: FieldReport, roles: Sequence[str]
) -> tuple[FieldReport, tuple[str, ...]]:
    """Write one report to the ledger; the same again is nothing.

    Args:
        report: its id is made here from what it says.
        roles: those the desk has configured.

    Returns:
        The report as it is kept, and what was taken out of its text (kinds of contact).

    Raises:
        UsageError: a role that is not configured, a time ahead, a text that is too long.
    """
    _check(report, roles)
    cleaned = redact(report.text.strip())
    kept = replace(report, id="", text=cleaned.text)
    digest = sha256(dumps(wire.report_form(kept)).encode()).hexdigest()
    kept = replace(kept, id=digest[:_DIGITS])
    if report_named(store, kept.id) is None:
        archive.append_entry(KIND, wire.report_form(kept))
        archive.flush()
        Indexer(store).catch_up(archive)
    return kept, cleaned.removed


def _check(report: FieldReport, roles: Sequence[str]) -> None:
    if report.role not in roles:
        raise UsageError(
            f"--role {report.role}: say one of {', '.join(roles)}; a role, never a name. Others: "
            "reports.roles in tocsin.toml"
        )
    if report.seen_at > report.received_at:
        raise UsageError(f"--seen-at {wire.iso(report.seen_at)}: lies ahead; say when it was seen")
    if len(report.text) > MAX_TEXT:
        raise UsageError(f"the text has {len(report.text):,} characters; at most {MAX_TEXT:,}")


def reports_between(store: Store, start: int, end: int) -> list[FieldReport]:
    """Reports with ``start < seq < end``, in the ledger's order."""
    table = schema.field_reports
    query = select(table.c.body).where(table.c.seq > start, table.c.seq < end)
    with store.reading() as connection:
        bodies = connection.execute(query.order_by(table.c.seq)).scalars().all()
    return [wire.report_from_form(orjson.loads(body)) for body in bodies]


def count_reports(store: Store, after: int) -> int:
    """How many reports the ledger holds after this position."""
    seq = schema.field_reports.c.seq
    with store.reading() as connection:
        return int(connection.execute(select(func.count()).where(seq > after)).scalar_one())


def all_reports(store: Store) -> list[dict[str, Any]]:
    """Every report as JSON values, the newest first."""
    table = schema.field_reports
    query = select(table.c.body).order_by(table.c.received_at.desc(), table.c.seq.desc())
    with store.reading() as connection:
        return [orjson.loads(body) for body in connection.execute(query).scalars()]


def report_named(store: Store, report_id: str) -> dict[str, Any] | None:
    """One report as JSON values; None where there is none of this id."""
    table = schema.field_reports
    with store.reading() as connection:
        body = connection.execute(select(table.c.body).where(table.c.id == report_id)).scalar()
    return None if body is None else dict(orjson.loads(body))
