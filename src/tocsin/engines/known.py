"""What a project knows beside its posts: outcomes, what they taught, days of the calendar.

Everything is asked as of a place in the ledger, so that a rebuild finds what the run found.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from math import exp, log
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import select

from tocsin.engines.events import events_known
from tocsin.engines.slow import SlowRisk, sign_decisions
from tocsin.errors import RecordRefused, UsageError
from tocsin.model import Correction, DecisionKind, Level, MobEvent, Outcome
from tocsin.risk import CalendarDay, Calibration, KnownOutcome, Sources
from tocsin.settings import Settings
from tocsin.store import Store, schema
from tocsin.store.events import EventFilter
from tocsin.store.lists import decided

CALENDAR_COLUMNS = ("date", "what", "group", "latitude", "longitude", "within_km", "yearly")


def sources(
    settings: Settings,
    store: Store | None = None,
    before: int | None = None,
    events: Sequence[MobEvent] = (),
) -> Sources:
    """What stands behind places, for a pipeline.

    Args:
        store: of the project; None: a replay, which has none.
        before: only what the ledger held before this position counts.
        events: past ones, for a replay.

    Raises:
        UsageError: a calendar file is not there.
        RecordRefused: a line of it is wrong.
    """
    calendar = [
        day for path in settings.texts("risk.calendar") for day in read_calendar(Path(path))
    ]
    slow = SlowRisk(events) if store is None else _slow(store, before)
    return Sources(
        slow=None if slow.is_empty else slow,
        calendar=tuple(calendar),
        calibration=None if store is None else calibration(store, before),
    )


def _slow(store: Store, before: int | None) -> SlowRisk:
    events = events_known(store, EventFilter(before=before))
    return SlowRisk(events, sign_decisions(store, before))


# -- outcomes ----------------------------------------------------------------------------------


def outcomes(store: Store) -> list[KnownOutcome]:
    """Warnings whose outcome people recorded and that is not censored, by id."""
    peaks = _peaks(store)
    return [
        KnownOutcome(*peaks[subject], came)
        for subject, outcome in sorted(outcomes_of(store).items())
        if (came := outcome.came) is not None and subject in peaks
    ]


def outcomes_of(store: Store) -> dict[str, Outcome]:
    """The outcome last recorded for each warning that has one."""
    known = decided(store, DecisionKind.WARNING_OUTCOME.value)
    return {subject: Outcome(value) for subject, value in known.items()}


def _peaks(store: Store) -> dict[str, tuple[str, float]]:
    """Each warning's region and the highest probability it was told with, uncorrected."""
    table = schema.warnings
    query = select(table.c.id, table.c.body).where(table.c.action.in_(("issue", "update")))
    peaks: dict[str, tuple[str, float]] = {}
    with store.reading() as connection:
        for name, body in connection.execute(query.order_by(table.c.seq)):
            line = orjson.loads(body)
            told = uncorrected(line)
            if name not in peaks or told > peaks[name][1]:
                peaks[name] = (line.get("zone", "UTC"), told)
    return peaks


def uncorrected(line: Mapping[str, Any]) -> float:
    """The probability of a warning line before outcomes corrected it."""
    if "shares" not in line:  # told by a version that knew no corrections
        return float(line["probability"])
    base = float(line["base_rate"])
    score = log(base / (1 - base)) + sum(share for _, share in line["shares"])
    return 1 / (1 + exp(-score))


def similar(store: Store, line: Mapping[str, Any]) -> tuple[int, int]:
    """(n, N): of N closed warnings of this region and level with a known outcome, n came."""
    known = outcomes_of(store)
    table = schema.warnings
    query = select(table.c.id, table.c.body).where(table.c.id.in_(list(known)))
    levels: dict[str, Level] = {}
    with store.reading() as connection:
        for name, body in connection.execute(query.order_by(table.c.seq)):
            told = orjson.loads(body)
            if told.get("zone") == line.get("zone"):
                levels[name] = max(levels.get(name, Level.WATCH), Level.named(told["level"]))
    levels.pop(line["id"], None)
    alike = [name for name, level in levels.items() if level.word == line["level"]]
    came = [came for name in alike if (came := known[name].came) is not None]
    return sum(came), len(came)


# -- calibration -------------------------------------------------------------------------------


def calibration(store: Store, before: int | None = None) -> Calibration | None:
    """The newest that a person put in force, if any."""
    value = decided(store, DecisionKind.CALIBRATION.value, before).get("project")
    return None if not value else calibration_from(value)


def calibration_text(known: Calibration) -> str:
    """As a decision keeps it."""
    form = {
        "everywhere": asdict(known.everywhere),
        "regions": {name: asdict(one) for name, one in sorted(known.regions.items())},
    }
    return orjson.dumps(form).decode()


def calibration_from(text: str) -> Calibration:
    """The inverse of ``calibration_text``."""
    form = orjson.loads(text)
    regions = {name: Correction(**row) for name, row in form["regions"].items()}
    return Calibration(Correction(**form["everywhere"]), regions)


# -- calendar ----------------------------------------------------------------------------------


def read_calendar(path: Path) -> Iterator[CalendarDay]:
    """Days of a CSV file with the columns of ``CALENDAR_COLUMNS``; only date and what are needed.

    Raises:
        UsageError: the file is not there.
        RecordRefused: the first line that is wrong; half a calendar would hide the other half.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read as a calendar ({error})") from None
    rows = csv.DictReader(text.splitlines())
    unknown = sorted(set(rows.fieldnames or ()) - set(CALENDAR_COLUMNS))
    if unknown or "date" not in (rows.fieldnames or ()):
        advice = f"known columns: {', '.join(CALENDAR_COLUMNS)}"
        raise RecordRefused(str(path), "line 1", f"unknown or missing columns {unknown}", advice)
    for number, row in enumerate(rows, 2):
        try:
            yield _day(row)
        except (ValueError, TypeError) as error:
            raise RecordRefused(
                str(path), f"line {number}", str(error), "write dates as 2023-10-07"
            ) from None


def _day(row: Mapping[str, str | None]) -> CalendarDay:
    def number(name: str) -> float | None:
        value = row.get(name)
        return float(value) if value else None

    if not row.get("what"):
        raise ValueError("no 'what': say what the day is")
    latitude, longitude = number("latitude"), number("longitude")
    if (latitude is None) != (longitude is None):
        raise ValueError("latitude and longitude go together")
    return CalendarDay(
        day=date.fromisoformat(str(row["date"])),
        what=str(row["what"]),
        group=row.get("group") or None,
        latitude=latitude,
        longitude=longitude,
        within_km=number("within_km") or 50.0,
        yearly=(row.get("yearly") or "").strip().lower() in ("1", "yes", "true"),
    )
