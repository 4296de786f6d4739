"""``make bench``: measure tocsin on the real data, as a person would run it.

    python benchmarks/run.py [archive] [stages] [background] [year]

archive     `tocsin init`, `ingest` and `run` over telegram-2017-2023.parquet (1.93 M posts):
            posts/s and peak memory of the whole process tree (proportional set size)
stages      posts/s of each stage by itself, one core, on 20,000 posts of the same file
year        `tocsin replay` of November 2022 to October 2023 of the same file: posts/s with cold
            memories, warnings a week; their ids are kept, so that they can be judged by hand
background  `tocsin replay` over ru-news-2023-2024.parquet: how many warnings ordinary posts raise

Each writes benchmarks/results/NAME.json with figure, command, data digest and machine.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from measuring import ARCHIVE, BACKGROUND, PeakMemory, digest_of, machine, write_result

ARCHIVE_MAP = ["--map", "id=msg_id", "--map", "posted_at=date"]


def timed(*arguments: str) -> dict[str, Any]:
    """Run one tocsin command; seconds, peak memory, exit code, last line printed."""
    command = [sys.executable, "-m", "tocsin", *arguments]
    start = time.perf_counter()
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    memory = PeakMemory(running.pid)
    out, err = running.communicate()
    seconds = time.perf_counter() - start
    said = (out or err).strip().splitlines()
    return {
        "command": "tocsin " + " ".join(_plain(argument) for argument in arguments),
        "seconds": round(seconds, 1),
        "peak_mb": round(memory.close()),
        "exit": running.returncode,
        "said": " ".join(map(_plain, said[0].split())) if said else "",
    }


def _plain(argument: str) -> str:
    return Path(argument).name if "/" in argument else argument


def bench_archive() -> dict[str, Any]:
    """The whole archive through ingest and run."""
    import pyarrow.parquet as pq

    posts = pq.ParquetFile(ARCHIVE).metadata.num_rows
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder:
        desk = f"{folder}/desk"
        timed("init", desk, "--key-file", f"{folder}/desk.key")
        ingest = timed("ingest", str(ARCHIVE), *ARCHIVE_MAP, "--project", desk)
        run = timed("run", "--project", desk)
        verify = timed("verify", "--project", desk)
        sizes = {
            part: round(_size(Path(desk) / part) / 1e6) for part in ("archive", "store.db", "state")
        }
        counts = _counts(Path(desk) / "store.db")
    seconds = ingest["seconds"] + run["seconds"]
    return {
        "data": _data(ARCHIVE),
        "posts": posts,
        "posts_per_second": {
            "ingest": round(posts / ingest["seconds"]),
            "run": round(posts / run["seconds"]),
            "end to end": round(posts / seconds),
        },
        "peak_mb": {"ingest": ingest["peak_mb"], "run": run["peak_mb"]},
        "megabytes_on_disk": sizes,
        "found": counts,
        "commands": [ingest, run, verify],
    }


def _size(path: Path) -> int:
    files = [path] if path.is_file() else [p for p in path.rglob("*") if p.is_file()]
    return sum(file.stat().st_size for file in files)


def _counts(store: Path) -> dict[str, Any]:
    import sqlite3

    with sqlite3.connect(store) as connection:

        def ask(question: str) -> Any:
            return connection.execute(question).fetchall()

        return {
            "read": dict(ask("SELECT read, count(*) FROM readings GROUP BY read")),
            "rumours": ask("SELECT count(*) FROM rumours")[0][0],
            "rumours of 2 or more posts": ask("SELECT count(*) FROM rumours WHERE posts > 1")[0][0],
            "methods": dict(ask("SELECT method, count(*) FROM sightings GROUP BY method")),
            "alarm of .5 or more": ask("SELECT count(*) FROM readings WHERE alarm >= 0.5")[0][0],
            "warnings by highest level": dict(
                ask(
                    "SELECT top, count(*) FROM (SELECT CASE max(CASE level WHEN 'alarm' THEN 3 "
                    "WHEN 'alert' THEN 2 ELSE 1 END) WHEN 3 THEN 'alarm' WHEN 2 THEN 'alert' "
                    "ELSE 'watch' END AS top FROM warnings WHERE action IN ('issue', 'update') "
                    "GROUP BY id) GROUP BY top"
                )
            ),
        }


def bench_stages() -> dict[str, Any]:
    """Each stage by itself, one core."""
    from tocsin.engines.workers import PostReader, ReadingPlan
    from tocsin.pipeline import Pipeline, PipelineOptions

    posts = _sample(20_000)
    reader = PostReader(ReadingPlan())
    reader.embed([reader.read_one(posts[0])[0]])
    rates: dict[str, float] = {}
    text = reader._text
    prepared = _rate(
        rates,
        "text without vectors",
        len(posts),
        lambda: [text.prepare(post, None) for post in posts],
    )
    readings = _rate(
        rates,
        "reading (rules, places and times)",
        len(posts),
        lambda: [reader._reader.read(enriched, None) for enriched in prepared],
    )
    distinct = {e.digest: e for e in prepared if e.digest is not None}
    full = _with_vectors(rates, reader, prepared, list(distinct.values()))
    pipeline = Pipeline({}, PipelineOptions())
    _rate(
        rates,
        "rumours to warnings",
        len(posts),
        lambda: [pipeline.step(e, r) for e, r in zip(full, readings, strict=True)],
    )
    texts = sum(e.digest is not None for e in prepared)
    return {
        "data": _data(ARCHIVE),
        "posts": len(posts),
        "with text": texts,
        "distinct texts": len(distinct),
        "per_second_one_core": rates,
    }


def _with_vectors(
    rates: dict[str, float], reader: Any, prepared: list[Any], distinct: list[Any]
) -> list[Any]:
    """Time the vectors of distinct texts; every post with the vector of its text."""
    from dataclasses import replace

    vectors = _rate(
        rates,
        "vectors, per distinct text",
        len(distinct),
        lambda: [
            enriched
            for start in range(0, len(distinct), 256)
            for enriched in reader.embed(distinct[start : start + 256])
        ],
    )
    by_digest = {enriched.digest: enriched for enriched in vectors}
    found = [by_digest.get(e.digest, e) for e in prepared]
    return [replace(f, post=e.post) for f, e in zip(found, prepared, strict=True)]


def _rate(rates: dict[str, float], name: str, count: int, work: Callable[[], list[Any]]) -> Any:
    start = time.perf_counter()
    done = work()
    rates[name] = round(count / (time.perf_counter() - start))
    return done


def _sample(count: int) -> list[Any]:
    """Consecutive posts from October 2022 on, in time order."""
    import pyarrow.parquet as pq

    from tocsin.model import Identity
    from tocsin.text import post_from_content

    table = pq.read_table(ARCHIVE, columns=["channel", "msg_id", "date", "text"])
    start = table.num_rows // 2
    rows = table.slice(start, count).to_pylist()
    return [
        post_from_content(
            Identity("table", row["channel"], row["msg_id"], 1),
            {"text": row["text"], "posted_at": row["date"].isoformat()},
        )
        for row in rows
    ]


def bench_background() -> dict[str, Any]:
    """Ordinary Russian news and city channels: what would have disturbed anyone?"""
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder:
        out = Path(folder) / "warnings.jsonl"
        done = timed("replay", str(BACKGROUND), *ARCHIVE_MAP, "--out", str(out))
        actions = [json.loads(line) for line in out.read_text().splitlines()]
    return {
        "data": _data(BACKGROUND),
        "warnings by highest level": dict(Counter(_tops(actions).values())),
        "commands": [done],
    }


YEAR = (datetime(2022, 11, 1, tzinfo=UTC), datetime(2023, 11, 1, tzinfo=UTC))
WEEKS = 52
WARM_UP = timedelta(days=17)
"""Posts before the year that are read and not scored, so that rumours and channels are known."""


def bench_year() -> dict[str, Any]:
    """A year of far-right channels that no part was tuned on: how many warnings a week?"""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder:
        cut, out = Path(folder) / "year.parquet", Path(folder) / "warnings.jsonl"
        table = pq.read_table(ARCHIVE)
        at = table["date"]
        bounds = (YEAR[0] - WARM_UP, YEAR[1])
        start, end = (pa.scalar(m.replace(tzinfo=None)).cast(at.type) for m in bounds)
        table = table.filter(pc.and_(pc.greater_equal(at, start), pc.less(at, end)))
        pq.write_table(table, cut)
        scored = ("--from", YEAR[0].isoformat(), "--out", str(out))
        done = timed("replay", str(cut), *ARCHIVE_MAP, *scored)
        actions = [json.loads(line) for line in out.read_text().splitlines()]
    tops = _tops(actions)
    counts = Counter(tops.values())
    return {
        "data": _data(ARCHIVE),
        "posts": table.num_rows,
        "posts_per_second": round(table.num_rows / done["seconds"]),
        "warnings by highest level": dict(counts),
        "a week": {level: round(count / WEEKS, 2) for level, count in counts.items()},
        "alerts": [
            {key: action[key] for key in ("id", "issued_at", "level", "posts")}
            for action in actions
            if action["action"] == "issue" and tops[action["id"]] != "watch"
        ],
        "commands": [done],
    }


def _tops(actions: list[dict[str, Any]]) -> dict[str, str]:
    """The highest level of each warning."""
    top: dict[str, str] = {}
    order = ("watch", "alert", "alarm")
    for action in actions:
        if action["action"] in ("issue", "update"):
            before = top.get(action["id"], "watch")
            top[action["id"]] = max(before, action["level"], key=order.index)
    return top


def _data(path: Path) -> dict[str, str]:
    return {"file": path.name, "sha256": digest_of(path)}


BENCHES = {
    "archive": bench_archive,
    "stages": bench_stages,
    "background": bench_background,
    "year": bench_year,
}


def main() -> None:
    """Run the named benchmarks, all by default."""
    for name in sys.argv[1:] or list(BENCHES):
        where = machine()
        write_result(name, where, BENCHES[name]())


if __name__ == "__main__":
    main()
