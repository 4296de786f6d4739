"""Ingest, run and erase, killed at random or without a disk: nothing lost, nothing doubled."""

from __future__ import annotations

import os
import random
import resource
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_support import call
from engine_support import KillAtWrite, contents, in_child, ingest_file, new_project, run_all
from erasure_support import entries_of_kind, erase_where, found_in

from posts_support import written
from streams_support import calls
from tocsin.archive import verify
from tocsin.cli import output
from tocsin.cli.app import run_main
from tocsin.engines.project import Project
from tocsin.engines.selection import Choice

SMALL = {"run__checkpoint_posts": 10}
CANARY = "Квиттенбаум видел сегодня утром паром у северного причала и передал всем привет"
LIMITS = (100, 3_000, 30_000, 200_000, 400_000)
"""Bytes; the store of these posts is longer than most of them."""
GONE = Choice(post="canary/c1")


@pytest.fixture(scope="module")
def posts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows = [post for _, few in list(calls())[:6] for post in few]
    rows.append(
        {"id": "c1", "channel": "canary", "text": CANARY, "posted_at": rows[-1]["posted_at"]}
    )
    path = tmp_path_factory.mktemp("posts") / "posts.jsonl"
    written(path, rows)
    return path


def _life(project: Project, posts: Path) -> None:
    ingest_file(project, posts)
    run_all(project)
    erase_where(project, GONE)


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory, posts: Path) -> dict[str, Any]:
    project = new_project(tmp_path_factory.mktemp("undisturbed") / "desk", **SMALL)
    _life(project, posts)
    return contents(project)


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory, posts: Path) -> int:
    """How many durable steps a life has: no kill is drawn behind its end."""
    project = new_project(tmp_path_factory.mktemp("counted") / "desk", **SMALL)
    child = os.fork()
    if child == 0:
        counter = KillAtWrite(0)
        counter.watch()
        _life(project, posts)
        os._exit(counter.steps)
    counted = os.WEXITSTATUS(os.waitpid(child, 0)[1])
    assert counted > 20
    return counted


def _check(project: Project, expected: dict[str, Any]) -> None:
    assert contents(project) == expected
    report = verify(project.archive_folder)
    assert report.ok, report.problems
    assert report.erased == entries_of_kind(project, "erasure") == 1
    assert found_in(project.folder, CANARY) == []


def _killed(folder: Path, posts: Path, expected: dict[str, Any], step: int) -> None:
    """One life, killed at a step, then lived to its end."""
    project = new_project(folder / "desk", **SMALL)
    assert os.WIFSIGNALED(in_child(lambda: _life(project, posts), step))
    _life(project, posts)
    _check(project, expected)


@pytest.mark.parametrize("seed", range(20))
def test_killed_at_a_random_step_of_ingest_run_and_erase(
    tmp_path: Path, posts: Path, expected: dict[str, Any], steps: int, seed: int
) -> None:
    _killed(tmp_path, posts, expected, random.Random(seed).randint(1, steps))


@pytest.mark.long
def test_killed_at_200_random_steps(
    tmp_path: Path, posts: Path, expected: dict[str, Any], steps: int
) -> None:
    for seed in range(100, 300):
        step = random.Random(seed).randint(1, steps)
        _killed(tmp_path / str(seed), posts, expected, step)
        shutil.rmtree(tmp_path / str(seed))


def _limited(largest_file: int, *arguments: str) -> tuple[int, str]:
    """One command in a child that can write no file longer than that; exit code and stderr."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            output.err.file = os.fdopen(write, "w")
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))
            code = run_main(list(arguments))
            output.err.file.flush()
            os._exit(code)
        except BaseException:
            os._exit(99)
    os.close(write)
    with os.fdopen(read) as stream:
        said = stream.read()
    return os.WEXITSTATUS(os.waitpid(child, 0)[1]), said


@pytest.mark.parametrize("seed", range(5))
def test_a_full_disk_ends_in_one_line_and_is_lived_through(
    tmp_path: Path, posts: Path, expected: dict[str, Any], seed: int
) -> None:
    """A limit on the length of files stands for a disk without space: writes end part-way."""
    project = new_project(tmp_path / "desk", **SMALL)
    chance = random.Random(seed)
    place = ("--project", str(project.folder))
    erasing = ("erase", "canary/c1", "--as", "ana", "--reason", "asked", "--yes")
    commands = (("ingest", str(posts)), ("run", "--workers", "0"), erasing)
    failed = 0
    for command in commands:
        code, said = _limited(chance.choice(LIMITS), *command, *place)
        assert code in (0, 2, 3), said  # 2: nothing there to erase, as ingest failed
        lines = [line for line in said.splitlines() if line.startswith("tocsin: ")]
        assert len(lines) == (code != 0)
        failed += code == 3
        assert "Traceback" not in said
    assert failed
    _life(project, posts)
    _check(project, expected)


@pytest.fixture
def read_only(tmp_path: Path, posts: Path) -> Iterator[Path]:
    """A project on a disk that cannot be written."""
    folder = new_project(tmp_path / "desk").folder
    assert call("ingest", posts, "--project", folder).code == 0
    if os.geteuid() == 0:
        bound = ["mount", "--bind", str(folder), str(folder)]
        if subprocess.run(bound, check=False, capture_output=True).returncode:
            pytest.skip("root writes anywhere, and no read-only mount may be made here")
        subprocess.run(["mount", "-o", "remount,bind,ro", str(folder)], check=True)
        yield folder
        subprocess.run(["umount", str(folder)], check=True)
        return
    paths = [folder, *folder.rglob("*")]
    for path in paths:
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield folder
    for path in paths:
        path.chmod(0o755 if path.is_dir() else 0o644)


def test_a_read_only_disk_ends_in_one_line(read_only: Path, posts: Path) -> None:
    erasing = ("erase", "canary/c1", "--as", "ana", "--reason", "asked", "--yes")
    for command in (("ingest", posts), ("run", "--workers", "0"), erasing):
        done = call(*command, "--project", read_only)
        assert done.code == 3, done
        assert len(done.err.strip().splitlines()) == 1, done.err
    assert call("verify", "--project", read_only).code == 0
