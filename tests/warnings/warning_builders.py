"""Situations and forecasts by hand, for the desk's tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tocsin.model import (
    EventTime,
    Forecast,
    GatheringCall,
    Granularity,
    Level,
    PlaceMention,
    Role,
    Situation,
    SituationKey,
    Spread,
    Target,
    Term,
    VenueClass,
    WarningAction,
)
from tocsin.warnings import WarningDesk

T0 = datetime(2021, 3, 1, 6, 0, tzinfo=UTC)
KEY = SituationKey("town:1", "Group A")
TOWN = PlaceMention("town:1", "Aford", 43.0, 47.5, Role.GATHER_AT, 0.9, "Europe/Moscow")
AIRPORT = replace(TOWN, venue=VenueClass.AIRPORT)
OF_LEVEL = {Level.NONE: 0.001, Level.WATCH: 0.02, Level.ALERT: 0.08, Level.ALARM: 0.3}


def at(hours: float) -> datetime:
    return T0 + timedelta(hours=hours)


def when(start_h: float, length_h: float = 1, grain: Granularity = Granularity.HOUR) -> EventTime:
    return EventTime(at(start_h), at(start_h + length_h), grain)


def situation(**more: Any) -> Situation:
    """One hostile post about a town, in one channel."""
    said: dict[str, Any] = {
        "key": KEY,
        "as_of": T0,
        "place": TOWN,
        "target": Target("Group A", 0.9),
        "hostile_refs": ("one/h1",),
        "rumours": ("r1",),
        "independent_channels": 1,
        **more,
    }
    return Situation(**said)


def called(*starts: float | None, **more: Any) -> Situation:
    """The same with calls, one post each, at these hours."""
    times = [None if start is None else when(start) for start in starts]
    calls = tuple(GatheringCall(TOWN, time) for time in times)
    refs = tuple(f"one/c{number}" for number in range(len(starts)))
    return situation(**{"calls": calls, "call_refs": refs, **more})


def forecast(probability: float, as_of: datetime, *terms: Term) -> Forecast:
    interval = (probability / 2, min(1.0, probability * 2))
    return Forecast(KEY, as_of, 24, probability, interval, 0.002, terms)


def spread(
    rumour: str = "r1", growth: float = 1.0, posts: int = 12, independent: int = 4
) -> Spread:
    return Spread(rumour, T0, 1, posts, posts, 5, independent, 1, growth, None, T0)


@dataclass
class Shift:
    """A desk and its log."""

    desk: WarningDesk = field(default_factory=WarningDesk)
    log: list[WarningAction] = field(default_factory=list)

    def see(
        self, hours: float, known: Situation, level: Level | float = Level.ALERT
    ) -> tuple[WarningAction, ...]:
        """Decide at an hour, with the probability of a level."""
        p = OF_LEVEL[level] if isinstance(level, Level) else level
        made = self.desk.decide(known, forecast(p, at(hours)), {}, (), at(hours))
        self.log += made
        return made

    def lapse(
        self, hours: float, active: Sequence[SituationKey] = (KEY,)
    ) -> tuple[WarningAction, ...]:
        made = self.desk.lapse(at(hours), active)
        self.log += made
        return made

    @property
    def told(self) -> list[tuple[str, str]]:
        return [(action.action.value, action.level.word) for action in self.log]
