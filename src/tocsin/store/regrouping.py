"""What people decided about which rumours are one, and which are two, put together from the log.

The machine's own grouping stays as it was in the tables. A merge hangs one rumour under another, a
split moves some wordings out of one; both are laid over the tables when they are shown, so
undoing restores exactly what was there.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from tocsin.model import DecisionKind, Rumour
from tocsin.model.rumour import split_id

KINDS = (DecisionKind.RUMOUR_MERGE, DecisionKind.RUMOUR_UNMERGE, DecisionKind.RUMOUR_SPLIT)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Parting:
    """A split as it was decided.

    Args:
        seq: ledger position; what came later was not meant.
        new: id of the rumour it makes.
        members: what was shown under the rumour then: itself, and what was merged into it.
        refs: evidence ids of the posts whose wordings leave.
    """

    seq: int
    rumour: str
    new: str
    members: frozenset[str]
    refs: frozenset[str]


@dataclass(frozen=True, slots=True)
class Grouped:
    """One post, as far as its grouping goes.

    Args:
        rumour: where the machine put it.
        wording: equal for copies.
    """

    seq: int
    rumour: str
    ref: str
    wording: bytes


@dataclass(frozen=True, slots=True)
class Regrouping:
    """Merges that stand, splits in their order, and pairs that a person took apart.

    Args:
        into: merged rumour → the one it went into.
    """

    into: Mapping[str, str]
    partings: tuple[Parting, ...]
    apart: frozenset[tuple[str, str]]

    def shown_as(self, rumour: str) -> str:
        """The rumour under which this one is shown."""
        while rumour in self.into:
            rumour = self.into[rumour]
        return rumour

    def members(self, rumour: str) -> frozenset[str]:
        """The rumour and all that was merged into it, directly or not."""
        return _below(self.into, rumour)

    def divided(self) -> frozenset[str]:
        """Rumours whose posts a split may have moved, and those it made."""
        return frozenset(name for p in self.partings for name in (*p.members, p.new))

    def touched(self) -> frozenset[str]:
        """Rumours that are shown otherwise than the tables have them."""
        return self.divided().union(self.into, self.into.values())

    def parting_of(self, rumour: str) -> Parting | None:
        """The split that made this rumour."""
        return next((parting for parting in self.partings if parting.new == rumour), None)

    def places(self, posts: Sequence[Grouped]) -> list[str]:
        """For each post the rumour it is in after all splits, before merges.

        Args:
            posts: all posts that the machine put into :meth:`divided` rumours.
        """
        places = [post.rumour for post in posts]
        for parting in self.partings:
            inside = [i for i, place in enumerate(places) if place in parting.members]
            leaving = {posts[i].wording for i in inside if _meant(posts[i], parting)}
            for i in inside:
                if posts[i].wording in leaving:
                    places[i] = parting.new
        return places


def _meant(post: Grouped, parting: Parting) -> bool:
    return post.ref in parting.refs and post.seq < parting.seq


def regrouping(decisions: Iterable[Mapping[str, Any]]) -> Regrouping:
    """From rows of ``decisions`` of the KINDS, in the order they were made.

    A merge that would close a circle changes nothing, nor does undoing one that does not stand.
    """
    into: dict[str, str] = {}
    partings: list[Parting] = []
    apart: set[tuple[str, str]] = set()
    for row in decisions:
        subject, value = row["subject"], row["value"]
        if row["kind"] == DecisionKind.RUMOUR_MERGE.value:
            if value not in _below(into, subject):
                into[subject] = value
        elif row["kind"] == DecisionKind.RUMOUR_UNMERGE.value:
            apart.add((subject, value))
            if into.get(subject) == value:
                del into[subject]
        else:
            parting = _parting(row, into)
            if all(known.new != parting.new for known in partings):
                partings.append(parting)
    return Regrouping(into, tuple(partings), frozenset(apart))


def _parting(row: Mapping[str, Any], into: Mapping[str, str]) -> Parting:
    rumour, refs = row["subject"], row["value"].split("\n")
    members = _below(into, rumour)
    return Parting(row["seq"], rumour, split_id(rumour, refs), members, frozenset(refs))


def _below(into: Mapping[str, str], rumour: str) -> frozenset[str]:
    found, grown = {rumour}, True
    while grown:
        more = {name for name, above in into.items() if above in found} - found
        grown = bool(more)
        found |= more
    return frozenset(found)


def together(rumour: str, parts: Sequence[Rumour]) -> Rumour:
    """One rumour of several: what it would be, had all posts come into it.

    Args:
        rumour: its id; its own part, if it is among them, gives the status.
        parts: at least one.
    """
    first = min(parts, key=lambda part: (part.first_seen, part.first_ref))
    last = max(part.last_seen for part in parts)
    own = next((part for part in parts if part.id == rumour), first)
    return replace(
        own,
        id=rumour,
        first_seen=first.first_seen,
        last_seen=last,
        first_ref=first.first_ref,
        posts=sum(part.posts for part in parts),
        texts=sum(part.texts for part in parts),
        live=any(part.live for part in parts),
        revived_at=max((p.revived_at for p in parts if p.revived_at is not None), default=None),
        pace=sum(part.pace * math.exp2((part.last_seen - last) / _DAY) for part in parts),
    )


def pace_of(moments: Iterable[datetime], last: datetime) -> float:
    """Posts, each counting half as much for every day that passed by ``last``."""
    return sum(math.exp2((moment - last) / _DAY) for moment in moments)
