"""The same posts give the same warnings, byte for byte, whatever the number of processes."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path

from cli_support import call


def warnings_of(folder: Path, workers: int) -> bytes:
    out = folder / f"{workers}.jsonl"
    with as_file(files("tocsin.demo") / "exports") as exports:
        posts = sorted(exports.glob("*.json"))
        channels = exports / "channels.csv"
        told = ("--channels", channels, "--out", out, "--workers", workers)
        assert call("replay", *posts, *told).code == 0
    return out.read_bytes()


def test_two_replays_are_byte_for_byte_the_same(tmp_path: Path) -> None:
    first = warnings_of(tmp_path, 1)
    assert first.count(b"\n") > 10
    (tmp_path / "again").mkdir()
    assert warnings_of(tmp_path / "again", 1) == first
    assert warnings_of(tmp_path, 2) == first
