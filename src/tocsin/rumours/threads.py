"""A live thread, and the order in which threads fall silent."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

from tocsin.clock import moment_at
from tocsin.model import Rumour
from tocsin.rumours.options import MICROS_PER_DAY

_CHANNELS_KEPT = 16

MOSTLY = 0.5
"""A channel's share of a thread above which the thread is mostly its own."""


@dataclass(slots=True, eq=False)
class Thread:
    """A rumour while it is open to new posts; times in microseconds since 1970.

    Args:
        serial: order of creation, from 0.
        life: silence after which it is closed.
        slot: its centroid's slot; −1 without vectors.
        digests: its remembered texts, oldest first (an ordered set).
        media: files that lead here.
        exemplars: rows of its newest texts that no other text is a near copy of.
        mapped: how many texts gave the centroid a vector mapped from another model's space.
        vectors: how many gave it one at all.
        channels: posts of the channels that came to it first.
        place: how many posts had been taken in when its last one came.
        revived: when it last came back after a silence; −1 if it never did.
        pace: posts, each counting half as much for every day that has passed by ``last``.
    """

    id: str
    serial: int
    life: int
    short: bool
    first: int
    last: int
    first_ref: str
    posts: int = 0
    texts: int = 0
    slot: int = -1
    digests: dict[bytes, None] = field(default_factory=dict)
    media: list[str] = field(default_factory=list)
    exemplars: list[int] = field(default_factory=list)
    mapped: int = 0
    vectors: int = 0
    channels: dict[str, int] = field(default_factory=dict)
    place: int = 0
    revived: int = -1
    pace: float = 0.0

    @property
    def lone(self) -> bool:
        """Of one post, and never of more."""
        return self.posts == 1 and sum(self.channels.values()) == 1

    @property
    def deadline(self) -> int:
        """Still open at this moment, closed after it."""
        return self.last + self.life

    def touch(self, at: int, ref: str, channel: str, silence: int) -> None:
        """Count one post; a late one may turn out to be the first.

        Args:
            silence: microseconds after which a thread that speaks again was revived.
        """
        if channel in self.channels or len(self.channels) < _CHANNELS_KEPT:
            self.channels[channel] = self.channels.get(channel, 0) + 1
        if self.posts and at - self.last >= silence:
            self.revived = at
        days = abs(at - self.last) / MICROS_PER_DAY
        older, newer = (self.pace, 1.0) if at >= self.last else (1.0, self.pace)
        self.pace = older * 0.5**days + newer
        self.posts += 1
        self.last = max(self.last, at)
        if at < self.first:
            self.first, self.first_ref = at, ref

    def share(self, channel: str) -> float:
        """What part of its posts came from ``channel``."""
        return self.channels.get(channel, 0) / max(self.posts, 1)

    def rumour(self, live: bool = True) -> Rumour:
        """The thread as the other stages see it."""
        return Rumour(
            id=self.id,
            first_seen=moment_at(self.first),
            last_seen=moment_at(self.last),
            first_ref=self.first_ref,
            posts=self.posts,
            texts=self.texts,
            live=live,
            revived_at=moment_at(self.revived) if self.revived >= 0 else None,
            pace=self.pace,
        )


_Heap = list[tuple[int, int, Thread]]


class Deadlines:
    """Which thread falls silent next, in two heaps: threads of one post, and all others.

    Each thread has one entry, brought up to date only when it reaches the front, so a post
    costs nothing here and a closing one O(log n).
    """

    def __init__(self) -> None:
        self._lone: _Heap = []
        self._shared: _Heap = []
        self._dropped: set[int] = set()  # serials of threads whose entry is void

    def push(self, thread: Thread) -> None:
        """Enter a new thread."""
        heap = self._lone if thread.posts <= 1 else self._shared
        heapq.heappush(heap, (thread.deadline, thread.serial, thread))

    def drop(self, thread: Thread) -> None:
        """Forget a thread that is closed before its time."""
        self._dropped.add(thread.serial)
        if 2 * len(self._dropped) > len(self._lone) + len(self._shared):
            for heap in (self._lone, self._shared):
                heap[:] = [entry for entry in heap if entry[1] not in self._dropped]
                heapq.heapify(heap)
            self._dropped.clear()

    def pop_due(self, now: int) -> list[Thread]:
        """Remove every thread whose deadline lies before ``now``; returned in that order."""
        due = []
        for heap in (self._lone, self._shared):
            while heap and heap[0][0] < now:
                thread = heapq.heappop(heap)[2]
                if thread.serial in self._dropped:
                    self._dropped.remove(thread.serial)
                elif thread.deadline < now:
                    due.append(thread)
                else:
                    self.push(thread)
        return sorted(due, key=lambda thread: (thread.deadline, thread.serial))

    def pop_weakest(self) -> Thread:
        """Remove the thread to give up first: of one post if there is one, longest silent."""
        while True:
            heap = self._lone or self._shared
            deadline, _, thread = heapq.heappop(heap)
            if thread.serial in self._dropped:
                self._dropped.remove(thread.serial)
                continue
            if thread.deadline == deadline and (thread.posts <= 1 or heap is self._shared):
                return thread
            self.push(thread)
