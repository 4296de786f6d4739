"""A project again from its backup: beside where it is to be, and renamed when all of it is right.

Nothing is overwritten: the folder must be new or empty, and a key file that is there already must
be the same. What the archive has and the store has not yet is indexed, and erasures are followed,
before the project has its name.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import func, select

from tocsin.archive import VerifyOptions, VerifyReport, verify
from tocsin.archive.blocks import folder_of
from tocsin.archive.disk import WriteLock, make_folder, plain_failures, sync_folder, write_new
from tocsin.archive.format import BlockKind
from tocsin.archive.heads import head_files
from tocsin.archive.moment import check_links
from tocsin.backup.locks import Opener, opened
from tocsin.backup.refusals import Damaged, WrongKey
from tocsin.backup.streams import Observed
from tocsin.backup.unpacking import unpack
from tocsin.engines.holding import hold_if_needed
from tocsin.engines.local import waits
from tocsin.engines.project import Project, filing
from tocsin.engines.restore_settings import moves, rewritten
from tocsin.errors import ArchiveDamaged, BackupDamaged, Locked, UsageError
from tocsin.settings import FILE_NAME, Settings
from tocsin.store import Store, schema
from tocsin.store.lists import reached

Told = Callable[[str, int, int], None]
_AGAIN: Final = "try another copy of it, or an earlier backup"


@dataclass(frozen=True, slots=True)
class RestoreOrder:
    """What is asked for.

    Args:
        source: the backup.
        folder: where the project is to be; not there yet, or empty.
        keys: where its keys go, outside of it; None: nowhere is said.
        full: read every content again, as ``tocsin verify`` does.
    """

    source: Path
    folder: Path
    opener: Opener
    keys: Path | None = None
    full: bool = False


@dataclass(frozen=True, slots=True)
class BackupFile:
    """What a backup says of itself, all of it read.

    Args:
        head: its first file; see ``engines.backup``.
        sha256: of the file as it lies there, hex.
    """

    head: Mapping[str, Any]
    files: int
    size: int
    sha256: str


@dataclass(slots=True)
class Restored:
    """What is there now.

    Args:
        newest: of the posts; None: there are none.
        unread: posts wait for ``tocsin run``.
        keys: where the keys lie.
        held: the outbox waits for a person.
        lost: files of heads, in the second place for them, over entries that are not in it.
        by_hand: texts of the settings that a person must write anew.
        report: of the full verification, where it was asked for.
    """

    backup: BackupFile
    entries: int
    posts: int = 0
    runs: int = 0
    newest: datetime | None = None
    unread: bool = False
    keys: tuple[Path, ...] = ()
    held: bool = False
    lost: tuple[Path, ...] = ()
    by_hand: tuple[str, ...] = ()
    report: VerifyReport | None = None


def look(source: Path, opener: Opener, told: Told) -> BackupFile:
    """Read a backup whole, without writing anything.

    Raises:
        UsageError: the key or passphrase does not open it.
        BackupDamaged: it is not what was written.
    """

    def pass_by(_: str, parts: Iterator[bytes]) -> None:
        for _part in parts:
            pass

    return _read(source, opener, told, pass_by)


def _read(
    source: Path, opener: Opener, told: Told, take: Callable[[str, Iterator[bytes]], None]
) -> BackupFile:
    heads: list[Mapping[str, Any]] = []
    try:
        with source.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            observed = Observed(file, lambda done: told("read the backup", done, size))
            with opened(observed, opener) as plain:
                files = unpack(plain, lambda head: heads.append(_sound(head)), take)
    except WrongKey:
        raise UsageError(
            f"{source}: this key or passphrase does not open it, or the file was changed; try the "
            "others"
        ) from None
    except Damaged as damage:
        raise BackupDamaged(f"{source}: {damage}; {_AGAIN}") from None
    except FileNotFoundError:
        if source.exists():
            raise
        raise UsageError(f"{source}: no such file") from None
    return BackupFile(heads[0], files, observed.size, observed.sha256)


def _sound(head: Mapping[str, Any]) -> Mapping[str, Any]:
    match head:
        case {
            "at": str(at),
            "entries": int(),
            "folder": str(),
            "head": str(),
            "keys": list(keys),
            "project": str(),
            "tocsin": str(),
        } if all(isinstance(key, dict) and _is_key(key) for key in keys):
            with suppress(ValueError):
                datetime.fromisoformat(at)
                return head
    raise Damaged("it does not say what it is a backup of")


def _is_key(key: Mapping[str, Any]) -> bool:
    name, said = key.get("name"), key.get("said")
    return isinstance(name, str) and isinstance(said, str) and Path(name).name == name


def restore(order: RestoreOrder, told: Told) -> Restored:
    """Restore a project; it is whole or not there.

    Raises:
        UsageError: the folder is in use, keys have no place, or the key does not open it.
        BackupDamaged: the backup is not what was written; nothing is left.
        EnvironmentFailed: a disk failed; nothing is left.
    """
    _refuse_used(order)
    with filing(order.folder.parent), _beside(order.folder) as work:
        backup = _read(order.source, order.opener, told, lambda *one: _keep(work, *one))
        project, done = _made(work / "project", order, backup, told)
        done.keys = _Keys(work / "keys", order).placed(lambda: _named(project, order))
    return done


def _refuse_used(order: RestoreOrder) -> None:
    folder = order.folder
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder}: is not empty; nothing is restored over anything, name another")
    if not folder.parent.is_dir():
        raise UsageError(f"{folder.parent}: no such folder; make it first")
    if order.keys is not None and order.keys.is_relative_to(folder):
        raise UsageError(f"--keys {order.keys}: keys must lie outside the project")


@contextmanager
def _beside(folder: Path) -> Iterator[Path]:
    """A folder beside, removed at the end; what a killed restore left there goes first."""
    work = folder.with_name(f".{folder.name}.restoring")
    for again in (True, False):
        make_folder(work)
        try:
            lock = WriteLock(work / "lock")
        except Locked:
            raise Locked(f"{folder}: another tocsin restores to there; wait for it") from None
        if again and len(list(work.iterdir())) > 1:
            shutil.rmtree(work)
            lock.release()
            continue
        break
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)
        lock.release()


def _keep(work: Path, name: str, parts: Iterator[bytes]) -> None:
    """One file; its name was found to lead nowhere else."""
    path = work / name
    try:
        _make_folders(path.parent)
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except (FileExistsError, IsADirectoryError, NotADirectoryError):
        raise Damaged("two of its files have one name here") from None
    with os.fdopen(fd, "wb") as file:
        for part in parts:
            file.write(part)


def _make_folders(path: Path) -> None:
    """Each for this account alone; ``mkdir(parents=True)`` sees to the last only."""
    if not path.is_dir():
        _make_folders(path.parent)
        path.mkdir(mode=0o700)


def _made(
    folder: Path, order: RestoreOrder, backup: BackupFile, told: Told
) -> tuple[Project, Restored]:
    """The unpacked project made fit for use in its new place."""
    if not (folder / FILE_NAME).is_file():
        raise BackupDamaged(f"{order.source}: there is no {FILE_NAME} in it; {_AGAIN}")
    if order.keys is None and backup.head["keys"]:
        raise UsageError("there are keys in this backup; say where they go: --keys FOLDER")
    archive = folder / "archive"
    for kind in BlockKind:
        make_folder(folder_of(archive, kind))
    told("check the archive", 0, 1)
    entries, digest = check_links(archive)
    if (entries, digest.hex()) != (backup.head["entries"], backup.head["head"]):
        raise ArchiveDamaged(f"{order.source}: its archive ends elsewhere than it says; {_AGAIN}")
    by_hand = _move_settings(folder, order, backup)
    # Whatever the settings say: the store of the old place is not touched.
    project = Project(folder, Settings.load(folder, {"store.url": ""}))
    done = Restored(backup, entries, by_hand=by_hand)
    if order.full:
        done.report = _verified(project, told)
    told("index what is new", 0, 1)
    with project.writing() as (_, store):
        _tell(project, store, done)
    done.lost = _lost(project, entries)
    return project, done


def _move_settings(folder: Path, order: RestoreOrder, backup: BackupFile) -> tuple[str, ...]:
    path = folder / FILE_NAME
    keys = {
        key["said"]: str(order.keys / key["name"])
        for key in backup.head["keys"]
        if key["said"] and order.keys is not None
    }
    move = moves(backup.head["folder"], order.folder, keys)
    text, by_hand = rewritten(path.read_text(encoding="utf-8"), move)
    path.write_text(text, encoding="utf-8")
    return by_hand


def _verified(project: Project, told: Told) -> VerifyReport:
    options = VerifyOptions(
        head_folders=(project.folder / "heads",),
        anchor_folders=(project.anchors_folder,),
        keys=tuple(path for path in project.pins if path.is_relative_to(project.folder)),
    )
    return verify(project.archive_folder, lambda *part: told("verify", *part), options)


def _tell(project: Project, store: Store, done: Restored) -> None:
    posts, runs = schema.posts, schema.runs
    with store.reading() as connection:
        counted = (
            select(func.count()).select_from(posts),
            select(func.count()).where(runs.c.done),
        )
        done.posts, done.runs = (int(connection.execute(one).scalar_one()) for one in counted)
    done.newest = reached(store)
    done.unread = waits(store)
    at = datetime.fromisoformat(done.backup.head["at"])
    done.held = hold_if_needed(project, store, at)


def _lost(project: Project, entries: int) -> tuple[Path, ...]:
    """Heads of a time after the backup: what they cover beyond it is not here."""
    return tuple(
        path
        for folder in project.heads_folders[1:]
        for path in head_files(folder)
        if int(path.stem) >= entries
    )


def _named(project: Project, order: RestoreOrder) -> None:
    """The last step: on the disk, then under its name."""
    os.sync()
    if order.folder.is_dir():
        order.folder.rmdir()
    project.folder.replace(order.folder)
    sync_folder(order.folder.parent)


@dataclass(slots=True)
class _Keys:
    """The keys on their way to their place."""

    unpacked: Path
    order: RestoreOrder
    made: list[Path] = field(default_factory=list)

    def placed(self, then: Callable[[], None]) -> tuple[Path, ...]:
        """Put them there, and do what comes after; if that fails, those put there go again.

        Raises:
            UsageError: another key of that name is there.
        """
        names = sorted(self.unpacked.iterdir()) if self.unpacked.is_dir() else []
        try:
            found = tuple(self._place(path) for path in names)
            then()
        except BaseException:
            for path in self.made:
                with suppress(OSError):
                    path.unlink()
            raise
        return found

    def _place(self, unpacked: Path) -> Path:
        assert self.order.keys is not None, "asked for before"
        path, data = self.order.keys / unpacked.name, unpacked.read_bytes()
        if path.exists():
            if path.read_bytes() != data:
                raise UsageError(f"{path}: another key is there; name another folder for --keys")
            return path
        with plain_failures("the key could not be written", path):
            make_folder(path.parent)
            self.made.append(path)
            write_new(path, [data])
            sync_folder(path.parent)
        return path
