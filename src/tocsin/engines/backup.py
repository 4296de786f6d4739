"""One encrypted file with everything of a project, while others go on writing to it.

In this order, so that nothing in it is ahead of what it rests on:

1. settings, public key, and which heads and anchors are files by now;
2. the store as it is at one moment, with the state file that it names: copied into
   ``DIR/backup``, for that is where the same words lie already, and removed at the end;
3. a boundary in the ledger: the archive up to there, which is never behind the store;
4. everything else: what the ledger has notes of (the audit log) is read after it.

A restore indexes what the archive has and the store has not. Only an erasure rewrites what was
confirmed: the backup is refused where one is under way, or comes before its last byte is written.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Final

from sqlalchemy import Connection, func, select

from tocsin import __version__
from tocsin.archive.disk import WriteLock, make_folder, plain_failures, sync_folder
from tocsin.archive.moment import ArchiveMoment, moment_of
from tocsin.backup.locks import Lock
from tocsin.backup.packing import Member, Packing, of_file, of_path, packed
from tocsin.backup.streams import Digesting, Pulled
from tocsin.backup.unpacking import PROJECT
from tocsin.engines.backup_contents import Early, keys_of, left_out, members, outside
from tocsin.engines.indexing import INDEXED
from tocsin.engines.project import Project, filing
from tocsin.errors import EnvironmentFailed, Locked, UsageError
from tocsin.store import Store, schema
from tocsin.store.copying import copy_store
from tocsin.store.engine import remove_file
from tocsin.store.moment import moment_of as store_moment
from tocsin.store.moment import newest_state
from tocsin.text.clean import clean

_TRIES: Final = 50
Told = Callable[[str, int, int], None]
"""Given what is being done, and how much of how much."""


@dataclass(frozen=True, slots=True)
class BackupOrder:
    """What is asked for.

    Args:
        out: the file; not in the project.
        keys: with the keys that lie outside the project.
        replace: an existing file may go.
    """

    out: Path
    lock: Lock
    keys: bool = True
    replace: bool = False


@dataclass(frozen=True, slots=True)
class BackedUp:
    """What was made.

    Args:
        sha256: of the file, hex.
        files: how many are in it.
        entries: ledger entries in it.
        keys: names of the keys in it.
        keys_missing: keys that the settings name and that are not there.
        outside: files that the settings name, outside the project and not in it.
        left_out: what else lies in the project's folder and is not in it.
    """

    out: Path
    size: int
    sha256: str
    files: int
    entries: int
    head: str
    keys: tuple[str, ...]
    keys_missing: tuple[Path, ...]
    outside: tuple[str, ...]
    left_out: tuple[str, ...]


def back_up(project: Project, order: BackupOrder, at: datetime, told: Told) -> BackedUp:
    """Make a backup; the file is whole or not there.

    Raises:
        UsageError: it cannot be where it is to be.
        Locked: an erasure or another backup is under way.
        ArchiveDamaged: a block of the archive is not what was written.
        EnvironmentFailed: a disk or the database failed.
    """
    _refuse_place(project, order)
    with filing(project.folder), _alone(project), ExitStack() as opened:
        early = Early.of(project)
        copy = _copied_store(project, told, opened)
        whole = _Whole(early, copy, moment_of(project.archive_folder))
        return _written(project, order, whole, (at, told))


def _refuse_place(project: Project, order: BackupOrder) -> None:
    out = order.out
    if Path(os.path.realpath(out)).is_relative_to(project.folder):
        raise UsageError(f"{out}: lies in the project itself; name a file on another disk")
    if not out.parent.is_dir():
        raise UsageError(f"{out.parent}: no such folder; make it, or attach the disk")
    _refuse_existing(order)


def _refuse_existing(order: BackupOrder) -> None:
    if order.out.exists() and not (order.replace and order.out.is_file()):
        raise UsageError(f"{order.out}: is there already; name another file, or add --force")


@contextmanager
def _alone(project: Project) -> Iterator[None]:
    """The one right to make a backup, and a folder where nothing of an earlier one is left."""
    make_folder(project.backup_folder)
    try:
        lock = WriteLock(project.backup_folder / "lock")
    except Locked:
        raise Locked(
            f"{project.folder}: another tocsin backup runs here; wait until it has ended"
        ) from None
    try:
        _clear(project)
        yield
    finally:
        _clear(project)
        lock.release()


def _clear(project: Project) -> None:
    remove_file(project.backup_folder / "store.db")


@dataclass(slots=True)
class _StoreCopy:
    """The copied store.

    Args:
        path: None: the project has no store yet.
        kind: of the database it was copied from.
        state: name of the state file, and the open file.
        followed: ledger entries that it has seen, down to an erasure that it has not followed.
    """

    path: Path | None = None
    kind: str | None = None
    state: tuple[str, BinaryIO] | None = None
    followed: int | None = None


def _copied_store(project: Project, told: Told, opened: ExitStack) -> _StoreCopy:
    """The store and the state that it names; a run may put both anew meanwhile, so try again.

    Raises:
        EnvironmentFailed: the state is gone, or is put anew faster than the store is copied.
    """
    file = project.store_file
    if file is not None and not file.is_file():
        return _StoreCopy()
    for _ in range(_TRIES):
        with ExitStack() as kept, project.store() as store:
            if file is None:
                copy = _of_server(project, store, told, kept)
            else:
                copy = _of_file(project, file, (store, told), kept)
            if copy is not None:
                opened.enter_context(kept.pop_all())
                return copy
        _clear(project)
    raise EnvironmentFailed(
        f"{project.state_folder}: the state of the last run is gone, or new ones come faster than "
        "the store can be copied; stop what runs here, or: tocsin rebuild"
    )


def _of_file(
    project: Project, file: Path, by: tuple[Store, Told], kept: ExitStack
) -> _StoreCopy | None:
    store, told = by
    before = file.stat().st_ino
    path = project.backup_folder / "store.db"
    with store_moment(store) as moment:
        copy = _StoreCopy(path, "sqlite", followed=_followed(moment.connection))
        if not _with_state(project, copy, moment.state, kept):
            return None
        moment.copy_to(path, lambda done, total: told("copy the store", done, total))
    path.chmod(0o600)
    # A rebuild puts another file in its place, and first takes away the log of this one.
    return copy if file.stat().st_ino == before else None


def _of_server(project: Project, store: Store, told: Told, kept: ExitStack) -> _StoreCopy | None:
    """Into SQLite: whoever restores at night needs no server for it."""
    with store.reading() as connection:
        state = newest_state(connection)
    path = project.backup_folder / "store.db"
    copy = _StoreCopy(path, store.engine.dialect.name)
    if not _with_state(project, copy, state, kept):
        return None
    with Store.at(path) as target:
        path.chmod(0o600)
        copy_store(store, target, clean, lambda done, all_: told("copy the store", done, all_))
        with target.reading() as connection:
            copy.followed = _followed(connection)
            return copy if newest_state(connection) == state else None


def _with_state(project: Project, copy: _StoreCopy, name: str | None, kept: ExitStack) -> bool:
    """Open the state at once: it may be removed later, what is open stays readable."""
    if name is None:
        return True
    try:
        file = kept.enter_context((project.state_folder / name).open("rb"))
    except FileNotFoundError:
        return False
    copy.state = (name, file)
    return True


def _followed(connection: Connection) -> int:
    meta, erasures = schema.meta.c, schema.erasures.c
    indexed = connection.execute(select(meta.value).where(meta.name == INDEXED)).scalar()
    waiting = select(func.min(erasures.seq)).where(erasures.done.is_(False))
    oldest = connection.execute(waiting).scalar()
    return int(indexed or 0) if oldest is None else int(oldest)


@dataclass(slots=True)
class _Whole:
    """Everything that goes in, as far as it was looked at beforehand."""

    early: Early
    copy: _StoreCopy
    archive: ArchiveMoment
    keys: list[dict[str, str]] = field(default_factory=list)
    missing: list[Path] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Bytes of what is large."""
        size = sum(extent.size for extent in self.archive.extents)
        if self.copy.path is not None:
            size += self.copy.path.stat().st_size
        if self.copy.state is not None:
            size += os.fstat(self.copy.state[1].fileno()).st_size
        return size

    def members(self, project: Project, keys: list[Member]) -> Iterator[Member]:
        """In the order of the tar."""
        yield from self.early.members(project)
        for extent in self.archive.extents:
            yield Member(f"{PROJECT}archive/{extent.name}", extent.size, extent.parts())
        if self.copy.path is not None:
            yield of_path(f"{PROJECT}store.db", self.copy.path)
        if self.copy.state is not None:
            name, file = self.copy.state
            size = os.fstat(file.fileno()).st_size
            yield of_file(f"{PROJECT}state/{name}", file, size)
        yield from members(project)
        yield from keys

    def take_keys(self, project: Project) -> list[Member]:
        """The keys; notes where each was said to lie."""
        found = []
        for key, member in keys_of(project):
            if member is None:
                self.missing.append(key.path)
                continue
            found.append(member)
            self.keys.append({"name": key.name, "said": key.said})
        return found

    def head(self, project: Project, at: datetime) -> dict[str, Any]:
        """What the backup says of itself."""
        return {
            "at": at.isoformat(),
            "entries": self.archive.entries,
            "folder": str(project.folder),
            "head": self.archive.head.hex(),
            "keys": self.keys,
            "project": project.settings.text("project.name"),
            "store": self.copy.kind,
            "tocsin": __version__,
        }

    def check(self) -> None:
        """Called when all was read, before the file is believed."""
        followed = self.copy.followed
        self.archive.refuse_if_erasing(self.archive.entries if followed is None else followed)


def _written(
    project: Project, order: BackupOrder, whole: _Whole, when: tuple[datetime, Told]
) -> BackedUp:
    at, told = when
    whole.check()
    keys = whole.take_keys(project) if order.keys else []
    total = whole.size
    note = Packing(lambda done: told("encrypt", done, total))
    pieces = packed(whole.head(project, at), whole.members(project, keys), note)
    sink = _put(order, Pulled(pieces), whole.check)
    return BackedUp(
        out=order.out,
        size=sink.size,
        sha256=sink.sha256,
        files=len(note.files),
        entries=whole.archive.entries,
        head=whole.archive.head.hex(),
        keys=tuple(key["name"] for key in whole.keys),
        keys_missing=tuple(whole.missing),
        outside=outside(project),
        left_out=left_out(project),
    )


def _put(order: BackupOrder, pieces: Pulled, check: Callable[[], None]) -> Digesting:
    """Beside, on the disk, then under its name; on any failure nothing is left."""
    beside = order.out.with_name(f"{order.out.name}.new")
    with plain_failures("the backup could not be written", order.out):
        beside.unlink(missing_ok=True)
        try:
            sink = _encrypted(order.lock, pieces, beside)
            check()
            _refuse_existing(order)
            beside.replace(order.out)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
        sync_folder(order.out.parent)
    return sink


def _encrypted(lock: Lock, pieces: Pulled, path: Path) -> Digesting:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "wb") as file:
        sink = Digesting(file)
        try:
            lock.encrypt(pieces, sink)
        except Exception:
            # What encrypts tells of both ends in words of its own.
            failure = pieces.failure or sink.failure
            if failure is None:
                raise
            raise failure from None
        file.flush()
        os.fsync(fd)
    return sink
