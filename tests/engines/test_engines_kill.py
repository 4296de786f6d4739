"""Killed at any write and started again: the same store as if nothing had happened."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from engine_support import contents, in_child, ingest_file, new_project, run_all

from posts_support import written
from streams_support import mixed
from tocsin.archive import verify
from tocsin.engines.project import Project

Write = Callable[[Iterable[dict[str, Any]]], Path]
SMALL = {"run__checkpoint_posts": 25}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("undisturbed")
    path = _posts_file(folder)
    project = new_project(folder / "desk", **SMALL)
    ingest_file(project, path)
    run_all(project)
    found = contents(project)
    assert found["warnings"], "the streams must lead to warnings, or the test shows little"
    assert len(found["readings"]) == len(mixed())
    return path, found


def _posts_file(folder: Path) -> Path:

    path = folder / "posts.jsonl"
    written(path, mixed())
    return path


ON_BOTH = pytest.mark.parametrize(
    ("either_database", "seed"),
    [*(("sqlite", seed) for seed in range(4)), ("postgresql", 0)],
    indirect=["either_database"],
)


@ON_BOTH
@pytest.mark.usefixtures("either_database")
def test_killed_while_ingesting(
    tmp_path: Path, undisturbed: tuple[Path, dict[str, Any]], seed: int
) -> None:
    path, expected = undisturbed
    project = new_project(tmp_path / "desk", **SMALL)
    status = in_child(lambda: ingest_file(project, path), random.Random(seed).randint(1, 12))
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    ingest_file(project, path)
    run_all(project)
    assert contents(project) == expected
    assert not verify(project.archive_folder).problems


@ON_BOTH
@pytest.mark.usefixtures("either_database")
def test_killed_while_running(
    tmp_path: Path, undisturbed: tuple[Path, dict[str, Any]], seed: int
) -> None:
    path, expected = undisturbed
    project = new_project(tmp_path / "desk", **SMALL)
    ingest_file(project, path)
    chance = random.Random(1000 + seed)
    kills = 0
    for _ in range(4):
        status = in_child(lambda: run_all(project), chance.randint(1, 12))
        kills += os.WIFSIGNALED(status)
        assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    run_all(project)
    assert kills
    assert contents(project) == expected
    assert not verify(project.archive_folder).problems


@pytest.mark.long
def test_killed_at_every_single_step(
    tmp_path: Path, undisturbed: tuple[Path, dict[str, Any]]
) -> None:
    path, expected = undisturbed
    for step in range(1, 200):
        project = new_project(tmp_path / f"desk{step}", **SMALL)
        ingest_file(project, path)
        status = in_child(lambda: run_all(project), step)  # noqa: B023 - called at once
        run_all(project)
        assert contents(project) == expected, step
        if not os.WIFSIGNALED(status):
            return
    raise AssertionError("a run of so few posts has no 200 durable steps")


def test_a_second_writer_is_told_to_wait(
    tmp_path: Path, undisturbed: tuple[Path, dict[str, Any]]
) -> None:
    from tocsin.errors import Locked

    project = new_project(tmp_path / "desk")
    with project.writing(), pytest.raises(Locked, match="tocsin"):
        ingest_file(project, undisturbed[0])


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10))
def test_the_command_line_killed_by_the_clock(
    tmp_path: Path, undisturbed: tuple[Path, dict[str, Any]], seed: int
) -> None:
    """The whole program with its worker processes, killed at a random moment of its life."""
    path, expected = undisturbed
    project = new_project(tmp_path / "desk")
    settings = (project.folder / "tocsin.toml").read_text() + "\n[run]\ncheckpoint_posts = 25\n"
    (project.folder / "tocsin.toml").write_text(settings)
    chance = random.Random(seed)
    for command in (["ingest", str(path)], ["run", "--workers", "2"]):
        for _ in range(3):
            _kill_after(project, command, chance.uniform(0.3, 9.0))
        assert _whole(project, command) == 0
    assert contents(project) == expected
    assert not verify(project.archive_folder).problems


def _command(project: Project, command: list[str]) -> list[str]:
    return [sys.executable, "-m", "tocsin", *command, "--project", str(project.folder)]


def _whole(project: Project, command: list[str]) -> int:
    return subprocess.run(_command(project, command), check=False, capture_output=True).returncode


def _kill_after(project: Project, command: list[str], seconds: float) -> None:
    running = subprocess.Popen(
        _command(project, command), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + seconds
    try:
        running.wait(timeout=max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        running.send_signal(signal.SIGKILL)
        running.wait()
