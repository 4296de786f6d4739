"""What leaves the desk: to whom, what exactly, who released it, and what came back."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from tocsin.model.warning import Action, Level


class PlacePrecision(StrEnum):
    """How closely a recipient is told where."""

    DISTRICT = "district"
    VENUE = "venue"


class Audience(StrEnum):
    """In whose words a recipient is told; each is one set of phrases in a language file."""

    COMMUNITY = "community"  # those at risk and those who look after them
    PARTNER = "partner"  # another desk, a monitor, an authority the desk trusts


@dataclass(frozen=True, slots=True)
class Clearance:
    """What a recipient may be told; without any it is the least."""

    place: PlacePrecision = PlacePrecision.DISTRICT
    wording: Audience = Audience.COMMUNITY


@dataclass(frozen=True, slots=True)
class Area:
    """A circle on the map that a recipient looks after.

    Args:
        latitude: degrees north (WGS84).
        longitude: degrees east.
    """

    name: str
    latitude: float
    longitude: float
    radius_km: float


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody outside the desk who may be warned; staff are addressed by a DeskPage alone.

    Args:
        id: stable, without meaning to a stranger.
        name: name or handle.
        kind: name of the delivery: ``mail``, ``webhook``, ``push``, ``folder``, or a plug-in's.
        address: what that delivery needs: a mail address, an https URL, an apprise URL, a folder.
        languages: ISO 639-1, the preferred first; each gets its own part of a message.
        areas: where; empty: everywhere.
        communities: target groups by their neutral English name; empty: all.
        least: the lowest level to be told of.
        secret: key that webhook bodies are signed with.
    """

    id: str
    name: str
    kind: str
    address: str = field(repr=False)
    languages: tuple[str, ...] = ("en",)
    areas: tuple[Area, ...] = ()
    communities: tuple[str, ...] = ()
    least: Level = Level.ALERT
    clearance: Clearance = Clearance()
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Message:
    """What one recipient is sent about one action of one warning, word for word.

    Args:
        recipient: id of the recipient.
        warning: id of the warning.
        number: the action's place in the warning's life, from 1.
        kind: what happens to the warning.
        level: of the action.
        language: of the first part, ISO 639-1.
        subject: one line, at most 160 characters.
        text: plain text.
        html: the same as a page.
        cap: CAP 1.2 as XML.
        drill: an exercise; marked wherever it is shown.
    """

    recipient: str
    warning: str
    number: int
    kind: Action
    level: Level
    language: str
    subject: str
    text: str
    html: str
    cap: str
    drill: bool = False

    @property
    def key(self) -> str:
        """The idempotency key: the same recipient is told of an action once."""
        return message_key(self.recipient, self.warning, self.number, drill=self.drill)

    @property
    def digest(self) -> str:
        """Hex SHA-256 of all that is sent: what people release is this and nothing else."""
        words = (self.language, self.subject, self.text, self.html, self.cap)
        return _digest((self.key, self.kind.value, self.level.word, *words))


@dataclass(frozen=True, slots=True)
class Release:
    """People's decision that an action of a warning may leave the desk, in these words.

    Args:
        warning, number: the action.
        level: of that action; an alarm may be released by one person.
        released_by: names or handles of those who released it.
        at: when the last of them did.
        harms: who could be harmed if this is right, wrong, or cancelled.
        digests: ``Message.digest`` of each message that was shown before.
        reviewed_by: who reviewed it afterwards, where one person released it.
        drill: an exercise: releases drills and nothing else.
    """

    warning: str
    number: int
    level: Level
    released_by: tuple[str, ...]
    at: datetime
    harms: str
    digests: tuple[str, ...]
    reviewed_by: str | None = None
    drill: bool = False


@dataclass(frozen=True, slots=True)
class DeskPage:
    """Waking the desk's own staff; never leaves the desk, so it needs no release.

    Args:
        staff: handle of a member of staff; looked up among staff alone.
        warning, number: the action it is about.
        step: how many times somebody was paged for it before.
        subject: one line.
        text: plain text.
    """

    staff: str
    warning: str
    number: int
    level: Level
    step: int
    subject: str
    text: str
    drill: bool = False

    @property
    def key(self) -> str:
        """The idempotency key: one page for each step."""
        drill = "drill" if self.drill else "actual"
        return _digest(("page", self.staff, self.warning, str(self.number), str(self.step), drill))[
            :32
        ]


class ReceiptKind(StrEnum):
    """What is known of a message's fate."""

    DELIVERED = "delivered"  # the receiving server took it; not that anybody read it
    UNDELIVERABLE = "undeliverable"  # given up; a person must look
    ACKNOWLEDGED = "acknowledged"
    CALLED = "called"  # somebody was told by telephone


@dataclass(frozen=True, slots=True)
class Receipt:
    """Delivery or acknowledgement of a warning by one recipient; kept in the ledger.

    Args:
        recipient: id of a recipient, or handle of a member of staff.
        key: idempotency key of the message or page; empty for a call.
        note: in plain words, without an address.
        by: who noted it; empty: the machine.
    """

    warning: str
    number: int
    recipient: str
    at: datetime
    kind: ReceiptKind
    key: str = ""
    digest: str = ""
    note: str = ""
    by: str = ""
    drill: bool = False


def message_key(recipient: str, warning: str, number: int, *, drill: bool) -> str:
    """The idempotency key of a message, known before it is worded."""
    kind = "drill" if drill else "actual"
    return _digest(("message", recipient, warning, str(number), kind))[:32]


def _digest(parts: tuple[str, ...]) -> str:
    return sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()
