"""How long ``tocsin verify`` takes for a million items.

Makes a synthetic archive in a temporary folder (posts of everyday wording and length, one signed
head every 100,000 items), then verifies it in one process.

    PYTHONPATH=src:benchmarks python benchmarks/verify.py [--items 1000000]
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from measuring import PeakMemory, machine, write_result

from tocsin.archive import Archive, VerifyOptions, verify
from tocsin.archive.heads import TREE_HEAD, sign_head, write_head
from tocsin.archive.signing_keys import SIGNING_KEY, SigningKey, announce, public_path
from tocsin.archive.tree import Frontier, leaf_hash
from tocsin.model import Identity

HEAD_EVERY = 100_000
WORDS = ("market", "opens", "today", "the", "bus", "ярмарка", "завтра", "в", "десять", "у", "реки")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--keep", type=Path, help="folder to make the archive in, or use again")
    given = parser.parse_args()
    if given.keep:
        measure(given.keep, given.items)
        return
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), given.items)


def measure(folder: Path, items: int) -> None:
    where = machine()
    if not (folder / "archive").exists():
        make(folder, items)
    size = sum(path.stat().st_size for path in (folder / "archive").rglob("*") if path.is_file())
    options = VerifyOptions(
        head_folders=(folder / "heads",),
        keys=(public_path(folder / "key.pem"),),
    )
    memory, started, cpu = PeakMemory(), time.perf_counter(), time.process_time()
    report = verify(folder / "archive", options=options)
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    assert report.ok, report.problems[:3]
    assert report.items == items
    result: dict[str, Any] = {
        "command": f"python benchmarks/verify.py --items {items}",
        "items": report.items,
        "entries": report.entries,
        "heads": report.heads,
        "archive_mb": round(size / 1e6, 1),
        "seconds": round(seconds, 1),
        "cpu_seconds": round(cpu, 1),
        "items_per_second": round(items / seconds),
        "peak_mb": round(memory.close()),
    }
    write_result("verify", where, result)


def make(folder: Path, items: int) -> None:
    """An archive of ``items`` posts, with signed heads."""
    draw = random.Random(7)
    key = SigningKey.create(folder / "key.pem")
    at, frontier = datetime(2024, 1, 1, tzinfo=UTC), Frontier()
    with Archive.create(folder / "archive") as archive:
        archive.append_entry(SIGNING_KEY, announce(key, None, at.isoformat()).form())
        capture = archive.append_entry("capture", {"operator": "desk"})
        for number in range(items):
            content = post(number, draw)
            identity = Identity("table", f"channel_{number % 50}", str(number), 1)
            archive.append_evidence(identity, content, content, capture)
            if number % HEAD_EVERY == HEAD_EVERY - 1:
                sign(folder, archive, key, frontier, at)


def sign(folder: Path, archive: Archive, key: SigningKey, frontier: Frontier, at: datetime) -> None:
    archive.flush()
    for body in archive.bodies(frontier.size):
        frontier.add(leaf_hash(body))
    head = sign_head(key, frontier.size, frontier.root(), at)
    archive.append_entry(TREE_HEAD, head.form())
    write_head(folder / "heads", head)


def post(number: int, draw: random.Random) -> bytes:
    words = draw.choices(WORDS, k=draw.randint(4, 30))
    fields = {
        "channel": f"channel_{number % 50}",
        "id": str(number),
        "posted_at": "2024-01-01T08:00:00+00:00",
        "source": "table",
        "text": " ".join(words),
    }
    return orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)


if __name__ == "__main__":
    main()
