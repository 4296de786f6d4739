"""``make bench-where-when``: where and when a post speaks of, measured on our own labelled posts.

    python benchmarks/where_when.py [dev|test]

Writes benchmarks/results/where-when-SPLIT.json. Families of the split ``test`` are for measuring
alone: count their errors, do not read them.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from measuring import ROOT, digest_of, machine, write_result

from tocsin.engines.workers import PostReader, ReadingPlan
from tocsin.model import ChannelProfile, Identity, PlaceMention, Post, Reading
from tocsin.risk import haversine_km
from tocsin.text import post_from_content

OURS = ROOT / "data" / "where_when"
NEAR_KM = 30.0
AREA_KM = 300.0
SURE = 0.9


def main(splits: list[str]) -> None:
    """Measure the splits named; ``dev`` where none is."""
    for split in splits or ["dev"]:
        found = {
            "places": places([r for r in _rows("places") if r["split"] == split]),
            "times": times([r for r in _rows("times") if r["split"] == split]),
            "sha256": {name: digest_of(OURS / f"{name}.jsonl") for name in ("places", "times")},
        }
        write_result(f"where-when-{split}", machine(), found)


def places(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """F1 within 30 km, and how many of the places found play the part they are labelled with."""
    tallies: dict[str, Tally] = defaultdict(Tally)
    for row, reading in _read(rows, home=True):
        for name in ("all", row["lang"], f"family {row['family']}"):
            tallies[name].add(row["places"], reading.places)
    return {name: tally.figures() for name, tally in sorted(tallies.items())}


class Tally:
    """Places labelled, places found, and which of them are the same."""

    def __init__(self) -> None:
        self.gold = self.found = self.same = self.roles = 0
        self.sure: list[bool] = []
        self.kinds: dict[str, list[bool]] = defaultdict(list)

    def add(self, gold: list[dict[str, Any]], found: Iterable[PlaceMention]) -> None:
        """One post; each place found answers for one labelled place at most."""
        left = list(found)
        self.sure += [any(_same(g, m) for g in gold) for m in left if m.p >= SURE]
        self.gold += len(gold)
        self.found += len(left)
        for place in gold:
            near = [m for m in left if _same(place, m)]
            self.kinds[place["kind"]].append(bool(near))
            if near:
                best = min(near, key=lambda m: (m.role.value != place["role"], _km(place, m)))
                left.remove(best)
                self.same += 1
                self.roles += best.role.value == place["role"]

    def figures(self) -> dict[str, Any]:
        """Precision, recall, F1, share of roles that are right; recall of each kind."""
        precision = self.same / self.found if self.found else 0.0
        recall = self.same / self.gold if self.gold else 0.0
        both = precision + recall
        return {
            "precision": round(precision, 3),
            "recall": round(recall, 3),
            "f1": round(2 * precision * recall / both, 3) if both else 0.0,
            "roles": round(self.roles / self.same, 3) if self.same else 0.0,
            "labelled": self.gold,
            "right_of_sure": [sum(self.sure), len(self.sure)],
            "recall_by_kind": {
                kind: [sum(hits), len(hits)] for kind, hits in sorted(self.kinds.items())
            },
        }


def times(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Share of posts whose day, and whose day and hour, are right; none where there is none."""
    days: dict[str, list[bool]] = defaultdict(list)
    hours: dict[str, list[bool]] = defaultdict(list)
    for row, reading in _read(rows, home=False):
        day, hour = _right(row, reading)
        for name in ("all", row["lang"], f"family {row['family']}"):
            days[name].append(day)
            hours[name].append(hour)
    return {
        name: {
            "posts": len(days[name]),
            "day": round(sum(days[name]) / len(days[name]), 3),
            "day_and_hour": round(sum(hours[name]) / len(hours[name]), 3),
        }
        for name in sorted(days)
    }


def _right(row: dict[str, Any], reading: Reading) -> tuple[bool, bool]:
    when = row["when"]
    deadline = when is not None and when["kind"] == "deadline"
    event = reading.deadline if deadline else reading.event_time
    if when is None or event is None:
        alike = when is None and event is None
        return alike, alike
    start = event.start.astimezone(ZoneInfo(row["zone"])).replace(tzinfo=None)
    wanted = datetime.fromisoformat(when["start"])
    return start.date() == wanted.date(), start == wanted


def _read(rows: list[dict[str, Any]], *, home: bool) -> Iterable[tuple[dict[str, Any], Reading]]:
    profiles = {row["id"]: _profile(row, home) for row in rows}
    reader = PostReader(ReadingPlan(profiles=profiles))
    for row in rows:
        content = {"text": row["text"], "posted_at": row["posted_at"], "lang": row["lang"]}
        post: Post = post_from_content(Identity("bench", row["id"], "1", 1), content)
        yield row, reader.read_one(post)[1]


def _profile(row: dict[str, Any], home: bool) -> ChannelProfile:
    if not home:
        return ChannelProfile(row["id"], time_zone=row["zone"])
    return ChannelProfile(row["id"], home_place=row["home"]["name"] if row["home"] else None)


def _same(place: dict[str, Any], mention: PlaceMention) -> bool:
    """Within 30 km; of a country or region it is asked whether it is the same one.

    Their middle lies elsewhere in every source, and the labels' are from general knowledge: a
    region is the same if it lies in the same country and within 300 km of the label.
    """
    if place["kind"] == "country":
        return mention.place_id == f"country:{place['country']}"
    if place["kind"] == "region" and mention.is_area:
        inside = mention.place_id.startswith(f"region:{place['country']}.")
        return inside and _km(place, mention) <= AREA_KM
    return _km(place, mention) <= NEAR_KM


def _km(place: dict[str, Any], mention: PlaceMention) -> float:
    return haversine_km(place["lat"], place["lon"], mention.latitude, mention.longitude)


def _rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (OURS / f"{name}.jsonl").read_text("utf-8").splitlines()]


if __name__ == "__main__":
    main(sys.argv[1:])
