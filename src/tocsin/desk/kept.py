"""One word in one file that is encrypted at rest, read and changed by several processes."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from tocsin import system
from tocsin.desk.box import close_box, open_box, write_whole
from tocsin.errors import EnvironmentFailed

Word = TypeVar("Word")


class Reread(Generic[Word]):
    """What a file holds, opened again only where the file has changed.

    Args:
        path: of the file.
        opened: opens it.
        empty: what is read where there is no file yet.
    """

    def __init__(self, path: Path, opened: Callable[[], Word], empty: Word) -> None:
        self._path = path
        self._opened = opened
        self._empty = empty
        self._last: tuple[tuple[int, int, int], Word] | None = None

    def read(self) -> Word:
        """As it is now."""
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            return self._empty
        seen = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
        if self._last is None or self._last[0] != seen:
            self._last = (seen, self._opened())
        return self._last[1]

    def forget(self) -> None:
        """Hold it in memory no longer."""
        self._last = None


class KeptWord(ABC, Generic[Word]):
    """The file.

    Args:
        path: of the box.
        key: 32 bytes at least, kept outside the project.
        passphrase: besides the key; None: the key alone opens it.
    """

    empty: Word
    """What is read where there is no file yet."""

    def __init__(self, path: Path, key: bytes, passphrase: str | None = None) -> None:
        self._path = path
        self._key = key
        self._passphrase = passphrase

    @abstractmethod
    def to_bytes(self, word: Word) -> bytes:
        """As it lies inside the box."""

    @abstractmethod
    def from_bytes(self, data: bytes, name: str) -> Word:
        """The inverse of :meth:`to_bytes`.

        Raises:
            UsageError: a later version wrote it, or it is not what we write.
        """

    def read(self) -> Word:
        """The word as it is; an empty one where there is no box yet."""
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return self.empty
        except OSError as error:
            raise EnvironmentFailed(f"{self._path}: {error.strerror}; check the disk") from error
        name = self._path.name
        return self.from_bytes(open_box(data, self._key, self._passphrase, name), name)

    def change(self, by: Callable[[Word], Word]) -> Word:
        """Read, change and write it; nobody else writes between; returns the new one.

        Raises:
            EnvironmentFailed: it cannot be written; it is as it was.
        """
        try:
            return self._changed(by)
        except OSError as error:
            raise EnvironmentFailed(f"{self._path}: {error.strerror}; check the disk") from error

    def _changed(self, by: Callable[[Word], Word]) -> Word:
        fd = os.open(self._path.with_name(f"{self._path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            system.lock(fd, wait=True)
            changed = by(self.read())
            plain = self.to_bytes(changed)
            write_whole(self._path, close_box(plain, self._key, self._passphrase))
            return changed
        finally:
            os.close(fd)
