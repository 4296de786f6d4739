"""What people decided, handed to the pipeline at the beginning of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select

from tocsin.model import DecisionKind, Outcome, SituationKey, WarningAction
from tocsin.pipeline import Pipeline
from tocsin.store import Store, schema


def decisions_between(store: Store, start: int, end: int) -> Sequence[Mapping[str, Any]]:
    """Rows of decisions with ``start < seq < end``, in order."""
    table = schema.decisions
    query = table.select().where(table.c.seq > start, table.c.seq < end).order_by(table.c.seq)
    with store.reading() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


ABOUT_WARNINGS = (
    DecisionKind.WARNING_ACKNOWLEDGE,
    DecisionKind.WARNING_CONFIRM,
    DecisionKind.WARNING_DISMISS,
    DecisionKind.WARNING_OUTCOME,
)
"""Decisions that take effect although no post comes; all others decide where later posts go."""


_KNOWN = frozenset(kind.value for kind in DecisionKind)


def count_decisions(store: Store, after: int) -> int:
    """How many decisions about warnings the ledger holds after this position."""
    table = schema.decisions.c
    wanted = [kind.value for kind in ABOUT_WARNINGS]
    query = select(func.count()).where(table.seq > after, table.kind.in_(wanted))
    with store.reading() as connection:
        return int(connection.execute(query).scalar_one())


def apply(
    decision: Mapping[str, Any], store: Store, pipeline: Pipeline
) -> tuple[WarningAction, ...]:
    """Let one decision take effect; returns the warning actions that follow at once.

    Merges, their undoing and splits decide where later posts go. What was taken in before, and
    what warnings named, stays as it was; the store lays them over it when it is shown.
    """
    if decision["kind"] not in _KNOWN:  # of a newer version: it takes effect there
        return ()
    kind, subject, value = DecisionKind(decision["kind"]), decision["subject"], decision["value"]
    if kind is DecisionKind.RUMOUR_MERGE:
        pipeline.following.rumours.merge(subject, value)
    elif kind is DecisionKind.RUMOUR_UNMERGE:
        pipeline.following.rumours.unmerge(subject, value)
    elif kind is DecisionKind.RUMOUR_SPLIT:
        pipeline.following.rumours.split(subject, value.split("\n"))
    else:
        return _about_warning(kind, decision, store, pipeline)
    return ()


def _about_warning(
    kind: DecisionKind, decision: Mapping[str, Any], store: Store, pipeline: Pipeline
) -> tuple[WarningAction, ...]:
    actions: list[WarningAction] = []
    for key in situations_of(store, decision["subject"]):
        if kind is DecisionKind.WARNING_CONFIRM:
            actions += pipeline.deciding.confirm(key, decision["by"])
        elif kind is DecisionKind.WARNING_ACKNOWLEDGE:
            pipeline.deciding.acknowledge(key)
        elif kind is DecisionKind.WARNING_DISMISS:
            actions += pipeline.deciding.dismiss(key)
        elif kind is DecisionKind.WARNING_OUTCOME and Outcome(decision["value"]).came:
            actions += pipeline.deciding.happened(key, decision["at"])
    return tuple(actions)


def situations_of(store: Store, warning_id: str) -> list[SituationKey]:
    """The situations a warning is about: one, or a row for each place that one post called to."""
    table = schema.warnings
    query = select(table.c.place_id, table.c.target).where(table.c.id == warning_id).distinct()
    with store.reading() as connection:
        return sorted(SituationKey(row[0], row[1]) for row in connection.execute(query))
