"""Pages made to exhaust: time stays linear and memory bounded."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from telegram_export_writer import message
from telegram_html_writer import page

MEGABYTE = 1 << 20
SIZE = 3 * MEGABYTE
GROWTH = 24
"""MiB: one message may hold four times the longest text, 4 MB here, beside its source."""

MEASURE = """
import resource, sys, time
from pathlib import Path
from tocsin.errors import RecordRefused
from tocsin.sources import ReadOptions, TelegramHtml

def read(name):
    try:
        return sum(1 for _ in TelegramHtml().read(Path(name), ReadOptions(channel="town")))
    except RecordRefused as refused:
        return 0

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

read(sys.argv[1])
before, begun = peak(), time.process_time()
count = read(sys.argv[2])
print(count, peak() - before, time.process_time() - begun)
"""

WHOLE = page([message(1, "WORDS"), message(2, "after", second=1_697_900_000)])
HEAD, TAIL = WHOLE.split("WORDS")

HOSTILE = {
    "one line": (HEAD, "x", TAIL),
    "open tags": (HEAD, "<div>", TAIL),
    "open tags of messages": (HEAD, '<div class="message" id="message7">', TAIL),
    "closing tags": (HEAD, "</b>", TAIL),
    "a tag without end": (HEAD, "<a x", TAIL),
    "a tag with one attribute without end": (HEAD + '<a href="', "<b y='", TAIL),
    "quotes": (HEAD, "<a \"'", TAIL),
    "signs": (HEAD, "<", TAIL),
    "ampersands": (HEAD, "&", TAIL),
    "references": (HEAD, "&#x1F600;", TAIL),
    "comment without end": (HEAD + "<!--", "- -", ""),
    "script": (HEAD + "<script>", "</scrip", "</script>" + TAIL),
    "declarations": (HEAD, "<!x", TAIL),
    "zeros": (HEAD, "\0", TAIL),
    "line breaks": (HEAD, "<br>", TAIL),
    "titles": (HEAD, '<div class="text bold">   ', TAIL),
    "names": (HEAD, '<div class="from_name">  x', TAIL),
    "details": (HEAD, '<div class="body details">joined ', TAIL),
    "media": (HEAD, '<a class="media media_file" href="q">', TAIL),
    "answers": (HEAD, '<div class="answer">', TAIL),
}


def write(path: Path, name: str, size: int) -> Path:
    head, piece, tail = HOSTILE[name]
    with path.open("w", encoding="utf-8", newline="") as stream:
        stream.write(head)
        block = piece * (MEGABYTE // len(piece))
        stream.writelines(block for _ in range(size // MEGABYTE))
        stream.write(tail)
    return path


def measured(tmp_path: Path, name: str, size: int) -> tuple[int, int, float]:
    small = tmp_path / "small.html"
    small.write_text(WHOLE)
    large = write(tmp_path / "large.html", name, size)
    command = [sys.executable, "-c", MEASURE, str(small), str(large)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=3_600)
    count, grown, seconds = done.stdout.split()
    return int(count), int(grown), float(seconds)


@pytest.mark.parametrize("name", HOSTILE)
def test_memory_is_bounded_and_time_linear(tmp_path: Path, name: str) -> None:
    _, grown, seconds = measured(tmp_path, name, SIZE)
    assert grown <= GROWTH, f"{grown} MiB"
    assert seconds < 60  # a quadratic reader takes hours


@pytest.mark.long
@pytest.mark.parametrize("name", ["one line", "a tag with one attribute without end", "open tags"])
def test_one_gigabyte(tmp_path: Path, name: str) -> None:
    begun = time.monotonic()
    _, grown, seconds = measured(tmp_path, name, 1 << 30)
    print(f"{name}: {grown} MiB, {seconds:.0f} s of {time.monotonic() - begun:.0f} s")
    assert grown <= GROWTH, f"{grown} MiB"
