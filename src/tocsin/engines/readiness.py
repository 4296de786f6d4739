"""Whether a desk can do its work now: for whatever decides where requests go.

Quick, asked by nobody in particular, and so without a folder, a name or an address in it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from tocsin.archive import Archive
from tocsin.engines.indexing import INDEXED
from tocsin.engines.project import Project
from tocsin.engines.run_times import newest_run
from tocsin.errors import DeskLocked, TocsinError
from tocsin.store import Store

_MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Ready:
    """One thing looked at.

    Args:
        says: what is amiss and what to do; empty where all is well.
    """

    what: str
    ok: bool
    says: str = ""


def readiness(project: Project, store: Callable[[], Store], now: datetime) -> Iterator[Ready]:
    """Lock, store, archive, newest run and disk, in this order; a locked desk is asked no further.

    Args:
        store: opens the store, or gives the open one.
    """
    try:
        project.refuse_if_locked()
    except DeskLocked:
        yield Ready("lock", False, "the desk is locked; next: tocsin unlock")
        return
    yield Ready("lock", True)
    check = "look with: tocsin check"
    yield _tried("store", lambda: _store(store()), f"the store does not answer; {check}")
    yield _tried("archive", lambda: _archive(project), f"the archive cannot be read; {check}")
    says = "the newest run came no further for an hour; next: tocsin run"
    yield _tried("run", lambda: _run(store(), now), says)
    free = project.settings.whole("health.free_mb")
    says = f"less than {free} MB are free on the disk; make room"
    yield _tried("disk", lambda: _free(project) >= free * _MB, says)


def _tried(what: str, look: Callable[[], bool], says: str) -> Ready:
    try:
        well = look()
    except (TocsinError, OSError):
        well = False
    return Ready(what, well, "" if well else says)


def _store(store: Store) -> bool:
    return int(store.meta(INDEXED, "0")) >= 0


def _archive(project: Project) -> bool:
    with Archive.open(project.archive_folder) as archive:
        return archive.next_seq >= 0


def _run(store: Store, now: datetime) -> bool:
    run = newest_run(store)
    return run is None or not run.stalled(now)


def _free(project: Project) -> int:
    return shutil.disk_usage(project.folder).free
