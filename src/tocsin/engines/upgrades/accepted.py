"""Which versions were in force when, and which of them a named person accepted.

Both are in the ledger: each run says what it decided by, and an acceptance is a decision.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import select

from tocsin.engines.upgrades.parts import Versions, changed_parts, changes
from tocsin.errors import UsageError, VersionsNotAccepted
from tocsin.model import DecisionKind
from tocsin.settings import Settings
from tocsin.store import Store, schema
from tocsin.store.store import dumps

SUBJECT = "project"
LOOK = (
    "look with: tocsin upgrade; accept with: tocsin upgrade --accept; back: tocsin upgrade --back"
)


@dataclass(frozen=True, slots=True)
class InForce:
    """Versions that decided, or were accepted to.

    Args:
        seq: ledger seq of the run or the decision.
        accepted: by a person; False: a run used what was installed.
    """

    seq: int
    versions: Versions
    accepted: bool


def accept_value(versions: Versions, looked: Mapping[str, Any]) -> str:
    """The value of the decision: what is accepted, and what its maker was shown of it."""
    return dumps({"versions": dict(versions), "looked": dict(looked)})


def accepted(store: Store) -> list[InForce]:
    """What people accepted, oldest first."""
    table = schema.decisions
    query = table.select().where(table.c.kind == DecisionKind.VERSIONS_ACCEPT.value)
    with store.reading() as connection:
        rows = connection.execute(query.order_by(table.c.seq)).mappings().all()
    return [InForce(row["seq"], orjson.loads(row["value"])["versions"], True) for row in rows]


def _used(store: Store, most: int | None = None) -> list[InForce]:
    """What runs decided by, newest first."""
    table = schema.runs.c
    query = select(table.seq, table.versions).order_by(table.seq.desc()).limit(most)
    with store.reading() as connection:
        rows = connection.execute(query).all()
    return [InForce(seq, orjson.loads(versions), False) for seq, versions in rows]


def last_used(store: Store) -> InForce | None:
    """What the newest run decided by; asked for by every run, and a watch makes thousands."""
    return next(iter(_used(store, 1)), None)


def agreed(store: Store) -> InForce | None:
    """What a run is measured by: the newest accepted versions, or what the newest run used."""
    decided = accepted(store)
    return decided[-1] if decided else last_used(store)


def before(store: Store, now: Versions) -> InForce | None:
    """Where back leads to: the newest agreed versions that are not those of ``now``.

    Other versions installed and not yet accepted: what is agreed. Nothing else installed: what
    was agreed before that.
    """
    return next((one for one in _history(store) if changes(one.versions, now)), None)


def _history(store: Store) -> list[InForce]:
    """What was accepted, then what runs used before anybody accepted anything; newest first."""
    decided = accepted(store)
    first = decided[0].seq if decided else None
    used = (one for one in _used(store) if first is None or one.seq < first)
    return [*reversed(decided), *used]


def heed(store: Store, settings: Settings, now: Versions, say: Callable[[str], None]) -> None:
    """Say that a run is about to use versions that nobody accepted; or do not let it.

    An early warning must not stop at night because somebody installed something: so by default it
    is only said.

    Raises:
        VersionsNotAccepted: ``run.unaccepted_versions`` is "refuse".
        UsageError: it is neither that nor "warn".
    """
    wanted = settings.text("run.unaccepted_versions")
    if wanted not in ("warn", "refuse"):
        raise UsageError(f"run.unaccepted_versions is {wanted!r}; write warn or refuse")
    known = agreed(store)
    if known is None:
        return
    parts = ", ".join(changed_parts(changes(known.versions, now)))
    if not parts:
        return
    than = "what was accepted" if known.accepted else "what the last run used"
    if wanted == "refuse":
        raise VersionsNotAccepted(f"not run: {parts} differ from {than}; {LOOK}")
    say(f"{parts} differ from {than}; {LOOK}")
