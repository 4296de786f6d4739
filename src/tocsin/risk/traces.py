"""Inheritance: the target and the hostility a post takes over from what it continues.

In this order: the post it replies to, the rumour it continues, the channel's own hostile posts.
The first of them that has something decides (DESIGN section 6, guard-rail 4).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.risk.notes import Mark, Spot, Trace

MAX_BACKING = 20
"""Hostile posts named behind an inheriting post; the newest are kept."""

MAX_SPOTS = 8
"""Places remembered behind an inheriting post."""

MAX_TRACES = 200
"""Traces looked at per post, rumour and channel; the newest are kept."""


@dataclass(frozen=True, slots=True)
class Backing:
    """A group, and the posts its name (and hostility) was inherited from, newest last."""

    group: str
    refs: tuple[str, ...]
    at: datetime
    spots: tuple[Spot, ...] = ()


def anywhere(_trace: Trace) -> bool:
    """Every trace, wherever it points."""
    return True


class TraceBook:
    """Traces by post, rumour and channel.

    Args:
        window: how far back a rumour and a channel are looked at.
        memory: how far back a replied-to post is.
    """

    def __init__(self, window: timedelta, memory: timedelta) -> None:
        self.window = window
        self.memory = memory
        self._replies: dict[str, deque[Trace]] = {}
        self._rumours: dict[str, deque[Trace]] = {}
        self._channels: dict[str, deque[Trace]] = {}
        self._all: list[Trace] = []

    def __iter__(self) -> Iterator[Trace]:
        return iter(self._all)

    def add(self, trace: Trace) -> None:
        """Remember a trace."""
        self._all.append(trace)
        for index, name in (
            (self._replies, trace.mark.ref),
            (self._rumours, trace.mark.rumour),
            (self._channels, trace.mark.channel),
        ):
            index.setdefault(name, deque(maxlen=MAX_TRACES)).append(trace)

    def hostility(
        self, mark: Mark, group: str | None, fits: Callable[[Trace], bool] = anywhere
    ) -> tuple[Backing, ...]:
        """Hostility that a post of ``mark`` inherits, against ``group`` where it names one.

        Args:
            fits: traces that come into question, such as those that point nearby.

        Several groups come back where the runner-up has at least half the leader's posts, and
        more than one.
        """
        for traces in self._steps(mark):
            found = [t for t in traces if t.hostile and group in (None, t.group) and fits(t)]
            if found:
                return _backings(found)
        return ()

    def groups(self, mark: Mark) -> tuple[Backing, ...]:
        """Groups that a hostile post of ``mark`` naming nobody means: hostility first, then
        allegations in the post it replies to and in its rumour.
        """
        return self.hostility(mark, None) or self._alleged(list(self._steps(mark))[:2], None)

    def allegations(self, mark: Mark, group: str) -> tuple[Backing, ...]:
        """Allegations about ``group`` in what the post replies to, its rumour or its channel."""
        return self._alleged([*self._steps(mark), self._channel(mark)], group)

    def forget(self, before: datetime) -> None:
        """Drop traces that no post known at ``before`` or later could inherit from."""
        kept = [trace for trace in self._all if trace.at >= before - self.memory]
        if len(kept) == len(self._all):
            return
        self._all, self._replies, self._rumours, self._channels = [], {}, {}, {}
        for trace in kept:
            self.add(trace)

    def _steps(self, mark: Mark) -> Iterator[Sequence[Trace]]:
        replied = self._replies.get(mark.reply, ()) if mark.reply is not None else ()
        yield [trace for trace in replied if trace.at >= mark.at - self.memory]
        yield self._recent(self._rumours.get(mark.rumour, ()), mark.at)
        yield [trace for trace in self._channel(mark) if trace.own]

    def _channel(self, mark: Mark) -> Sequence[Trace]:
        return self._recent(self._channels.get(mark.channel, ()), mark.at)

    def _recent(self, traces: Iterable[Trace], at: datetime) -> list[Trace]:
        return [trace for trace in traces if trace.at >= at - self.window]

    @staticmethod
    def _alleged(steps: Sequence[Sequence[Trace]], group: str | None) -> tuple[Backing, ...]:
        for traces in steps:
            found = [t for t in traces if not t.hostile and group in (None, t.group)]
            if found:
                return _backings(found)
        return ()


def _backings(traces: Sequence[Trace]) -> tuple[Backing, ...]:
    """The leading group, by posts and then the newest, and others with more than one post and
    at least half of its; in name order.
    """
    refs: dict[str, dict[str, None]] = {}
    at: dict[str, datetime] = {}
    spots: dict[str, dict[Spot, None]] = {}
    for trace in traces:
        spots.setdefault(trace.group, {}).update(dict.fromkeys(trace.spots))
        of_group = refs.setdefault(trace.group, {})
        for ref in trace.hostile or (trace.mark.ref,):
            of_group[ref] = None
        at[trace.group] = max(at.get(trace.group, trace.at), trace.at)
    leader = max(sorted(refs), key=lambda group: (len(refs[group]), at[group]))
    enough = max(2, len(refs[leader]) / 2)
    return tuple(
        Backing(
            group, tuple(refs[group])[-MAX_BACKING:], at[group], tuple(spots[group])[-MAX_SPOTS:]
        )
        for group in sorted(refs)
        if group == leader or len(refs[group]) >= enough
    )
