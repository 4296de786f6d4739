"""Taking exports in: source → scrubbed evidence in the archive → rows in the store.

The same item again adds nothing; the same item in another wording adds a version.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import orjson
from sqlalchemy import Connection

from tocsin import __version__
from tocsin.archive import Archive, Pseudonymiser, scrub, wording_digest
from tocsin.archive.sealed import SealedWriter, folder_beside
from tocsin.archive.sealing import Recipients, seal_item
from tocsin.clock import Clock
from tocsin.engines.indexing import INDEXED, Indexer, evidence_row
from tocsin.engines.project import Project, profiles
from tocsin.errors import RecordRefused
from tocsin.model import CaptureRecord, Identity, RawItem
from tocsin.sources import ReadOptions, Source, detect
from tocsin.sources.html_pages import pages_of
from tocsin.store import Store, schema
from tocsin.store.erasures import erased_posts
from tocsin.store.store import add_rows, latest_versions, meta_of, put_meta
from tocsin.wire import iso

_BATCH = 4_000
_HASH_BLOCK = 1 << 20


@dataclass(slots=True)
class IngestSummary:
    """What came of one ingest.

    Args:
        added: new posts.
        versions: new wordings of posts that were known.
        unchanged: posts that were there already.
        erased: posts that were erased before, and are not taken in again in any wording.
        refused: records that could not be taken in, as one line each.
    """

    added: int = 0
    versions: int = 0
    unchanged: int = 0
    erased: int = 0
    refused: list[str] = field(default_factory=list)

    @property
    def seen(self) -> int:
        """Records looked at, refused ones left out."""
        return self.added + self.versions + self.unchanged + self.erased


@dataclass(frozen=True, slots=True)
class IngestOptions:
    """How to read and what to note.

    Args:
        forced: name of the format, from ``--format``.
        operator: role or handle noted with the capture.
        progress: told the number of records seen so far.
        refusal: told each refused record as it is met.
    """

    read: ReadOptions
    forced: str | None = None
    operator: str = ""
    progress: Callable[[int], None] = lambda _: None
    refusal: Callable[[str], None] = lambda _: None


@dataclass(frozen=True, slots=True)
class _New:
    """An item to be archived, as which version, with its wording digest."""

    item: RawItem
    identity: Identity
    wording: bytes


class Ingest:
    """One ingest into one project; files go in one after another."""

    def __init__(
        self,
        archive: Archive,
        store: Store,
        pseudonymiser: Pseudonymiser,
        seal_to: Recipients | None = None,
    ) -> None:
        self._archive = archive
        self._seal_to = seal_to
        self._sealed: tuple[int, SealedWriter] | None = None
        self._store = store
        self._pseudonymiser = pseudonymiser
        known = profiles(store)
        names = (profile.name for profile in known.values())
        self._known_channels = {*known, *(name for name in names if name)}

    def take(
        self, path: Path, sources: Mapping[str, Source], options: IngestOptions, clock: Clock
    ) -> IngestSummary:
        """Take in one file; refused records are counted and the good ones kept.

        Raises:
            RecordRefused: nothing of the file can be read.
        """
        source = detect(path, sources, options.forced)
        capture = Capture(self._archive, path, source.name, options.operator, clock)
        capture.stated = options.read.stated
        return self._take_all(source.read(path, options.read), capture, options)

    def take_live(
        self,
        records: Iterable[RawItem | RecordRefused],
        capture: CaptureRecord,
        options: IngestOptions,
    ) -> IngestSummary:
        """Take in what one look at a live source brought; the same again adds nothing."""
        return self._take_all(records, LiveCapture(self._archive, capture), options)

    def _take_all(
        self,
        records: Iterable[RawItem | RecordRefused],
        capture: CaptureEntry,
        options: IngestOptions,
    ) -> IngestSummary:
        summary = IngestSummary()
        items = self._good_items(records, summary, options)
        while batch := list(islice(items, _BATCH)):
            self._take_batch(batch, capture, summary)
            options.progress(summary.seen)
        return summary

    def _good_items(
        self,
        records: Iterable[RawItem | RecordRefused],
        summary: IngestSummary,
        options: IngestOptions,
    ) -> Iterator[RawItem]:
        for record in records:
            if isinstance(record, RecordRefused):
                summary.refused.append(str(record))
                options.refusal(str(record))
            else:
                yield record

    def _take_batch(
        self, batch: Sequence[RawItem], capture: CaptureEntry, summary: IngestSummary
    ) -> None:
        """Archive first, then the store: a kill between the two is mended at the next start."""
        keys = [(item.channel, item.message_id) for item in batch]
        known, gone = self._store.ask(
            lambda connection: (
                dict(latest_versions(connection, keys)),
                erased_posts(connection, keys),
            )
        )
        kept = [item for item in batch if (item.channel, item.message_id) not in gone]
        summary.erased += len(batch) - len(kept)
        new = [one for item in kept if (one := self._new(item, known, summary)) is not None]
        rows = self._put(new, capture)
        self._archive.flush()
        indexed = str(self._archive.durable_seq)

        def work(connection: Connection) -> None:
            add_rows(connection, schema.posts, rows)
            put_meta(connection, INDEXED, indexed)

        self._store.write(work, lambda connection: meta_of(connection, INDEXED) == indexed)

    @staticmethod
    def _new(
        item: RawItem,
        known: dict[tuple[str, str], tuple[int, frozenset[bytes]]],
        summary: IngestSummary,
    ) -> _New | None:
        """The item if it, or its wording, is not here yet."""
        key = (item.channel, item.message_id)
        newest, wordings = known.get(key, (0, frozenset()))
        wording = wording_digest(item.content)
        if wording in wordings:
            summary.unchanged += 1
            return None
        if newest:
            summary.versions += 1
        else:
            summary.added += 1
        known[key] = (newest + 1, wordings | {wording})
        identity = Identity(item.source, item.channel, item.message_id, newest + 1)
        return _New(item, identity, wording)

    def _put(self, new: Sequence[_New], capture: CaptureEntry) -> list[dict[str, Any]]:
        """Archive items; sealed originals are on the disk before any entry that names them."""
        digests: list[str | None] = [None] * len(new)
        if self._seal_to is not None and new:
            digests = list(self._seal(new, capture.seq, self._seal_to))
        rows = []
        for one, sealed in zip(new, digests, strict=True):
            content = scrub(one.item, self._pseudonymiser, self._known_channels)
            evidence = self._archive.append_evidence(
                one.identity, content, one.item.raw, capture.seq, sealed
            )
            rows.append(evidence_row(evidence, one.wording))
        return rows

    def _seal(self, new: Sequence[_New], capture: int, to: Recipients) -> list[str]:
        if self._sealed is None or self._sealed[0] != capture:
            writer = SealedWriter(folder_beside(self._archive.folder), capture)
            self._sealed = (capture, writer)
        writer = self._sealed[1]
        digests = [writer.add(seal_item(one.identity, one.item.raw, to)) for one in new]
        writer.flush()
        return digests


class CaptureEntry(Protocol):
    """A capture record that is written to the ledger when it is first asked for."""

    @property
    def seq(self) -> int:
        """Its position in the ledger."""
        ...


class LiveCapture:
    """The capture record of one look at a live source, written with its first new item."""

    def __init__(self, archive: Archive, record: CaptureRecord) -> None:
        self._archive = archive
        self._record = record
        self._seq: int | None = None

    @property
    def seq(self) -> int:
        """Its position in the ledger, where it is written at the first call."""
        if self._seq is None:
            self._seq = self._archive.append_entry("capture", _capture_form(self._record))
        return self._seq


class Capture:
    """The capture record of one file, written to the ledger with its first new item.

    Args:
        source: name of the format, noted with the program.

    ``stated`` is what the operator said that the file does not; set it before the first item.
    """

    def __init__(
        self, archive: Archive, path: Path, source: str, operator: str, clock: Clock
    ) -> None:
        self._archive = archive
        self._path = path
        self._source = source
        self._operator = operator
        self._clock = clock
        self._seq: int | None = None
        self.stated: Mapping[str, str] = {}

    @property
    def seq(self) -> int:
        """Its position in the ledger, where it is written at the first call."""
        if self._seq is None:
            self._seq = self._archive.append_entry("capture", _capture_form(self._record()))
        return self._seq

    def _record(self) -> CaptureRecord:
        return CaptureRecord(
            source_digest=file_digest(self._path),
            source_name=self._path.name,
            captured_at=self._clock.now(),
            method="import",
            operator=self._operator or "unnamed",
            collector=f"tocsin/{__version__} {self._source}",
            stated=self.stated,
        )


def _capture_form(record: CaptureRecord) -> dict[str, Any]:
    form: dict[str, Any] = {
        "source_digest": record.source_digest,
        "source_name": record.source_name,
        "captured_at": iso(record.captured_at),
        "method": record.method,
        "operator": record.operator,
        "collector": record.collector,
    }
    return form | ({"stated": dict(record.stated)} if record.stated else {})


def file_digest(path: Path) -> str:
    """Hex SHA-256 of a file's bytes, read in blocks.

    Of a folder (an HTML export) that of the list which ``sha256sum`` prints of its pages in order.
    """
    if path.is_dir():
        return hashlib.sha256(_page_list(path).encode()).hexdigest()
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_HASH_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _page_list(folder: Path) -> str:
    pages = (folder / page.name for page in pages_of(folder))
    return "".join(f"{file_digest(page)}  {page.name}\n" for page in pages)


def record_channels(archive: Archive, store: Store, forms: Sequence[Mapping[str, Any]]) -> None:
    """Note what is known of channels, in the ledger and in the store; the same again is nothing."""
    current = _current_forms(store)
    new = [dict(form) for form in forms if current.get(form["channel"]) != dict(form)]
    if not new:
        return
    archive.append_entry("channels", {"rows": new})
    archive.flush()
    Indexer(store).catch_up(archive)


def _current_forms(store: Store) -> dict[str, dict[str, Any]]:
    with store.reading() as connection:
        rows = connection.execute(schema.channels.select()).mappings().all()
    return {row["channel"]: orjson.loads(row["profile"]) for row in rows}


def open_ingest(
    project: Project, archive: Archive, store: Store, seal_to: Recipients | None = None
) -> Ingest:
    """An ingest into ``project`` with its pseudonym key.

    Args:
        seal_to: also keep each item's original bytes, for these two people to open together.
    """
    return Ingest(archive, store, project.pseudonymiser(), seal_to)
