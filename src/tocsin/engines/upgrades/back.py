"""Accepting what is installed, and the way back to what was in force before."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tocsin.archive import Archive
from tocsin.archive.disk import put_file
from tocsin.engines.desk import append_decisions
from tocsin.engines.project import Project
from tocsin.engines.upgrades import environments
from tocsin.engines.upgrades.accepted import SUBJECT, InForce, accept_value, before
from tocsin.engines.upgrades.answers import in_force_here
from tocsin.engines.upgrades.kept import keep, kept, kept_settings, own_names
from tocsin.engines.upgrades.parts import Versions, changed_parts, changes, own_files
from tocsin.engines.upgrades.settings_lines import put_settings
from tocsin.errors import UsageError
from tocsin.model import Decision, DecisionKind
from tocsin.settings import PLACES_NAME, SETTINGS, Settings
from tocsin.store import Store
from tocsin.store.revisions import go_back, known_revisions, newest_revision


@dataclass(frozen=True, slots=True)
class Who:
    """Who decides, when and why."""

    by: str
    at: datetime
    reason: str = ""


def accept(
    project: Project,
    opened: tuple[Archive, Store],
    who: Who,
    accepted: tuple[Versions, Mapping[str, Any]],
) -> None:
    """Write to the ledger what decides from now on, with what its maker was shown of it."""
    keep(project.folder, project.settings)
    value = accept_value(*accepted)
    decision = Decision(DecisionKind.VERSIONS_ACCEPT, SUBJECT, value, who.by, who.at, who.reason)
    append_decisions(project, opened, [decision])


@dataclass(frozen=True, slots=True)
class Returned:
    """What was put back.

    Args:
        versions: those in force before, and from now on.
        settings: names of settings that were set back.
        files: own files that were written back or taken away; what was there is kept.
        environment: where tocsin is started from now.
        schema: what the store was taken back to.
        by_hand: what only a person can do, a line each.
    """

    versions: Versions
    settings: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    environment: Path | None = None
    schema: str | None = None
    by_hand: tuple[str, ...] = ()


def back(project: Project, opened: tuple[Archive, Store], who: Who) -> Returned:
    """Return to the versions in force before; killed in between, the same command goes on.

    Raises:
        UsageError: nothing else was ever in force here.
    """
    archive, store = opened
    target = before(store, in_force_here(project.settings))
    if target is None:
        raise UsageError("nothing to go back to: no other versions were ever in force here")
    keep(project.folder, project.settings)
    by_hand: list[str] = []
    names = _settings_back(project, target.versions, by_hand)
    restored = Project(project.folder, Settings.load(project.folder))
    files = _files_back(restored, target.versions, by_hand)
    environment = _environment_back(restored, target, by_hand)
    accept(restored, (archive, store), who, (target.versions, {"back_to": target.seq}))
    schema = _schema_back(store, target.versions)
    return Returned(target.versions, names, files, environment, schema, tuple(by_hand))


def _settings_back(project: Project, to: Versions, by_hand: list[str]) -> tuple[str, ...]:
    if to.get("settings") == project.settings.digest():
        return ()
    values = kept_settings(project.folder, to)
    if values is None:
        by_hand.append("settings: those of then are not kept; set them in tocsin.toml by hand")
        return ()
    known = {setting.name for setting in SETTINGS if setting.decides}
    gone = sorted(values.keys() - known)
    if gone:
        by_hand.append(f"settings that this version does not know: {', '.join(gone)}")
    try:
        return put_settings(project.folder, {n: v for n, v in values.items() if n in known})
    except UsageError as error:
        by_hand.append(str(error))
        return ()


def _files_back(project: Project, to: Versions, by_hand: list[str]) -> tuple[str, ...]:
    """Own packs, places and calendars as they were; what is there now is kept already."""
    there, wanted = own_files(project.settings), own_names(project.folder, to)
    belongs = {name: there.get(name) or _where(project, name) for name in wanted}
    done: list[str] = []
    for name, path in belongs.items():
        content = kept(project.folder, to[name])
        if path is not None and path.is_file() and _digest(path) == to[name]:
            continue
        if path is None or content is None:
            by_hand.append(f"{name}: not kept, or named in no setting; put it back by hand")
            continue
        put_file(path, content)
        done.append(str(path))
    for name in there.keys() - belongs.keys():
        path = there[name]
        if path in belongs.values() or not path.is_file() or not _recorded(to, name):
            continue
        if not _may_go(project, name, path):
            by_hand.append(f"{path}: was not used then; take it out of tocsin.toml")
            continue
        path.unlink()
        done.append(str(path))
    return tuple(sorted(done))


def _recorded(to: Versions, name: str) -> bool:
    """Whether these versions say of own files of this kind at all: older ones knew packs alone."""
    return name.startswith("pack:") or "source" in to


def _may_go(project: Project, name: str, path: Path) -> bool:
    """Whether a file is kept, and read for lying where it lies and not for being named."""
    found_there = name.startswith("pack:") or path == project.folder / PLACES_NAME
    return found_there and kept(project.folder, _digest(path)) is not None


def _where(project: Project, name: str) -> Path | None:
    """Where a file that is gone belongs."""
    if name.startswith("places:") and name.endswith(f":{PLACES_NAME}"):
        return project.folder / PLACES_NAME
    folder, _, file = name.removeprefix("pack:").rpartition("/")
    named = map(Path, project.settings.texts("reading.pack_folders"))
    found = next((path for path in named if path.name == folder), None)
    return None if found is None or not name.startswith("pack:") else found / file


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _environment_back(project: Project, target: InForce, by_hand: list[str]) -> Path | None:
    """What came by installing goes back with the environment, where the one before still fits."""
    own = {"settings", *own_names(project.folder, target.versions)}
    differ = changes(target.versions, in_force_here(project.settings))
    left = [one for one in differ if one.name not in own]
    if not left:
        return None
    other = environments.linked(project.folder, "before")
    if other is not None and _fits(project, other, target.versions):
        environments.switch(project.folder, other)
        return other
    parts = ", ".join(changed_parts(left))
    by_hand.append(
        f"{parts}: these come with what is installed; install tocsin "
        f"{target.versions.get('tocsin', '')} as it was (differing: "
        f"{', '.join(one.name for one in left[:5])}{' …' if len(left) > 5 else ''})"
    )
    return None


def _fits(project: Project, environment: Path, to: Versions) -> bool:
    python = environments.python_in(environment)
    if not python.exists():
        return False
    workers = project.settings.whole("run.workers")
    found = environments.ask(python, project.folder, None, workers).versions
    return not changes(to, found)


def _schema_back(store: Store, to: Versions) -> str | None:
    """The store as the older version knows it; the last thing done, for we know it no more."""
    wanted = to.get("schema")
    if wanted is None or wanted == newest_revision() or wanted not in known_revisions():
        return None
    go_back(store, wanted)
    return wanted
