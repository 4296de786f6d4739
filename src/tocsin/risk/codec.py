"""Notes, traces and pleas to and from JSON rows; orjson writes dataclasses, this reads them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tocsin.model import (
    Credibility,
    EventTime,
    FieldReport,
    GatheringCall,
    Grade,
    Granularity,
    PlaceKind,
    PlaceMention,
    Reliability,
    Role,
    Seen,
    Signal,
    Target,
    VenueClass,
)
from tocsin.risk.notes import Mark, Note, Plea, Trace

Row = Mapping[str, Any]


def moment(text: str) -> datetime:
    """ISO 8601 with offset → aware datetime."""
    return datetime.fromisoformat(text)


def mark(row: Row) -> Mark:
    """The row of a Mark."""
    return Mark(**{**row, "at": moment(row["at"])})


def report(row: Row) -> FieldReport:
    """The row of a FieldReport."""
    grade = Grade(
        Reliability(row["grade"]["reliability"]), Credibility(row["grade"]["credibility"])
    )
    times = {name: moment(row[name]) for name in ("received_at", "seen_at")}
    return FieldReport(**{**row, **times, "grade": grade, "seen": Seen(row["seen"])})


def trace(row: Row) -> Trace:
    """The row of a Trace."""
    return Trace(
        mark=mark(row["mark"]),
        group=row["group"],
        at=moment(row["at"]),
        hostile=tuple(row["hostile"]),
        own=row["own"],
        spots=tuple((latitude, longitude) for latitude, longitude in row["spots"]),
    )


def note(row: Row) -> Note:
    """The row of a Note."""
    return Note(
        mark=mark(row["mark"]),
        until=moment(row["until"]),
        place=row["place"] and _place(row["place"]),
        target=row["target"] and _target(row["target"]),
        call=row["call"] and _call(row["call"]),
        backing=tuple(row["backing"]),
        directed=row["directed"],
        signals=tuple(Signal(name) for name in row["signals"]),
        deadline=row["deadline"] and moment(row["deadline"]),
    )


def plea(row: Row) -> Plea:
    """The row of a Plea."""
    return Plea(
        mark=mark(row["mark"]),
        until=moment(row["until"]),
        place=_place(row["place"]),
        call=_call(row["call"]),
        target=row["target"] and _target(row["target"]),
        hostile=row["hostile"],
        signals=tuple(Signal(name) for name in row["signals"]),
        mild=row["mild"],
        stern=row["stern"],
    )


def _target(row: Row) -> Target:
    return Target(row["group"], row["score"], tuple(row["refs"]))


def _place(row: Row) -> PlaceMention:
    return PlaceMention(
        place_id=row["place_id"],
        name=row["name"],
        latitude=row["latitude"],
        longitude=row["longitude"],
        role=Role(row["role"]),
        p=row["p"],
        time_zone=row["time_zone"],
        venue=VenueClass(row["venue"]) if row["venue"] else None,
        kind=PlaceKind(row.get("kind", PlaceKind.CITY)),
    )


def _time(row: Row) -> EventTime:
    return EventTime(
        start=moment(row["start"]),
        end=moment(row["end"]),
        granularity=Granularity(row["granularity"]),
        past=row["past"],
        p=row.get("p", 1.0),
    )


def _call(row: Row) -> GatheringCall:
    return GatheringCall(
        place=row["place"] and _place(row["place"]), time=row["time"] and _time(row["time"])
    )
