"""What stands, ordered by what needs a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select

from tocsin import wire
from tocsin.engines.likelihood import verbal
from tocsin.engines.paging import ANSWERS
from tocsin.model import Level
from tocsin.store import Store, schema
from tocsin.store.lists import warnings_now
from tocsin.warnings.escalation import WITHIN

Line = Mapping[str, Any]
TELLS: Final = ("issue", "update")
_ANSWER_WITHIN: Final = {**WITHIN, Level.WATCH: timedelta(hours=12)}
"""DESIGN section 6, table of levels; a watch is looked at by the next shift."""


def answers(store: Store, at: datetime | None = None) -> dict[str, dict[str, Any]]:
    """Warning → the newest decision by which somebody showed that they are on it."""
    table = schema.decisions
    wanted = [kind.value for kind in ANSWERS]
    query = select(table).where(table.c.kind.in_(wanted)).order_by(table.c.seq)
    if at is not None:
        query = query.where(table.c.at <= at)
    with store.reading() as connection:
        rows = connection.execute(query).mappings()
        return {
            row["subject"]: {"what": row["value"], "by": row["by"], "at": wire.iso(row["at"])}
            for row in rows
        }


def situations(store: Store, moment: datetime, at: datetime | None = None) -> list[dict[str, Any]]:
    """Every situation with a warning that stands, what waits for a person first.

    Args:
        moment: now; how long somebody has waited is counted to it.
        at: as it stood at that moment.
    """
    said = answers(store, at)
    rows = [
        _situation(line, said.get(line["id"]), moment)
        for line in warnings_now(store, at=at)
        if line["action"] in TELLS
    ]
    return sorted(rows, key=_urgency)


def answer_of(store: Store, line: Line, moment: datetime) -> dict[str, Any]:
    """Who is on a warning; where nobody is, by when somebody should be."""
    return _answered(line, answers(store).get(line["id"]), moment)


def _answered(line: Line, answer: Mapping[str, Any] | None, moment: datetime) -> dict[str, Any]:
    issued = wire.moment(line["issued_at"])
    assert issued is not None
    due = issued + _ANSWER_WITHIN[Level.named(line["level"])]
    return {
        "answer": answer,
        "answer_by": wire.iso(due) if answer is None else None,
        "overdue": answer is None and due < moment,
    }


def _situation(line: Line, answer: Mapping[str, Any] | None, moment: datetime) -> dict[str, Any]:
    return {
        "warning": line["id"],
        "level": line["level"],
        "place": line["place"],
        "place_id": line["place_id"],
        "lat": line["lat"],
        "lon": line["lon"],
        "target": line["target"],
        "window_start": line["window_start"],
        "window_end": line["window_end"],
        "issued_at": line["issued_at"],
        "zone": line.get("zone", "UTC"),
        "horizon_h": line["horizon_h"],
        "calibrated": line["calibrated"],
        "likely": verbal(line),
        "rumour": line["rumour"],
        "posts": len(line["posts"]),
        "why": line["why"],
        "unseen": line["unseen"],
        **_answered(line, answer, moment),
    }


def _urgency(row: Line) -> tuple[Any, ...]:
    """Unanswered before answered, higher levels first, then the sooner called hour."""
    level = -Level.named(row["level"])
    return (row["answer"] is not None, level, row["window_start"] or "9", row["issued_at"])


def as_geojson(rows: Sequence[Line]) -> dict[str, Any]:
    """Situations as GeoJSON points, longitude first."""
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [row["lon"], row["lat"]]},
                "properties": {
                    "level": row["level"],
                    "title": row["place"],
                    "target": row["target"],
                    "warning": row["warning"],
                    "window_start": row["window_start"],
                    "href": f"/warnings/{row['warning']}",
                },
            }
            for row in rows
        ],
    }
