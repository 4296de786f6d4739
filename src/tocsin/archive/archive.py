"""The archive: evidence and ledger entries go in at the end, and come out in order."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from tocsin.archive import disk
from tocsin.archive import sealed as sealed_files
from tocsin.archive.blocks import FILE_BYTES, SEE_VERIFY, Block, BlockFiles, files, folder_of
from tocsin.archive.erasure import (
    ERASURE,
    ErasureOrder,
    affected,
    clear_mark,
    destroy,
    erasure_payload,
    mark_of,
    positions_of,
    set_mark,
)
from tocsin.archive.evidence import (
    EVIDENCE,
    evidence_from,
    evidence_payload,
    item_name,
    was_erased,
)
from tocsin.archive.format import (
    SALT_BYTES,
    BlockKind,
    ContentRecord,
    LedgerEntry,
    commitment,
    entry_bytes,
    entry_digest,
    entry_line,
    ledger_lines,
    line_body,
    pack_contents,
    parse_line,
    split_line,
    unpack_contents,
)
from tocsin.archive.recovery import head_of, recover, understood
from tocsin.errors import ArchiveDamaged, EnvironmentFailed, UsageError
from tocsin.model import Evidence, Identity

BLOCK_BYTES: Final = 1 << 20
"""A block is written once its payload has reached this many bytes."""


@dataclass(frozen=True, slots=True)
class Options:
    """How an archive is written; reading needs none of it.

    Args:
        block_bytes: payload of a block, before compression.
        file_bytes: a file of this size is added to no more.
        salts: gives that many random bytes; tests pass a seeded one.
    """

    block_bytes: int = BLOCK_BYTES
    file_bytes: int = FILE_BYTES
    salts: Callable[[int], bytes] = os.urandom


DEFAULTS: Final = Options()


class Archive:
    """An open archive; get one from :meth:`create` or :meth:`open`.

    What is appended is buffered; it is on the disk, and can be read back, after
    :meth:`flush`, at the latest after about one MB. As a context manager it flushes and
    closes; when an exception leaves the block, what was not yet flushed is dropped.

    Args:
        recovered: what opening cut off after a kill, in plain words; mostly empty.
    """

    def __init__(self, folder: Path, options: Options, lock: disk.WriteLock | None) -> None:
        self.folder = folder
        self.recovered: tuple[str, ...] = ()
        self._options = options
        self._lock = lock
        self._failed = False
        self._ledger = BlockFiles(folder, BlockKind.LEDGER, options.file_bytes)
        self._segments = BlockFiles(folder, BlockKind.CONTENT, options.file_bytes)
        self._head = head_of(self._ledger)
        if lock is not None:
            self.recovered = recover(self._ledger, self._segments)
            self.recovered += self._finish_erasure()
        self._next_seq = self._ledger.end_seq
        self._clear_buffers()

    @classmethod
    def create(cls, folder: Path, options: Options = DEFAULTS) -> Archive:
        """Make an empty archive and open it for writing.

        Raises:
            UsageError: there is one already.
            EnvironmentFailed: the folder cannot be written.
        """
        with disk.plain_failures("the archive could not be made", folder):
            for kind in BlockKind:
                if files(folder, kind):
                    raise UsageError(f"{folder}: holds an archive already; choose another folder")
            disk.make_folder(folder)
            for kind in BlockKind:
                disk.make_folder(folder_of(folder, kind))
        return cls.open(folder, writable=True, options=options)

    @classmethod
    def open(cls, folder: Path, *, writable: bool = False, options: Options = DEFAULTS) -> Archive:
        """Open an archive; opened for writing, it first cuts off what a kill left half-written.

        Raises:
            UsageError: there is no archive here.
            Locked: another process is writing.
            ArchiveDamaged: more is amiss than a kill can explain; nothing is touched.
        """
        if not all(folder_of(folder, kind).is_dir() for kind in BlockKind):
            raise UsageError(f"{folder}: there is no archive here; make one with tocsin init")
        with disk.plain_failures("the archive could not be opened", folder):
            lock = disk.WriteLock(folder / "lock") if writable else None
            try:
                return cls(folder, options, lock)
            except BaseException:
                if lock is not None:
                    lock.release()
                raise

    @property
    def next_seq(self) -> int:
        """The position the next entry will have; buffered ones are counted."""
        return self._next_seq

    @property
    def durable_seq(self) -> int:
        """Entries before this position are on the disk."""
        return self._ledger.end_seq

    @property
    def head(self) -> bytes:
        """Digest of the last entry, buffered or not; 32 zero bytes for none."""
        return self._head

    def append_entry(self, kind: str, payload: Mapping[str, Any]) -> int:
        """Append to the ledger; returns the entry's position.

        Raises:
            UsageError: ``kind`` is ``evidence`` or ``erasure``, which only
                :meth:`append_evidence` and :meth:`erase` write.
            TypeError: ``payload`` holds something that is not a JSON value.
        """
        self._check_writable()
        if kind == EVIDENCE:
            raise UsageError("evidence is archived with its content, not as a bare entry")
        if kind == ERASURE:
            raise UsageError("an erasure is done, not only noted: use erase")
        seq = self._append(kind, dict(payload))
        self._flush_if_full()
        return seq

    def append_evidence(
        self,
        identity: Identity,
        content: bytes,
        raw: bytes,
        capture: int,
        sealed: str | None = None,
    ) -> Evidence:
        """Archive one scrubbed item.

        Args:
            content: canonical JSON, kept.
            raw: the bytes as found; only their salted digest is kept.
            capture: position of the capture record it belongs to.
            sealed: digest of its sealed original, which is on the disk already.
        """
        self._check_writable()
        if not 0 <= capture < self._next_seq:
            raise UsageError(f"there is no capture record {capture}; append it first")
        salt = self._options.salts(SALT_BYTES)
        committed = commitment(salt, content)
        original = hashlib.sha256(salt + raw).digest()
        payload = evidence_payload(identity, committed, original, capture, sealed)
        seq = self._append(EVIDENCE, payload)
        self._contents.append(ContentRecord(seq, salt, content))
        self._content_bytes += len(content)
        self._flush_if_full()
        return Evidence(seq, identity, content, salt, committed, original, capture)

    def erase(self, positions: Collection[int], order: ErasureOrder) -> int:
        """Destroy salts and contents of items, and their sealed originals, for good.

        Everything appended before is flushed first. What is erased already stays so.

        Returns:
            The position of the ledger entry that says so.

        Raises:
            UsageError: a position is none of evidence.
            ArchiveDamaged: a block concerned is damaged; nothing is erased.
            EnvironmentFailed: it could not be finished; the next opening for writing does.
        """
        self._check_writable()
        self.flush()
        self._check_erasable(positions)
        self._failed = True
        with disk.plain_failures("the erasure could not be finished", self.folder):
            set_mark(self.folder, self._next_seq)
            seq = self._append(ERASURE, erasure_payload(order, positions))
            self._failed = False
            self.flush()
            self._failed = True
            self._destroy(positions)
            clear_mark(self.folder)
        self._failed = False
        return seq

    def _check_erasable(self, positions: Collection[int]) -> None:
        if not positions:
            raise UsageError("nothing to erase")
        found = {entry.seq for entry in self._entries_at(positions) if entry.kind == EVIDENCE}
        for seq in positions:
            if seq not in found:
                raise UsageError(f"{self.folder}: entry {seq} is no evidence: it cannot be erased")
        for index in affected(self._segments, positions):
            self._segments.blocks[index].payload()  # raises where it is damaged

    def _destroy(self, positions: Collection[int]) -> None:
        digests: dict[int, set[str]] = {}
        for entry in self._entries_at(positions):
            if "sealed" in entry.payload:
                digests.setdefault(entry.payload["capture"], set()).add(entry.payload["sealed"])
        destroy(self._segments, positions)
        sealed_files.destroy(sealed_files.folder_beside(self.folder), digests)
        self._segments = BlockFiles(self.folder, BlockKind.CONTENT, self._options.file_bytes)

    def _entries_at(self, positions: Collection[int]) -> Iterator[LedgerEntry]:
        wanted = {self._ledger.index_of(seq) for seq in positions if 0 <= seq < self.durable_seq}
        for index in sorted(wanted):
            block = self._ledger.blocks[index]
            with understood(block):
                for line in ledger_lines(block.payload()):
                    entry = parse_line(line)
                    if entry.seq in positions:
                        yield entry

    def _finish_erasure(self) -> tuple[str, ...]:
        """Do again what a kill cut short; says so in plain words."""
        marked = mark_of(self.folder)
        if marked is None:
            return ()
        begun = [e for e in self._entries_at([marked]) if e.kind == ERASURE]
        for entry in begun:
            self._destroy(set(positions_of(entry.payload)))
        clear_mark(self.folder)
        return tuple(f"entry {entry.seq}: an interrupted erasure was finished" for entry in begun)

    def _append(self, kind: str, payload: dict[str, Any]) -> int:
        seq = self._next_seq
        body = entry_bytes(seq, kind, payload)
        line = entry_line(self._head, body)
        self._lines.append(line)
        self._line_bytes += len(line)
        self._head = entry_digest(self._head, body)
        self._next_seq = seq + 1
        return seq

    def _check_writable(self) -> None:
        if self._failed:
            raise EnvironmentFailed(f"{self.folder}: an earlier write failed; open it again")
        if self._lock is None:
            raise UsageError(f"{self.folder}: the archive is not open for writing")

    def _flush_if_full(self) -> None:
        if max(self._content_bytes, self._line_bytes) >= self._options.block_bytes:
            self.flush()

    def _clear_buffers(self) -> None:
        self._lines: list[bytes] = []
        self._line_bytes = 0
        self._contents: list[ContentRecord] = []
        self._content_bytes = 0

    def flush(self) -> None:
        """Bring everything appended so far to the disk: contents first, then the ledger.

        Raises:
            EnvironmentFailed: it could not be written. What was flushed before is safe, this
                object takes nothing more, and the archive can be opened again.
        """
        self._check_writable()
        if not self._lines:
            return
        self._failed = True
        with disk.plain_failures("the archive could not be written", self.folder):
            if self._contents:
                contents = pack_contents(self._contents)
                self._segments.append(self._contents[0].seq, len(self._contents), contents)
            lines = b"\n".join([*self._lines, b""])
            self._ledger.append(self.durable_seq, len(self._lines), lines)
        self._failed = False
        self._clear_buffers()

    def close(self) -> None:
        """Flush, and let another process write; closing twice is allowed."""
        if self._lock is None:
            return
        try:
            if not self._failed:
                self.flush()
        finally:
            self._release()

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.close()
        else:
            self._release()

    def entries(self, from_seq: int = 0) -> Iterator[LedgerEntry]:
        """Every durable entry from a position on, ``evidence`` among them, without contents.

        Raises:
            ArchiveDamaged: a block is not what was written.
        """
        for block in self._blocks(from_seq):
            with understood(block):
                for line in ledger_lines(block.payload()):
                    entry = parse_line(line)
                    if entry.seq >= from_seq:
                        yield entry

    def bodies(self, from_seq: int = 0) -> Iterator[bytes]:
        """The canonical JSON of every durable entry from a position on: the tree's leaves.

        Raises:
            ArchiveDamaged: a block is not what was written.
        """
        for block in self._blocks(from_seq):
            with understood(block):
                lines = ledger_lines(block.payload())
                for line in lines[max(0, from_seq - block.header.first_seq) :]:
                    yield split_line(line)[1]

    def items(self, from_seq: int = 0) -> Iterator[LedgerEntry | Evidence]:
        """Every durable entry from a position on, in order; evidence comes with its content,
        or as its bare entry where the content was erased.

        Block checksums are checked, commitments are not: that is what ``verify`` is for.

        Raises:
            ArchiveDamaged: a block is not what was written, or a content is missing.
        """
        for block in self._blocks(from_seq):
            with understood(block):
                contents = self._contents_of(block)
                for line in ledger_lines(block.payload()):
                    fields = line_body(line)
                    if fields["seq"] >= from_seq:
                        whole = fields["kind"] == EVIDENCE and not was_erased(fields, contents)
                        yield evidence_from(fields, contents) if whole else parse_line(line)

    def evidence(self, seq: int) -> Evidence:
        """One durable item, checked against its commitment; a few ms.

        Raises:
            UsageError: there is no evidence at this position, or it was erased.
            ArchiveDamaged: it is not what was archived.
        """
        if not 0 <= seq < self.durable_seq:
            raise UsageError(f"{self.folder}: the archive has no entry {seq}")
        block = self._blocks(seq)[0]
        with understood(block):
            line = ledger_lines(block.payload())[seq - block.header.first_seq]
            fields = line_body(line)
            if fields["kind"] != EVIDENCE:
                raise UsageError(f"{self.folder}: entry {seq} is a {fields['kind']}, no evidence")
            contents = self._contents_of(block)
            if was_erased(fields, contents):
                raise UsageError(f"{self.folder}: the content of entry {seq} was erased")
            found = evidence_from(fields, contents)
        if commitment(found.salt, found.content) != found.commitment:
            raise ArchiveDamaged(f"{item_name(found.identity)}: was changed; {SEE_VERIFY}")
        return found

    def _blocks(self, from_seq: int) -> list[Block]:
        """The ledger blocks from the one that holds ``from_seq`` on."""
        return self._ledger.blocks[self._ledger.index_of(from_seq) :]

    def _contents_of(self, batch: Block) -> dict[int, ContentRecord]:
        """The content records that belong to a ledger block, by position."""
        blocks = self._segments.between(batch.header.first_seq, batch.header.end_seq)
        return {
            record.seq: record
            for block in blocks
            for record in unpack_contents(block.header, block.payload())
        }
