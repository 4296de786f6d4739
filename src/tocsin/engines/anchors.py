"""Having the ledger attested by third parties: ask, check, write down.

Nothing is held open while a server is asked: the archive is locked only to write.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import httpx
from cryptography import x509

from tocsin.archive import Archive, timestamps_ots
from tocsin.archive.anchors import (
    ANCHOR,
    Anchor,
    AnchorStatus,
    Method,
    Part,
    State,
    Subject,
    anchor_from,
    check_anchor,
    write_anchor,
)
from tocsin.archive.asking import Patience
from tocsin.archive.format import canonical
from tocsin.archive.heads import utc_text
from tocsin.archive.proofs import tree_of
from tocsin.archive.timestamps_rfc3161 import load_roots, request_stamp
from tocsin.engines.heads import NO_KEY, sign
from tocsin.engines.indexing import Indexer
from tocsin.engines.project import Project
from tocsin.errors import EnvironmentFailed, Unfit, UsageError

NOBODY: Final = (
    "no authority to anchor at; name one with --tsa URL or --ots URL, or in archive.authorities "
    "and archive.calendars (none is by default: no call leaves this machine unasked)"
)


@dataclass(frozen=True, slots=True)
class Asking:
    """How third parties are asked.

    Args:
        by: who has it done.
        patience: how often to ask again.
    """

    client: httpx.Client
    by: str
    patience: Patience
    now: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of one authority: an anchor with what it proves, or why there is none."""

    authority: str
    status: AnchorStatus | None = None
    failure: str = ""


def subject_to_anchor(project: Project, part: tuple[int, int] | None, at: datetime) -> Subject:
    """The head over everything, signed now if need be; or a part of the ledger.

    Args:
        part: first entry and the one after the last; None: the head.

    Raises:
        UsageError: no signing key, or the ledger has no such part.
    """
    with project.writing() as (archive, store):
        if part is None:
            head = sign(project, archive, at)
            Indexer(store).catch_up(archive)
            if head is None:
                raise UsageError(NO_KEY)
            return head
        first, end = part
        if not 0 <= first < end <= archive.durable_seq:
            raise UsageError(
                f"--part {first}-{end - 1}: the ledger has entries 0 to {archive.durable_seq - 1}"
            )
        return Part(first, end, tree_of(archive).part_root(first, end))


def anchor(
    project: Project, subject: Subject, authorities: Sequence[tuple[Method, str]], asking: Asking
) -> list[Asked]:
    """Ask each authority, and write every good answer to the ledger and to ``DIR/anchors``.

    Raises:
        UsageError: nobody to ask.
    """
    if not authorities:
        raise UsageError(NOBODY)
    asked = [_ask_one(project, subject, authority, asking) for authority in authorities]
    _record(project, [one.status.anchor for one in asked if one.status is not None])
    return asked


def _ask_one(
    project: Project, subject: Subject, authority: tuple[Method, str], asking: Asking
) -> Asked:
    method, url = authority
    message = canonical(subject.form())
    try:
        response = _ask(method, url, message, asking)
        made = Anchor(utc_text(asking.now()), url, asking.by, subject.form(), method, response)
        return Asked(url, check_anchor(made, roots_of(project)))
    except Unfit as error:
        return Asked(url, failure=f"{url}: refused: {error.problem}; {error.advice}")
    except EnvironmentFailed as error:
        return Asked(url, failure=str(error))


def _ask(method: Method, url: str, message: bytes, asking: Asking) -> bytes:
    if method is Method.OPENTIMESTAMPS:
        return timestamps_ots.submit(asking.client, url, message, asking.patience)
    return request_stamp(asking.client, url, message, asking.patience)


def roots_of(project: Project) -> list[x509.Certificate]:
    """Root certificates of the authorities this project trusts."""
    return load_roots(project.root_files)


def _record(project: Project, anchors: Iterable[Anchor]) -> None:
    found = list(anchors)
    if not found:
        return
    with project.writing() as (archive, store):
        for one in found:
            archive.append_entry(ANCHOR, one.form())
        archive.flush()
        Indexer(store).catch_up(archive)
    for one in found:
        write_anchor(project.anchors_folder, one)


def upgrade(project: Project, asking: Asking) -> list[Asked]:
    """Ask the calendars of pending anchors for the path to a block.

    Only calendars that this project asked itself are asked again. An answer that says more is
    written as an anchor of its own; the pending one stays in the ledger.
    """
    pending = [status for status in anchors_of(project) if status.state is State.PENDING]
    asked = [_upgrade_one(project, status, asking) for status in pending]
    found = [one.status for one in asked if one.status is not None]
    _record(project, [status.anchor for status in found if status.state is not State.PENDING])
    return asked


def _upgrade_one(project: Project, status: AnchorStatus, asking: Asking) -> Asked:
    before = status.anchor
    try:
        fuller = timestamps_ots.upgrade(
            asking.client, before.response, before.stamped, [before.authority], asking.patience
        )
        made = replace(before, at=utc_text(asking.now()), by=asking.by, response=fuller)
        return Asked(before.authority, check_anchor(made, roots_of(project)))
    except Unfit as error:
        return Asked(before.authority, failure=f"{before.authority}: {error}; {error.advice}")
    except EnvironmentFailed as error:
        return Asked(before.authority, status, str(error))


def anchors_of(project: Project) -> list[AnchorStatus]:
    """The anchors in the ledger, oldest first; a pending one that was upgraded is left out.

    What an anchor's answer is worth is checked here; whether the ledger still has the root it
    names is for ``verify`` to say.
    """
    roots = roots_of(project)
    newest: dict[tuple[bytes, str], AnchorStatus] = {}
    with Archive.open(project.archive_folder) as archive:
        for entry in archive.entries():
            if entry.kind == ANCHOR:
                found = anchor_from(entry.payload)
                newest[found.stamped, found.authority] = _status(found, roots)
    return list(newest.values())


def _status(found: Anchor, roots: Sequence[x509.Certificate]) -> AnchorStatus:
    try:
        return check_anchor(found, roots)
    except Unfit as error:
        return AnchorStatus(found, State.REFUSED, f"{error.problem}; {error.advice}")
