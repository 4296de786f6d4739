"""What a project's desk keeps of its own, opened with its key; decisions as the desk reads them."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import select

from tocsin import wire
from tocsin.archive import Archive, load_or_create_key
from tocsin.desk.audit import head_of
from tocsin.desk.kept import Reread
from tocsin.desk.lists import DeskBox, DeskLists
from tocsin.engines.indexing import Indexer
from tocsin.engines.outbox import append_receipts
from tocsin.engines.project import Project
from tocsin.errors import EnvironmentFailed, Overtaken
from tocsin.model import Decision, DecisionKind, Receipt, ReceiptKind
from tocsin.store import Store, schema
from tocsin.store.lists import decided, warning_life, warnings_now


def desk_key(project: Project) -> bytes:
    """The key of the desk's lists; made where there are no lists yet.

    Raises:
        EnvironmentFailed: there are lists and their key is missing.
    """
    project.refuse_if_locked()
    path = project.desk_key_path
    closed = sorted(box.name for box in project.folder.glob("*.box"))
    if closed and not path.exists():
        raise EnvironmentFailed(
            f"{path}: the key of the desk's lists is missing; bring it back from its copy, without "
            f"it {' and '.join(closed)} cannot be read"
        )
    return load_or_create_key(path, "the key of the desk's lists")


def desk_box(project: Project, passphrase: str | None = None) -> DeskBox:
    """The desk's lists, closed."""
    return DeskBox(project.lists_path, desk_key(project), passphrase)


class ListsReader:
    """The desk's lists as they are now, opened again only where they have changed."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._kept = Reread(project.lists_path, lambda: desk_box(project).read(), DeskLists())

    def read(self) -> DeskLists:
        """The lists; empty ones where the desk has none.

        Raises:
            EnvironmentFailed: their key is missing.
            DeskLocked: the desk is locked.
        """
        self._project.refuse_if_locked()
        return self._kept.read()


def keyed(project: Project, name: str) -> str:
    """What the ledger calls a line of a list: 16 hex digits of HMAC-SHA-256 under the desk's key.

    The ledger is not encrypted and is never rewritten, so it does not say who is on a list.
    """
    return hmac.new(desk_key(project), name.encode(), "sha256").hexdigest()[:16]


def decisions(
    store: Store, kinds: Iterable[DecisionKind], subject: str | None = None
) -> list[Decision]:
    """People's decisions of these kinds, about one subject or all, in the ledger's order."""
    table = schema.decisions
    wanted = [kind.value for kind in kinds]
    query = table.select().where(table.c.kind.in_(wanted)).order_by(table.c.seq)
    if subject is not None:
        query = query.where(table.c.subject == subject)
    with store.reading() as connection:
        return [_decision(row) for row in connection.execute(query).mappings()]


def _decision(row: Mapping[Any, Any]) -> Decision:
    kind, at = DecisionKind(row["kind"]), row["at"]
    return Decision(kind, row["subject"], row["value"], row["by"], at, row["reason"])


def without_outcome(store: Store) -> tuple[str, ...]:
    """Warnings that have ended and of which nobody has said what came of them, newest first."""
    now, told = warnings_now(store), decided(store, DecisionKind.WARNING_OUTCOME.value)
    stands = {row["id"] for row in now if row["action"] in ("issue", "update")}
    names = dict.fromkeys(row["id"] for row in now)
    return tuple(name for name in names if name not in stands and name not in told)


def lives(store: Store) -> dict[str, list[dict[str, Any]]]:
    """Every warning with its actions, oldest first."""
    names = dict.fromkeys(row["id"] for row in warnings_now(store))
    return {name: warning_life(store, name) for name in names}


def log_receipt(project: Project, receipt: Receipt) -> None:
    """Append a person's receipt to the ledger."""
    with project.writing() as (archive, store):
        archive.append_entry("audit", audit_anchor(project))
        append_receipts(archive, store, [receipt])


def log_decision(project: Project, decision: Decision, seen: int | None = None) -> None:
    """Append a person's decision to the ledger.

    Args:
        seen: position of the newest decision about the same subject that its maker was shown, 0
            where there was none; None: whoever decides did not look at others' decisions.

    Raises:
        Overtaken: there is a newer one; nothing was written.
    """
    log_decisions(project, [decision], seen)


def log_decisions(project: Project, decisions: Sequence[Decision], seen: int | None = None) -> None:
    """Append several decisions to the ledger in one go, for one writer and one flush.

    Args:
        seen: as for :func:`log_decision`, of every subject.

    Raises:
        Overtaken: about one of them there is a newer one; nothing was written.
    """
    with project.writing() as opened:
        if seen is not None:
            for one in decisions:
                _refuse_overtaken(opened[1], one.subject, seen)
        append_decisions(project, opened, decisions)


def append_decisions(
    project: Project, opened: tuple[Archive, Store], decisions: Sequence[Decision]
) -> None:
    """Append decisions, and how far the audit log has come, to the opened ledger."""
    archive, store = opened
    for one in decisions:
        archive.append_entry("decision", wire.decision_form(one))
    archive.append_entry("audit", audit_anchor(project))
    archive.flush()
    Indexer(store).catch_up(archive)


def newest_decision(store: Store, subject: str) -> Mapping[Any, Any] | None:
    """The row of the newest decision about a subject; None where nobody has decided."""
    table = schema.decisions
    query = table.select().where(table.c.subject == subject).order_by(table.c.seq.desc()).limit(1)
    with store.reading() as connection:
        return connection.execute(query).mappings().first()


def _refuse_overtaken(store: Store, subject: str, seen: int) -> None:
    row = newest_decision(store, subject)
    if row is not None and row["seq"] > seen:
        what = str(row["kind"]).replace("_", " ")
        raise Overtaken(
            f"{row['by']} has decided about {subject} since you looked ({what}, "
            f"{row['at']:%Y-%m-%d %H:%M} UTC); look again before you decide"
        )


def audit_anchor(project: Project) -> dict[str, Any]:
    """What the ledger notes of the audit log."""
    head = head_of(project.audit_path)
    return {"lines": head.lines, "head": head.digest.hex()}


def calls_logged(store: Store, warning: str | None = None) -> list[dict[str, Any]]:
    """Calls that were made, oldest first."""
    table = schema.receipts
    query = select(table.c.body).where(table.c.kind == ReceiptKind.CALLED.value)
    if warning is not None:
        query = query.where(table.c.warning == warning)
    with store.reading() as connection:
        rows = connection.execute(query.order_by(table.c.seq)).scalars()
        return [orjson.loads(row) for row in rows]
