"""A run as a job, played without Flink: what a run in one process finds, and no row twice."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from flink_played import PlayedRun
from flink_support import add_settings, copied, found_in, ingested_demo

from tocsin.engines.flink.cluster import Cluster, check_java, cluster_of
from tocsin.engines.flink.pages import WorkFolder, first_moment, posts_of
from tocsin.engines.flink.stages import joined, parted
from tocsin.engines.local import Engine, Run, last_run, run_project
from tocsin.engines.project import Project
from tocsin.errors import EnvironmentFailed, UsageError
from tocsin.model import Post
from tocsin.settings import Settings


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reconstruction's exports in a project, not yet run."""
    return ingested_demo(tmp_path_factory.mktemp("flink") / "desk")


@pytest.fixture(scope="module")
def locally(ingested: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, run in one process."""
    return _run(copied(ingested, tmp_path_factory.mktemp("local")), Run)


def _run(folder: Path, engine: Engine) -> Path:
    desk = Project(folder, Settings.load(folder))
    with desk.writing() as (archive, store):
        run_project(desk, archive, store, engine=engine)
    return folder


def _played(**said: int) -> Engine:
    kind = type("Played", (PlayedRun,), said)
    return lambda record, place, settings: kind(record, place, settings, Cluster(page_posts=64))


def _state(folder: Path) -> bytes:
    (path,) = (folder / "state").glob("*.state")
    return path.read_bytes()


def _posts_done(folder: Path) -> int:
    """Of the last run, as its last checkpoint has them."""
    with Project(folder, Settings.load(folder)).reading() as store:
        record = last_run(store)
    assert record is not None
    assert not record.done
    return record.posts_done


@pytest.mark.parametrize("said", [{}, {"fails_after": 3}], ids=["through", "after a failure"])
def test_a_job_leaves_what_a_run_leaves(
    ingested: Path, locally: Path, tmp_path: Path, said: dict[str, int]
) -> None:
    folder = _run(copied(ingested, tmp_path), _played(**said))
    assert found_in(folder) == found_in(locally)
    assert _state(folder) == _state(locally)
    assert not list((folder / "state" / "flink").iterdir())


@pytest.mark.parametrize("after", [Run, _played()], ids=["in one process", "as a job"])
def test_a_driver_that_dies_loses_nothing_and_doubles_nothing(
    ingested: Path, locally: Path, tmp_path: Path, after: Engine
) -> None:
    folder = copied(ingested, tmp_path)
    with pytest.raises(KeyboardInterrupt):
        _run(folder, _played(dies_after=4))
    assert found_in(folder)["readings"]  # what the job wrote is there
    assert found_in(_run(folder, after)) == found_in(locally)


@pytest.mark.parametrize("after", [Run, _played()], ids=["in one process", "as jobs"])
def test_a_driver_that_dies_in_a_later_job_has_those_before(
    ingested: Path, locally: Path, tmp_path: Path, after: Engine
) -> None:
    folder = copied(ingested, tmp_path)
    add_settings(folder, "\n[run]\ncheckpoint_posts = 8\n")  # a job has five times as many
    with pytest.raises(KeyboardInterrupt):
        _run(folder, _played(dies_after=7))
    assert _posts_done(folder) == 80  # two jobs
    found = _run(folder, after)
    assert found_in(found) == found_in(locally)
    assert _state(found) == _state(locally)


def test_a_job_that_ends_early_is_said_and_may_be_run_again(
    ingested: Path, locally: Path, tmp_path: Path
) -> None:
    class EndsEarly(PlayedRun):
        def _take_up(self, ended: list[str]) -> None:
            super()._take_up(ended[:1])

    folder = copied(ingested, tmp_path)
    with pytest.raises(EnvironmentFailed, match=r"before its posts did; run again"):
        _run(
            folder,
            lambda record, place, settings: EndsEarly(
                record, place, settings, Cluster(page_posts=64)
            ),
        )
    assert found_in(_run(folder, _played())) == found_in(locally)


def test_a_pipelines_state_is_parted_and_joined(locally: Path) -> None:
    state = _state(locally)
    assert joined(*parted(state)) == state


def test_pages_hold_posts_in_order_and_say_when_they_begin(tmp_path: Path) -> None:
    moments = [datetime(2023, 10, 29, 7, minute, tzinfo=UTC) for minute in range(7)]
    posts = [Post("table", "c", str(n), at, at, "words") for n, at in enumerate(moments)]
    folder = WorkFolder(str(tmp_path / "work"))
    pages = folder.write_pages(posts, size=3)
    assert (pages.count, pages.posts, pages.last) == (3, 7, posts[-1])
    read = [folder.page(number) for number in range(3)]
    assert [post for page in read for post in posts_of(page)] == posts
    assert [first_moment(page) for page in read] == [
        round(moments[n].timestamp() * 1000) for n in (0, 3, 6)
    ]
    folder.remove()
    assert not (tmp_path / "work").exists()
    folder.remove()


def test_a_state_that_is_gone_is_said(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailed, match="gone while the job runs"):
        WorkFolder(str(tmp_path)).state("rumours-0/000000000001.state")


@pytest.mark.parametrize("address", ["flink", ":8081", "host:", "host:port"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match="not HOST:PORT"):
        cluster_of(Settings(), address, 1)
    with pytest.raises(UsageError, match="at least 1"):
        cluster_of(Settings(), "host:8081", 0)


def test_a_java_that_is_missing_or_too_old_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(EnvironmentFailed, match="needs Java 17"):
        check_java()
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n")
    java.chmod(0o755)
    with pytest.raises(EnvironmentFailed, match="Flink runs on Java 17"):
        check_java()
    java.write_text("#!/bin/sh\necho 'openjdk version \"17.0.2\" 2022-01-18' >&2\n")
    check_java()
