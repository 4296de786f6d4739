"""Posts labelled with places and times: their form, and that test families stay apart."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

DATA = Path(__file__).resolve().parents[2] / "data" / "where_when"
ROLES = {"gather_at", "happened_at", "origin", "mentioned"}
GRANULARITIES = {"minute", "hour", "daypart", "day", "week"}
KINDS = {"event", "past", "deadline", "repeated"}


def _rows(name: str) -> list[dict[str, Any]]:
    lines = (DATA / f"{name}.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize("name", ["places", "times"])
def test_a_family_is_in_one_split_and_ids_are_there_once(name: str) -> None:
    rows = _rows(name)
    assert len(rows) >= 400
    assert len({row["id"] for row in rows}) == len(rows)
    splits = defaultdict(set)
    for row in rows:
        splits[row["family"]].add(row["split"])
    assert {family for family, found in splits.items() if len(found) > 1} == set()
    assert set().union(*splits.values()) == {"dev", "test"}


def test_places_are_said_in_the_text() -> None:
    for row in _rows("places"):
        datetime.fromisoformat(row["posted_at"])
        for place in row["places"]:
            assert place["said"] in row["text"], row["id"]
            assert place["role"] in ROLES, row["id"]
            assert abs(place["lat"]) <= 90, row["id"]
            assert abs(place["lon"]) <= 180, row["id"]


def test_times_are_possible() -> None:
    for row in _rows("times"):
        posted, zone = datetime.fromisoformat(row["posted_at"]), ZoneInfo(row["zone"])
        assert posted.utcoffset() == posted.astimezone(zone).utcoffset(), row["id"]
        when = row["when"]
        if when is None:
            continue
        assert when["granularity"] in GRANULARITIES, row["id"]
        assert when["kind"] in KINDS, row["id"]
        start = datetime.fromisoformat(when["start"])
        assert when["end"] is None or datetime.fromisoformat(when["end"]) >= start, row["id"]
        if when["kind"] == "past":
            assert start.replace(tzinfo=zone) <= posted, row["id"]
