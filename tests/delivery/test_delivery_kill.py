"""Killed at any step and started again: none lost, none doubled, in order, each receipt once."""

from __future__ import annotations

import os
import random
import signal
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from delivery_builders import BOOK, T0, message, released
from engine_support import new_project
from sqlalchemy import event
from sqlalchemy.engine import Engine

from tocsin.archive import Archive, verify
from tocsin.clock import ReplayClock
from tocsin.delivery import Outbox, OutboxOptions, Parcel
from tocsin.engines.outbox import StoreQueue, log_receipts
from tocsin.engines.project import Project
from tocsin.store.outbox import receipts_about

MESSAGES = [message(number, to=f"r{number % 3}") for number in range(1, 13)]
STEPS = 90
"""About how many durable steps the whole work has; a kill later than the last does not happen."""


class Killer:
    """Kills this process at its n-th step: a commit, an fsync, or around a receiver's file."""

    def __init__(self, n: int) -> None:
        self._left = n

    def step(self, *_: object, **__: object) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self) -> None:
        fsync = os.fsync

        def counted(fd: int) -> None:
            self.step()
            fsync(fd)

        os.fsync = counted  # type: ignore[assignment]
        event.listen(Engine, "commit", self.step)


class Mailbox:
    """A receiver on the disk that honours the key; it outlives whoever sends."""

    def __init__(self, path: Path, killer: Killer | None) -> None:
        self._path = path
        self._killer = killer

    def send(self, parcel: Parcel) -> str:
        self._step()
        if parcel.key not in self.lines():
            with self._path.open("a") as file:
                file.write(f"{parcel.key}\n")
        self._step()  # taken, and nobody told us
        return "taken"

    def lines(self) -> list[str]:
        return self._path.read_text().split() if self._path.exists() else []

    def _step(self) -> None:
        if self._killer is not None:
            self._killer.step()


def work(project: Project, mailbox: Mailbox, start_minutes: int) -> None:
    """What a release, then ``tocsin deliver --once``, do."""
    with project.store() as store:
        clock = ReplayClock(T0 + timedelta(minutes=start_minutes))
        outbox = Outbox(StoreQueue(store), clock, OutboxOptions(), random.Random(1))
        for one in MESSAGES:
            outbox.enqueue([one], released([one]))
        while outbox.deliver_one({"test": mailbox}, BOOK) is not None:
            pass
        log_receipts(project, store)


def _killed(project: Project, path: Path, minutes: int, step: int) -> bool:
    child = os.fork()
    if child == 0:
        try:
            killer = Killer(step)
            killer.watch()
            work(project, Mailbox(path, killer), minutes)
        except BaseException:
            os._exit(9)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def _check(folder: Path, chance: random.Random, rounds: int) -> int:
    project, path = new_project(folder), folder.parent / f"{folder.name}.box"
    kills = 0
    for attempt in range(rounds):
        kills += _killed(project, path, 5 * attempt, chance.randint(1, STEPS))
    mailbox = Mailbox(path, None)
    work(project, mailbox, 5 * rounds)
    assert Counter(mailbox.lines()) == Counter(one.key for one in MESSAGES)
    for name in ("r0", "r1", "r2"):
        queued = [one.key for one in MESSAGES if one.recipient == name]
        assert [key for key in mailbox.lines() if key in queued] == queued
    with project.store() as store:
        receipts = receipts_about(store, "w1")
        assert Counter(row["key"] for row in receipts) == Counter(one.key for one in MESSAGES)
    with Archive.open(project.archive_folder) as archive:
        kinds = Counter(entry.kind for entry in archive.entries())
    assert kinds["receipt"] == len(MESSAGES)
    assert not verify(project.archive_folder).problems
    return kills


@pytest.mark.usefixtures("either_database")
def test_killed_ten_times(tmp_path: Path) -> None:
    assert _until(10, tmp_path, random.Random(5)) >= 10


@pytest.mark.long
def test_killed_a_hundred_times(tmp_path: Path) -> None:
    assert _until(100, tmp_path, random.Random(6)) >= 100


def _until(wanted: int, folder: Path, chance: random.Random) -> int:
    """Projects one after the other until so many kills have struck."""
    kills, projects = 0, 0
    while kills < wanted and projects < wanted:
        kills += _check(folder / f"desk{projects}", chance, 5)
        projects += 1
    return kills


@pytest.mark.long
def test_killed_at_every_single_step(tmp_path: Path) -> None:
    for step in range(1, 400):
        project, path = new_project(tmp_path / f"desk{step}"), tmp_path / f"{step}.box"
        killed = _killed(project, path, 0, step)
        mailbox = Mailbox(path, None)
        work(project, mailbox, 5)
        assert sorted(mailbox.lines()) == sorted(one.key for one in MESSAGES), step
        if not killed:
            return
    raise AssertionError("so few messages have no 400 durable steps")
