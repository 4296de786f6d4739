"""What happened: ground truth, and provisional reports."""

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

    @property
    def came(self) -> bool | None:
        """Whether violence came; None where that is censored: prevented does not say what would
        have come, unknown says nothing.
        """
        if self in (Outcome.PREVENTED, Outcome.UNKNOWN):
            return None
        return self is not Outcome.DID_NOT


class Violence(StrEnum):
    """What sort of violence an event was, by how it spreads and who does it.

    A crowd acting in the open is imitated next door within days (riot); so, less, are beatings.
    What is done unseen by a few (arson, paint, stones at night) follows no neighbour. Organised
    armed violence is no mob at all, and a peaceful assembly is no violence at all.
    """

    RIOT = "riot"
    ASSAULT = "assault"
    ARSON = "arson"
    CLANDESTINE = "clandestine"
    ARMED = "armed"
    PROTEST = "protest"
    OTHER = "other"

    @property
    def is_violence(self) -> bool:
        """Whether anybody or anything was attacked; what the file leaves open counts as no."""
        return self not in (Violence.PROTEST, Violence.OTHER)

    @property
    def is_mob_violence(self) -> bool:
        """Violence of the kind tocsin warns of: not peaceful, not of an armed organisation."""
        return self.is_violence and self is not Violence.ARMED


@dataclass(frozen=True, slots=True)
class MobEvent:
    """An event at a place and time, from an event file: mob violence, or what it is told from.

    Args:
        id: what stays the same when the file is published again, with its source in front.
        event_time: the middle of the span in which it began.
        known_at: when it could be known (event files arrive weeks late); not before ``event_time``.
        kind: as the file names it, e.g. ``Mob violence``.
        precision_hours: half-width of the time's uncertainty.
        place: the place's name, as the file writes it.
        target: who was attacked, as the file writes it; never a person.
        violence: what ``kind`` is taken as.
        source: the format it was read from, e.g. ``acled``.
        precision_km: how far off the position may be; None where the file does not say.
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
    violence: Violence = Violence.OTHER
    source: str = "plain"
    precision_km: float | None = None


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
