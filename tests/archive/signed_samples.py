"""An archive with signed heads, and an adversary who can write everything but has no key."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from archive_samples import content, identity, options

from tocsin.archive import Archive, VerifyOptions, VerifyReport, verify
from tocsin.archive.evidence import EVIDENCE
from tocsin.archive.format import ContentRecord, commitment
from tocsin.archive.heads import TREE_HEAD, head_from, sign_head, write_head
from tocsin.archive.proofs import tree_of
from tocsin.archive.signing_keys import (
    PUBLIC_NAME,
    SIGNING_KEY,
    SigningKey,
    announce,
    public_path,
    public_pem,
)

AT = datetime(2024, 1, 1, tzinfo=UTC)
BATCH = 6
BATCHES = 8
HEAD_EVERY = 2


@dataclass(frozen=True)
class Desk:
    """A project's archive and heads, and what was kept elsewhere."""

    folder: Path
    elsewhere: Path

    @property
    def archive(self) -> Path:
        return self.folder / "archive"

    @property
    def heads(self) -> Path:
        return self.folder / "heads"

    @property
    def kept_head(self) -> Path:
        return max(self.elsewhere.glob("*.json"), key=lambda path: int(path.stem))

    def options(self) -> VerifyOptions:
        return VerifyOptions(
            heads=(self.kept_head,),
            head_folders=(self.heads,),
            keys=(self.heads / PUBLIC_NAME, public_path(self.elsewhere / "key.pem")),
        )

    def verify(self) -> VerifyReport:
        return verify(self.archive, options=self.options())

    def copy(self, to: Path) -> Desk:
        shutil.copytree(self.folder, to)
        return replace(self, folder=to)


def build_desk(folder: Path) -> Desk:
    """Items 1 to 48 in eight batches, a head after every second, the last one kept elsewhere."""
    desk = Desk(folder / "desk", folder / "elsewhere")
    desk.elsewhere.mkdir(parents=True)
    key = SigningKey.create(desk.elsewhere / "key.pem")
    with Archive.create(desk.archive, options()) as archive:
        archive.append_entry(SIGNING_KEY, announce(key, None, AT.isoformat()).form())
        capture = archive.append_entry("capture", {"operator": "desk"})
        for batch in range(BATCHES):
            for number in range(batch * BATCH + 1, (batch + 1) * BATCH + 1):
                archive.append_evidence(identity(number), content(number), b"raw", capture)
            archive.flush()
            if batch % HEAD_EVERY == HEAD_EVERY - 1:
                _sign(desk, archive, key)
    desk.heads.joinpath(PUBLIC_NAME).write_bytes(public_pem(key.public))
    return desk


def _sign(desk: Desk, archive: Archive, key: SigningKey) -> None:
    tree = tree_of(archive)
    head = sign_head(key, tree.size, tree.root(), AT)
    archive.append_entry(TREE_HEAD, head.form())
    archive.flush()
    write_head(desk.heads, head)
    write_head(desk.elsewhere, head)


@dataclass
class Row:
    """One ledger entry with its content, as the adversary takes them."""

    kind: str
    payload: dict[str, Any]
    salt: bytes = b""
    content: bytes = b""

    @property
    def number(self) -> int | None:
        """The item's number; None: no evidence."""
        return int(self.payload["identity"]["message_id"]) if self.kind == EVIDENCE else None


def rows_of(folder: Path) -> list[Row]:
    """Everything in an archive."""
    with Archive.open(folder) as archive:
        rows = []
        for entry in archive.entries():
            row = Row(entry.kind, dict(entry.payload))
            if entry.kind == EVIDENCE:
                found = archive.evidence(entry.seq)
                row.salt, row.content = found.salt, found.content
            rows.append(row)
    return rows


def write_anew(
    desk: Desk, change: Callable[[list[Row]], list[Row]], *, heads: bool = False
) -> None:
    """Rewrite the whole archive, numbered and chained anew, so that it fits itself.

    Args:
        heads: leave the head files of the project; else they are thrown away.
    """
    rows = change(rows_of(desk.archive))
    shutil.rmtree(desk.archive)
    if not heads:
        for path in desk.heads.glob("*.json"):
            path.unlink()
    with Archive.create(desk.archive, options()) as archive:
        for count, row in enumerate(rows, start=1):
            seq = archive._append(row.kind, row.payload)
            if row.kind == EVIDENCE:
                archive._contents.append(ContentRecord(seq, row.salt, row.content))
            if count % BATCH == 0:
                archive.flush()


def reworded(row: Row, body: bytes) -> Row:
    """The item with another content, its commitment made to fit."""
    payload = {**row.payload, "commitment": commitment(row.salt, body).hex()}
    return replace(row, payload=payload, content=body)


def resigned(rows: list[Row], folder: Path) -> list[Row]:
    """Every head and announcement by a key of the adversary."""
    key = SigningKey.create(folder / "adversary.pem")
    first = announce(key, None, AT.isoformat()).form()

    def again(row: Row) -> Row:
        if row.kind == SIGNING_KEY:
            return replace(row, payload=first)
        if row.kind == TREE_HEAD:
            head = head_from(row.payload)
            return replace(row, payload=sign_head(key, head.size, head.root, AT).form())
        return row

    return [again(row) for row in rows]
