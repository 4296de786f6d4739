"""Reports from the ground in a project: heard when received, repeated by a rebuild."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from engine_support import contents, ingest_file, new_project, run_all

from posts_support import START, post_line
from tocsin import wire
from tocsin.engines.local import RunWatch
from tocsin.engines.project import Project
from tocsin.engines.rebuild import rebuild
from tocsin.engines.reports import add_report, all_reports, report_named, reports_between
from tocsin.errors import UsageError
from tocsin.model import Credibility, FieldReport, Grade, Reliability, Seen
from tocsin.pipeline import Pipeline, PipelineOptions
from tocsin.store.lists import warning_life, warnings_now

Write = Callable[[Iterable[dict[str, Any]], str], Path]
CALL = "Рыбинск, сегодня в 18:00 все к рынку, выгоним мигрантов из города"
OTHER = "Автобусы сегодня ходят по обычному расписанию, на мосту ремонт до вечера"
ROLES = ("monitor",)
B2 = Grade(Reliability.B, Credibility.PROBABLE)
RYBINSK = ("geonames:500004", "Rybinsk", 58.05, 38.83)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def crowd(minutes: float, seen: Seen = Seen.GATHERING, **more: Any) -> FieldReport:
    place_id, place, latitude, longitude = RYBINSK
    said: dict[str, Any] = {
        "id": "",
        "received_at": at(minutes),
        "seen_at": at(minutes),
        "role": "monitor",
        "place_id": place_id,
        "place": place,
        "latitude": latitude,
        "longitude": longitude,
        "seen": seen,
        "grade": B2,
        "by": "ana",
        **more,
    }
    return FieldReport(**said)


def told(project: Project, *reports: FieldReport) -> list[FieldReport]:
    with project.writing() as (archive, store):
        return [add_report(archive, store, one, ROLES)[0] for one in reports]


def life(project: Project) -> list[tuple[str, str]]:
    """(issued at, level) of every action of the one warning."""
    with project.reading() as store:
        (name,) = {row["id"] for row in warnings_now(store)}
        return [(row["issued_at"], row["level"]) for row in warning_life(store, name)]


@pytest.fixture
def project(tmp_path: Path, write_posts: Write) -> Project:
    """A call at minute 1 and something harmless at minute 90, not run yet."""
    project = new_project(tmp_path / "desk")
    ingest_file(project, write_posts([post_line(1, CALL), post_line(90, OTHER)], "posts.jsonl"))
    return project


def test_a_report_within_a_run_is_heard_when_it_was_received(project: Project) -> None:
    told(project, crowd(30))
    run_all(project)
    assert life(project) == [(wire.iso(at(1)), "alert"), (wire.iso(at(30)), "alarm")]


def test_a_report_alone_begins_a_run_and_is_heard_once(project: Project) -> None:
    run_all(project)
    (kept,) = told(project, crowd(120))
    summary = run_all(project)
    assert (summary.posts, summary.runs) == (0, 1)
    assert life(project)[-1] == (wire.iso(at(120)), "alarm")
    assert run_all(project).runs == 0
    with project.reading() as store:
        assert report_named(store, kept.id) == wire.report_form(kept)
        assert wire.report_from_form(wire.report_form(kept)) == kept
        assert [row["id"] for row in all_reports(store)] == [kept.id]
        assert reports_between(store, -1, 10**9) == [kept]


@pytest.mark.parametrize(
    "seen", [one for one in Seen if one not in (Seen.GATHERING, Seen.VIOLENCE)]
)
def test_other_reports_are_shown_and_change_no_level(project: Project, seen: Seen) -> None:
    told(project, crowd(20, seen))
    run_all(project)
    assert {level for _, level in life(project)} == {"alert"}
    with project.reading() as store:
        (row,) = warnings_now(store)
    assert any(f"{seen.value} (monitor, B2)" in why for why in row["why"])


def test_calm_lowers_no_alarm_before_the_called_hour(project: Project) -> None:
    told(project, crowd(30), crowd(60, Seen.DISPERSED), crowd(400, Seen.CALM))
    run_all(project)
    told(project, crowd(500, Seen.OTHER))  # the called hour is minute 540: 18:00 in Rybinsk
    run_all(project)
    assert [level for _, level in life(project)][1:] == ["alarm"] * (len(life(project)) - 1)
    assert len(life(project)) >= 4


def test_a_rebuild_repeats_reports(project: Project, write_posts: Write) -> None:
    told(project, crowd(30), crowd(40, Seen.POLICE))
    run_all(project)
    told(project, crowd(200, Seen.VIOLENCE))
    run_all(project)
    ingest_file(project, write_posts([post_line(210, f"{OTHER}, говорят")], "more.jsonl"))
    run_all(project)
    before = contents(project)
    with project.writing() as (archive, _):
        report = rebuild(project, archive, {}, lambda _: RunWatch())
    assert report.same
    assert report.runs == 3
    assert contents(project) == before
    with project.reading() as store:
        assert len(all_reports(store)) == 3


def test_checkpoints_change_nothing(tmp_path: Path, write_posts: Write) -> None:
    posts = [post_line(1, CALL), *(post_line(n * 10, f"{OTHER} {n}") for n in range(1, 9))]
    path, found = write_posts(posts, "posts.jsonl"), []
    for every in (3, 1000):
        project = new_project(tmp_path / f"desk{every}", run__checkpoint_posts=every)
        ingest_file(project, path)
        told(project, crowd(35), crowd(300, Seen.CALM))
        run_all(project)
        found.append({k: v for k, v in contents(project).items() if k != "runs"})
    assert found[0] == found[1]


def test_expected_reports_survive_a_snapshot() -> None:
    pipeline, again = (Pipeline({}, PipelineOptions()) for _ in range(2))
    pipeline.deciding.expect([crowd(60), crowd(30)])
    pipeline.advance(at(40))
    again.restore(pipeline.snapshot())
    assert again.snapshot() == pipeline.snapshot()
    assert again.now == at(40)
    again.hear_all()
    assert again.now == at(60)
    assert again.hear_all() == ()


def test_contacts_are_taken_out_of_the_text_and_told(project: Project) -> None:
    text = "Ring +7 928 123-45-67 or @some_body; two hundred people"
    with project.writing() as (archive, store):
        kept, removed = add_report(archive, store, crowd(5, text=text), ROLES)
        again, _ = add_report(archive, store, crowd(5, text=text), ROLES)
    assert kept.text == "Ring [phone removed] or [name removed]; two hundred people"
    assert sorted(removed) == ["name", "phone"]
    assert again == kept
    with project.reading() as store:
        assert len(all_reports(store)) == 1


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"role": "Ana Somebody"}, "a role, never a name"),
        ({"seen_at": START + timedelta(hours=9)}, "lies ahead"),
        ({"text": "x" * 3000}, "at most"),
    ],
)
def test_what_is_wrong_is_refused(project: Project, more: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        told(project, replace(crowd(5), **more))
