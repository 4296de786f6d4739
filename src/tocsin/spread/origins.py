"""Counting independent origins, so that neither many fresh channels nor a group can fake them.

Channels of standing count by themselves, joined by forwards, copies and coordination. Newcomers
(channels of unknown age that the stream has not known for long) add one at most, together, and
only where one of them says something that no channel of standing stands behind. They never tie
channels of standing to one another: else a fresh channel that copies two witnesses would make
one of them. Channels known to be young are left out before anything is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tocsin.spread.edges import Edge, groups
from tocsin.spread.independence import Independence, Link, link_of, link_record


@dataclass(frozen=True, slots=True)
class Ties:
    """Coordinated groups: channel → name of its group.

    Args:
        firm: by edges between channels of standing alone.
        every: by all edges.
    """

    firm: Mapping[str, str] = field(default_factory=dict)
    every: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rules:
    """By what origins are counted; an answer holds for one ``Rules`` object.

    Args:
        ties: coordinated groups, as known lately.
        newcomer: whether a channel was one at a time (microseconds since 1970).
    """

    ties: Ties
    newcomer: Callable[[str, int], bool]


def ties_of(edges: tuple[Edge, ...], fresh: Callable[[str], bool]) -> Ties:
    """The groups that edges make; ``fresh`` tells channels without standing."""
    firm = tuple(edge for edge in edges if not (fresh(edge.one) or fresh(edge.other)))
    return Ties(groups(firm), groups(edges))


class Tally:
    """Independent origins, grown link by link; the order does not matter."""

    def __init__(self, ties: Ties) -> None:
        self._ties = ties
        self._firm = Independence()
        self._every = Independence()

    def add(self, link: Link, *, newcomer: bool) -> None:
        """Count one post's link."""
        _include(self._every, link, self._ties.every, standing=not newcomer)
        if not newcomer:
            _include(self._firm, link, self._ties.firm, standing=True)

    @property
    def count(self) -> int:
        """Origins of standing, and one where newcomers alone stand behind something."""
        return self._firm.count + (1 if self._every.unproven else 0)


def _include(into: Independence, link: Link, grouped: Mapping[str, str], *, standing: bool) -> None:
    into.add(link, standing=standing)
    group = grouped.get(link.channel)
    if group is not None:
        into.add(Link(link.channel, group), standing=standing)


@dataclass(frozen=True, slots=True)
class Origin:
    """What is kept of one post to tell its origin later.

    Args:
        at: microseconds since 1970.
        young: its channel was known to be young when it posted.
    """

    link: Link
    at: int
    rumour: str
    young: bool


class OriginMemory:
    """Origins of the newest ``most`` posts by evidence id."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: dict[str, Origin] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, ref: str) -> Origin | None:
        """What is known of a post."""
        return self._kept.get(ref)

    def keep(self, ref: str, origin: Origin) -> None:
        """Remember a post; of too many, the oldest is forgotten."""
        self._kept.pop(ref, None)
        self._kept[ref] = origin
        if len(self._kept) > self._most:
            del self._kept[next(iter(self._kept))]

    def forget(self, before: int) -> None:
        """Drop posts before ``before``."""
        self._kept = {ref: origin for ref, origin in self._kept.items() if origin.at >= before}

    def state(self) -> list[Any]:
        """As JSON values."""
        return [
            (ref, *link_record(one.link), one.at, one.rumour, one.young)
            for ref, one in self._kept.items()
        ]

    def load(self, state: list[Any]) -> None:
        """Take over what ``state`` gave."""
        self._kept = {
            ref: Origin(link_of(channel, origin, digest), at, rumour, young)
            for ref, channel, origin, digest, at, rumour, young in state
        }
