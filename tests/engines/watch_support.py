"""Live sources for tests: they answer from a script and never look anywhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tocsin.clock import Clock, ReplayClock
from tocsin.engines.project import Project
from tocsin.engines.source_tables import SourceTable
from tocsin.engines.watch import Watch, Watched
from tocsin.model import RawItem
from tocsin.sources.live import Gone, Origin, Polled

_LEAST = timedelta(seconds=1)
START = datetime(2024, 3, 4, 20, 0, tzinfo=UTC)


def raw_item(channel: str, number: int, text: str, at: datetime) -> RawItem:
    """A post as a source hands it over."""
    content = {"text": text, "posted_at": at.isoformat(), "is_forward": False}
    return RawItem("feed", channel, str(number), b"", content, {}, f"entry {number}")


class FakeSource:
    """Everything posted up to now and after its cursor; fails while it is told to."""

    kind = "feed"

    def __init__(self, name: str, lane: str = "") -> None:
        self.name = name
        self.lane = lane or name
        self.posts: list[tuple[datetime, str]] = []
        self.gone: tuple[Gone, ...] = ()
        self.error: Callable[[datetime], Exception | None] = lambda _: None
        self.looks: list[datetime] = []
        self.closed = False

    def poll(self, state: Mapping[str, Any], now: datetime) -> Polled:
        self.looks.append(now)
        error = self.error(now)
        if error is not None:
            raise error
        done = int(state.get("done", 0))
        new = [(n, at, text) for n, (at, text) in enumerate(self.posts) if n >= done and at <= now]
        items = tuple(raw_item(self.name, n, text, at) for n, at, text in new)
        after = {"done": done + len(new)}
        return Polled(items, after, origin=Origin(self.name, "00" * 32), gone=self.gone)

    def close(self) -> None:
        self.closed = True


def watch_of(project: Project, clock: Clock, *sources: FakeSource, **table: float) -> Watch:
    """A supervisor over fake sources."""
    watched = [
        Watched(one, SourceTable("feed", one.name, url="https://x.example/", **table))  # type: ignore[arg-type]
        for one in sources
    ]
    return Watch(project, watched, clock)


def pass_time(watch: Watch, clock: ReplayClock, until: datetime) -> list[Any]:
    """Rounds until ``until``, as the command makes them, without waiting; everything told."""
    told: list[Any] = []
    while clock.now() < until:
        found = watch.round()
        told += found.told
        told += [action.level.word for action in found.actions]
        clock.advance(clock.now() + max(watch.pause(), _LEAST))
    return told
