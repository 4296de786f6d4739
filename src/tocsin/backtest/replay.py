"""Replaying posts on their own clock, without touching a project.

The same pipeline as a run; only the clock differs. Posts are spooled to a temporary store first,
because files need not be in time order and need not fit in memory.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Self

from tocsin.archive import wording_digest
from tocsin.engines.known import sources
from tocsin.engines.local import (
    MissingVectors,
    pipeline_options,
    posts_in_time,
    reading_plan,
)
from tocsin.engines.workers import read_ahead
from tocsin.model import (
    ChannelProfile,
    Enriched,
    Identity,
    MobEvent,
    RawItem,
    Reading,
    WarningAction,
)
from tocsin.pipeline import Pipeline
from tocsin.settings import Settings
from tocsin.store import Store, schema
from tocsin.store.store import add_rows, latest_versions, post_row
from tocsin.text import post_from_content

_BATCH = 5_000


@dataclass(frozen=True, slots=True)
class ReplayOptions:
    """What to replay, and what to tell.

    Args:
        start: actions before it are not told; posts before it are read all the same.
        end: posts after it are left out, and the clock runs on to it; None: the last post.
        settings: defaults, unless said otherwise.
        progress: told how many posts have been replayed.
        events: past violence that base rates and contagion are taken from, each from when it was
            known.
        observer: shown each post with its reading and rumour id.
    """

    start: datetime | None = None
    end: datetime | None = None
    settings: Settings = field(default_factory=Settings)
    progress: Callable[[int], None] = lambda _: None
    events: Sequence[MobEvent] = ()
    observer: Callable[[Enriched, Reading, str], None] = lambda _post, _reading, _rumour: None


class Replay:
    """Posts in a temporary store, and their replay; a context manager."""

    def __init__(self, profiles: Mapping[str, ChannelProfile]) -> None:
        self._profiles = profiles
        self._folder = tempfile.TemporaryDirectory(prefix="tocsin-replay-")
        self._store = Store.at(Path(self._folder.name) / "spool.db")
        self.posts = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._store.close()
        self._folder.cleanup()

    def add(self, items: Iterable[RawItem]) -> None:
        """Spool items; one that is here already in the same wording is left out."""
        stream = iter(items)
        while batch := list(islice(stream, _BATCH)):
            with self._store.writing() as connection:
                keys = [(item.channel, item.message_id) for item in batch]
                known = latest_versions(connection, keys)
                rows = [row for item in batch if (row := self._row(item, known)) is not None]
                add_rows(connection, schema.posts, rows)

    def _row(
        self, item: RawItem, known: dict[tuple[str, str], tuple[int, frozenset[bytes]]]
    ) -> dict[str, object] | None:
        key = (item.channel, item.message_id)
        newest, wordings = known.get(key, (0, frozenset()))
        wording = wording_digest(item.content)
        if wording in wordings:
            return None
        known[key] = (newest + 1, wordings | {wording})
        content = {**item.content, **dict(item.persons)}
        identity = Identity(item.source, item.channel, item.message_id, newest + 1)
        post = post_from_content(identity, content, seq=self.posts)
        self.posts += 1
        return post_row(post, wording, content)

    def actions(self, options: ReplayOptions) -> Iterator[WarningAction]:
        """Warning actions as the clock reaches them."""
        plan = reading_plan(options.settings, self._profiles)
        behind = sources(options.settings, events=options.events)
        pipeline = Pipeline(self._profiles, pipeline_options(options.settings), behind)
        missing = MissingVectors(plan)
        posts = posts_in_time(self._store, (0, self.posts))
        if options.end is not None:
            end = options.end
            posts = (post for post in posts if post.known_at <= end)
        reads = read_ahead(posts, plan, pipeline)
        for count, (enriched, reading) in enumerate(reads, 1):
            step = pipeline.step(missing.fill(enriched, pipeline), reading)
            options.observer(enriched, reading, step.sighting.rumour)
            yield from _told(step.actions, options.start)
            if count % 256 == 0:
                options.progress(count)
        if options.end is not None:
            yield from _told(pipeline.advance(options.end), options.start)


def _told(actions: Iterable[WarningAction], start: datetime | None) -> Iterator[WarningAction]:
    return (action for action in actions if start is None or action.issued_at >= start)
