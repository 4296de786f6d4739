"""What bytes come from and go to on their way, with what must be known of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Protocol


class Reads(Protocol):
    """Something to be read from."""

    def read(self, size: int = -1, /) -> bytes:
        """At most so many bytes; none at the end."""
        ...


class Writes(Protocol):
    """Something to be written to."""

    def write(self, data: bytes, /) -> int:
        """All of it."""
        ...


class Pulled:
    """Pieces to be read from like a file.

    Args:
        failure: what the pieces ran into; who reads for us may tell it otherwise.
    """

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = memoryview(b"")
        self.failure: BaseException | None = None

    def read(self, size: int = -1) -> bytes:
        """At most so many bytes; none at the end.

        A negative size gives the next piece, not everything.
        """
        while not self._rest:
            piece = self._next()
            if piece is None:
                return b""
            self._rest = memoryview(piece)
        found = self._rest if size < 0 else self._rest[:size]
        self._rest = self._rest[len(found) :]
        return bytes(found)

    def _next(self) -> bytes | None:
        try:
            return next(self._pieces, None)
        except BaseException as error:
            self.failure = error
            raise


class Digesting:
    """Writes on, and keeps the digest of what was written.

    Args:
        failure: what the writing ran into; who writes for us may tell it otherwise.
    """

    def __init__(self, target: Writes) -> None:
        self._target = target
        self._digest = hashlib.sha256()
        self.size = 0
        self.failure: BaseException | None = None

    def write(self, data: bytes) -> int:
        """All of it."""
        self._digest.update(data)
        self.size += len(data)
        try:
            self._target.write(data)
        except BaseException as error:
            self.failure = error
            raise
        return len(data)

    def flush(self) -> None:
        """Whoever opened the target sees to it."""

    @property
    def sha256(self) -> str:
        """Of everything so far, hex."""
        return self._digest.hexdigest()


class Observed:
    """Reads on, and keeps the digest of what was read.

    Args:
        told: called with the bytes read so far.
    """

    def __init__(self, source: Reads, told: Callable[[int], None] = lambda _: None) -> None:
        self._source = source
        self._told = told
        self._digest = hashlib.sha256()
        self.size = 0

    def read(self, size: int = -1) -> bytes:
        """As the source gives it."""
        data = self._source.read(size)
        self._digest.update(data)
        self.size += len(data)
        self._told(self.size)
        return data

    @property
    def sha256(self) -> str:
        """Of everything so far, hex."""
        return self._digest.hexdigest()
