"""Past events: in the ledger once, each change a version, and all of it back after a rebuild."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from engine_support import new_project

from tocsin.archive import verify
from tocsin.clock import ReplayClock
from tocsin.engines.events import EventImport, EventImportOptions, events_known, import_events
from tocsin.engines.local import RunWatch
from tocsin.engines.project import Project
from tocsin.engines.rebuild import rebuild
from tocsin.errors import RecordRefused
from tocsin.model import MobEvent, Violence
from tocsin.store.events import EventFilter

_NOW = datetime(2024, 5, 1, tzinfo=UTC)
_STAMP = 1_690_000_000


@pytest.fixture
def desk(tmp_path: Path) -> Project:
    """An empty project."""
    return new_project(tmp_path / "desk")


def _acled(name: str, *rows: dict[str, Any]) -> bytes:
    columns = "event_id_cnty event_date event_type sub_event_type latitude longitude timestamp"
    out = io.StringIO()
    writer = csv.DictWriter(out, columns.split(), restval="")
    writer.writeheader()
    usual = {"event_date": "2023-07-01", "event_type": "Riots", "latitude": 1, "longitude": 2}
    writer.writerows([{**usual, "event_id_cnty": name, "timestamp": _STAMP, **row} for row in rows])
    return out.getvalue().encode()


def _take(desk: Project, content: bytes, now: datetime = _NOW, **how: Any) -> EventImport:
    path = desk.folder.parent / "events.csv"
    path.write_bytes(content)
    with desk.writing() as opened:
        return import_events(opened, path, EventImportOptions(**how), ReplayClock(now))


def _known(desk: Project, **wanted: Any) -> list[MobEvent]:
    with desk.reading() as store:
        return events_known(store, EventFilter(**wanted))


def _entries(desk: Project) -> list[tuple[str, int]]:
    with desk.writing() as (archive, _):
        return [(entry.kind, len(entry.payload.get("rows", []))) for entry in archive.entries()]


def _counts(summary: EventImport) -> tuple[int, int, int]:
    return summary.added, summary.versions, summary.unchanged


def test_the_same_file_twice_adds_nothing(desk: Project) -> None:
    content = _acled("X1", {}, {"event_id_cnty": "X2", "event_type": "Protests"})
    seen: list[int] = []
    assert _counts(_take(desk, content, progress=seen.append)) == (2, 0, 0)
    assert seen == [2]
    assert _entries(desk) == [("capture", 0), ("events", 2)]
    assert _counts(_take(desk, content, known_after=timedelta(days=1))) == (0, 0, 2)
    assert _entries(desk) == [("capture", 0), ("events", 2)]


def test_the_capture_names_the_file_and_its_bytes(desk: Project) -> None:
    _take(desk, _acled("X1", {}), operator="desk")
    with desk.writing() as (archive, _):
        capture, batch = list(archive.entries())
    assert capture.payload["source_name"] == "events.csv"
    assert len(capture.payload["source_digest"]) == 64
    assert capture.payload["operator"] == "desk"
    assert batch.payload["capture"] == capture.seq


def test_a_changed_row_is_a_version_and_the_newest_known_counts(desk: Project) -> None:
    later = {"timestamp": _STAMP + 86_400, "event_type": "Protests"}
    first = _acled("X1", {})
    _take(desk, first)
    summary = _take(desk, _acled("X1", later))
    assert _counts(summary) == (0, 1, 0)
    change = datetime.fromtimestamp(_STAMP + 86_400, UTC)
    assert [event.violence for event in _known(desk)] == [Violence.PROTEST]
    before = change - timedelta(seconds=1)
    assert [event.violence for event in _known(desk, known_by=before)] == [Violence.RIOT]
    assert [event.violence for event in _known(desk, known_by=change)] == [Violence.PROTEST]
    # the older file once more is nothing new, and does not bring the old wording back
    assert _counts(_take(desk, first)) == (0, 0, 1)
    assert [event.violence for event in _known(desk)] == [Violence.PROTEST]
    # but the table may change its mind again
    assert _counts(_take(desk, _acled("X1", {"timestamp": _STAMP + 200_000}))) == (0, 1, 0)
    assert [event.violence for event in _known(desk)] == [Violence.RIOT]


def test_an_older_snapshot_after_a_newer_one_does_not_win(desk: Project) -> None:
    _take(desk, _acled("X1", {}))
    assert _counts(_take(desk, _acled("X1", {"timestamp": _STAMP - 99, "latitude": 5}))) == (
        0,
        1,
        0,
    )
    assert [event.latitude for event in _known(desk)] == [1.0]
    earlier = datetime.fromtimestamp(_STAMP - 1, UTC)
    assert [event.latitude for event in _known(desk, known_by=earlier)] == [5.0]
    # what counts is still the newer wording: with a new stamp alone it is no change
    assert _counts(_take(desk, _acled("X1", {"timestamp": _STAMP + 5}))) == (0, 0, 1)


def test_a_new_stamp_alone_is_no_change(desk: Project) -> None:
    _take(desk, _acled("X1", {}))
    assert _counts(_take(desk, _acled("X1", {"timestamp": _STAMP + 5}))) == (0, 0, 1)


def test_a_change_without_a_date_counts_from_when_it_came(desk: Project) -> None:
    header = b"id,event_time,latitude,longitude,kind\n"
    _take(desk, header + b"a,2023-01-01,1,2,riot\n")
    _take(desk, header + b"a,2023-01-01,1,2,march\n")
    (now,) = _known(desk)
    assert (now.known_at, now.violence) == (_NOW, Violence.PROTEST)
    (before,) = _known(desk, known_by=_NOW - timedelta(seconds=1))
    assert (before.known_at, before.violence) == (
        datetime(2023, 1, 15, 12, tzinfo=UTC),
        Violence.RIOT,
    )
    assert not _known(desk, known_by=datetime(2023, 1, 15, tzinfo=UTC))


def test_versions_within_one_file(desk: Project) -> None:
    content = _acled("X1", {}, {"timestamp": _STAMP + 9, "latitude": 3}, {})
    assert _counts(_take(desk, content)) == (1, 1, 1)
    assert [event.latitude for event in _known(desk)] == [3.0]


def test_what_is_asked_for(desk: Project) -> None:
    rows = [
        {"event_id_cnty": f"X{day}", "event_date": f"2023-07-0{day}", "latitude": day}
        for day in range(1, 6)
    ]
    _take(desk, _acled("", *rows))
    found = _known(
        desk, start=datetime(2023, 7, 2, tzinfo=UTC), end=datetime(2023, 7, 5, tzinfo=UTC)
    )
    assert [event.event_time.day for event in found] == [2, 3, 4]
    assert [event.latitude for event in _known(desk, latitudes=(3.5, 90))] == [4.0, 5.0]


def test_a_corrected_date_does_not_bring_the_wrong_one_back(desk: Project) -> None:
    _take(desk, _acled("X1", {}))
    _take(desk, _acled("X1", {"event_date": "2023-06-01", "timestamp": _STAMP + 9}))
    assert _known(desk, start=datetime(2023, 7, 1, tzinfo=UTC)) == []


def test_wrong_rows_cost_no_others(desk: Project) -> None:
    summary = _take(desk, _acled("X1", {"latitude": 99}, {}))
    assert (summary.added, len(summary.refused), summary.seen) == (1, 1, 1)
    assert summary.sorts == {Violence.RIOT: 1}
    with pytest.raises(RecordRefused):
        _take(desk, b"")


def test_a_rebuild_brings_every_version_back(desk: Project) -> None:
    many = [{"event_id_cnty": f"X{number}", "latitude": number % 80} for number in range(1, 1203)]
    _take(desk, _acled("", *many))
    _take(desk, _acled("X7", {"timestamp": _STAMP + 9, "event_type": "Protests"}))
    assert _entries(desk) == [
        ("capture", 0),
        ("events", 500),
        ("events", 500),
        ("events", 202),
        ("capture", 0),
        ("events", 1),
    ]
    moments = [None, datetime.fromtimestamp(_STAMP + 1, UTC)]
    before = [_known(desk, known_by=moment) for moment in moments]
    with desk.writing() as (archive, _):
        rebuild(desk, archive, {}, lambda _: RunWatch())
    assert [_known(desk, known_by=moment) for moment in moments] == before
    assert before[0] != before[1]
    assert not verify(desk.archive_folder).problems
