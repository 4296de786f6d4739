"""Fifty megabytes are read within a few: nothing of a file is kept."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import orjson
import pytest
from telegram_export_writer import chat, message, written

MEGABYTE = 1 << 20
FILE_BYTES = 50 * MEGABYTE

MEASURE = """
import resource, sys
from pathlib import Path
from tocsin.sources import ReadOptions, Table, TelegramDesktop

def read(name):
    path = Path(name)
    source = TelegramDesktop() if path.suffix == ".json" else Table()
    return sum(1 for _ in source.read(path, ReadOptions()))

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

read(sys.argv[1])
before = peak()
count = read(sys.argv[2])
print(count, peak() - before)
"""


def growth(small: Path, large: Path) -> tuple[int, int]:
    """Records read, and the growth of the peak of memory in MiB, in a fresh interpreter."""
    command = [sys.executable, "-c", MEASURE, str(small), str(large)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    count, grown = done.stdout.split()
    return int(count), int(grown)


def export(folder: Path, name: str, size: int) -> tuple[Path, int]:
    one = written(message(7, "words of a post " * 60, reactions=[]), 2).encode()
    count = size // len(one)
    head, tail = written(chat(["MESSAGES"])).encode().split(b'"MESSAGES"')
    path = folder / name
    with path.open("wb") as stream:
        stream.write(head)
        stream.writelines(one + b"," for _ in range(count - 1))
        stream.write(one + tail)
    return path, count


def table(folder: Path, name: str, size: int) -> tuple[Path, int]:
    row = {"id": "1", "channel": "c", "posted_at": "2023-10-11", "text": "words of a post " * 60}
    one = orjson.dumps(row) + b"\n"
    count = size // len(one)
    path = folder / name
    with path.open("wb") as stream:
        stream.writelines(one for _ in range(count))
    return path, count


@pytest.mark.parametrize(("make", "suffix"), [(export, ".json"), (table, ".jsonl")])
def test_a_large_file_is_read_in_constant_memory(tmp_path: Path, make: object, suffix: str) -> None:
    assert callable(make)
    small, _ = make(tmp_path, f"small{suffix}", MEGABYTE)
    large, count = make(tmp_path, f"large{suffix}", FILE_BYTES)
    assert large.stat().st_size > FILE_BYTES * 0.99
    found, grown = growth(small, large)
    assert found == count
    assert grown <= 4
