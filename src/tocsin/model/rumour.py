"""Rumours and their sightings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256


class Verification(StrEnum):
    """WikiRumours' nine statuses; set by named people only."""

    NEW = "new"
    UNDER_INVESTIGATION = "under_investigation"
    PROBABLY_TRUE = "probably_true"
    CONFIRMED_TRUE = "confirmed_true"
    PROBABLY_FALSE = "probably_false"
    CONFIRMED_FALSE = "confirmed_false"
    IMPOSSIBLE = "impossible_to_verify"
    IMPOSSIBLE_PROBABLY_TRUE = "impossible_to_verify_probably_true"
    IMPOSSIBLE_PROBABLY_FALSE = "impossible_to_verify_probably_false"


class Stance(StrEnum):
    """What a sighting does to its rumour: support, deny, query, comment (SDQC, as PHEME and
    RumourEval annotate), and calm: an appeal for restraint."""

    SUPPORT = "support"
    DENY = "deny"
    QUERY = "query"
    COMMENT = "comment"
    CALM = "calm"


class Phase(StrEnum):
    """Where a rumour stands in its life at some moment."""

    BORN = "born"
    GROWING = "growing"
    STEADY = "steady"
    DORMANT = "dormant"
    REVIVED = "revived"
    CLOSED = "closed"


class Method(StrEnum):
    """How a post came to its rumour."""

    NEW = "new"
    EXACT = "exact"  # the same text after normalisation
    NEAR = "near"  # MinHash estimate of shingle overlap
    SCORED = "scored"  # meaning, rare words and rhythm weighed together
    MEDIA = "media"  # the same file, or the same picture, posted again


@dataclass(frozen=True, slots=True)
class Sighting:
    """One post as an instance of a rumour.

    Args:
        rumour: id of the rumour: the first 12 hex digits of SHA-256 over the first post's
            channel, id and version, so it is stable over rebuilds.
        similarity: of the method, 0 to 1; 1 for exact and new; for scored the probability that
            it is the same rumour.
        thread: the rumour by the machine alone; another than ``rumour`` where a person merged
            it into that one.
        stance: None where it was not read.
        late: it came after newer posts had been taken in.
    """

    rumour: str
    ref: str
    version: int
    known_at: datetime
    method: Method
    similarity: float
    thread: str = ""
    stance: Stance | None = None
    late: bool = False


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Two rumours that may be one: for a person to merge or leave.

    Args:
        rumour: where the post ``ref`` was put.
        other: where it might belong as well.
        probability: that ``ref`` belongs to ``other``, 0 to 1.
    """

    rumour: str
    other: str
    ref: str
    probability: float


@dataclass(frozen=True, slots=True)
class Rumour:
    """An unverified proposition in circulation, as a cluster of sightings.

    Args:
        first_ref: evidence id of the first sighting.
        posts: sightings so far.
        texts: distinct texts among them.
        live: still open to new posts; an expired one is history.
        revived_at: when it last came back after a silence, if it did.
        pace: posts, each counting half as much for every day that passed by ``last_seen``.
    """

    id: str
    first_seen: datetime
    last_seen: datetime
    first_ref: str
    posts: int
    texts: int
    live: bool = True
    status: Verification = Verification.NEW
    revived_at: datetime | None = None
    pace: float = 0.0


def split_id(rumour: str, refs: Iterable[str]) -> str:
    """The id of what a split makes: 12 hex digits of SHA-256 over the rumour and the posts named.

    Here, because the tracker, which moves the thread, and the store, which shows the posts
    already taken in, must both come to it by themselves.
    """
    named = "\n".join(sorted(refs))
    return sha256(f"split/{rumour}/{named}".encode()).hexdigest()[:12]
