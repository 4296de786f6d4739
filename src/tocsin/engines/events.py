"""Event files → ledger → store: each event once, each change of it as a version.

The ledger gets a ``capture`` (whose file, which bytes, when) and after it batches of ``events``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from tocsin.archive import Archive
from tocsin.clock import Clock
from tocsin.engines.indexing import Indexer, event_wording
from tocsin.engines.ingest import Capture
from tocsin.errors import RecordRefused
from tocsin.events import DEFAULT_LAG, SHAPES, event_form, event_from_form, read_events
from tocsin.model import MobEvent, Violence
from tocsin.store import Store
from tocsin.store.events import EventFilter, EventVersions, event_forms, versions_of

_BATCH = 500


@dataclass(frozen=True, slots=True)
class EventImportOptions:
    """How to read, and what to note.

    Args:
        forced: name of the format.
        known_after: the reporting lag where the file says nothing.
        operator: role or handle noted with the capture.
        progress: told the number of events seen so far.
    """

    forced: str | None = None
    known_after: timedelta = DEFAULT_LAG
    operator: str = ""
    progress: Callable[[int], None] = lambda _: None


@dataclass(slots=True)
class EventImport:
    """What came of one file.

    Args:
        added: new events.
        versions: events that were known and say something else now.
        unchanged: events that were there already.
        sorts: events read, by what they count as.
        refused: rows that could not be taken in, as one line each.
    """

    added: int = 0
    versions: int = 0
    unchanged: int = 0
    sorts: Counter[Violence] = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)

    @property
    def seen(self) -> int:
        """Events read."""
        return self.added + self.versions + self.unchanged


def import_events(
    opened: tuple[Archive, Store], path: Path, options: EventImportOptions, clock: Clock
) -> EventImport:
    """Take in one file; wrong rows are counted and the good ones kept.

    Raises:
        RecordRefused: nothing of the file can be read.
    """
    archive, store = opened
    summary = EventImport()
    records = read_events(path, forced=options.forced, known_after=options.known_after)
    events = _good(records, summary)
    capture = Capture(archive, path, "events", options.operator, clock)
    while batch := list(islice(events, _BATCH)):
        forms = _new_forms(store, batch, clock.now(), summary)
        if forms:
            archive.append_entry("events", {"capture": capture.seq, "rows": forms})
            archive.flush()
            Indexer(store).catch_up(archive)
        options.progress(summary.seen)
    return summary


def _good(records: Iterable[MobEvent | RecordRefused], summary: EventImport) -> Iterator[MobEvent]:
    for record in records:
        if isinstance(record, RecordRefused):
            summary.refused.append(str(record))
        else:
            summary.sorts[record.violence] += 1
            yield record


def _new_forms(
    store: Store, batch: Sequence[MobEvent], now: datetime, summary: EventImport
) -> list[dict[str, Any]]:
    with store.reading() as connection:
        known = versions_of(connection, {event.id for event in batch})
    forms = []
    for event in batch:
        wording = event_wording(event_form(event))
        before = known.get(event.id)
        if before is None:
            summary.added += 1
            known[event.id] = EventVersions(wording, event.known_at, frozenset({wording}))
            forms.append(event_form(event))
        elif _says_nothing_new(event, wording, before):
            summary.unchanged += 1
        else:
            summary.versions += 1
            changed = replace(event, known_at=_change_known_at(event, before, now))
            known[event.id] = before.with_version(wording, changed.known_at)
            forms.append(event_form(changed))
    return forms


def _says_nothing_new(event: MobEvent, wording: bytes, before: EventVersions) -> bool:
    """An older file again is nothing new; a dated row that went back to an earlier state is."""
    if wording == before.newest:
        return True
    later = _dates_versions(event) and event.known_at > before.known_at
    return wording in before.wordings and not later


def _change_known_at(event: MobEvent, before: EventVersions, now: datetime) -> datetime:
    """A change that bears no date of its own was known when it came, and not before."""
    if _dates_versions(event) and event.known_at != before.known_at:
        return event.known_at
    return max(event.known_at, before.known_at, now)


def _dates_versions(event: MobEvent) -> bool:
    shape = SHAPES.get(event.source)
    return shape is not None and shape.dates_versions


def events_known(store: Store, wanted: EventFilter | None = None) -> list[MobEvent]:
    """Past events in order of time, each as it was known by ``wanted.known_by``."""
    return [event_from_form(form) for form in event_forms(store, wanted or EventFilter())]
