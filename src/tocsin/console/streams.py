"""Live change as Server-Sent Events: how far the desk has come, told to whoever listens.

A stream looks at two small numbers twice a second, for all streams together at most once in that
time, and in a thread; it ends where its caller may no longer ask.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from sqlalchemy import select, union
from starlette.concurrency import run_in_threadpool

from tocsin.engines.indexing import INDEXED
from tocsin.errors import TocsinError
from tocsin.store import Store, schema

MOST_OF_ONE: Final = 4
"""Streams of one session or token. A browser opens six connections to a server over plain HTTP and
a page that waits for one of them seems dead: two are left."""
MOST: Final = 200
BEAT_S: Final = 15.0
LOOK_S: Final = 0.5
AGAIN_MS: Final = 3_000
"""After which a browser asks again where a stream broke off."""
MOST_TOLD: Final = 200
_MARK: Final = re.compile(r"(\d{1,18})\.(\d{1,18})\.(\d{1,18})")


@dataclass(frozen=True, slots=True)
class Mark:
    """How far the store has come.

    Args:
        position: of the ledger: everything before it is in the store.
        run: ledger position of the newest run; done: posts it has taken.
    """

    position: int
    run: int
    done: int

    def __str__(self) -> str:
        return f"{self.position}.{self.run}.{self.done}"

    @classmethod
    def read(cls, said: str) -> Mark | None:
        """From an event's id; None where it is none of ours."""
        found = _MARK.fullmatch(said.strip())
        return cls(*map(int, found.groups())) if found else None


def mark_of(store: Store) -> Mark:
    """How far a store has come; two rows are read."""
    runs = schema.runs.c
    query = select(runs.seq, runs.posts_done).order_by(runs.seq.desc()).limit(1)
    position = int(store.meta(INDEXED, "0"))
    with store.reading() as connection:
        row = connection.execute(query).first()
    return Mark(position, *(row or (0, 0)))


def changed_since(store: Store, position: int) -> list[str]:
    """Warnings about which something was said, decided or sent since a ledger position."""
    w, d, r = schema.warnings.c, schema.decisions.c, schema.receipts.c
    about = d.kind.like("warning\\_%", escape="\\") | d.kind.like("release\\_%", escape="\\")
    parts = (
        select(w.id).where(w.seq >= position),
        select(d.subject).where(d.seq >= position, about),
        select(r.warning).where(r.seq >= position),
    )
    with store.reading() as connection:
        return sorted(connection.execute(union(*parts).limit(MOST_TOLD)).scalars())


@dataclass(slots=True)
class Streams:
    """All open streams of one server."""

    closing: bool = False
    """The server stops: all end."""
    _open: Counter[str] = field(default_factory=Counter)
    _seen: tuple[float, Mark] | None = None

    def admit(self, key: str) -> bool:
        """Count one more of a caller; False where they, or all together, have enough of them."""
        if self._open[key] >= MOST_OF_ONE or self._open.total() >= MOST:
            return False
        self._open[key] += 1
        return True

    def leave(self, key: str) -> None:
        """One has ended."""
        self._open[key] -= 1
        if self._open[key] <= 0:
            del self._open[key]

    @property
    def count(self) -> int:
        """Streams that are open."""
        return self._open.total()

    async def newest(self, store: Callable[[], Store]) -> Mark:
        """How far the store has come, as of at most half a second ago."""
        now = time.monotonic()
        if self._seen is None or now - self._seen[0] >= LOOK_S * 0.9:
            self._seen = (now, await run_in_threadpool(lambda: mark_of(store())))
        return self._seen[1]


async def events(
    streams: Streams, store: Callable[[], Store], may: Callable[[], bool], seen: Mark | None
) -> AsyncIterator[bytes]:
    """The text of a stream, until its caller may not or the server stops.

    Args:
        store: opens the store; asked only where the caller may.
        may: whether the caller still may ask; quick.
        seen: what the caller saw before; None: they begin now.
    """
    try:
        async for piece in _pieces(streams, store, may, seen):
            yield piece
    except TocsinError:  # locked meanwhile, or the store is gone: what is open simply ends
        return


async def _pieces(
    streams: Streams, store: Callable[[], Store], may: Callable[[], bool], seen: Mark | None
) -> AsyncIterator[bytes]:
    yield f"retry: {AGAIN_MS}\n: open\n\n".encode()
    told = time.monotonic()
    while not streams.closing and may():
        mark = await streams.newest(store)
        if seen is None:
            seen = mark
        if mark != seen:
            found = await run_in_threadpool(changed_since, store(), seen.position)
            yield _event(mark, found)
            seen, told = mark, time.monotonic()
        elif time.monotonic() - told >= BEAT_S:
            yield b": still here\n\n"
            told = time.monotonic()
        await asyncio.sleep(LOOK_S)


def _event(mark: Mark, warnings: list[str]) -> bytes:
    data: dict[str, Any] = {"position": mark.position, "warnings": warnings}
    return b"id: %s\nevent: change\ndata: %s\n\n" % (str(mark).encode(), orjson.dumps(data))
