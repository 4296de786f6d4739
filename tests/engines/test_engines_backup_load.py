"""Backups taken while other processes write: each restores to a desk that can be trusted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import pytest
from backup_support import rebuilt, restored, saved
from engine_support import contents, ingest_file, new_project, run_all

from streams_support import mixed
from tocsin.archive import verify
from tocsin.engines.project import Project

PART = 12
"""Posts of one ingest."""


def _parts(folder: Path) -> list[Path]:
    posts = mixed()
    parts = []
    for start in range(0, len(posts), PART):
        path = folder / f"{start:05d}.jsonl"
        path.write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in posts[start : start + PART]))
        parts.append(path)
    return parts


@contextmanager
def _writing(work: Callable[[], None]) -> Iterator[int]:
    """Another process that writes until we have done."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:
            os._exit(9)
        os._exit(0)
    try:
        yield child
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _still_writes(child: int) -> bool:
    return os.waitpid(child, os.WNOHANG) == (0, 0)


def _trusted(source: Path, folder: Path) -> Project:
    """The restored desk verifies, goes on, and a rebuild gives the same."""
    done = restored(source, folder, full=True)
    assert done.report is not None
    assert done.report.ok, done.report.problems
    again = Project.open(folder)
    run_all(again)
    before = contents(again)
    report = rebuilt(again)
    assert report.same, report
    assert contents(again) == before
    assert verify(again.archive_folder).ok
    return again


def test_backups_under_load_restore_to_desks_that_agree_with_their_rebuild(tmp_path: Path) -> None:
    project = new_project(tmp_path / "desk", run__checkpoint_posts=5)
    parts = _parts(tmp_path)
    ingest_file(project, parts[0])
    run_all(project)
    read, write = os.pipe()

    def work() -> None:
        for part in parts[1:]:
            ingest_file(project, part)
            os.write(write, b".")
            run_all(project)
        signal.pause()

    entries = []
    with _writing(work) as child:
        for number in range(6):
            os.read(read, 1)  # once more something was taken in, and a run has begun
            entries.append(saved(project, tmp_path / f"{number}.age").entries)
            assert _still_writes(child)
    os.close(read)
    os.close(write)
    assert entries == sorted(set(entries)), "each time there was more"
    for number in range(6):
        _trusted(tmp_path / f"{number}.age", tmp_path / f"again{number}")


@pytest.mark.long
def test_the_command_line_under_load(tmp_path: Path) -> None:
    """Whole programs with worker processes; a backup as often as one can be made, of which ten are
    tried that found more in the ledger than the one before.
    """
    project = new_project(tmp_path / "desk")
    settings = project.folder / "tocsin.toml"
    settings.write_text(f"{settings.read_text()}\n[run]\ncheckpoint_posts = 20\n")
    parts = _parts(tmp_path)
    ingest_file(project, parts[0])

    def work() -> None:
        for part in parts[1:]:
            for command in (["ingest", str(part)], ["run", "--workers", "2"]):
                words = [sys.executable, "-m", "tocsin", *command, "--project", str(project.folder)]
                subprocess.run(words, check=True, capture_output=True)
        signal.pause()

    kept: list[int] = []
    with _writing(work) as child:
        while len(kept) < 10:
            out = tmp_path / f"{len(kept)}.age"
            entries = saved(project, out, replace=True).entries
            assert _still_writes(child)
            if entries not in kept:
                kept.append(entries)
    for number in range(10):
        _trusted(tmp_path / f"{number}.age", tmp_path / f"again{number}")
