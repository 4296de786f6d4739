"""A job of Flink finds what a run in one process finds, however many slots it has."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flink_support import copied, found_in, ingested, ingested_demo
from standing_cluster import StandingCluster

from tocsin.engines.flink.cluster import Cluster, flink_engine
from tocsin.engines.local import Engine, Run, run_project
from tocsin.engines.project import Project
from tocsin.settings import Settings
from tocsin.sources import ReadOptions

_TOCSIN = Path(sys.executable).with_name("tocsin")
_STREAMS = ("mstream-tweets-t", "ntrex-stream")
_FIRST = datetime(2000, 1, 1, tzinfo=UTC)
_POSTS = 600
"""Of each stream; all of it is measured by ``benchmarks/cluster.py``."""


def _rows(name: str) -> list[dict[str, str]]:
    path = Path(os.environ.get("TOCSIN_DATA", "../shared/data")) / "streams" / f"{name}.jsonl"
    if not path.is_file():
        pytest.skip(f"real data not here: set TOCSIN_DATA (looked for {path})")
    with path.open(encoding="utf-8") as file:
        return [json.loads(next(file)) for _ in range(_POSTS)]


def _streams(path: Path) -> Path:
    """The beginnings of both streams as posts of one channel, a second apart."""
    rows = [(name, row) for name in _STREAMS for row in _rows(name)]
    with path.open("w", encoding="utf-8") as file:
        for number, (_, row) in enumerate(rows):
            post = {
                "id": f"{number:06d}",
                "channel": "streams",
                "posted_at": (_FIRST + timedelta(seconds=number)).isoformat(),
                "text": row.get("text", row.get("textCleaned")),
                "lang": row.get("lang"),
            }
            file.write(json.dumps({key: value for key, value in post.items() if value}) + "\n")
    return path


@pytest.fixture(scope="module")
def streams(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A project not yet run, of whose posts nothing is read; the same run in one process."""
    folder = tmp_path_factory.mktemp("streams")
    path = _streams(folder / "streams.jsonl")
    before = ingested(folder / "desk", [(path, ReadOptions())], 'reader = ""')
    after = copied(before, tmp_path_factory.mktemp("after"))
    _run(after, Run)
    return before, after


def _run(folder: Path, engine: Engine) -> None:
    desk = Project(folder, Settings.load(folder))
    with desk.writing() as (archive, store):
        run_project(desk, archive, store, engine=engine)


def _bcubed(folder: Path, stream: int) -> float:
    """BCubed F1 of one stream's posts, 0 to 1 (Bagga & Baldwin 1998)."""
    rows = _rows(_STREAMS[stream])
    gold = [str(row.get("label", row.get("clusterNo"))) for row in rows]
    query = (
        "SELECT s.rumour FROM posts p JOIN sightings s ON s.seq = p.seq "
        "WHERE p.message_id >= ? ORDER BY p.message_id LIMIT ?"
    )
    with closing(sqlite3.connect(folder / "store.db")) as store:
        asked = (f"{stream * _POSTS:06d}", _POSTS)
        found = [row[0] for row in store.execute(query, asked)]
    assert len(found) == len(gold)
    of_gold, of_found, both = Counter(gold), Counter(found), Counter(zip(gold, found, strict=True))
    precision = sum(n * n / of_found[rumour] for (_, rumour), n in both.items())
    recall = sum(n * n / of_gold[label] for (label, _), n in both.items())
    return 2 * precision * recall / ((precision + recall) * len(gold))


@pytest.mark.usefixtures("loopback")
@pytest.mark.parametrize("parallelism", [1, 2, 4])
def test_a_job_finds_what_one_process_finds(
    streams: tuple[Path, Path], tmp_path: Path, parallelism: int
) -> None:
    before, after = streams
    folder = copied(before, tmp_path)
    _run(folder, flink_engine(Cluster(parallelism=parallelism, checkpoint_s=2.0)))
    assert found_in(folder) == found_in(after)
    for stream in range(len(_STREAMS)):
        wanted = _bcubed(after, stream)
        assert wanted > 0.4
        assert _bcubed(folder, stream) == pytest.approx(wanted, abs=0.01)


@pytest.mark.usefixtures("loopback")
def test_a_job_warns_of_the_reconstruction_as_one_process_does(tmp_path: Path) -> None:
    before = ingested_demo(tmp_path / "before" / "desk")
    after, folder = copied(before, tmp_path / "after"), copied(before, tmp_path / "flink")
    _run(after, Run)
    _run(folder, flink_engine(Cluster(parallelism=2, checkpoint_s=2.0)))
    found = found_in(folder)
    assert found == found_in(after)
    assert found["warnings"]


@pytest.mark.usefixtures("loopback")
def test_a_killed_task_manager_changes_nothing(streams: tuple[Path, Path], tmp_path: Path) -> None:
    before, after = copied(streams[0], tmp_path), streams[1]
    settings = before / "tocsin.toml"
    settings.write_text(settings.read_text() + "[flink]\ncheckpoint_s = 1.0\n")
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
