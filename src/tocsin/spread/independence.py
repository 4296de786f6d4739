"""How many independent origins stand behind some posts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Link:
    """What ties a post to others of the same origin.

    Args:
        channel: where it was posted.
        origin: the channel or pseudonym it was forwarded from.
        digest: of its text.
    """

    channel: str
    origin: str | None = None
    digest: bytes | None = None


def link_record(link: Link) -> tuple[str, str | None, str | None]:
    """A link as JSON values."""
    return link.channel, link.origin, None if link.digest is None else link.digest.hex()


def link_of(channel: str, origin: str | None, digest: str | None) -> Link:
    """The link that ``link_record`` described."""
    return Link(channel, origin, None if digest is None else bytes.fromhex(digest))


def independent(links: Iterable[Link]) -> int:
    """Independent origins behind these posts, see :class:`Independence`."""
    groups = Independence()
    for link in links:
        groups.add(link)
    return groups.count


class Independence:
    """Groups of channels that share an origin, as disjoint sets (Tarjan 1975), grown by links.

    Two channels are dependent if one forwards the other, both forward the same origin, or
    both posted the same text; so is who depends on a common third.
    """

    def __init__(self) -> None:
        self._parent: dict[str | bytes, str | bytes] = {}
        self._roots: set[str | bytes] = set()  # of groups in which a channel posted
        self._proven: set[str | bytes] = set()  # of those in which one of standing did

    @property
    def count(self) -> int:
        """Groups in which at least one channel posted."""
        return len(self._roots)

    @property
    def unproven(self) -> int:
        """Of them, those in which only channels without standing posted."""
        return len(self._roots) - len(self._proven)

    def add(self, link: Link, *, standing: bool = True) -> None:
        """Join the link's channel with its origin and its text."""
        root = self._root(link.channel)
        self._roots.add(root)
        if standing:
            self._proven.add(root)
        for shared in (link.origin, link.digest):
            if shared is not None:
                self._join(link.channel, shared)

    def root(self, channel: str) -> str:
        """The name that all channels of a group share."""
        return str(self._root(channel))

    def _join(self, channel: str, shared: str | bytes) -> None:
        below, above = self._root(channel), self._root(shared)
        if below != above:
            self._parent[below] = above
            self._roots.discard(below)
            self._roots.add(above)
            if below in self._proven:
                self._proven.remove(below)
                self._proven.add(above)

    def _root(self, node: str | bytes) -> str | bytes:
        parent = self._parent
        while (above := parent.setdefault(node, node)) != node:
            parent[node] = node = parent[above]  # path halving
        return node
