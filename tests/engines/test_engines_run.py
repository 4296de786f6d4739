"""Runs: resumable, repeatable, blind to the future, the same with any number of processes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from engine_support import contents, copied, ingest_file, lose_store, new_project, run_all

from posts_support import post_line, written
from streams_support import mixed
from tocsin import wire
from tocsin.archive import Archive
from tocsin.clock import SystemClock
from tocsin.engines.indexing import Indexer
from tocsin.engines.local import RunWatch, reading_plan, versions
from tocsin.engines.project import Project
from tocsin.engines.rebuild import rebuild
from tocsin.errors import EnvironmentFailed
from tocsin.model import Decision, DecisionKind

Write = Callable[[Iterable[dict[str, Any]], str], Path]
pytestmark = pytest.mark.usefixtures("either_database")
COMPUTED = ("readings", "sightings", "rumours", "warnings", "search")


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with everything run in one go."""
    return _ran(tmp_path_factory.mktemp("done"), mixed())


def _ran(folder: Path, posts: list[dict[str, Any]], **settings: Any) -> Project:

    path = folder / "posts.jsonl"
    written(path, posts)
    project = new_project(folder / "desk", **settings)
    ingest_file(project, path)
    run_all(project)
    return project


def test_again_with_nothing_new_does_nothing(done: Project) -> None:
    before = contents(done)
    assert run_all(done).posts == 0
    assert contents(done) == before


@pytest.mark.parametrize("settings", [{"run__checkpoint_posts": 7}, {"run__workers": 2}])
def test_neither_checkpoints_nor_processes_change_anything(
    tmp_path: Path, done: Project, settings: dict[str, Any]
) -> None:
    assert contents(_ran(tmp_path, mixed(), **settings)) == contents(done)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_a_run_cut_at_t_is_the_full_run_up_to_t(
    tmp_path: Path, done: Project, share: float
) -> None:
    posts = sorted(mixed(), key=lambda post: datetime.fromisoformat(post["posted_at"]))
    cut = posts[: int(len(posts) * share)]
    end = datetime.fromisoformat(cut[-1]["posted_at"])
    found, full = contents(_ran(tmp_path, cut)), contents(done)
    for table in ("readings", "sightings"):
        assert set(found[table]) <= set(full[table])
    until = wire.iso(end) or ""
    told = [w for w in _bodies(full) if w["issued_at"] <= until]
    assert _bodies(found) == told


def _bodies(found: dict[str, list[tuple[Any, ...]]]) -> list[dict[str, Any]]:
    bodies = [row[-1] for row in found["warnings"]]
    return sorted(bodies, key=lambda body: (body["issued_at"], body["id"], body["action"]))


def test_two_ingests_and_runs_equal_one(tmp_path: Path, done: Project, write_posts: Write) -> None:
    posts = sorted(mixed(), key=lambda post: datetime.fromisoformat(post["posted_at"]))
    half = len(posts) // 2
    project = new_project(tmp_path / "desk")
    for number, part in enumerate((posts[:half], posts[half:])):
        ingest_file(project, write_posts(part, f"{number}.jsonl"))
        run_all(project)
    found, full = contents(project), contents(done)
    for table in COMPUTED:
        assert found[table] == full[table], table


def test_a_late_post_is_known_when_it_comes(tmp_path: Path, write_posts: Write) -> None:
    project = new_project(tmp_path / "desk")
    ingest_file(project, write_posts([post_line(500, "Сегодня в парке концерт")], "a.jsonl"))
    run_all(project)
    late = [post_line(1, "Вчера в парке был концерт")]
    ingest_file(project, write_posts(late, "b.jsonl"))
    assert run_all(project).posts == 1
    assert len(contents(project)["readings"]) == 2


def test_rebuild_gives_everything_back(tmp_path: Path, done: Project) -> None:
    project = copied(done, tmp_path / "desk")
    warning = contents(project)["warnings"][0][0]
    _decide(project, DecisionKind.WARNING_CONFIRM, warning)
    _decide(project, DecisionKind.RUMOUR_STATUS, contents(project)["rumours"][0][0])
    before = contents(project)
    report = _rebuild(project)
    assert report.same
    assert report.posts == len(mixed())
    assert contents(project) == before
    assert run_all(project).posts == 0


def test_rebuild_without_any_store(tmp_path: Path, done: Project, write_posts: Write) -> None:
    project = copied(done, tmp_path / "desk")
    ingest_file(project, write_posts([post_line(1, "Погода")], "more.jsonl"))
    before = contents(project)
    lose_store(project)
    assert _rebuild(project).runs == 1
    assert contents(project) == before
    assert run_all(project).posts == 1


def test_rebuild_reports_what_would_be_decided_otherwise(tmp_path: Path, done: Project) -> None:
    project = copied(done, tmp_path / "desk")
    before = contents(project)
    changed = Project(project.folder, _with(project, {"warnings.expire_h": 1.0}))
    report = _rebuild(changed)
    assert not report.same
    assert "settings" in report.changed_versions
    assert contents(project)["warnings"] == before["warnings"], "never overwritten"


def _with(project: Project, values: dict[str, Any]) -> Any:
    from tocsin.settings import Settings

    return Settings.load(project.folder, values)


def _rebuild(project: Project) -> Any:
    current = versions(project.settings, reading_plan(project.settings, {}))
    with Archive.open(project.archive_folder, writable=True) as archive:
        return rebuild(project, archive, current, lambda _: RunWatch())


def _decide(project: Project, kind: DecisionKind, subject: str) -> None:
    decision = Decision(kind, subject, "confirmed", "analyst-1", SystemClock().now(), "seen")
    with project.writing() as (archive, store):
        archive.append_entry("decision", wire.decision_form(decision))
        archive.flush()
        Indexer(store).catch_up(archive)


def test_a_dismissed_warning_is_cancelled_at_the_next_run(
    tmp_path: Path, done: Project, write_posts: Write
) -> None:
    posts = sorted(mixed(), key=lambda post: datetime.fromisoformat(post["posted_at"]))
    project = copied(done, tmp_path / "desk")
    open_ones = _open_warnings(project)
    assert open_ones, "the last calls must still stand"
    _decide(project, DecisionKind.WARNING_DISMISS, open_ones[0])
    last = datetime.fromisoformat(posts[-1]["posted_at"]) + timedelta(minutes=1)
    later = [{"id": "x", "channel": "quiet", "posted_at": last.isoformat(), "text": "Погода"}]
    ingest_file(project, write_posts(later, "later.jsonl"))
    actions = run_all(project).actions
    assert (open_ones[0], "cancel") in {(a.id, a.action.value) for a in actions}


def _open_warnings(project: Project) -> list[str]:
    life: dict[str, str] = {}
    for body in _bodies(contents(project)):
        life[body["id"]] = body["action"]
    return [name for name, action in life.items() if action in ("issue", "update")]


def test_a_lost_state_says_how_to_get_it_back(tmp_path: Path, write_posts: Write) -> None:
    project = _ran(tmp_path, mixed()[:20])
    for path in project.state_folder.iterdir():
        path.unlink()
    ingest_file(project, write_posts([post_line(1, "Погода")], "more.jsonl"))
    with pytest.raises(EnvironmentFailed, match="tocsin rebuild"):
        run_all(project)
