"""Rotas, warnings and projects by hand, for the people side."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

from cli_support import call
from engine_support import new_project
from joined_support import joined_desk

from tocsin.desk.paging import Raised, Roster
from tocsin.desk.release import Harms
from tocsin.engines.project import Project
from tocsin.model import (
    Action,
    Duty,
    Level,
    Recipient,
    Rota,
    SituationKey,
    StaffMember,
    WarningAction,
)

NIGHT = datetime(2024, 3, 1, 22, 0, tzinfo=UTC)
"""A Friday evening."""
HARMS = Harms("the community, if it is read by others", "people at the market", "those who went")
EVERY_DAY = tuple(range(7))


def after(minutes: float) -> datetime:
    return NIGHT + timedelta(minutes=minutes)


def roster(*people: str, escalate: int = 10, **quiet: tuple[time, time]) -> Roster:
    """Everybody on duty round the clock, in this order."""
    duty = Duty(EVERY_DAY, time(0), time(0), people)
    staff = {
        name: StaffMember(name, ("ntfy://x/" + name,), ("slack://" + name,)) for name in people
    }
    for name, hours in quiet.items():
        staff[name] = StaffMember(
            name, ("ntfy://x",), ("slack://y",), quiet_from=hours[0], quiet_until=hours[1]
        )
    return Roster(Rota((duty,), escalate_minutes=escalate), staff)


def raised(level: Level = Level.ALARM, since: float = 0, until: float | None = None) -> Raised:
    return Raised("w1", level, after(since), None if until is None else after(until))


def action(
    name: str = "0123456789ab",
    minutes: float = 0,
    level: Level = Level.ALERT,
    what: Action = Action.ISSUE,
    **more: Any,
) -> WarningAction:
    """One line of a warning's life."""
    said: dict[str, Any] = {
        "id": name,
        "action": what,
        "issued_at": after(minutes),
        "level": level,
        "key": SituationKey("geonames:1", "Group A"),
        "probability": 0.1,
        "interval": (0.05, 0.2),
        "base_rate": 0.002,
        "horizon_h": 24,
        "place": "Aford market",
        "latitude": 43.0,
        "longitude": 47.5,
        "window_start": after(300),
        "window_end": after(360),
        "target": "Group A",
        "rumour": None,
        "posts": ("town/1",),
        "why": ("A call to gather",),
        "unseen": ("closed groups",),
        "zone": "Europe/Moscow",
        **more,
    }
    return WarningAction(**said)


def desk_in(folder: Path, *actions: WarningAction) -> Path:
    """A project made by the command line, with warnings and recipients r1 and r2."""
    project = joined_desk(folder, *actions).folder
    for name in ("r1", "r2"):
        where = ("--kind", "folder", "--address", str(folder / name))
        done = call("recipients", "add", name, *where, "--as", "ana", "--project", project)
        assert done.code == 0, done
    return project


def bare_project(folder: Path, **settings: Any) -> Project:
    return new_project(folder, **settings)


def recipient(name: str = "r1", **more: Any) -> Recipient:
    said: dict[str, Any] = {"id": name, "name": name, "kind": "folder", "address": "/x", **more}
    return Recipient(**said)
