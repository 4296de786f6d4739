"""What a tracker keeps of the posts that matter to it; never their text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tocsin.model import GatheringCall, PlaceMention, Signal, Target

Spot = tuple[float, float]
"""Latitude and longitude in degrees."""


class Kind(StrEnum):
    """What a post is to a situation."""

    HOSTILE = "hostile"
    CALL = "call"  # to gather, with hostility of its own or inherited
    WEAK = "weak"  # a call linked to hostility by the place alone, or to an allegation alone
    SUPPORT = "support"  # allegation, dehumanisation
    UPTAKE = "uptake"
    DENIAL = "denial"
    TRIGGER = "trigger"
    FEAR = "fear"  # the threatened group's own
    REPORT = "report"  # mob violence in progress or just past


@dataclass(frozen=True, slots=True)
class Mark:
    """Which post, and what ties it to others.

    Args:
        reply: evidence id of the post it replies to.
        at: when it was known; for a call that became hostile later, when that was known.
        copied: it is a copy or near copy of an earlier wording, so a place it leaves out is that
            one's; a rumour told in other words may speak of another place.
        young: its channel was known to be younger than the limit, or it is a tip, so it proves no
            independence.
        tip: told to the desk and not said in public: never above a watch by itself.
        fresh: its channel is a newcomer of unknown age in an older stream (see the spread stage).
    """

    ref: str
    channel: str
    rumour: str
    reply: str | None
    at: datetime
    young: bool
    copied: bool = True
    tip: bool = False
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """One post in one situation.

    Args:
        until: it counts in the half-open interval [``mark.at``, ``until``).
        backing: hostile posts whose hostility a call inherited, newest last.
        directed: the hostile act names a venue.
        deadline: when the ultimatum that it sets expires.
    """

    mark: Mark
    until: datetime
    place: PlaceMention | None = None
    target: Target | None = None
    call: GatheringCall | None = None
    backing: tuple[str, ...] = ()
    directed: bool = False
    signals: tuple[Signal, ...] = ()
    deadline: datetime | None = None

    def counts(self, as_of: datetime) -> bool:
        """Whether it is known and not yet stale at ``as_of``."""
        return self.mark.at <= as_of < self.until


@dataclass(frozen=True, slots=True)
class Trace:
    """What later posts may inherit from a post: a group and, unless it only alleges, hostility.

    Args:
        at: when the newest hostility behind it was known (of an allegation: its own time), so
            a chain of calls cannot keep an old hostility alive.
        hostile: hostile posts it stands for, itself or inherited ones; empty: it only alleges.
        own: hostile by itself.
        spots: (latitude, longitude) of the places it speaks of; none: it speaks of no place.
    """

    mark: Mark
    group: str
    at: datetime
    hostile: tuple[str, ...] = ()
    own: bool = False
    spots: tuple[Spot, ...] = ()


@dataclass(frozen=True, slots=True)
class Plea:
    """A call to gather before anybody knows whether hostility stands behind it.

    Args:
        target: the group it names itself, if any.
        hostile: it is hostile by itself.
        mild: it reads as harmless, so hostility of others makes no more of it than a watch.
        stern: it reads as anything but harmless, so hostility of others about its place is meant.
    """

    mark: Mark
    until: datetime
    place: PlaceMention
    call: GatheringCall
    target: Target | None
    hostile: bool
    signals: tuple[Signal, ...] = ()
    mild: bool = False
    stern: bool = False
