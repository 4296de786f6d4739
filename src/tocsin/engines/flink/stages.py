"""The two parts of the pipeline with a memory, as they are hosted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import orjson

from tocsin.engines.flink.records import ReadPost, Sighted, SightedBatch, Told
from tocsin.model import WarningAction
from tocsin.pipeline import (
    Deciding,
    Following,
    PipelineOptions,
    pack_sections,
    unpack_sections,
)

BATCH_POSTS = 256
"""Posts told together: one transaction of the store."""
_START = datetime(1970, 1, 1, tzinfo=UTC)


class RumourStage:
    """Posts → sightings (:class:`tocsin.pipeline.Following`), on the clock of the posts."""

    def __init__(self, options: PipelineOptions) -> None:
        self._following = Following(options.rumours)
        self._now = _START
        self._sighted: list[Sighted] = []

    def take(self, record: ReadPost) -> None:
        """One post into its rumour."""
        enriched = record.enriched
        self._now = max(self._now, enriched.post.known_at)
        self._following.pass_time(self._now)
        self._following.rumours.know(enriched, record.probe)
        followed = self._following.follow(enriched, record.reading, self._now)
        bare = replace(followed, enriched=replace(followed.enriched, vector=None))
        self._sighted.append(Sighted(bare, record.reading))

    def tell(self) -> Iterator[SightedBatch]:
        """What was sighted, in batches; rumours that changed with the last of them."""
        sighted, self._sighted = self._sighted, []
        tracker = self._following.rumours
        for start in range(0, len(sighted), BATCH_POSTS):
            batch = SightedBatch(tuple(sighted[start : start + BATCH_POSTS]))
            if start + BATCH_POSTS >= len(sighted):
                batch = replace(
                    batch, rumours=tracker.changed(), suggestions=tracker.take_suggestions()
                )
            yield batch

    def snapshot(self) -> bytes:
        """The tracker, and the clock."""
        clock = [self._now.isoformat(), self._following.housekept.isoformat()]
        return pack_sections([orjson.dumps(clock), self._following.rumours.snapshot()])

    def restore(self, data: bytes) -> None:
        """Take up a snapshot."""
        clock, rumours = unpack_sections(data)
        self._now, housekept = map(datetime.fromisoformat, orjson.loads(clock))
        self._following.restore(rumours, housekept)


class DecidingStage:
    """Sightings → warnings (:class:`tocsin.pipeline.Deciding`)."""

    def __init__(self, deciding: Deciding) -> None:
        self._deciding = deciding
        self._posts = 0
        self._actions: list[WarningAction] = []

    def take(self, record: SightedBatch) -> None:
        """Decide about a batch of posts."""
        for one in record.posts:
            self._actions += self._deciding.advance(one.followed.enriched.post.known_at)
            self._actions += self._deciding.decide(one.followed, one.reading)
        self._posts += len(record.posts)

    def tell(self) -> Iterator[Told]:
        """Posts decided about, and the warning actions that came of them."""
        if self._posts or self._actions:
            yield Told(self._posts, tuple(self._actions))
        self._posts, self._actions = 0, []

    def snapshot(self) -> bytes:
        """Everything that a later post depends on."""
        return pack_sections(self._deciding.snapshot())

    def restore(self, data: bytes) -> None:
        """Take up a snapshot."""
        self._deciding.restore(unpack_sections(data))


def parted(state: bytes) -> tuple[bytes, bytes]:
    """A pipeline's snapshot as those of the two stages: rumours, decisions."""
    head, rumours, *parts = unpack_sections(state)
    told = orjson.loads(head)
    clock = orjson.dumps([told["now"], told["housekept"]])
    return pack_sections([clock, rumours]), pack_sections([head, *parts])


def joined(rumours: bytes, decisions: bytes) -> bytes:
    """The inverse of :func:`parted`: a pipeline's snapshot, which a run in one process takes up."""
    head, *parts = unpack_sections(decisions)
    return pack_sections([head, unpack_sections(rumours)[1], *parts])
