"""What people tell the desk: tips from anybody, reports from those whose role is known.

Neither names who said it. A tip has no sender at all; a field report has a role.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tocsin.model.indicator import Credibility, Grade, Reliability


class ContactWish(StrEnum):
    """How the sender of a tip wants to hear of it; there is no address to write to."""

    NONE = "none"
    ASK_BACK = "ask_back"  # will ask with the reference code


class TipStatus(StrEnum):
    """What the desk has decided about a tip."""

    NEW = "new"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a tip, as far as anybody may know before the tip is accepted.

    Args:
        digest: hex SHA-256 of its bytes.
        size: bytes.
        mime: judged by its first bytes, never by its name.
    """

    digest: str
    size: int
    mime: str


@dataclass(frozen=True, slots=True)
class Tip:
    """What somebody told the desk; nothing in it says who, or from where.

    Args:
        id: 12 hex digits, random.
        received_at: when it came.
        consent: version of the consent text that was shown and agreed to.
        place: where, in the sender's words; empty: not said.
        when: when, in the sender's words; empty: not said.
        lang: ISO 639-1, as the sender said; empty: not said.
    """

    id: str
    received_at: datetime
    text: str
    consent: str
    place: str = ""
    when: str = ""
    lang: str = ""
    contact: ContactWish = ContactWish.NONE
    attachments: tuple[Attachment, ...] = ()


class Seen(StrEnum):
    """What a person on the ground sees; one of few, so that it can be acted on in minutes."""

    GATHERING = "crowd gathering"
    DISPERSED = "crowd dispersed"
    POLICE = "police present"
    POLICE_ASIDE = "police standing aside"
    TARGET_ABSENT = "target absent"
    VIOLENCE = "violence"
    CALM = "calm"
    OTHER = "other"

    @property
    def calms(self) -> bool:
        """It is shown like an appeal for calm, and lowers nothing before a called hour."""
        return self in (Seen.DISPERSED, Seen.CALM)


LEAST_GRADE = Grade(Reliability.C, Credibility.POSSIBLE)
"""From which a report confirms; what cannot be judged (F, 6) is below it."""


UNGRADED = Grade()
"""F6, until somebody judges source and item."""


@dataclass(frozen=True, slots=True)
class FieldReport:
    """What a person on the ground says, by role and never by name.

    Args:
        id: 12 hex digits.
        received_at: when the desk had it; nothing counts before.
        seen_at: when it was seen, not after ``received_at``.
        role: one of the configured roles, e.g. ``monitor``.
        place_id: gazetteer id.
        place: the place's name.
        latitude: degrees north.
        longitude: degrees east.
        group: the threatened group, a neutral English name; empty: not said.
        by: handle of who at the desk took it down.
    """

    id: str
    received_at: datetime
    seen_at: datetime
    role: str
    place_id: str
    place: str
    latitude: float
    longitude: float
    seen: Seen
    text: str = ""
    grade: Grade = UNGRADED
    group: str = ""
    by: str = ""

    @property
    def is_sound(self) -> bool:
        """Graded C3 or better: both source and item are at least fairly to be believed."""
        return (
            self.grade.reliability <= LEAST_GRADE.reliability
            and self.grade.credibility <= LEAST_GRADE.credibility
        )

    @property
    def confirms(self) -> bool:
        """It stands for a person's confirmation of what is known of its place."""
        return self.is_sound and self.seen in (Seen.GATHERING, Seen.VIOLENCE)

    def __str__(self) -> str:
        return f"{self.seen.value} ({self.role}, {self.grade})"
