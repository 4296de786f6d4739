"""The few writes the archive makes, each checked and brought to the disk."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from tocsin import system
from tocsin.errors import EnvironmentFailed, Locked

_FOLDER_MODE = 0o700
_FILE_MODE = 0o600
_WRITE = os.O_WRONLY | os.O_CREAT | system.BINARY
_APPEND, _NEW, _WHOLE = _WRITE | os.O_APPEND, _WRITE | os.O_EXCL, _WRITE | os.O_TRUNC


@contextlib.contextmanager
def plain_failures(what: str, where: Path) -> Iterator[None]:
    """Turn what the operating system reports into one line that says what to do.

    Raises:
        EnvironmentFailed: instead of any OSError.
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise EnvironmentFailed(f"{where}: {what}: {reason}; {_advice(error)}") from error


def _advice(error: OSError) -> str:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return "free space on this disk and run the command again, what was confirmed is safe"
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return "give this account the right to the folder and run the command again"
    return "check the disk and run the command again, what was confirmed is safe"


def append(path: Path, expected_size: int, data: bytes) -> None:
    """Append ``data`` to ``path`` and return when it is on the disk.

    Raises:
        OSError: a write failed; the file may end in a part of ``data``.
        EnvironmentFailed: the file is not ``expected_size`` bytes long.
    """
    fd = os.open(path, _APPEND, _FILE_MODE)
    try:
        if os.fstat(fd).st_size != expected_size:
            raise EnvironmentFailed(
                f"{path}: another program has changed it; stop that and run tocsin verify"
            )
        _write_all(fd, data)
        os.fsync(fd)
    finally:
        os.close(fd)
    if expected_size == 0:
        sync_folder(path.parent)


def write_new(path: Path, parts: Iterable[bytes]) -> None:
    """Write a new file and return when it is on the disk; its name is not until the folder is.

    Raises:
        OSError: a write failed, or there is such a file; it may hold a part.
    """
    fd = os.open(path, _NEW, _FILE_MODE)
    try:
        for part in parts:
            _write_all(fd, part)
        os.fsync(fd)
    finally:
        os.close(fd)


def _write_all(fd: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(fd, rest) :]


def put_file(path: Path, data: bytes) -> None:
    """Write a small file whole or not at all, on the disk when this returns.

    Raises:
        EnvironmentFailed: it cannot be written.
    """
    with plain_failures("the file could not be written", path):
        if path.is_file() and path.read_bytes() == data:
            return
        make_folder(path.parent)
        beside = path.with_name(path.name + ".new")
        fd = os.open(beside, _WHOLE, _FILE_MODE)
        try:
            _write_all(fd, data)
            os.fsync(fd)
        finally:
            os.close(fd)
        beside.replace(path)
        sync_folder(path.parent)


def cut(path: Path, size: int) -> None:
    """Shorten ``path`` to ``size`` bytes, on the disk."""
    fd = os.open(path, os.O_WRONLY | system.BINARY)
    try:
        os.ftruncate(fd, size)
        os.fsync(fd)
    finally:
        os.close(fd)


def make_folder(path: Path) -> None:
    """Make ``path`` (and what is above it) for this account alone; one that is there stays."""
    path.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Bring the names in a folder to the disk."""
    system.sync_folder(path)


class WriteLock:
    """The one right to write to an archive; freed by the system when its holder dies."""

    def __init__(self, path: Path) -> None:
        """Take the lock.

        Raises:
            Locked: another process has it.
        """
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT, _FILE_MODE)
        try:
            system.lock(self._fd, wait=False)
        except BlockingIOError:
            os.close(self._fd)
            raise Locked(
                f"{path.parent}: another tocsin is writing to this archive; "
                "wait until it has finished, or stop it"
            ) from None

    def release(self) -> None:
        """Give the lock back."""
        os.close(self._fd)
