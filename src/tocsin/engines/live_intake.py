"""What one look brought → archive and store; its state may be kept when this returns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tocsin import __version__, wire
from tocsin.archive import Archive
from tocsin.clock import Clock
from tocsin.engines.indexing import Indexer
from tocsin.engines.ingest import Ingest, IngestOptions, IngestSummary, open_ingest
from tocsin.engines.project import Project, filing
from tocsin.errors import RecordRefused
from tocsin.model import CaptureRecord
from tocsin.plugins import load_sources
from tocsin.sources import ReadOptions
from tocsin.sources.live import Export, Gone, LiveSource, Polled, stamped
from tocsin.store import Store
from tocsin.store.observations import GONE, gone_already


@dataclass(slots=True)
class TakenIn:
    """What came of one look.

    Args:
        gone: posts observed as gone, ``channel/id``.
    """

    added: int = 0
    versions: int = 0
    unchanged: int = 0
    refused: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)

    @property
    def new(self) -> int:
        """What was not here before."""
        return self.added + self.versions + len(self.gone)

    def add(self, summary: IngestSummary) -> None:
        """Count what an ingest took."""
        self.added += summary.added
        self.versions += summary.versions
        self.unchanged += summary.unchanged
        self.refused += summary.refused


def take_in(project: Project, source: LiveSource, polled: Polled, clock: Clock) -> TakenIn:
    """Archive and index everything a look brought; all of it is on the disk after.

    Raises:
        EnvironmentFailed: disk, database, or somebody else is writing; nothing of it is lost,
            for the look can be repeated, and nothing doubled, for what is here is known.
    """
    taken = TakenIn()
    with project.writing() as (archive, store):
        intake = open_ingest(project, archive, store)
        operator = project.settings.text("project.operator")
        if polled.items:
            taken.add(_take_items(intake, source, polled, (operator, clock)))
        for export in polled.exports:
            taken.add(_take_export(intake, export, operator, clock))
        taken.gone = _observe_gone(archive, store, polled.gone, clock)
    return taken


def _take_items(
    intake: Ingest, source: LiveSource, polled: Polled, by: tuple[str, Clock]
) -> IngestSummary:
    operator, clock = by
    at = clock.now()
    origin = polled.origin
    record = CaptureRecord(
        source_digest=origin.digest if origin else "",
        source_name=origin.name if origin else source.name,
        captured_at=at,
        method=f"live:{source.kind}",
        operator=operator or "unnamed",
        collector=f"tocsin/{__version__} {source.kind}",
    )
    return intake.take_live(stamped(polled.items, at), record, IngestOptions(read=ReadOptions()))


def _take_export(intake: Ingest, export: Export, operator: str, clock: Clock) -> IngestSummary:
    reading = ReadOptions(channel=export.channel)
    options = IngestOptions(read=reading, forced=export.forced, operator=operator)
    with filing(export.path):
        try:
            return intake.take(export.path, load_sources(), options, clock)
        except RecordRefused as error:
            return IngestSummary(refused=[str(error)])


def _observe_gone(archive: Archive, store: Store, gone: Sequence[Gone], clock: Clock) -> list[str]:
    """Note posts that are no longer there, each once; their evidence stays as it is."""
    refs = [f"{one.channel}/{one.message_id}" for one in gone]
    known = gone_already(store, refs)
    new = [ref for ref in refs if ref not in known]
    observe(archive, store, [(GONE, ref, "") for ref in new], clock)
    return new


def observe(
    archive: Archive, store: Store, observed: Sequence[tuple[str, str, str]], clock: Clock
) -> None:
    """Write observations (what, subject, detail) to the ledger and the store."""
    if not observed:
        return
    at = wire.iso(clock.now())
    for what, subject, detail in observed:
        entry = {"what": what, "subject": subject, "at": at, "detail": detail}
        archive.append_entry("observation", entry)
    archive.flush()
    Indexer(store).catch_up(archive)
