"""Short ways to say a post, its reading and its rumour; no text, neutral rotated groups."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tocsin.model import (
    Act,
    Enriched,
    EventTime,
    Frame,
    GatheringCall,
    Granularity,
    Method,
    PlaceMention,
    Post,
    Reading,
    ReadStatus,
    Role,
    Sighting,
    Signal,
    Situation,
    SituationKey,
    Target,
    VenueClass,
)
from tocsin.risk import SituationTracker

T0 = datetime(2021, 3, 1, 6, 0, tzinfo=UTC)
TOWNS = {
    "Aford": (43.0, 47.5),
    "Bexley": (43.25, 46.6),  # about 80 km from Aford
    "Corby": (52.5, -0.7),  # far from both
}


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


def place(
    town: str = "Aford",
    role: Role = Role.MENTIONED,
    venue: VenueClass | None = None,
    p: float = 0.9,
) -> PlaceMention:
    latitude, longitude = TOWNS[town]
    zone = "Europe/Moscow"
    return PlaceMention(f"town:{town}", town, latitude, longitude, role, p, zone, venue)


def key(town: str = "Aford", group: str = "Group A") -> SituationKey:
    return SituationKey(f"town:{town}", group)


def when(start_h: float, minutes: int = 1, *, past: bool = False) -> EventTime:
    start = T0 + hours(start_h)
    grain = Granularity.MINUTE if minutes < 60 else Granularity.DAY
    return EventTime(start, start + timedelta(minutes=minutes), grain, past)


@dataclass(frozen=True)
class Say:
    """One post, as the stages before would hand it on."""

    at_h: float = 0
    id: str = "1"
    channel: str = "one"
    rumour: str | None = None
    acts: tuple[Act, ...] = ()
    frame: Frame = Frame.ASSERTED
    target: str | None = "Group A"
    places: tuple[PlaceMention, ...] = (place(),)
    time: EventTime | None = None
    calls: tuple[GatheringCall, ...] = ()
    signals: frozenset[Signal] = frozenset()
    alarm: float | None = None
    reply_to: str | None = None
    version: int = 1

    @property
    def ref(self) -> str:
        return f"{self.channel}/{self.id}"

    @property
    def at(self) -> datetime:
        return T0 + hours(self.at_h)

    def triple(self) -> tuple[Enriched, Reading, Sighting]:
        post = Post(
            source="test",
            channel=self.channel,
            id=self.id,
            posted_at=self.at,
            known_at=self.at,
            text="",
            version=self.version,
            reply_to=self.reply_to,
        )
        reading = Reading(
            ref=post.ref,
            version=self.version,
            lang="en",
            read=ReadStatus.FULL,
            alarm=self.alarm,
            acts=self.acts,
            frame=self.frame,
            target=Target(self.target, 0.9) if self.target else None,
            places=self.places,
            event_time=self.time,
            calls=self.calls,
            signals=self.signals,
        )
        rumour = self.rumour or f"rumour of {self.ref}"
        method = Method.EXACT if self.rumour else Method.NEW
        sighting = Sighting(rumour, post.ref, self.version, self.at, method, 1.0)
        return Enriched(post, "", None, "en", 1.0, None), reading, sighting


def hostile(at_h: float = 0, msg: str = "h1", **more: Any) -> Say:
    return Say(at_h, msg, acts=(Act.EXPULSION,), **more)


def call(
    at_h: float = 1,
    msg: str = "c1",
    start_h: float | None = 10,
    **more: Any,
) -> Say:
    """A call naming place and perhaps hour, no threat and, unless told, no group."""
    gather = place(role=Role.GATHER_AT)
    said: dict[str, Any] = {"target": None, "places": (gather,), **more}
    time = when(start_h) if start_h is not None else None
    calls = tuple(GatheringCall(where, time) for where in said["places"])
    return Say(at_h, msg, acts=(Act.GATHERING,), calls=calls, **said)


def tell(tracker: SituationTracker, posts: Iterable[Say]) -> list[tuple[SituationKey, ...]]:
    return [tracker.add(*post.triple()) for post in posts]


def by_channel(refs: Sequence[str]) -> int:
    """Every channel is an origin of its own."""
    return len({ref.rpartition("/")[0] for ref in refs})


def look(posts: Iterable[Say], at_h: float, where: SituationKey | None = None) -> Situation | None:
    tracker = SituationTracker({})
    tell(tracker, posts)
    return tracker.situation(where or key(), T0 + hours(at_h), by_channel)
