"""What operating systems do differently: locks on files, who may read them, and the names in a
folder; and when Python looks for what nobody needs any more.

Written for POSIX and for Windows; tried on Linux alone.
"""

from __future__ import annotations

import gc
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Final

BINARY: Final = getattr(os, "O_BINARY", 0)
"""For ``os.open``: bytes are bytes; without it Windows changes the ends of lines."""
_REGION: Final = 0x7FFF_FF00
"""Where Windows locks: far behind what a file holds, for there a locked byte cannot be read."""
_STEP_S: Final = 0.05
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def is_windows() -> bool:
    """Whether locks and rights are those of Windows."""
    return os.name == "nt"


def lock(fd: int, *, wait: bool) -> None:
    """Hold an open file alone, until it is closed or its holder dies.

    Args:
        wait: until somebody else lets go of it.

    Raises:
        BlockingIOError: somebody else holds it, and nobody was to wait.
    """
    if is_windows():
        _lock_region(import_module("msvcrt"), fd, wait=wait)
        return
    fcntl = import_module("fcntl")
    fcntl.flock(fd, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))


def _lock_region(msvcrt: Any, fd: int, *, wait: bool) -> None:
    while True:
        at = os.lseek(fd, 0, os.SEEK_CUR)
        try:
            os.lseek(fd, _REGION, os.SEEK_SET)
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            if not wait:
                raise BlockingIOError(error.errno, "held by somebody else") from None
            time.sleep(_STEP_S)
        else:
            return
        finally:
            os.lseek(fd, at, os.SEEK_SET)


def others_may_read(path: Path) -> bool:
    """Whether other accounts have rights to a file; Windows is not asked.

    Raises:
        OSError: there is no such file, or it cannot be looked at.
    """
    return not is_windows() and bool(path.stat().st_mode & _OTHERS)


def sync_folder(path: Path) -> None:
    """Bring the names in a folder to the disk; Windows has no way to ask for it.

    Raises:
        OSError: it could not be done.
    """
    if is_windows():
        return
    fd = os.open(path, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def read_at(fd: int, size: int, start: int) -> bytes:
    """Up to ``size`` bytes of an open file from ``start`` on."""
    os.lseek(fd, start, os.SEEK_SET)
    return os.read(fd, size)


@contextmanager
def uncollected() -> Iterator[None]:
    """While tables of many small objects are built that all stay: Python would go through them
    again and again for what nobody needs, which is a fifth of the time that it takes to build them.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
