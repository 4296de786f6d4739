"""What is remembered of live threads, and what is forgotten when."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from tocsin.errors import UsageError
from tocsin.model import Erased, Post, Rumour, Verification
from tocsin.rumours.centroids import CentroidIndex
from tocsin.rumours.channels import Channels
from tocsin.rumours.near import NearIndex
from tocsin.rumours.options import MICROS_PER_DAY, RumourOptions
from tocsin.rumours.pictures import PictureIndex
from tocsin.rumours.postings import Postings
from tocsin.rumours.probing import Probe
from tocsin.rumours.remembered import Lexical, Meaning, RememberedRows
from tocsin.rumours.snapshot import Arrays
from tocsin.rumours.terms import Rarity
from tocsin.rumours.threads import Deadlines, Thread

_FIELDS = tuple(one.name for one in fields(Thread))


@dataclass(slots=True, eq=False)
class RememberedText:
    """A distinct text of a live thread.

    Args:
        ref: the first post with it.
        posts: posts with it so far.
        row: its row; −1 for a very short one.
    """

    thread: Thread
    ref: str
    posts: int = 0
    row: int = -1


@dataclass(frozen=True, slots=True)
class Files:
    """Files of a post that say something.

    Args:
        digests: hex SHA-256 of each.
        pictures: PDQ hashes of those that are pictures.
    """

    digests: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.digests or self.pictures)


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
        self.rows = RememberedRows()
        self.postings = Postings()
        self.rarity = Rarity()
        self.channels = Channels()
        self.pictures = PictureIndex(per_key=options.max_thread_texts)
        self.centroids = CentroidIndex(round(options.half_life_days * MICROS_PER_DAY))
        self.merged: dict[str, str] = {}
        self.taken = 0
        self.channel: str | None = None
        self.several_channels = False
        self._serial = 0
        self._deadlines = Deadlines()
        self._lone: dict[str, dict[str, Thread]] = {}
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

    def join(self, thread: Thread, post: Post, at: int, files: Files) -> None:
        """Count a post in ``thread``; its files lead there from now on."""
        self.taken += 1
        thread.place = self.taken
        self.several_channels |= self.channel not in (None, post.channel)
        self.channel = post.channel
        thread.touch(at, post.ref, post.channel, self.options.dormant_micros)
        self._count_lone(thread, post.channel)
        self._changed.pop(thread.id, None)
        self._changed[thread.id] = None
        self._bound(self._changed)
        for key in files.digests:
            if key not in self.media and len(thread.media) < self.options.max_thread_texts:
                self.media[key] = thread
                thread.media.append(key)
        for picture in files.pictures:
            # Only what nothing matched: a thread must not drift from picture to picture.
            if self.pictures.nearest(picture) is None:
                self.pictures.add(picture, thread.id)

    def own_share(self, thread: Thread, channel: str) -> float:
        """What part of ``thread`` is of ``channel``; none where there is one channel alone: it has
        no others to be told from.
        """
        return thread.share(channel) if self.several_channels else 0.0

    def _count_lone(self, thread: Thread, channel: str) -> None:
        """After a post of ``channel`` was counted in ``thread``."""
        if not thread.lone:
            self._forget_lone(thread)
            return
        lone = self._lone.setdefault(channel, {})
        lone[thread.id] = thread
        if self.several_channels and len(lone) > self.options.max_lone:
            oldest = next(iter(lone.values()))
            self._deadlines.drop(oldest)
            self._close(oldest)

    def _forget_lone(self, thread: Thread) -> None:
        for channel in thread.channels:
            lone = self._lone.get(channel, {})
            if lone.pop(thread.id, None) is not None and not lone:
                del self._lone[channel]

    def remember(self, thread: Thread, post: Post, digest: bytes, probe: Probe | None) -> bool:
        """Keep a new text of ``thread`` so that its copies are known.

        A very short one is kept only where nothing else defines the thread.

        Returns:
            Whether it was kept.
        """
        if (probe is None and not thread.short) or digest in self.texts:
            return False
        if len(thread.digests) >= self.options.max_thread_texts:
            self._forget(next(iter(thread.digests)))
        if len(self.texts) >= self.options.max_texts:
            self._forget(next(iter(self.texts)))
        text = self.texts[digest] = RememberedText(thread, post.ref, 1)
        thread.digests[digest] = None
        thread.texts += 1
        if probe is not None:
            text.row = self.near.add(probe.signature, probe.keys)
            self.by_row[text.row] = thread
        return True

    def count(self, channel: str, probe: Probe, meaning: Meaning | None, *, new: bool) -> None:
        """Let a text that is no copy count in what is rare, and in its channel's habits."""
        self.rarity.count(probe.terms.hashes)
        vector = None if meaning is None else meaning.vector
        self.channels.note(channel, probe.terms.hashes, vector, new=new)

    def exemplify(self, digest: bytes, lexical: Lexical, meaning: Meaning | None, at: int) -> None:
        """Let a remembered text that is no near copy stand for its thread from now on."""
        text = self.texts[digest]
        self.rows.put(text.row, meaning, lexical)
        self.postings.add(text.row, lexical.hashes)
        text.thread.exemplars.append(text.row)
        del text.thread.exemplars[: -self.options.exemplars]
        self._move_centroid(text.thread, meaning, at)

    def part(self, thread: Thread, key: str, refs: frozenset[str]) -> Thread | None:
        """Move the texts that were first seen in ``refs`` into a thread of their own.

        Returns:
            The new thread; None where no remembered text came from ``refs``, or all did.
        """
        leaving = [digest for digest in thread.digests if self.texts[digest].ref in refs]
        if not leaving or len(leaving) == len(thread.digests):
            return None
        other = self.open(key, self.texts[leaving[0]].ref, thread.last, short=False)
        other.first, other.last, other.place = thread.first, thread.last, thread.place
        for digest in leaving:
            self._move_text(digest, thread, other)
        for one in (thread, other):
            self._renew_centroid(one)
            self._changed[one.id] = None
        return other

    def erase(self, erased: Erased) -> None:
        """Forget texts, files and pictures for good: nothing that was made from them alone
        stays, in rows that are free now either. What they added to sums over many texts (how
        rare a word is, a channel's tone) cannot be told apart any more and stays.
        """
        touched: dict[str, Thread] = {}
        for digest in erased.digests:
            text = self.texts.get(digest)
            if text is not None:
                touched[text.thread.id] = text.thread
                self._forget(digest)
        for thread in touched.values():
            self._renew_centroid(thread)
        for key in erased.files:
            led = self.media.pop(key, None)
            if led is not None:
                led.media.remove(key)
        kept = [(one, key) for one, key in self.pictures.state() if one not in erased.pictures]
        self.pictures.restore(kept)
        for channel in erased.channels:
            self.channels.silence(channel)
        free = self.near.blank()
        self.rows.blank(free)
        self.postings.drop(free)

    def _move_text(self, digest: bytes, thread: Thread, other: Thread) -> None:
        text = self.texts[digest]
        text.thread = other
        del thread.digests[digest]
        other.digests[digest] = None
        other.posts, thread.posts = other.posts + text.posts, thread.posts - text.posts
        other.texts, thread.texts = other.texts + 1, thread.texts - 1
        if text.row >= 0:
            self.by_row[text.row] = other
        if text.row in thread.exemplars:
            thread.exemplars.remove(text.row)
            other.exemplars.append(text.row)

    def _renew_centroid(self, thread: Thread) -> None:
        """The centroid of what stands for ``thread`` now."""
        if thread.slot >= 0:
            self.centroids.remove(thread.slot)
            del self.by_slot[thread.slot]
            thread.slot, thread.mapped, thread.vectors = -1, 0, 0
        for row in thread.exemplars:
            self._move_centroid(thread, self.rows.meaning(row), thread.last)

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

    def _move_centroid(self, thread: Thread, meaning: Meaning | None, at: int) -> None:
        if meaning is None:
            return
        thread.vectors += 1
        thread.mapped += meaning.mapped
        if thread.slot >= 0:
            self.centroids.update(thread.slot, meaning.vector, at)
            return
        thread.slot = self.centroids.add(meaning.vector, thread.serial, at)
        self.by_slot[thread.slot] = thread

    def _forget(self, digest: bytes) -> None:
        text = self.texts.pop(digest)
        del text.thread.digests[digest]
        if text.row >= 0:
            self.near.remove(text.row)
            del self.by_row[text.row]
            if text.row in text.thread.exemplars:
                text.thread.exemplars.remove(text.row)

    def _close(self, thread: Thread) -> None:
        del self.threads[thread.id]
        self._forget_lone(thread)
        for digest in list(thread.digests):
            self._forget(digest)
        for key in thread.media:
            del self.media[key]
        self.pictures.remove(thread.id)
        self.merged.pop(thread.id, None)
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

    # --- snapshots: everything above; slots are renumbered in order, rows keep their numbers --

    def state(self) -> tuple[dict[str, Any], Arrays]:
        """Header and arrays for :func:`tocsin.rumours.snapshot.pack`."""
        slots = [thread.slot for thread in self.threads.values() if thread.slot >= 0]
        counted, counts = self.rarity.state()
        habits, habit_arrays = self.channels.state()
        header = {
            "options": asdict(self.options),
            "clock": self.clock,
            "serial": self._serial,
            "taken": self.taken,
            "channel": [self.channel, self.several_channels],
            "merged": list(self.merged.items()),
            "pictures": self.pictures.state(),
            "counted": counted,
            "habits": habits,
            "threads": [_thread_record(thread) for thread in self.threads.values()],
            "texts": [
                [digest.hex(), text.thread.id, text.ref, text.posts, text.row]
                for digest, text in self.texts.items()
            ],
            "closed": list(self._closed.values()),
            "changed": list(self._changed.items()),
        }
        arrays = {
            "counts": counts,
            **habit_arrays,
            **self.near.state(),
            **self.rows.state(self.near.size),
            **self.postings.state(),
            **self.centroids.state(slots),
        }
        return header, arrays

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
        live.clock, live._serial, live.taken = (header[k] for k in ("clock", "serial", "taken"))
        live.channel, live.several_channels = header["channel"]
        live.merged = dict(header["merged"])
        live.pictures.restore([(picture, key) for picture, key in header["pictures"]])
        live.rarity.restore(header["counted"], arrays["counts"])
        live.channels.restore(header["habits"], arrays)
        for part in (live.near, live.rows, live.postings):
            part.restore(arrays)
        live._restore_threads(header["threads"], arrays)
        live._restore_texts(header["texts"])
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
            if thread.lone:
                self._lone.setdefault(next(iter(thread.channels)), {})[thread.id] = thread
            self.media.update(dict.fromkeys(thread.media, thread))
            self._deadlines.push(thread)

    def _restore_texts(self, records: list[tuple[str, str, str, int, int]]) -> None:
        for digest, thread_id, ref, posts, row in records:
            thread = self.threads[thread_id]
            self.texts[bytes.fromhex(digest)] = RememberedText(thread, ref, posts, row)
            if row >= 0:
                self.by_row[row] = thread


def _thread_record(thread: Thread) -> dict[str, Any]:
    """As JSON values; slots are renumbered on the way back, so only having one is kept."""
    digests = [digest.hex() for digest in thread.digests]
    record = {name: getattr(thread, name) for name in _FIELDS}  # asdict would copy what it holds
    return {**record, "digests": digests, "slot": min(thread.slot, 0)}


def _thread(record: dict[str, Any]) -> Thread:
    digests = {bytes.fromhex(digest): None for digest in record["digests"]}
    return Thread(**{**record, "digests": digests})


def _rumour(record: dict[str, Any]) -> Rumour:
    """A closed rumour from its JSON."""
    named = [key for key in ("first_seen", "last_seen", "revived_at") if record[key]]
    times = {key: datetime.fromisoformat(record[key]) for key in named}
    return Rumour(**{**record, **times, "status": Verification(record["status"])})
