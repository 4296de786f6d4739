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
    """Groups of channels left when all that share an origin are joined (union–find).

    Two channels are dependent if one forwards the other, both forward the same origin, or
    both posted the same text; so is who depends on a common third.
    """
    groups = _Groups()
    channels: set[str] = set()
    for link in links:
        channels.add(link.channel)
        if link.origin is not None:
            groups.join(link.channel, link.origin)
        if link.digest is not None:
            groups.join(link.channel, link.digest)
    return len({groups.root(channel) for channel in channels})


class _Groups:
    """Disjoint sets (Tarjan 1975), with path halving."""

    def __init__(self) -> None:
        self._parent: dict[str | bytes, str | bytes] = {}

    def root(self, node: str | bytes) -> str | bytes:
        parent = self._parent
        while (above := parent.setdefault(node, node)) != node:
            parent[node] = node = parent[above]
        return node

    def join(self, one: str | bytes, other: str | bytes) -> None:
        self._parent[self.root(one)] = self.root(other)
