"""The desk's own people, places and duties: never anybody who posted something."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time


@dataclass(frozen=True, slots=True)
class StaffMember:
    """Somebody who works at the desk, by handle.

    Args:
        handle: a handle or role; the name need not be known to this machine.
        push: addresses that wake (apprise URLs of phone push), tried all.
        chat: addresses that do not wake (apprise URLs of chats).
        zone: IANA zone of the quiet hours.
        quiet_from, quiet_until: local hours in which an alert does not wake; an alarm does.
            Both None: no quiet hours.
        languages: ISO 639-1, the best first.
    """

    handle: str
    push: tuple[str, ...] = ()
    chat: tuple[str, ...] = ()
    zone: str = "UTC"
    quiet_from: time | None = None
    quiet_until: time | None = None
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Duty:
    """One line of the weekly pattern.

    Args:
        days: 0 Monday to 6 Sunday: the days on which it begins.
        start, end: local hours; an end not after the start is on the next day.
        people: handles: who is on duty, then who is called next, in order.
        first, last: days on which it begins for the first and the last time; None: no limit.
    """

    days: tuple[int, ...]
    start: time
    end: time
    people: tuple[str, ...]
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class RotaChange:
    """From ``start`` (included) to ``end`` these people instead of the pattern's."""

    start: datetime
    end: datetime
    people: tuple[str, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Rota:
    """Who is on duty when.

    Args:
        zone: IANA zone of the pattern's hours.
        escalate_minutes: minutes without an answer after which an alarm goes to the next person.
        changes: exceptions; of two that overlap the later in the list holds.
    """

    duties: tuple[Duty, ...] = ()
    changes: tuple[RotaChange, ...] = ()
    zone: str = "UTC"
    escalate_minutes: int = 10


@dataclass(frozen=True, slots=True)
class ProtectedSite:
    """A place the desk watches over: a school, a shop, a house of prayer; never a home.

    Args:
        district: how the place is told to people who are not cleared for its position.
    """

    name: str
    community: str
    place: str
    latitude: float | None = None
    longitude: float | None = None
    district: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """A line of a call card.

    Args:
        role: what the person is there, e.g. ``community security``; no name.
        reach: number or address, as it is dialled.
        language: of the script to read out; empty: any of the desk's.
        note: what to know before the call.
    """

    role: str
    reach: str = ""
    language: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class CallCard:
    """Whom to call for one community at one place, and whom not.

    Args:
        place: gazetteer id or name as warnings show it; ``*``: wherever no other card fits.
        calls: in the order in which they are called.
        not_to_call: roles that must not be called; each ``note`` says why.
    """

    community: str
    place: str
    calls: tuple[Contact, ...] = ()
    not_to_call: tuple[Contact, ...] = ()


@dataclass(frozen=True, slots=True)
class ShiftNote:
    """A line of the shift log.

    Args:
        handover: meant for the next shift.
        warning: id of the warning it is about; empty: of none.
    """

    at: datetime
    by: str
    text: str
    handover: bool = False
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """The desk calls one of its own; this is not a release.

    Args:
        key: the same for the same page however often it is worked out: nothing is sent twice.
        due: when it was to go.
        wakes: by phone push, not only by chat.
        step: 0 for the first person told of this level of this warning, then rising.
    """

    key: str
    warning: str
    level: str
    handle: str
    due: datetime
    wakes: bool
    step: int
