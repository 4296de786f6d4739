"""Whether everything is here that a run needs, as ``tocsin check`` says it, and what stands where.

Checks of models take seconds and a lot of memory, so only the command line makes them; what the
last run read with is told here.
"""

from __future__ import annotations

import platform
from collections.abc import Iterable
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from tocsin import __version__, wire
from tocsin.clock import SystemClock, moment_at
from tocsin.console.desk import ConsoleDesk
from tocsin.console.facts.now import coverage_now
from tocsin.console.kept import kept, store_mark
from tocsin.console.roles import Role
from tocsin.engines.checking import Checked, check_machine, check_project, check_system
from tocsin.engines.indexing import INDEXED
from tocsin.engines.local import last_run as newest_run
from tocsin.engines.outbox import state_counts
from tocsin.errors import TocsinError
from tocsin.store import Store

_PACKAGES: Final = ("sqlalchemy", "fastapi", "numpy", "scikit-learn", "onnxruntime")
_CHECKED_S: Final = 3.0
"""Seconds that are waited for the first checks; they go over folders and the ledger."""

Line = dict[str, Any]


def health(desk: ConsoleDesk, role: Role) -> Line:
    """Everything of the page of health.

    Args:
        role: what a check says names folders and sources: viewers are told only whether it is well.
    """
    minute = int(desk.clock.now().timestamp()) // 60
    made = kept(desk, "checks", (store_mark(desk.store), minute), lambda: _checks(desk), _CHECKED_S)
    # Checked and counted by another thread over its own connection: none is held meanwhile.
    seen = coverage_now(desk)
    checks = [] if made is None else [asdict(one) for one in made.value]
    if role < Role.ANALYST:
        checks = [{**one, "says": ""} for one in checks]
    with desk.store.one_look():
        return {
            "checked_at": None if made is None else wire.iso(made.made_at),
            "well": made is not None and all(one["ok"] for one in checks),
            "checks": checks,
            "versions": _versions(desk.store),
            "sizes": _sizes(desk),
            "last_run": last_run(desk.store),
            "ledger": int(desk.store.meta(INDEXED, "0")),
            "outbox": state_counts(desk.store),
            "coverage": seen,
        }


def _checks(desk: ConsoleDesk) -> list[Checked]:
    # The machine's own clock is what is looked at.
    found = [*check_machine(SystemClock().now()), *check_system()]
    try:
        found += check_project(desk.project, desk.clock.now())
    except (TocsinError, OSError) as error:
        found.append(Checked("project", False, str(error)))
    return found


def _versions(store: Store) -> Line:
    return {
        "tocsin": __version__,
        "python": platform.python_version(),
        "store": store.engine.dialect.name,
        **{name: found for name in _PACKAGES if (found := _version(name)) is not None},
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _sizes(desk: ConsoleDesk) -> Line:
    """Bytes on disk."""
    project = desk.project
    store = [project.store_path, *(Path(f"{project.store_path}{end}") for end in ("-wal", "-shm"))]
    return {
        "store": _bytes(store),
        "archive": _bytes(project.archive_folder.rglob("*")),
        "audit_log": _bytes([project.audit_path]),
    }


def _bytes(paths: Iterable[Path]) -> int:
    return sum(path.stat().st_size for path in paths if path.is_file())


def last_run(store: Store) -> Line | None:
    """How far the newest run came, and what it read with; None: none was begun."""
    run = newest_run(store)
    if run is None:
        return None
    position = run.position
    return {
        "run": run.seq,
        "done": run.done,
        "posts_done": run.posts_done,
        "reached": None if position is None else wire.iso(moment_at(position.known_us)),
        "versions": run.versions,
    }
