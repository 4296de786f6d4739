"""Channels that post the same texts within minutes of one another, more often than others do.

Parameters bear CooRTweet's names (Righetti & Balluff 2024), lifted from accounts to channels and
from seconds to minutes. Two channels share a text where both posted it within the memory; they
share it *together* where the two postings lie within ``time_window``. An edge must beat two nulls:

- the stream's own habit, for news spreads fast among everybody: of all texts that other pairs
  share, a part p is shared together; a pair that shares n texts would share X ~ Binomial(n, p) of
  them together. p is held at one half at most, so that a stream of nothing but coordinated
  channels does not pass for normal;
- the two channels' own hours (see ``habits``): of the texts that both posted within a day of one
  another, each would be shared together with the chance that their times of day meet.

The larger p-value counts; an edge is drawn where it is too small for chance after Benjamini and
Hochberg (1995) over all pairs that were looked at. A pair that shares too few texts together to
become an edge is looked at too, with p-value 1: choosing by what was found would make chance look
rare.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tocsin.spread.edges import Edge, at_least, discovered
from tocsin.spread.habits import Habits, Meetings
from tocsin.spread.options import DAY, HOUR, MINUTE

Pair = tuple[str, str]
Shared = tuple[int, int, str, str]
"""(when the later of the two posted, how much later, evidence id of the first, of the second)."""


@dataclass(frozen=True, slots=True)
class CoordinationOptions:
    """When channels count as coordinated.

    Args:
        time_window: minutes within which two postings of a text are together.
        min_participation: texts shared, together or not, from which a pair is looked at.
        edge_weight: texts shared together that an edge needs.
        level: false discovery rate over the pairs that are looked at.
        memory_days: how long a posting counts.
        most_channels: of a text that more channels posted, further ones are passed over: what
            everybody posts says nothing about a pair.
        most_texts: shared texts kept of a pair; the newest.
    """

    time_window: float = 15.0
    min_participation: int = 3
    edge_weight: int = 3
    level: float = 0.05
    memory_days: float = 7.0
    most_channels: int = 30
    most_texts: int = 200


@dataclass(slots=True)
class Habit:
    """Texts shared by any two channels in one hour, and those of them shared together."""

    texts: int = 0
    together: int = 0


class Coordination:
    """Grows with the stream and looks back only; bounded by its memory.

    Attributes:
        texts: first posting of a text in each channel: digest → channel → (time, evidence id).
        pairs: texts shared by two channels.
        habits: at which hours channels post.
    """

    def __init__(self, options: CoordinationOptions | None = None) -> None:
        self.options = options or CoordinationOptions()
        self._window = round(self.options.time_window * MINUTE)
        self.texts: dict[bytes, dict[str, tuple[int, str]]] = {}
        self.pairs: dict[Pair, list[Shared]] = {}
        self.habits = Habits()
        self._enough: set[Pair] = set()  # sorted wherever it is gone through
        self._hours: dict[int, Habit] = {}

    def add(self, ref: str, channel: str, digest: bytes, at: int) -> None:
        """One posting of a text; ``at`` in microseconds since 1970."""
        self.habits.add(channel, at)
        posted = self.texts.setdefault(digest, {})
        if channel in posted or len(posted) >= self.options.most_channels:
            return
        for other, (when, first) in posted.items():
            pair = (channel, other) if channel < other else (other, channel)
            self._share(pair, (max(at, when), abs(at - when), first, ref))
        posted[channel] = (at, ref)

    def _share(self, pair: Pair, one: Shared) -> None:
        shared = self.pairs.setdefault(pair, [])
        shared.append(one)
        self._count(one, 1)
        if len(shared) > self.options.most_texts:
            self._count(shared.pop(0), -1)
        if len(shared) == self.options.min_participation:
            self._enough.add(pair)

    def _count(self, one: Shared, by: int) -> None:
        """What counts for a pair counts for the habit of all."""
        hour = self._hours.get(one[0] // HOUR)
        if hour is None:
            hour = self._hours[one[0] // HOUR] = Habit()
        hour.texts += by
        if one[1] <= self._window:
            hour.together += by

    def forget(self, before: int) -> None:
        """Drop postings before ``before``."""
        self.texts = _kept_texts(self.texts, before)
        kept = {pair: [s for s in shared if s[0] >= before] for pair, shared in self.pairs.items()}
        self.pairs = {pair: shared for pair, shared in kept.items() if shared}
        self.habits.forget(before)
        self._take_stock()

    def _take_stock(self) -> None:
        least = self.options.min_participation
        self._enough = {pair for pair, shared in self.pairs.items() if len(shared) >= least}
        self._hours = {}
        for shared in self.pairs.values():
            for one in shared:
                self._count(one, 1)

    def edges(self, now: int) -> tuple[Edge, ...]:
        """Pairs that post together too often for chance, the surest first.

        Whole hours are looked at: up to the one that ``now`` lies in, without it.
        """
        until = now // HOUR
        since = until - round(self.options.memory_days * 24)
        hours = [habit for hour, habit in self._hours.items() if since <= hour < until]
        whole = Habit(sum(h.texts for h in hours), sum(h.together for h in hours))
        meetings = Meetings(self.habits, self.options.time_window, since * HOUR, until * HOUR)
        looked_at, found = 0, []
        for pair in sorted(self._enough):
            shared = [one for one in self.pairs[pair] if since <= one[0] // HOUR < until]
            if len(shared) < self.options.min_participation:
                continue
            looked_at += 1
            edge = self._edge(pair, shared, whole, meetings)
            if edge is not None:
                found.append(edge)
        found.sort(key=lambda edge: (edge.p_value, edge.one, edge.other))
        return tuple(discovered(found, looked_at, self.options.level))

    def _edge(
        self, pair: Pair, shared: list[Shared], whole: Habit, meetings: Meetings
    ) -> Edge | None:
        """The pair as an edge, or None where it shares too little together to become one."""
        now = [one for one in shared if one[1] <= self._window]
        if len(now) < self.options.edge_weight:
            return None
        others, theirs = whole.texts - len(shared), whole.together - len(now)
        chance = at_least(len(now), len(shared), min(0.5, (theirs + 1) / (others + 2)))
        if chance <= self.options.level:  # else nothing can make an edge of it
            near = sum(one[1] < DAY for one in shared)
            chance = max(chance, at_least(len(now), near, meetings.chance(*pair)))
        first = sum(one[2].rpartition("/")[0] == pair[0] for one in now)
        return Edge(
            one=pair[0],
            other=pair[1],
            texts=len(shared),
            together=len(now),
            p_value=chance,
            one_first=first / len(now),
            examples=tuple((one[2], one[3]) for one in now[-3:]),
        )

    def state(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "texts": [(d.hex(), list(posted.items())) for d, posted in self.texts.items()],
            "pairs": [(pair, shared) for pair, shared in self.pairs.items()],
            "habits": self.habits.state(),
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Take over what ``state`` gave."""
        self.texts = {
            bytes.fromhex(digest): {channel: (at, ref) for channel, (at, ref) in posted}
            for digest, posted in state["texts"]
        }
        self.pairs = {
            (one, other): [(at, lag, first, ref) for at, lag, first, ref in shared]
            for (one, other), shared in state["pairs"]
        }
        self.habits.load(state["habits"])
        self._take_stock()


def _kept_texts(
    texts: dict[bytes, dict[str, tuple[int, str]]], before: int
) -> dict[bytes, dict[str, tuple[int, str]]]:
    kept = {
        digest: {channel: one for channel, one in posted.items() if one[0] >= before}
        for digest, posted in texts.items()
    }
    return {digest: posted for digest, posted in kept.items() if posted}
