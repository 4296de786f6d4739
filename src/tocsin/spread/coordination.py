"""Channels that post the same texts within minutes of one another, more often than others do.

Parameters bear CooRTweet's names (Righetti & Balluff 2024), lifted from accounts to channels and
from seconds to minutes. Two channels share a text where both posted it within the memory; they
share it *together* where the two postings lie within ``time_window``. The null is the stream's
own habit, for news spreads fast among everybody: of all texts that other pairs share, a part p is
shared together; a pair that shares n texts would share X ~ Binomial(n, p) of them together. An
edge is drawn where P(X ≥ k) is too small for chance, after Benjamini and Hochberg (1995) over all
pairs that were looked at. p is held at one half at most, so that a stream of nothing but
coordinated channels does not pass for normal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import comb
from typing import Any

from tocsin.spread.independence import Independence, Link

MINUTE = 60_000_000
DAY = 24 * 60 * MINUTE

Pair = tuple[str, str]
Shared = tuple[int, bool, str, str]
"""(when the later of the two posted, together, evidence id of the first, of the second)."""


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


@dataclass(frozen=True, slots=True)
class Edge:
    """Two channels that post together.

    Args:
        one, other: channels, in name order.
        texts: different texts that both posted.
        together: of them within the window; the weight of the edge.
        p_value: of so many by chance.
        one_first: share of the texts posted together that ``one`` posted first.
        examples: evidence ids (of the first, of the second) of the newest three.
    """

    one: str
    other: str
    texts: int
    together: int
    p_value: float
    one_first: float
    examples: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Coordination:
    """Grows with the stream and looks back only; bounded by its memory.

    Attributes:
        texts: first posting of a text in each channel: digest → channel → (time, evidence id).
        pairs: texts shared by two channels.
    """

    options: CoordinationOptions = field(default_factory=CoordinationOptions)
    texts: dict[bytes, dict[str, tuple[int, str]]] = field(default_factory=dict)
    pairs: dict[Pair, list[Shared]] = field(default_factory=dict)

    def add(self, ref: str, channel: str, digest: bytes, at: int) -> None:
        """One posting of a text; ``at`` in microseconds since 1970."""
        posted = self.texts.setdefault(digest, {})
        if channel in posted or len(posted) >= self.options.most_channels:
            return
        for other, (when, first) in posted.items():
            together = abs(at - when) <= self.options.time_window * MINUTE
            pair = (channel, other) if channel < other else (other, channel)
            shared = self.pairs.setdefault(pair, [])
            shared.append((max(at, when), together, first, ref))
            if len(shared) > self.options.most_texts:
                del shared[0]
        posted[channel] = (at, ref)

    def forget(self, before: int) -> None:
        """Drop postings before ``before``."""
        self.texts = _kept_texts(self.texts, before)
        kept = {pair: [s for s in shared if s[0] >= before] for pair, shared in self.pairs.items()}
        self.pairs = {pair: shared for pair, shared in kept.items() if shared}

    def edges(self, now: int) -> tuple[Edge, ...]:
        """Pairs that post together too often for chance at ``now``, the surest first."""
        since = now - round(self.options.memory_days * DAY)
        known = {
            pair: [one for one in shared if since <= one[0] <= now]
            for pair, shared in self.pairs.items()
        }
        texts = sum(map(len, known.values()))
        together = sum(one[1] for shared in known.values() for one in shared)
        found = [
            self._edge(pair, shared, (texts, together)) for pair, shared in sorted(known.items())
        ]
        looked_at = sorted(
            (edge for edge in found if edge is not None),
            key=lambda edge: (edge.p_value, edge.one, edge.other),
        )
        return tuple(_discovered(looked_at, self.options))

    def _edge(self, pair: Pair, shared: list[Shared], whole: tuple[int, int]) -> Edge | None:
        """The pair as an edge, or None where it shares too little to be looked at.

        Those that share enough and not together are looked at too: choosing by what was found
        would make chance look rare.
        """
        if len(shared) < self.options.min_participation:
            return None
        now = [one for one in shared if one[1]]
        others, theirs = whole[0] - len(shared), whole[1] - len(now)
        habit = min(0.5, (theirs + 1) / (others + 2))
        first = sum(one[2].rpartition("/")[0] == pair[0] for one in now)
        return Edge(
            one=pair[0],
            other=pair[1],
            texts=len(shared),
            together=len(now),
            p_value=at_least(len(now), len(shared), habit),
            one_first=first / len(now) if now else 0.0,
            examples=tuple((one[2], one[3]) for one in now[-3:]),
        )

    def state(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "texts": [(d.hex(), list(posted.items())) for d, posted in self.texts.items()],
            "pairs": [(pair, shared) for pair, shared in self.pairs.items()],
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Take over what ``state`` gave."""
        self.texts = {
            bytes.fromhex(digest): {channel: (at, ref) for channel, (at, ref) in posted}
            for digest, posted in state["texts"]
        }
        self.pairs = {
            (one, other): [(at, together, first, ref) for at, together, first, ref in shared]
            for (one, other), shared in state["pairs"]
        }


def groups(edges: tuple[Edge, ...]) -> dict[str, str]:
    """Channel → name of its coordinated group, of channels that belong to one."""
    joined = Independence()
    for edge in edges:
        joined.add(Link(edge.one, edge.other))
        joined.add(Link(edge.other, edge.one))
    names = sorted({name for edge in edges for name in (edge.one, edge.other)})
    return {name: joined.root(name) for name in names}


def at_least(k: int, n: int, p: float) -> float:
    """P(X ≥ k) of X ~ Binomial(n, p)."""
    return sum(comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k, n + 1))


def _discovered(looked_at: list[Edge], options: CoordinationOptions) -> Iterator[Edge]:
    """Benjamini and Hochberg: all up to the last whose p-value is within its rank's share."""
    last = 0
    for rank, edge in enumerate(looked_at, 1):
        if edge.p_value <= options.level * rank / len(looked_at):
            last = rank
    return (edge for edge in looked_at[:last] if edge.together >= options.edge_weight)


def _kept_texts(
    texts: dict[bytes, dict[str, tuple[int, str]]], before: int
) -> dict[bytes, dict[str, tuple[int, str]]]:
    kept = {
        digest: {channel: one for channel, one in posted.items() if one[0] >= before}
        for digest, posted in texts.items()
    }
    return {digest: posted for digest, posted in kept.items() if posted}
