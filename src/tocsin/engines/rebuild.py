"""Making the store again from the archive alone.

Posts, readings and rumours are computed again, run by run, as the ledger recorded the runs.
Warnings and people's decisions are not computed: they are replayed from the ledger. What would
be decided otherwise today is reported, never overwritten.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import update

from tocsin import wire
from tocsin.archive import Archive
from tocsin.engines.checkpoint import RunPlace, action_key, forget_states
from tocsin.engines.erasure import last_state
from tocsin.engines.indexing import Indexer
from tocsin.engines.local import Run, RunWatch, last_run
from tocsin.engines.project import Project
from tocsin.errors import StoreUnavailable
from tocsin.model import WarningAction
from tocsin.store import Store, erasures, schema, swapping
from tocsin.store.outbox import carry_over

ActionKey = tuple[str, str, str]


@dataclass(slots=True)
class RebuildReport:
    """What a rebuild found.

    Args:
        posts: posts processed again.
        runs: runs repeated.
        not_again: recorded warning actions that would not be taken today.
        only_now: actions that would be taken today and were not recorded.
        changed_versions: parts whose digest differs from the recorded one.
        outbox_lost: the old store could not be read, so messages that waited are gone; releases
            and receipts are in the ledger.
    """

    posts: int = 0
    runs: int = 0
    not_again: list[ActionKey] = field(default_factory=list)
    only_now: list[ActionKey] = field(default_factory=list)
    changed_versions: dict[str, tuple[str, str]] = field(default_factory=dict)
    outbox_lost: bool = False

    @property
    def same(self) -> bool:
        """Whether today's code decides as the recorded one did."""
        return not self.not_again and not self.only_now


class RecordedLedger:
    """Keeps what a repeated run decides, to compare it with what was recorded."""

    def __init__(self, indexed: int) -> None:
        self._indexed = indexed
        self.decided: list[ActionKey] = []

    def log(self, run: int, actions: Sequence[WarningAction]) -> list[dict[str, Any]]:
        """Note the actions; the store gets the recorded ones instead."""
        del run
        self.decided.extend(action_key(wire.warning_line(action)) for action in actions)
        return []

    def finish(self, run: int, posts: int) -> None:
        """The ledger holds it already."""

    def flush(self) -> int:
        """Nothing is written to the archive."""
        return self._indexed


def rebuild(
    project: Project,
    archive: Archive,
    current: Mapping[str, str],
    watch: Callable[[int], RunWatch],
) -> RebuildReport:
    """Make the store anew beside the old one, then put it in its place: killed at any moment, the
    old one or the new one is there, with the state that belongs to it.

    Args:
        current: digests in force today, to say which parts changed.
        watch: given a run's number, what to tell its progress to.

    Raises:
        Locked: another tocsin is writing to the server's database.
        StoreUnavailable: the new store cannot be written, or not be put in its place.
    """
    beside = project.folder / "rebuild"
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir()
    url = project.settings.text("store.url")
    file = project.store_file
    if file is None:
        with Store(url) as server, server.sole_writer():
            with swapping.beside(url) as store:
                report = _Rebuild(project, archive, store, beside / "state").go(current, watch)
                _keep_states(store, beside / "state", project.state_folder)
            swapping.put_in_place(server)
            kept = last_state(server)
    else:
        with Store.at(beside / "store.db") as store:
            report = _Rebuild(project, archive, store, beside / "state").go(current, watch)
            report.outbox_lost = not _carry_outbox(file, store)
            _keep_states(store, beside / "state", project.state_folder)
            kept = last_state(store)
        _put_in_place(file, beside)
    forget_states(project.state_folder, kept)
    shutil.rmtree(beside)
    return report


class _Rebuild:
    def __init__(self, project: Project, archive: Archive, store: Store, states: Path) -> None:
        self._project = project
        self._archive = archive
        self._store = store
        self._states = states
        self._report = RebuildReport()

    def go(self, current: Mapping[str, str], watch: Callable[[int], RunWatch]) -> RebuildReport:
        recorded, finished = self._recorded()
        indexer = Indexer(self._store)
        for run in sorted(finished):
            indexer.catch_up(self._archive, run + 1)
            self._repeat(recorded.get(run, []), current, watch(run))
            indexer.catch_up(self._archive, finished[run] + 1)
        indexer.catch_up(self._archive)
        # What was erased was not there to be read: there is nothing to forget.
        erasures.finished(self._store, erasures.unfinished(self._store))
        return self._report

    def _recorded(self) -> tuple[dict[int, list[ActionKey]], dict[int, int]]:
        """Recorded actions by run, and for each finished run the seq that finished it."""
        actions: dict[int, list[ActionKey]] = {}
        finished: dict[int, int] = {}
        for entry in self._archive.entries():
            if entry.kind == "warning":
                actions.setdefault(entry.payload["run"], []).append(action_key(entry.payload))
            elif entry.kind == "run_done":
                finished[entry.payload["run"]] = entry.seq
        return actions, finished

    def _repeat(
        self, recorded: list[ActionKey], current: Mapping[str, str], watch: RunWatch
    ) -> None:
        record = last_run(self._store)
        assert record is not None
        ledger = RecordedLedger(record.seq + 1)
        place = RunPlace(self._store, ledger, self._states)
        summary = Run(record, place, self._project.settings).go(watch)
        report = self._report
        report.posts += summary.posts
        report.runs += 1
        report.not_again.extend(key for key in recorded if key not in set(ledger.decided))
        report.only_now.extend(key for key in ledger.decided if key not in set(recorded))
        for part, digest in record.versions.items():
            if part in current and current[part] != digest:
                report.changed_versions[part] = (digest, current[part])


def _carry_outbox(file: Path, store: Store) -> bool:
    """What waits to be sent is in no ledger, so it is taken over from the old store."""
    if not file.is_file():
        return True
    try:
        with Store.at(file) as old:
            carry_over(old, store)
    except StoreUnavailable:
        return False
    return True


def _keep_states(store: Store, made: Path, kept: Path) -> None:
    """Put the new state beside the old one, under a name that no other has; the old store goes on
    naming its own until the new store is in its place.
    """
    kept.mkdir(exist_ok=True)
    runs = schema.runs
    for path in sorted(made.glob("*.state")):
        name = f"{path.stem.partition('+')[0]}+{os.urandom(4).hex()}.state"
        path.replace(kept / name)
        with store.writing() as connection:
            connection.execute(update(runs).where(runs.c.state == path.name).values(state=name))


def _put_in_place(file: Path, beside: Path) -> None:
    """One rename: before it there is the old store, after it the new one."""
    for end in ("-wal", "-shm"):
        file.with_name(file.name + end).unlink(missing_ok=True)
    (beside / "store.db").replace(file)
