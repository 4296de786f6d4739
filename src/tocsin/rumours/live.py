"""What is remembered of live threads, and what is forgotten when."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np

from tocsin.errors import UsageError
from tocsin.model import Rumour, Vector, Verification
from tocsin.rumours.centroids import CentroidIndex
from tocsin.rumours.near import NearIndex
from tocsin.rumours.options import MICROS_PER_DAY, RumourOptions
from tocsin.rumours.snapshot import Arrays
from tocsin.rumours.threads import Deadlines, Thread
from tocsin.rumours.wording import PERMUTATIONS, Signature


@dataclass(slots=True, eq=False)
class RememberedText:
    """A distinct text of a live thread; ``row`` is its MinHash row, −1 for a very short one."""

    thread: Thread
    row: int = -1


@dataclass(frozen=True, slots=True, eq=False)
class Probe:
    """What a text that was not seen before is searched by."""

    letters: int
    signature: Signature
    keys: list[int]
    vector: Vector | None


class LiveThreads:
    """Live threads with their texts, files and centroids; everything is bounded by ``options``."""

    def __init__(self, options: RumourOptions) -> None:
        self.options = options
        self.clock = -(2**62)
        self.threads: dict[str, Thread] = {}
        self.texts: OrderedDict[bytes, RememberedText] = OrderedDict()  # longest unseen first
        self.media: dict[str, Thread] = {}
        self.by_slot: dict[int, Thread] = {}
        self.by_row: dict[int, Thread] = {}
        self.near = NearIndex()
        self.centroids = CentroidIndex(round(options.half_life_days * MICROS_PER_DAY))
        self._serial = 0
        self._deadlines = Deadlines()
        self._closed: dict[str, Rumour] = {}
        self._changed: dict[str, Rumour | None] = {}

    def open(self, key: str, ref: str, at: int, *, short: bool) -> Thread:
        """The thread ``key``, new unless the same post came before with another text."""
        thread = self.threads.get(key)
        if thread is not None:
            return thread
        if len(self.threads) >= self.options.max_live:
            self._close(self._deadlines.pop_weakest())
        life = self.options.short_micros if short else self.options.live_micros
        thread = Thread(key, self._serial, life, short, first=at, last=at, first_ref=ref)
        self._serial += 1
        self.threads[key] = thread
        self._deadlines.push(thread)
        return thread

    def join(self, thread: Thread, ref: str, at: int, media: Iterable[str]) -> None:
        """Count a post in ``thread``; its files lead there from now on."""
        thread.touch(at, ref)
        self._changed.pop(thread.id, None)
        self._changed[thread.id] = None
        self._bound(self._changed)
        for key in media:
            if key not in self.media and len(thread.media) < self.options.max_thread_texts:
                self.media[key] = thread
                thread.media.append(key)

    def remember(self, thread: Thread, digest: bytes, probe: Probe | None, at: int) -> None:
        """Keep a new text of ``thread``: a very short one only where nothing else defines it."""
        if (probe is None and not thread.short) or digest in self.texts:
            return
        if len(thread.digests) >= self.options.max_thread_texts:
            self._forget(next(iter(thread.digests)))
        if len(self.texts) >= self.options.max_texts:
            self._forget(next(iter(self.texts)))
        text = self.texts[digest] = RememberedText(thread)
        thread.digests[digest] = None
        thread.texts += 1
        if probe is not None:
            text.row = self.near.add(probe.signature, probe.keys)
            self.by_row[text.row] = thread
            self._move_centroid(thread, probe.vector, at)

    def close_silent(self, at: int) -> None:
        """Turn the clock to ``at``, never back, and close what is silent by then."""
        self.clock = max(self.clock, at)
        for thread in self._deadlines.pop_due(self.clock):
            self._close(thread)

    def take_closed(self) -> tuple[Rumour, ...]:
        """Rumours closed since the last call."""
        closed, self._closed = self._closed, {}
        return tuple(closed.values())

    def take_changed(self) -> tuple[Rumour, ...]:
        """Rumours touched or closed since the last call, in their latest state."""
        changed, self._changed = self._changed, {}
        return tuple(closed or self.threads[key].rumour() for key, closed in changed.items())

    def _move_centroid(self, thread: Thread, vector: Vector | None, at: int) -> None:
        if vector is None:
            return
        if thread.slot >= 0:
            self.centroids.update(thread.slot, vector, at)
            return
        thread.slot = self.centroids.add(vector, thread.serial, at)
        self.by_slot[thread.slot] = thread

    def _forget(self, digest: bytes) -> None:
        text = self.texts.pop(digest)
        del text.thread.digests[digest]
        if text.row >= 0:
            self.near.remove(text.row)
            del self.by_row[text.row]

    def _close(self, thread: Thread) -> None:
        del self.threads[thread.id]
        for digest in list(thread.digests):
            self._forget(digest)
        for key in thread.media:
            del self.media[key]
        if thread.slot >= 0:
            self.centroids.remove(thread.slot)
            del self.by_slot[thread.slot]
        self._closed[thread.id] = self._changed[thread.id] = thread.rumour(live=False)
        self._bound(self._closed)
        self._bound(self._changed)

    def _bound(self, waiting: dict[str, Rumour] | dict[str, Rumour | None]) -> None:
        """Where nobody collects what changed (``tocsin cluster``), only the newest wait."""
        if len(waiting) > 4 * self.options.max_live:
            del waiting[next(iter(waiting))]

    # --- snapshots: everything above, with rows and slots renumbered in order -------------

    def state(self) -> tuple[dict[str, Any], Arrays]:
        """Header and arrays for :func:`tocsin.rumours.snapshot.pack`."""
        rows = [text.row for text in self.texts.values() if text.row >= 0]
        signatures = [self.near.signature(row) for row in rows]
        slots = [thread.slot for thread in self.threads.values() if thread.slot >= 0]
        header = {
            "options": asdict(self.options),
            "clock": self.clock,
            "serial": self._serial,
            "threads": [_thread_record(thread) for thread in self.threads.values()],
            "texts": [
                [digest.hex(), text.thread.id, self.near.owned(text.row) if text.row >= 0 else -1]
                for digest, text in self.texts.items()
            ],
            "closed": list(self._closed.values()),
            "changed": list(self._changed.items()),
        }
        table = np.array(signatures, np.uint32).reshape(len(rows), PERMUTATIONS)
        return header, {"signatures": table, **self.centroids.state(slots)}

    @classmethod
    def from_state(
        cls, options: RumourOptions, header: dict[str, Any], arrays: Arrays
    ) -> LiveThreads:
        """The live threads that ``state`` described.

        Raises:
            UsageError: they were collected under other options.
        """
        if header["options"] != asdict(options):
            raise UsageError("the rumour snapshot has other options; rebuild from the archive")
        live = cls(options)
        live.clock, live._serial = header["clock"], header["serial"]
        live._restore_threads(header["threads"], arrays)
        live._restore_texts(header["texts"], arrays)
        live._closed = {record["id"]: _rumour(record) for record in header["closed"]}
        live._changed = {key: record and _rumour(record) for key, record in header["changed"]}
        return live

    def _restore_threads(self, records: list[dict[str, Any]], arrays: Arrays) -> None:
        self.centroids.restore(arrays)
        slot = 0
        for record in records:
            thread = _thread(record)
            if thread.slot >= 0:
                thread.slot = slot
                self.by_slot[slot] = thread
                slot += 1
            self.threads[thread.id] = thread
            self.media.update(dict.fromkeys(thread.media, thread))
            self._deadlines.push(thread)

    def _restore_texts(self, records: list[tuple[str, str, int]], arrays: Arrays) -> None:
        signatures = iter(arrays["signatures"])
        for digest, thread_id, owned in records:
            text = RememberedText(self.threads[thread_id])
            if owned >= 0:
                text.row = self.near.add_owning(next(signatures), owned)
                self.by_row[text.row] = text.thread
            self.texts[bytes.fromhex(digest)] = text


def _thread_record(thread: Thread) -> dict[str, Any]:
    """As JSON values; slots are renumbered on the way back, so only having one is kept."""
    digests = [digest.hex() for digest in thread.digests]
    return {**asdict(thread), "digests": digests, "slot": min(thread.slot, 0)}


def _thread(record: dict[str, Any]) -> Thread:
    digests = {bytes.fromhex(digest): None for digest in record["digests"]}
    return Thread(**{**record, "digests": digests})


def _rumour(record: dict[str, Any]) -> Rumour:
    """A closed rumour from its JSON."""
    times = {key: datetime.fromisoformat(record[key]) for key in ("first_seen", "last_seen")}
    return Rumour(**{**record, **times, "status": Verification(record["status"])})
