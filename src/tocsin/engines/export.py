"""Making a bundle: choose, read, prove, write it down, and only then put it in its place.

The ledger says of every export who made it, when, of what, at which level, and the digest of what
left; never a word of it (kind ``export``):

    {"at", "by", "form", "kind", "level", "positions": [[first, count], …], "sha256", "subject"}

``form`` is ``bundle`` or ``timeline``; ``kind`` rumour, warning or query; ``subject`` an id, empty
for a query, whose words are not kept; ``positions`` those of the evidence.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from tocsin.archive import Archive
from tocsin.archive.disk import plain_failures
from tocsin.archive.erasure import runs
from tocsin.archive.heads import TreeHead, utc_text
from tocsin.archive.signing_keys import SigningKey
from tocsin.bundle.build import Head, Parts, build
from tocsin.bundle.levels import Disclosure, to_the_minute
from tocsin.bundle.page import timeline_page
from tocsin.bundle.records import Item
from tocsin.engines.export_evidence import Drawn, contents, draw, public_keys, stamped
from tocsin.engines.export_subject import Subject, subject_of
from tocsin.engines.export_timeline import Telling, Told, tell
from tocsin.engines.heads import NO_KEY, sign
from tocsin.engines.indexing import Indexer
from tocsin.engines.project import Project
from tocsin.errors import UsageError
from tocsin.model import TIP_SOURCE
from tocsin.store import Store
from tocsin.store.search import Bounds

EXPORT: Final = "export"
"""The kind of the ledger entry that says what left."""


@dataclass(frozen=True, slots=True)
class ExportOrder:
    """What is to leave, for whom, and who says so.

    Args:
        asked: a rumour, a warning, or words to search for; None: all within the bounds.
        out: the file to be made; it must not be there.
        by: name or handle; empty where a timeline is made for the desk itself.
    """

    asked: str | None
    bounds: Bounds
    level: Disclosure
    out: Path
    by: str


@dataclass(frozen=True, slots=True)
class Exported:
    """What left.

    Args:
        digest: hex SHA-256 of the file.
        erased: items of which only a tombstone is in it.
        tips: posts that were left out because they are tips.
        key: id of the key that signed; empty: a timeline is not signed.
        seq: position of the ledger entry that says so; None: nothing was noted.
    """

    out: Path
    level: Disclosure
    digest: str
    items: int
    posts: int
    erased: int = 0
    tips: int = 0
    anchors: int = 0
    key: str = ""
    seq: int | None = None


def export(project: Project, order: ExportOrder, at: datetime) -> Exported:
    """Make a bundle.

    Raises:
        UsageError: nothing fits, no signing key, or the file is there already.
        ArchiveDamaged: an item is not what was archived; nothing is exported.
        EnvironmentFailed: the signing key is not there, or the file cannot be written.
    """
    _check_free(order.out)
    with project.writing() as opened:
        archive, store = opened
        head, key = _head(project, archive, at)
        subject = subject_of(store, order.asked, order.bounds)
        told = tell(store, subject, _telling(project, order, at))
        drawn = _draw(archive, head, subject, told)
        parts = _parts(archive, (drawn, told, subject, head), order)
        data = build(parts, key.sign)
        done = Exported(
            order.out,
            order.level,
            sha256(data).hexdigest(),
            len(parts.items),
            len(told.line.posts),
            parts.line.erased,
            told.tips,
            len(parts.stamped),
            head.key,
        )
        note = _note(order, subject, "bundle", drawn.items, done.digest, at)
        seq = _hand_over(opened, order.out, data, note)
        sign(project, archive, at)
        Indexer(store).catch_up(archive)
    return replace(done, seq=seq)


def export_timeline(project: Project, order: ExportOrder, at: datetime) -> Exported:
    """Make the page alone; what leaves the desk is noted in the ledger.

    Raises:
        UsageError: nothing fits, or the file is there already.
        EnvironmentFailed: the file cannot be written.
    """
    _check_free(order.out)
    with project.writing() as opened:
        store = opened[1]
        subject = subject_of(store, order.asked, order.bounds)
        told = tell(store, subject, _telling(project, order, at))
        if not told.line.posts:
            raise UsageError(_NOTHING)
        data = timeline_page(told.line).encode()
        posts, digest = len(told.line.posts), sha256(data).hexdigest()
        note = None
        if not order.level.whole:
            note = _note(order, subject, "timeline", told.seqs, digest, at)
        seq = _hand_over(opened, order.out, data, note)
        Indexer(store).catch_up(opened[0])
    return Exported(order.out, order.level, digest, posts, posts, tips=told.tips, seq=seq)


_NOTHING: Final = "nothing fits: no post of it is in this project (within --since and --until)"


def _check_free(out: Path) -> None:
    if out.exists():
        raise UsageError(f"{out}: is there already; name another file, or move it away")
    if not out.parent.is_dir():
        raise UsageError(f"{out.parent}: there is no such folder; make it first")


def _head(project: Project, archive: Archive, at: datetime) -> tuple[TreeHead, SigningKey]:
    """The newest head over all that is archived, and the key that made it."""
    head = sign(project, archive, at)
    if head is None or project.signing_key_path is None:
        raise UsageError(NO_KEY)
    key = SigningKey.load(project.signing_key_path)
    if key.id != head.key:
        raise UsageError(
            f"{project.signing_key_path}: is not the key that signed the newest head; restore "
            "that one from its copy"
        )
    return head, key


def _telling(project: Project, order: ExportOrder, at: datetime) -> Telling:
    return Telling(order.level, at, project.settings.truth("export.public_names_channels"))


def _draw(archive: Archive, head: TreeHead, subject: Subject, told: Told) -> Drawn:
    drawn = draw(archive, head.size, told.seqs, subject.lost)
    if not told.line.level.whole:  # an erased tip has no row in the store that says it is one
        drawn.items = [seq for seq in drawn.items if _source(drawn, seq) != TIP_SOURCE]
    if not drawn.items:
        raise UsageError(_NOTHING)
    return drawn


def _source(drawn: Drawn, seq: int) -> str:
    return str(drawn.payload(seq)["identity"]["source"])


def _parts(
    archive: Archive, found: tuple[Drawn, Told, Subject, TreeHead], order: ExportOrder
) -> Parts:
    drawn, told, subject, head = found
    erased, whole = drawn.erased(), order.level.whole
    kept = contents(archive, [s for s in drawn.items if s not in erased]) if whole else {}
    items = [
        Item(
            drawn.entry(seq),
            seq in erased,
            salt=kept[seq].salt if seq in kept else None,
            content=kept[seq].content if seq in kept else None,
            channel=told.channels.get(seq, ""),
            posted_at=_minute(told.posted.get(seq)),
        )
        for seq in drawn.items
    ]
    return Parts(
        line=replace(told.line, erased=len(erased)),
        head=Head(head.size, head.file_bytes(), head.key, head.at),
        items=tuple(items),
        ledger=tuple(drawn.entry(seq) for seq in drawn.ledger()),
        stamped=tuple(stamped(drawn)),
        public_keys=public_keys(drawn),
        asked=_asked(order, subject),
        by=order.by if whole else "",
    )


def _minute(moment: datetime | None) -> str | None:
    return None if moment is None else utc_text(to_the_minute(moment))


def _asked(order: ExportOrder, subject: Subject) -> dict[str, Any]:
    bounds = order.bounds
    """A rumour's id is a digest of its first post's, which could be found by trying: it stays."""
    said: dict[str, Any] = {"kind": subject.kind}
    said["since"] = utc_text(bounds.since) if bounds.since else None
    said["until"] = utc_text(bounds.until) if bounds.until else None
    if order.level.whole:
        said |= {"id": subject.id, "words": subject.words, "channel": bounds.channel}
    return said


def _note(
    order: ExportOrder,
    subject: Subject,
    form: str,
    seqs: Iterable[int],
    digest: str,
    at: datetime,
) -> dict[str, Any]:
    return {
        "at": utc_text(at),
        "by": order.by,
        "form": form,
        "kind": subject.kind,
        "level": order.level.value,
        "positions": runs(seqs),
        "sha256": digest,
        "subject": subject.id,
    }


def _hand_over(
    opened: tuple[Archive, Store], out: Path, data: bytes, note: Mapping[str, Any] | None
) -> int | None:
    """Write the file beside its place, note it, then give it its name: none leaves unnoted."""
    beside, seq = out.with_name(f".{out.name}.new"), None
    with plain_failures("the export could not be written", out):
        try:
            with beside.open("wb") as file:
                beside.chmod(0o600)
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if note is not None:
                seq = opened[0].append_entry(EXPORT, note)
                opened[0].flush()
            beside.replace(out)
        except BaseException:
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)
            raise
    return seq
