"""``tocsin lock``: the project says no, and its keys are sealed and gone from the disk.

In this order, each step on the disk before the next: the folder ``locked`` (from here on every
command refuses); each key file sealed into it; the key file overwritten and removed. Called again
after a kill it goes on. What it does not do: the archive's posts and the working database are not
encrypted; an encrypted disk is for that.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from tocsin import system
from tocsin.desk.box import write_whole
from tocsin.desk.keys import LockFile, opened_file, prepare, sealed_file
from tocsin.engines.project import Project, filing
from tocsin.errors import UsageError

_PREPARED = "lock.key"


@dataclass(frozen=True, slots=True)
class LockReport:
    """What came of it.

    Args:
        closed: key files sealed and removed.
        left_open: key files that are still on this disk, because no passphrase was ever set.
    """

    closed: tuple[Path, ...]
    left_open: tuple[Path, ...]


def key_files(project: Project) -> tuple[Path, ...]:
    """Every file that opens something of this project and is there."""
    return tuple(path for path in _named(project) if path.is_file())


def _named(project: Project) -> tuple[Path, ...]:
    also = (Path(name).expanduser() for name in project.settings.texts("desk.lock_also"))
    signing = [] if project.signing_key_path is None else [project.signing_key_path]
    own = (project.key_path, project.desk_key_path, project.tips_key_path, *signing)
    return tuple(dict.fromkeys((*own, *also)))


def is_prepared(project: Project) -> bool:
    """Whether a passphrase was set."""
    return (project.folder / _PREPARED).is_file()


def set_passphrase(project: Project, passphrase: str) -> None:
    """Set what will unlock the desk; an earlier one is replaced.

    Raises:
        UsageError: the passphrase is too short, or the desk is locked under the earlier one.
    """
    project.refuse_if_locked()
    write_whole(project.folder / _PREPARED, prepare(passphrase).to_bytes())


def lock(project: Project) -> LockReport:
    """Lock; no passphrase is needed for it, so that anybody at the desk can do it at once."""
    with filing(project.folder):
        project.locked_path.mkdir(mode=0o700, exist_ok=True)
        system.sync_folder(project.folder)
        found = key_files(project)
        if not is_prepared(project):
            return LockReport((), found)
        public = _lock_file(project).public
        for path in found:
            _close(project, path, public)
        for path in map(_leaving, _named(project)):  # what a kill left: sealed, not yet gone
            if path.exists():
                _destroy(path)
        return LockReport(found, ())


def _close(project: Project, path: Path, public: bytes) -> None:
    """Seal first, then rename, then overwrite: what is half overwritten is never sealed again."""
    name = sha256(str(path).encode()).hexdigest()[:16]
    box = project.locked_path / f"{name}.box"
    write_whole(box, sealed_file(str(path), path.read_bytes(), public))
    path.replace(_leaving(path))
    _destroy(_leaving(path))


def _leaving(path: Path) -> Path:
    return path.with_name(f"{path.name}.closing")


def _destroy(path: Path) -> None:
    with path.open("r+b") as file:  # on a journalling or flash disk old blocks may survive
        file.write(bytes(path.stat().st_size))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()
    system.sync_folder(path.parent)


def unlock(project: Project, passphrase: str | None) -> tuple[Path, ...]:
    """Bring the keys back and let commands work again; returns the key files.

    Raises:
        UsageError: it is not locked, or the passphrase is wrong: everything stays locked.
    """
    if not project.locked_path.exists():
        raise UsageError(f"{project.folder}: this desk is not locked")
    with filing(project.folder):
        boxes = sorted(project.locked_path.glob("*.box"))
        opened = _opened(project, boxes, passphrase)
        for path, content in opened:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(path, content)
        for box in boxes:
            box.unlink()
        for left in project.locked_path.iterdir():  # what a kill left half-written
            left.unlink()
        project.locked_path.rmdir()
        system.sync_folder(project.folder)
        return tuple(path for path, _ in opened)


def _opened(
    project: Project, boxes: list[Path], passphrase: str | None
) -> list[tuple[Path, bytes]]:
    """All of them, before any is written: a wrong passphrase changes nothing."""
    if not boxes:
        return []
    if passphrase is None:
        raise UsageError("the keys are sealed: unlock needs the passphrase")
    file = _lock_file(project)
    made = (opened_file(box.read_bytes(), file, passphrase, box.name) for box in boxes)
    return [(Path(name), content) for name, content in made]


def _lock_file(project: Project) -> LockFile:
    path = project.folder / _PREPARED
    if not path.is_file():
        raise UsageError(f"{path}: is missing; bring it back from a copy to open the sealed keys")
    return LockFile.from_bytes(path.read_bytes(), str(path))
