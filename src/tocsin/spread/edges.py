"""Pairs of channels that post together: which are too many for chance, and the groups they make."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import comb

from tocsin.spread.independence import Independence, Link


@dataclass(frozen=True, slots=True)
class Edge:
    """Two channels that post together.

    Args:
        one, other: channels, in name order.
        texts: different texts that both posted.
        together: of them within the window; the weight of the edge.
        p_value: of so many by chance: the larger of those under the stream's habit of passing
            texts on and under the two channels' own hours.
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


def discovered(found: Sequence[Edge], looked_at: int, level: float) -> Iterator[Edge]:
    """Benjamini and Hochberg (1995): all up to the last whose p-value is within its rank's share.

    Args:
        found: the surest first; pairs that were looked at and are not here have p-value 1.
        looked_at: pairs that were tested.
    """
    last = 0
    for rank, edge in enumerate(found, 1):
        if edge.p_value <= level * rank / looked_at:
            last = rank
    yield from found[:last]


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
