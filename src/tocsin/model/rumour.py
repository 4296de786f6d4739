"""Rumours and their sightings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


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


class Method(StrEnum):
    """How a post came to its rumour."""

    NEW = "new"
    EXACT = "exact"  # the same text after normalisation
    NEAR = "near"  # MinHash estimate of shingle overlap
    VECTOR = "vector"  # cosine to the thread's centroid
    MEDIA = "media"  # the same file posted again


@dataclass(frozen=True, slots=True)
class Sighting:
    """One post as an instance of a rumour.

    Args:
        rumour: id of the rumour: the first 12 hex digits of SHA-256 over the first post's
            channel, id and version, so it is stable over rebuilds.
        similarity: of the method, 0 to 1; 1 for exact and new.
    """

    rumour: str
    ref: str
    version: int
    known_at: datetime
    method: Method
    similarity: float


@dataclass(frozen=True, slots=True)
class Rumour:
    """An unverified proposition in circulation, as a cluster of sightings.

    Args:
        first_ref: evidence id of the first sighting.
        posts: sightings so far.
        texts: distinct texts among them.
        live: still open to new posts; an expired one is history.
    """

    id: str
    first_seen: datetime
    last_seen: datetime
    first_ref: str
    posts: int
    texts: int
    live: bool = True
    status: Verification = Verification.NEW
