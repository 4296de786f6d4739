"""What a project's desk keeps of its own, opened with its key; decisions as the desk reads them."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

import orjson
from sqlalchemy import select

from tocsin import wire
from tocsin.archive import load_or_create_key
from tocsin.desk.audit import head_of
from tocsin.desk.lists import DeskBox, DeskLists
from tocsin.desk.paging import Answer, Raised, Roster, pages_due
from tocsin.engines.indexing import Indexer
from tocsin.engines.project import Project
from tocsin.errors import EnvironmentFailed
from tocsin.model import (
    Decision,
    DecisionKind,
    DeskPage,
    Level,
    Page,
    Receipt,
    ReceiptKind,
    Recipient,
    StaffMember,
)
from tocsin.store import Store, schema
from tocsin.store.lists import warning_life, warnings_now

CHAT = "/chat"
"""Ends the name that a page goes to where it must not wake: only chats, no phone push."""
ANSWERS = frozenset(
    {
        DecisionKind.WARNING_ACKNOWLEDGE,
        DecisionKind.WARNING_CONFIRM,
        DecisionKind.WARNING_DISMISS,
    }
)
"""Decisions by which somebody has shown that they are on it."""
_TELLS = ("issue", "update")


def desk_key(project: Project) -> bytes:
    """The key of the desk's lists; made where there are no lists yet.

    Raises:
        EnvironmentFailed: there are lists and their key is missing.
    """
    project.refuse_if_locked()
    path = project.desk_key_path
    if project.lists_path.exists() and not path.exists():
        raise EnvironmentFailed(
            f"{path}: the key of the desk's lists is missing; bring it back from its copy, without "
            f"it {project.lists_path.name} cannot be read"
        )
    return load_or_create_key(path, "the key of the desk's lists")


def desk_box(project: Project, passphrase: str | None = None) -> DeskBox:
    """The desk's lists, closed."""
    return DeskBox(project.lists_path, desk_key(project), passphrase)


def keyed(project: Project, name: str) -> str:
    """What the ledger calls a line of a list: 16 hex digits of HMAC-SHA-256 under the desk's key.

    The ledger is not encrypted and is never rewritten, so it does not say who is on a list.
    """
    return hmac.new(desk_key(project), name.encode(), "sha256").hexdigest()[:16]


def decisions(store: Store, kinds: Iterable[DecisionKind]) -> list[Decision]:
    """People's decisions of these kinds, in the ledger's order."""
    table = schema.decisions
    wanted = [kind.value for kind in kinds]
    query = table.select().where(table.c.kind.in_(wanted)).order_by(table.c.seq)
    with store.reading() as connection:
        return [_decision(row) for row in connection.execute(query).mappings()]


def _decision(row: Mapping[Any, Any]) -> Decision:
    kind, at = DecisionKind(row["kind"]), row["at"]
    return Decision(kind, row["subject"], row["value"], row["by"], at, row["reason"])


def lives(store: Store) -> dict[str, list[dict[str, Any]]]:
    """Every warning with its actions, oldest first."""
    names = dict.fromkeys(row["id"] for row in warnings_now(store))
    return {name: warning_life(store, name) for name in names}


def raised_from(life: Sequence[Mapping[str, Any]]) -> Raised | None:
    """At what level a warning stands, since when, and until when.

    A level counts from when it was last reached from below; a fall to a lower one ends it. Of a
    list of places the highest row counts.
    """
    if not life:
        return None
    since, level = None, Level.NONE
    until = None
    for at, lines in _at_once(life):
        told = [Level.named(line["level"]) for line in lines if line["action"] in _TELLS]
        if not told:
            until = at
            continue
        now, until = max(told), None
        if since is None or now > level:
            since = at
        level = now
    assert since is not None or until is not None
    return None if since is None else Raised(life[0]["id"], level, since, until)


def _at_once(
    life: Sequence[Mapping[str, Any]],
) -> Iterable[tuple[datetime, list[Mapping[str, Any]]]]:
    for text, lines in groupby(life, key=lambda line: line["issued_at"]):
        at = wire.moment(text)
        assert at is not None
        yield at, list(lines)


def all_raised(store: Store) -> list[Raised]:
    """Every warning that was ever told of, as it stands now."""
    found = (raised_from(life) for life in lives(store).values())
    return [raised for raised in found if raised is not None]


def answers(store: Store) -> list[Answer]:
    """Who answered which warning, when."""
    return [Answer(one.subject, one.at, one.by) for one in decisions(store, ANSWERS)]


def desk_pages(
    store: Store, lists: DeskLists, now: datetime, name: str = ""
) -> tuple[DeskPage, ...]:
    """Pages that should have gone by ``now``; the outbox sends each of them once.

    Args:
        name: of the desk, said in the page.
    """
    roster = Roster(lists.rota, {member.handle: member for member in lists.staff})
    standing = [one for one in all_raised(store) if one.until is None]
    due = pages_due(roster, standing, answers(store), now)
    told = {one.warning: warning_life(store, one.warning) for one in standing}
    return tuple(_desk_page(page, told[page.warning], name) for page in due)


def _desk_page(page: Page, life: Sequence[Mapping[str, Any]], name: str) -> DeskPage:
    number = _number_at(life, page.level)
    line = life[number - 1]
    subject = f"{name or 'tocsin'}: {page.level.upper()} {line['place']}"
    text = (
        f"{subject}, against {line['target']}. Answer with: tocsin warnings acknowledge "
        f"{page.warning} --as {page.handle}; what to do: tocsin call-card show {page.warning}"
    )
    staff = page.handle if page.wakes else page.handle + CHAT
    level = Level.named(page.level)
    return DeskPage(staff, page.warning, number, level, page.step, subject, text)


def _number_at(life: Sequence[Mapping[str, Any]], level: str) -> int:
    """The action that raised the warning to its level: later updates do not page anew."""
    newest = 1
    before = ""
    for number, line in enumerate(life, 1):
        if line["action"] in _TELLS and line["level"] == level != before:
            newest = number
        before = line["level"]
    return newest


def staff_address(staff: Iterable[StaffMember], name: str) -> Recipient | None:
    """Where a page goes: for the outbox's address book; None: nobody of that handle.

    Phone push and chats of one person are one address, parted by spaces, as apprise takes them.
    """
    handle, quiet = name.removesuffix(CHAT), name.endswith(CHAT)
    member = next((one for one in staff if one.handle == handle), None)
    if member is None:
        return None
    ways = member.chat if quiet else (*member.push, *member.chat)
    languages = member.languages or ("en",)
    return Recipient(member.handle, member.handle, "push", " ".join(ways), languages)


def log_receipt(project: Project, receipt: Receipt) -> None:
    """Append a receipt to the ledger."""
    with project.writing() as (archive, store):
        archive.append_entry("receipt", receipt_form(receipt))
        archive.append_entry("audit", audit_anchor(project))
        archive.flush()
        Indexer(store).catch_up(archive)


def audit_anchor(project: Project) -> dict[str, Any]:
    """What the ledger notes of the audit log."""
    head = head_of(project.audit_path)
    return {"lines": head.lines, "head": head.digest.hex()}


def receipt_form(receipt: Receipt) -> dict[str, Any]:
    """A receipt as the ledger keeps it."""
    return {
        "warning": receipt.warning,
        "number": receipt.number,
        "recipient": receipt.recipient,
        "at": wire.iso(receipt.at),
        "kind": receipt.kind.value,
        "key": receipt.key,
        "digest": receipt.digest,
        "note": receipt.note,
        "by": receipt.by,
        "drill": receipt.drill,
    }


def calls_logged(store: Store, warning: str | None = None) -> list[dict[str, Any]]:
    """Calls that were made, oldest first."""
    table = schema.receipts
    query = select(table.c.body).where(table.c.kind == ReceiptKind.CALLED.value)
    if warning is not None:
        query = query.where(table.c.warning == warning)
    with store.reading() as connection:
        rows = connection.execute(query.order_by(table.c.seq)).scalars()
        return [orjson.loads(row) for row in rows]
