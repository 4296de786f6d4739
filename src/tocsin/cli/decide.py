"""Writing a person's decision to the ledger."""

from __future__ import annotations

from tocsin import wire
from tocsin.cli.options import named_person
from tocsin.clock import SystemClock
from tocsin.engines.desk import audit_anchor
from tocsin.engines.indexing import Indexer
from tocsin.engines.project import Project
from tocsin.model import Decision, DecisionKind


def record(
    desk: Project, kind: DecisionKind, subject: str, value: str, who: tuple[str | None, str]
) -> Decision:
    """Log one decision; returns it.

    Args:
        who: the ``--as`` name and the reason.

    Raises:
        UsageError: no name.
    """
    name, reason = who
    decision = Decision(kind, subject, value, named_person(name), SystemClock().now(), reason)
    with desk.writing() as (archive, store):
        archive.append_entry("decision", wire.decision_form(decision))
        archive.append_entry("audit", audit_anchor(desk))
        archive.flush()
        Indexer(store).catch_up(archive)
    return decision
