"""What the desk remembers of each warning."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tocsin.model import Level, WarningAction


@dataclass(frozen=True, slots=True)
class WarningFile:
    """An open warning.

    Args:
        action: as last told.
        seen: posts that kept it alive so far.
        told: facts already told: places, windows, leading rumours.
        posts: posts behind it when last told.
        last_new: when new evidence last came.
        until: end of the called window, as last known.
        below_since: since when its level could fall.
        unsaid: new evidence came after it was last told.
        list_post: the call it was issued for; a list of places shares it.
        disturbed_at: when its level was first told, from which an answer is awaited.
        acknowledged: the highest level that a person has acknowledged.
        escalated: how many times it was told again for want of an answer.
    """

    action: WarningAction
    seen: frozenset[str]
    told: frozenset[str]
    posts: int
    last_new: datetime
    until: datetime | None = None
    below_since: datetime | None = None
    unsaid: bool = False
    list_post: str | None = None
    disturbed_at: datetime | None = None
    acknowledged: Level = Level.NONE
    escalated: int = 0


@dataclass(frozen=True, slots=True)
class Closed:
    """A warning that ended: it opens again only for posts that are not in ``seen``."""

    at: datetime
    seen: frozenset[str]
