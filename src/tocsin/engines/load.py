"""What a desk has had to bear week by week, and what threshold would keep it bearable."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any

import orjson
from sqlalchemy import func, select

from tocsin.engines.known import outcomes_of
from tocsin.model import Level
from tocsin.store import Store, schema

MIN_WEEKS = 4
"""Quiet weeks from which a threshold is proposed."""


@dataclass(frozen=True, slots=True)
class WeeklyLoad:
    """Warnings of each quiet week.

    Args:
        weeks: quiet weeks from the first post to the last.
        watches: highest told probability of each warning that never rose above a watch.
        alerts: how many warnings rose above a watch.
        busy: weeks in which something came, left out.
    """

    weeks: int
    watches: tuple[float, ...]
    alerts: int
    busy: int

    def form(self) -> dict[str, Any]:
        """As JSON prints it."""
        return {
            "quiet_weeks": self.weeks,
            "busy_weeks": self.busy,
            "watches_a_week": self._a_week(len(self.watches)),
            "alerts_a_week": self._a_week(self.alerts),
        }

    def sentences(self, allowed: int, threshold: float | None) -> Iterator[str]:
        """As a person reads it."""
        form = self.form()
        yield (
            f"{form['quiet_weeks']} quiet weeks: {form['watches_a_week']} watches and "
            f"{form['alerts_a_week']} alerts or alarms a week; budget {allowed} a week"
        )
        if self.weeks < MIN_WEEKS:
            yield f"too few quiet weeks to propose anything; {MIN_WEEKS} are needed"
        elif threshold is None:
            yield "within the budget: nothing to change"
        else:
            yield f"proposal for tocsin.toml: [warnings] watch = {threshold}"

    def _a_week(self, count: int) -> float:
        return round(count / self.weeks, 2) if self.weeks else 0.0


def weekly_load(store: Store) -> WeeklyLoad:
    """What the store's warnings were to the desk, week by week of their issue."""
    known = outcomes_of(store)
    issued: dict[str, datetime] = {}
    peaks: dict[str, tuple[Level, float]] = {}
    table = schema.warnings
    query = select(table.c.id, table.c.issued_at, table.c.body).order_by(table.c.seq)
    with store.reading() as connection:
        for name, at, body in connection.execute(query):
            line = orjson.loads(body)
            issued.setdefault(name, at)
            seen = (Level.named(line["level"]), float(line["probability"]))
            peaks[name] = max(peaks.get(name, seen), seen)
    busy = {_week(issued[name]) for name, outcome in known.items() if outcome.came}
    quiet = [name for name, at in sorted(issued.items()) if _week(at) not in busy]
    return WeeklyLoad(
        weeks=max(0, _weeks(store) - len(busy)),
        watches=tuple(sorted(peaks[n][1] for n in quiet if peaks[n][0] <= Level.WATCH)),
        alerts=sum(peaks[name][0] > Level.WATCH for name in quiet),
        busy=len(busy),
    )


def proposed(load: WeeklyLoad, allowed: int) -> float | None:
    """The watch threshold that would have kept quiet weeks within the budget; None: as it is.

    Alerts come first out of the budget and are never kept back.
    """
    if load.weeks < MIN_WEEKS:
        return None
    room = max(0, allowed * load.weeks - load.alerts)
    if len(load.watches) <= room:
        return None
    return _just_above(load.watches, len(load.watches) - room)


def _just_above(watches: Sequence[float], dropped: int) -> float:
    """The smallest threshold, to a thousandth, that keeps out the lowest ``dropped``."""
    return ceil(watches[dropped - 1] * 1000 + 1e-9) / 1000


def _weeks(store: Store) -> int:
    """Weeks from the first post to the last, the broken ones counted in full."""
    known_at = schema.posts.c.known_at
    with store.reading() as connection:
        first, last = connection.execute(select(func.min(known_at), func.max(known_at))).one()
    return 0 if first is None else (last - first).days // 7 + 1


def _week(at: datetime) -> tuple[int, int]:
    year, week, _ = at.isocalendar()
    return (year, week)
