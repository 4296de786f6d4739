"""What happened: ground truth, provisional reports, and reports from the ground."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Outcome(StrEnum):
    """What happened after a warning. A call that drew nobody is not a spurious alarm."""

    OCCURRED = "occurred"
    PARTLY = "partly"
    DID_NOT = "did_not"
    PREVENTED = "prevented?"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class MobEvent:
    """Mob violence at a place and time, from an event file.

    Args:
        known_at: when it could be known (event files arrive weeks late).
        precision_hours: half-width of the time's uncertainty.
        kind: as the file names it, e.g. ``Mob violence``.
    """

    id: str
    event_time: datetime
    known_at: datetime
    latitude: float
    longitude: float
    kind: str
    precision_hours: float
    place: str | None = None
    target: str | None = None


@dataclass(frozen=True, slots=True)
class ProvisionalEvent:
    """Mob violence reported as in progress; never the reporting channel's own hostility.

    Args:
        known_at: receipt of the report that corroborated it.
        refs: the reports, from two independent channels unless ``confirmed_by`` is set.
        confirmed_by: handle of who confirmed it.
    """

    place_id: str
    known_at: datetime
    latitude: float
    longitude: float
    refs: tuple[str, ...]
    target: str | None = None
    confirmed_by: str | None = None


@dataclass(frozen=True, slots=True)
class FieldReport:
    """What a trusted person on the ground says, by role and never by name.

    Args:
        reliability: Admiralty source grade A to F.
        credibility: Admiralty item grade 1 to 6.
    """

    id: str
    received_at: datetime
    role: str
    text: str
    place_id: str | None
    reliability: str = "F"
    credibility: int = 6
