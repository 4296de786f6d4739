"""What begins first is there, and nothing sorts it otherwise."""

from __future__ import annotations

from pathlib import Path

from longest_first import LONGEST_FIRST

ROOT = Path(__file__).resolve().parents[2]


def test_files_that_begin_first_are_there_once() -> None:
    stems = [path.stem for path in (ROOT / "tests").rglob("test_*.py")]
    assert [name for name in LONGEST_FIRST if stems.count(name) != 1] == []


def test_the_makefile_keeps_their_order() -> None:
    commands = [line for line in (ROOT / "Makefile").read_text().splitlines() if "-n 2" in line]
    assert commands
    assert all("--no-loadscope-reorder" in line for line in commands)
