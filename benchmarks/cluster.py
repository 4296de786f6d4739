"""``make bench-cluster``: a run as a job of Flink against a run in one process.

    .venv-cluster/bin/python benchmarks/cluster.py [rates] [streams] [state] [--posts 30000]

rates     the newest posts of telegram-2017-2023.parquet, read in full, vectors made anew: a run in
          one process with two readers, a job with one slot, a job with two; posts/s of all of the
          run, start included
streams   mstream-tweets-t and ntrex-stream, all of each: BCubed F1 of a run in one process and of
          jobs with 1, 2 and 4 slots, and whether every post lies in the same rumour
state     the newest posts in one job with two slots, nothing read but what rumours need: what all
          processes, the states kept and Flink's checkpoints come to in each tenth; Ctrl-C ends it
          and what was seen is written

Writes benchmarks/results/cluster-NAME.json. Needs Java and the environment of `make test-cluster`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from databases import MAP, newest, tocsin
from measuring import ARCHIVE, PeakMemory, Sampler, digest_of, machine, memory_mb, write_result
from sqlalchemy import select

from rumours import START, bcubed, gold_of, stream_path, stream_rows
from tocsin.engines.flink.cluster import Cluster, flink_engine
from tocsin.engines.local import Run, RunWatch, run_project
from tocsin.engines.project import Project
from tocsin.settings import Settings
from tocsin.store import schema

SLOTS = (0, 1, 2, 4)
"""Of a job; 0: a run in one process."""
_ALL = 10_000_000
"""More posts than there are."""
AIMS = {"two_slots_over_one": 1.3, "job_over_run": 0.6}


def run_once(folder: Path, slots: int) -> dict[str, float]:
    """A project's run; with two readers beside it where it is no job."""
    desk = Project(folder, Settings.load(folder, {} if slots else {"run.workers": 2}))
    engine = flink_engine(Cluster(parallelism=slots)) if slots else Run
    began = time.perf_counter()
    memory = PeakMemory(every=10)
    with desk.writing() as (archive, store):
        posts = run_project(desk, archive, store, engine=engine).posts
    seconds = time.perf_counter() - began
    return {
        "seconds": round(seconds, 1),
        "posts_per_second": round(posts / seconds, 1),
        "peak_mb": round(memory.close()),
    }


def apart(folder: Path, slots: int) -> dict[str, float]:
    """The same in a process of its own."""
    command = [sys.executable, __file__, "--one", str(folder), "--slots", str(slots)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    print(slots, found, flush=True)
    return found


def project(folder: Path, posts: Path, settings: str = "", *mapped: str) -> Path:
    """One with posts that wait to be run."""
    tocsin("init", folder, "--key-file", folder.with_suffix(".key"))
    with (folder / "tocsin.toml").open("a", encoding="utf-8") as file:
        file.write(settings)
    tocsin("ingest", posts, *mapped, "--project", folder)
    return folder


def copied(project: Path, slots: int) -> Path:
    return Path(shutil.copytree(project, project.with_name(f"{project.name}-{slots}")))


def rates(folder: Path, posts: int) -> dict[str, Any]:
    whole = project(folder / "desk", newest(folder, posts), "", *MAP)
    found = {slots: apart(copied(whole, slots), slots) for slots in (2, 1, 0)}
    return {
        "data": {"file": ARCHIVE.name, "sha256": digest_of(ARCHIVE), "posts": posts},
        "one_process": found[0],
        "jobs": {str(slots): found[slots] for slots in (1, 2)},
        "two_slots_over_one": round(found[1]["seconds"] / found[2]["seconds"], 2),
        "job_over_run": round(found[0]["seconds"] / found[2]["seconds"], 2),
        "aims": AIMS,
    }


def as_posts(rows: list[dict[str, Any]], path: Path) -> Path:
    """A stream as posts of one channel, a second apart, as ``tocsin cluster`` takes it."""
    with path.open("w", encoding="utf-8") as file:
        for number, row in enumerate(rows):
            post = {
                "id": f"{number:06d}",
                "channel": "stdin",
                "posted_at": (START + timedelta(seconds=number)).isoformat(),
                "text": row.get("text", row.get("textCleaned")),
                "lang": row.get("lang"),
            }
            file.write(json.dumps({key: value for key, value in post.items() if value}) + "\n")
    return path


def rumours_of(folder: Path) -> list[str]:
    """Rumour ids in the order of posts."""
    p, s = schema.posts.c, schema.sightings.c
    query = select(s.rumour).join_from(schema.posts, schema.sightings, p.seq == s.seq)
    with Project(folder, Settings.load(folder)).reading() as store, store.reading() as connection:
        return list(connection.scalars(query.order_by(p.message_id)))


def streams(folder: Path, posts: int) -> dict[str, Any]:
    del posts  # all of each
    found = []
    for name in ("mstream-tweets-t", "ntrex-stream"):
        rows = stream_rows(name, None)
        gold = gold_of(rows)
        path = as_posts(rows, folder / f"{name}.jsonl")
        whole = project(folder / name, path, '\n[reading]\nreader = ""\n')
        parts: dict[int, list[str]] = {}
        scores = {}
        for slots in SLOTS:
            own = copied(whole, slots)
            apart(own, slots)
            parts[slots] = rumours_of(own)
            scores[slots] = round(bcubed(gold, parts[slots]), 4)
        found.append(
            {
                "stream": name,
                "posts": len(rows),
                "sha256": digest_of(stream_path(name)),
                "one_process": scores[0],
                "jobs": {str(slots): scores[slots] for slots in SLOTS[1:]},
                "same_rumours": all(parts[slots] == parts[0] for slots in SLOTS),
            }
        )
    return {"streams": found, "aim": "within .01"}


class _Gauge:
    """The most of memory and disk in each tenth of a run."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.total = 1
        self.done = 0
        self.tenths: dict[int, dict[str, int]] = {}

    def started(self, done: int, total: int) -> None:
        self.done, self.total = done, total

    def progress(self, done: int) -> None:
        self.done = done

    def sample(self) -> None:
        place = self._folder / "state" / "flink"
        found = {
            "all_processes_mb": round(memory_mb(os.getpid())),
            "states_mb": _megabytes(place, "*.state"),
            "checkpoints_mb": _megabytes(place, "checkpoints/*/**/*"),
        }
        most = self.tenths.setdefault(min(9, 10 * self.done // self.total), found)
        most |= {key: max(most[key], value) for key, value in found.items()}
        print(self.done, found, flush=True)


def _megabytes(folder: Path, pattern: str) -> int:
    total = 0
    for path in folder.rglob(pattern):
        with suppress(FileNotFoundError):
            total += path.stat().st_size if path.is_file() else 0
    return total >> 20


def state(folder: Path, posts: int) -> dict[str, Any]:
    settings = f'\n[reading]\nreader = ""\n\n[run]\ncheckpoint_posts = {_ALL}\n'
    whole = project(folder / "desk", newest(folder, posts), settings, *MAP)
    desk, gauge = Project(whole, Settings.load(whole)), _Gauge(whole)
    watch = RunWatch(started=gauge.started, progress=gauge.progress)
    began, sampler = time.perf_counter(), Sampler(10, gauge.sample)
    with suppress(KeyboardInterrupt), desk.writing() as (archive, store):
        engine = flink_engine(Cluster(parallelism=2))
        run_project(desk, archive, store, watch, engine=engine)
    sampler.close()
    return {
        "data": {
            "file": ARCHIVE.name,
            "sha256": digest_of(ARCHIVE),
            "whole": gauge.total,
            "posts": gauge.done,
        },
        "posts_per_second": round(gauge.done / (time.perf_counter() - began), 1),
        "most_in_each_tenth": [gauge.tenths.get(tenth, {}) for tenth in range(10)],
    }


_MEASURES = {"rates": rates, "streams": streams, "state": state}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="*", default=["rates", "streams"])
    parser.add_argument("--posts", type=int, default=30_000)
    parser.add_argument("--one", type=Path, help="run this project and say how long it took")
    parser.add_argument("--slots", type=int, default=0)
    asked = parser.parse_args()
    if asked.one is not None:
        print(json.dumps(run_once(asked.one, asked.slots)))
        return
    if unknown := set(asked.what) - _MEASURES.keys():
        parser.error(f"no measure {min(unknown)!r}; known: {', '.join(_MEASURES)}")
    for what in asked.what:
        where = machine()
        with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as name:
            folder = Path(name)
            found = _MEASURES[what](folder, asked.posts)
        write_result(f"cluster-{what}", where, found)


if __name__ == "__main__":
    main()
