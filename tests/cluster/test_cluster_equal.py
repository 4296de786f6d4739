"""A job of Flink finds what a run in one process finds, however many slots it has."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from functools import lru_cache, partial
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from flink_support import add_settings, copied, found_in, ingested, ingested_demo
from pyflink.datastream import StreamExecutionEnvironment
from standing_cluster import StandingCluster

from tocsin.engines.flink import job
from tocsin.engines.flink.cluster import Cluster, flink_engine
from tocsin.engines.flink.engine import FlinkRun
from tocsin.engines.flink.pages import Pages
from tocsin.engines.flink.plans import JobPlan
from tocsin.engines.flink.records import Told
from tocsin.engines.local import Engine, Run, run_project
from tocsin.engines.project import Project
from tocsin.settings import Settings

_TOCSIN = Path(sys.executable).with_name("tocsin")
_STREAMS = ("mstream-tweets-t", "ntrex-stream")
_POSTS = 600
"""Of each stream; all of it is measured by ``benchmarks/cluster.py``."""
_PAGE = 32
"""Posts that a slot takes at once: few, so that slots overtake each other."""


@lru_cache(maxsize=1)
def _bench() -> Any:
    """The benchmark module, which measures all of the streams for docs/cluster.md."""
    sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))
    return import_module("cluster")


def _rows(stream: str) -> list[dict[str, Any]]:
    path = _bench().stream_path(stream)
    if not path.is_file():
        pytest.skip(f"real data not here: set TOCSIN_DATA (looked for {path})")
    rows: list[dict[str, Any]] = _bench().stream_rows(stream, None)[:_POSTS]
    return rows


@pytest.fixture(scope="module")
def streams(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A project not yet run, of whose posts nothing is read; the same run in one process."""
    folder = tmp_path_factory.mktemp("streams")
    rows = [row for stream in _STREAMS for row in _rows(stream)]
    path = _bench().as_posts(rows, folder / "streams.jsonl")
    before = ingested(folder / "desk", path, '\n[reading]\nreader = ""\n')
    after = copied(before, tmp_path_factory.mktemp("after"))
    _run(after, Run)
    return before, after


def _run(folder: Path, engine: Engine) -> None:
    desk = Project(folder, Settings.load(folder))
    with desk.writing() as (archive, store):
        run_project(desk, archive, store, engine=engine)


def _bcubed(folder: Path, place: int) -> float:
    """BCubed F1 of the posts of one stream, 0 to 1."""
    gold = _bench().gold_of(_rows(_STREAMS[place]))
    found = _bench().rumours_of(folder)[place * _POSTS :][:_POSTS]
    score: float = _bench().bcubed(gold, found)
    return score


@pytest.mark.usefixtures("loopback")
@pytest.mark.parametrize("parallelism", [1, 2, 4])
def test_a_job_finds_what_one_process_finds(
    streams: tuple[Path, Path], tmp_path: Path, parallelism: int
) -> None:
    before, after = streams
    folder = copied(before, tmp_path)
    _run(folder, flink_engine(Cluster(parallelism=parallelism, page_posts=_PAGE, checkpoint_s=2.0)))
    assert found_in(folder) == found_in(after)
    for stream in range(len(_STREAMS)):
        wanted = _bcubed(after, stream)
        assert wanted > 0.4
        assert _bcubed(folder, stream) == pytest.approx(wanted, abs=0.01)


@pytest.mark.usefixtures("loopback")
def test_jobs_warn_of_the_reconstruction_as_one_process_does(tmp_path: Path) -> None:
    before = ingested_demo(tmp_path / "before" / "desk")
    after, folder = copied(before, tmp_path / "after"), copied(before, tmp_path / "flink")
    _run(after, Run)
    add_settings(folder, "\n[run]\ncheckpoint_posts = 15\n")  # two jobs, one after the other
    _run(folder, flink_engine(Cluster(parallelism=2, page_posts=_PAGE, checkpoint_s=2.0)))
    found = found_in(folder)
    assert found == found_in(after)
    assert found["warnings"]


@pytest.mark.usefixtures("loopback")
def test_only_reading_is_done_side_by_side(tmp_path: Path) -> None:
    """Of several that tell event times the slowest would hold up rumours until the end."""
    laid_out: dict[str, int] = {}

    class LaidOut(FlinkRun):
        def _job(self, plan: JobPlan, pages: Pages) -> Iterator[Told]:
            env = StreamExecutionEnvironment.get_execution_environment()
            job.laid_out(env, plan, pages, self._cluster)
            nodes = json.loads(env.get_execution_plan())["nodes"]
            laid_out.update((node["type"], node["parallelism"]) for node in nodes)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _run(ingested_demo(tmp_path / "desk"), partial(LaidOut, cluster=Cluster(parallelism=4)))
    side_by_side = [name for name, count in laid_out.items() if count > 1]
    assert [name.partition(",")[0] for name in side_by_side] == ["read"]
    assert len(laid_out) > 5


@pytest.mark.usefixtures("loopback")
def test_a_killed_task_manager_changes_nothing(streams: tuple[Path, Path], tmp_path: Path) -> None:
    before, after = copied(streams[0], tmp_path), streams[1]
    add_settings(before, f"[flink]\ncheckpoint_s = 1.0\npage_posts = {_PAGE}\n")
    with StandingCluster(tmp_path / "flink", task_managers=3) as cluster:
        where = ("--engine", "flink", "--cluster", cluster.address, "--parallelism", "2")
        command = [str(_TOCSIN), "run", "--project", str(before), "--json", *where]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as run:
            _wait_until_some_are_read(before, run)
            cluster.kill_task_manager()
            cluster.start_task_manager()
            assert run.wait(timeout=300) == 0
    assert found_in(before) == found_in(after)


def _wait_until_some_are_read(folder: Path, run: subprocess.Popen[bytes]) -> None:
    """In the middle: some posts are in the store, most are not."""
    last = time.monotonic() + 120
    while time.monotonic() < last:
        assert run.poll() is None, "it ended before it could be killed"
        with closing(sqlite3.connect(f"file:{folder}/store.db?mode=ro", uri=True)) as store:
            if store.execute("SELECT count(*) FROM readings").fetchone()[0]:
                return
        time.sleep(0.1)
    raise TimeoutError("nothing was read")
