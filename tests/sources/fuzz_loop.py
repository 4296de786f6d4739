"""Mutated files of every format, thousands a second: each must end in posts or in refusals.

A fixed seed for each process, so a finding can be made again. A time limit for each input, so that
what hangs is found as surely as what crashes. By hand:

    python tests/sources/fuzz_loop.py 2000000
"""

from __future__ import annotations

import io
import json
import multiprocessing
import random
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from dump_writer import COLUMNS, fourcat, row, save_rows, stated, telethon
from telegram_export_writer import account, chat, message, written
from telegram_html_writer import packed, page, save_pages

from tocsin.errors import RecordRefused, UsageError
from tocsin.model import RawItem
from tocsin.sources import (
    FourCat,
    ReadOptions,
    Source,
    Table,
    TelegramDesktop,
    TelegramHtml,
    TelethonDump,
    detect,
)

ALL: list[Source] = [FourCat(), Table(), TelegramDesktop(), TelegramHtml(), TelethonDump()]
OPTIONS = ReadOptions(channel="town", max_text=500)
UNNAMED = ReadOptions(max_text=500)
SECONDS = 5
"""Longest time for one input of a few kilobytes."""

POSTS: list[dict[str, Any]] = [
    message(1, ["a\x0b ", {"type": "text_link", "text": "🙏🏽", "href": "https://e.org"}]),
    message(2, "b", forwarded_from="O", reply_to_message_id=1, author="A", grouped_id=4),
    message(3, "", poll={"question": "Q", "answers": [{"text": "1"}, {"text": "2"}]}),
    message(
        4, "", place_name="P", address="M", location_information={"latitude": 1.5, "longitude": 2.5}
    ),
    message(5, "", photo="(x)", grouped_id=4),
]
WORDS = [
    *(b'"', b"\\", b"\\x", b"{", b"[", b"}", b"]", b",", b"\n", b"\x00", b"\xff", b"1e999", b"-"),
    *(b"<", b">", b"</div>", b"<div>", b"<!--", b"&#x", b"&", b"'", b"<script>", b'class="'),
    *(b'<div class="message" id="message9">', b"null", b"true", b"{}", b"[]", b"-100", b"99999999"),
    *(b"\xef\xbb\xbf", b"\xff\xfe", b"\xd8\x00", b"PK\x05\x06", b"9" * 400, b"\r", b"message"),
]


def parquet() -> bytes:
    buffer = io.BytesIO()
    rows = {"id": ["1"], "channel": ["c"], "posted_at": [1697014800], "text": ["a"]}
    pq.write_table(pa.table(rows), buffer, compression="none")
    return buffer.getvalue()


def lines(found: list[Any]) -> bytes:
    return "".join(json.dumps(one, default=stated) + "\n" for one in found).encode()


def seeds() -> list[tuple[str, Source, bytes]]:
    """Whole, small files of every format, by its name; few posts in each, so that many are read."""
    found = [one for at in range(len(POSTS)) for one in _formats(POSTS[at : at + 1])]
    private = account(chat([message(1, "x")], kind="personal_chat"), chat([message(2)]))
    plain = {"id": 1, "channel": "c", "posted_at": "2023-10-11", "text": "a", "media": ["photo"]}
    tables = [
        ("json lines", ALL[1], lines([plain] * 2)),
        ("csv", ALL[1], b'id,channel,posted_at,text,media\n1,c,2023-10-11,"a, b",photo\n' * 2),
        ("parquet", ALL[1], parquet()),
        ("account", ALL[2], written(private).encode()),
    ]
    return [*found, *tables * 3, *_formats(POSTS)]


def _formats(posts: list[dict[str, Any]]) -> list[tuple[str, Source, bytes]]:
    with tempfile.TemporaryDirectory() as folder:
        pages = packed(save_pages(Path(folder) / "e", posts, per_file=3), Path(folder) / "z")
        table = save_rows(Path(folder) / "c", [row(one) for one in posts], COLUMNS)
        zipped, rows = pages.read_bytes(), table.read_bytes()
    return [
        ("desktop", ALL[2], written(chat(posts)).encode()),
        ("html", ALL[3], page(posts).encode()),
        ("zip", ALL[3], zipped),
        ("telethon", ALL[4], lines([telethon(one) for one in posts])),
        (
            "telethon array",
            ALL[4],
            json.dumps([telethon(one) for one in posts], default=stated).encode(),
        ),
        ("fourcat ndjson", ALL[0], lines([fourcat(one) for one in posts])),
        ("fourcat csv", ALL[0], rows),
    ]


def mutated(whole: bytes, chance: random.Random) -> bytes:
    content = bytearray(whole)
    for _ in range(chance.randint(1, 5)):
        at = chance.randrange(len(content) + 1)
        kind = chance.random()
        if kind < 0.35:
            content[at : at + chance.randrange(6)] = chance.choice(WORDS)
        elif kind < 0.6:
            content[at : at + 1] = bytes([chance.randrange(256)])
        elif kind < 0.75:
            end = at + chance.randrange(200)
            content[at:at] = content[at:end] * chance.randrange(4)
        elif kind < 0.9:
            del content[at : at + chance.randrange(60)]
        else:
            del content[at:]
    return bytes(content)


def check(found: RawItem | RecordRefused) -> bool:
    """Always true: whatever is wrong fails."""
    if isinstance(found, RecordRefused):
        assert found.problem
        assert found.advice
        assert "\n" not in str(found)
        return True
    assert found.message_id.strip()
    assert found.channel.strip()
    assert found.raw
    assert orjson.loads(orjson.dumps(dict(found.content))) == found.content
    assert found.content["posted_at"].endswith("+00:00")
    assert all(found.persons.values())
    orjson.dumps(dict(found.persons))
    assert None not in found.content.values()
    return True


def read(path: Path, source: Source | None, options: ReadOptions) -> int:
    """How many records came out; whatever is raised beside refusals is a finding."""
    try:
        reader = source or detect(path, ALL)
        return sum(check(found) for found in reader.read(path, options))
    except (RecordRefused, UsageError) as error:
        assert "\n" not in str(error)  # noqa: PT017 (most inputs raise nothing)
        return 0


def too_slow(*_: object) -> None:
    raise TimeoutError("an input took too long")


def worker(job: tuple[int, int]) -> tuple[Counter[str], list[str]]:
    """``count`` inputs under one seed: records by format, and the findings."""
    seed, count = job
    chance = random.Random(seed)
    kinds = seeds()
    records: Counter[str] = Counter()
    findings: list[str] = []
    signal.signal(signal.SIGALRM, too_slow)
    shared = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else None) as folder:
        path = Path(folder) / "file"
        for _ in range(count):
            name, source, whole = kinds[chance.randrange(len(kinds))]
            content = mutated(whole, chance)
            path.write_bytes(content)
            forced = source if chance.random() < 0.8 else None
            options = OPTIONS if name != "account" and chance.random() < 0.9 else UNNAMED
            signal.setitimer(signal.ITIMER_REAL, SECONDS)
            try:
                records[name] += read(path, forced, options)
            except Exception:
                findings.append(f"{name}, seed {seed}:\n{content!r}\n{traceback.format_exc()}")
                if len(findings) == 5:
                    break
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
    return records, findings


def run(total: int, processes: int, tell: Callable[[str], None] = print) -> list[str]:
    """``total`` inputs over several processes; returns the findings."""
    share = 10_000 if total >= 20_000 else max(1, total // processes)
    jobs = [(seed, share) for seed in range(max(1, total // share))]
    begun, records, findings, done = time.monotonic(), Counter[str](), list[str](), 0
    with multiprocessing.get_context("spawn").Pool(processes, maxtasksperchild=20) as pool:
        for counted, found in pool.imap_unordered(worker, jobs):
            records += counted
            findings += found
            done += share
            if done % 100_000 == 0 or found:
                tell(f"{done:,} inputs, {time.monotonic() - begun:.0f} s, {len(findings)} findings")
    tell(f"records that came out: {dict(records)}")
    return findings


if __name__ == "__main__":
    made = run(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 2)
    print("\n".join(made[:8]))
    sys.exit(bool(made))
