"""Fifty megabytes are read within a few, two gigabytes too: nothing of a file is kept."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from dump_writer import fourcat, row, save_rows, stated, telethon
from telegram_export_writer import chat, message, written
from telegram_html_writer import page

MEGABYTE = 1 << 20
FILE_BYTES = 50 * MEGABYTE

Make = Callable[[Path, str, int], tuple[Path, int]]

MEASURE = """
import resource, sys
from pathlib import Path
from tocsin.sources import FourCat, ReadOptions, Table, TelegramDesktop, TelegramHtml, TelethonDump

SOURCES = {
    ".json": TelegramDesktop(),
    ".jsonl": Table(),
    ".html": TelegramHtml(),
    ".zip": TelegramHtml(),
    ".telethon": TelethonDump(),
    ".array": TelethonDump(),
    ".ndjson": FourCat(),
    ".csv": FourCat(),
}

def read(name):
    path = Path(name)
    source = SOURCES[path.suffix]
    return sum(1 for _ in source.read(path, ReadOptions(channel="town_notices")))

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


def repeated(path: Path, size: int, parts: tuple[bytes, bytes, bytes]) -> tuple[Path, int]:
    """A file of ``size`` bytes: a head, one record again and again, a tail."""
    head, one, tail = parts
    count = max(1, size // len(one))
    with path.open("wb") as stream:
        stream.write(head)
        stream.writelines(one for _ in range(count))
        stream.write(tail)
    return path, count


WORDS = "words of a post " * 60


def html_parts() -> tuple[bytes, bytes, bytes]:
    whole = page([message(7, WORDS)])
    begins = whole.index('<div class="message default')
    ends = whole.index("\n    </div>\n", begins)
    return whole[:begins].encode(), whole[begins:ends].encode(), whole[ends:].encode()


def html(folder: Path, name: str, size: int) -> tuple[Path, int]:
    return repeated(folder / name, size, html_parts())


def zipped(folder: Path, name: str, size: int) -> tuple[Path, int]:
    plain, count = html(folder, "messages.html", size)
    with zipfile.ZipFile(folder / name, "w") as archive:
        archive.write(plain, "messages.html")
    return folder / name, count


def telethon_lines(folder: Path, name: str, size: int) -> tuple[Path, int]:
    one = json.dumps(telethon(message(7, WORDS)), default=stated).encode() + b"\n"
    return repeated(folder / name, size, (b"", one, b""))


def telethon_array(folder: Path, name: str, size: int) -> tuple[Path, int]:
    one = json.dumps(telethon(message(7, WORDS)), default=stated).encode()
    path, count = repeated(folder / name, size, (b"[" + one, b"," + one, b"]"))
    return path, count + 1


def ndjson(folder: Path, name: str, size: int) -> tuple[Path, int]:
    one = json.dumps(fourcat(message(7, WORDS))).encode() + b"\n"
    return repeated(folder / name, size, (b"", one, b""))


def rows(folder: Path, name: str, size: int) -> tuple[Path, int]:
    table = save_rows(folder / "one", [row(message(7, WORDS))]).read_bytes()
    head, _, one = table.partition(b"\r\n")
    return repeated(folder / name, size, (head + b"\r\n", one, b""))


MADE: list[tuple[Make, str]] = [
    (export, ".json"),
    (table, ".jsonl"),
    (html, ".html"),
    (zipped, ".zip"),
    (telethon_lines, ".telethon"),
    (telethon_array, ".array"),
    (ndjson, ".ndjson"),
    (rows, ".csv"),
]


def read_large(folder: Path, make: Make, suffix: str, size: int) -> None:
    small, _ = make(folder, f"small{suffix}", MEGABYTE)
    large, count = make(folder, f"large{suffix}", size)
    assert large.stat().st_size > size * 0.99
    found, grown = growth(small, large)
    assert found == count
    assert grown <= 4, f"{grown} MiB"


@pytest.mark.parametrize(("make", "suffix"), MADE)
def test_a_large_file_is_read_in_constant_memory(tmp_path: Path, make: Make, suffix: str) -> None:
    read_large(tmp_path, make, suffix, FILE_BYTES)


@pytest.mark.long
@pytest.mark.parametrize("size", [200 * MEGABYTE, 2_048 * MEGABYTE])
@pytest.mark.parametrize(("make", "suffix"), MADE)
def test_two_gigabytes(tmp_path: Path, make: Make, suffix: str, size: int) -> None:
    try:
        read_large(tmp_path, make, suffix, size)
    finally:
        for path in tmp_path.iterdir():
            path.unlink()
