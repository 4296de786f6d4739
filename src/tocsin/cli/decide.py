"""Writing a person's decision to the ledger."""

from __future__ import annotations

from tocsin.cli.options import named_person
from tocsin.clock import SystemClock
from tocsin.engines.desk import log_decision
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
    log_decision(desk, decision)
    return decision
