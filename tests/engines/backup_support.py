"""Backups of test projects, and projects again from them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tocsin.archive import Archive
from tocsin.backup.locks import Lock, Opener, new_identity
from tocsin.engines.backup import BackedUp, BackupOrder, back_up
from tocsin.engines.local import RunWatch, reading_plan, versions
from tocsin.engines.project import Project
from tocsin.engines.rebuild import RebuildReport, rebuild
from tocsin.engines.restore import Restored, RestoreOrder, restore

AT = datetime(2024, 5, 1, tzinfo=UTC)
PRIVATE, PUBLIC = new_identity()
LOCK, OPENER = Lock((PUBLIC,)), Opener((PRIVATE,))


def quiet(_what: str, _done: int, _total: int) -> None:
    """Told of progress, says nothing."""


def saved(project: Project, out: Path, **order: Any) -> BackedUp:
    return back_up(project, BackupOrder(out, order.pop("lock", LOCK), **order), AT, quiet)


def restored(source: Path, folder: Path, **order: Any) -> Restored:
    keys = order.pop("keys", folder.with_name(f"{folder.name}-keys"))
    opener = order.pop("opener", OPENER)
    return restore(RestoreOrder(source, folder, opener, keys, **order), quiet)


def rebuilt(project: Project) -> RebuildReport:
    with Archive.open(project.archive_folder, writable=True) as archive:
        current = versions(project.settings, reading_plan(project.settings, {}))
        return rebuild(project, archive, current, lambda _: RunWatch())


def names_below(folder: Path) -> list[str]:
    """Every file below a folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
