"""Tweets whose places other people labelled: IDRISI-R and IDRISI-D (Suwaileh et al. 2022, 2023,
CC BY 4.0), in English and Arabic.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from reading_posts import DATA

IDRISI = DATA / "geo" / "idrisi"
LANGUAGES = {"EN": "en", "AR": "ar"}


@dataclass(frozen=True, slots=True)
class Gold:
    """A labelled mention: character offsets, what it is, and where, if that is known."""

    start: int
    end: int
    kind: str
    point: tuple[float, float] | None = None


def idrisi(task: str, folder: str, split: str) -> Iterator[tuple[str, list[Gold]]]:
    """Texts and mentions of one language; kinds are those of the English part, in small letters."""
    inner = "gold-random-json/*" if task == "LMR" else "*"
    for path in sorted((IDRISI / task / "data" / folder).glob(f"{inner}/{split}.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            row = json.loads(line)
            yield row["text"], [_gold(mention) for mention in row["location_mentions"]]


KINDS = {
    "ctry": "country",
    "prov": "state",
    "city": "city/town",
    "dist": "district",
    "nbhd": "neighborhood",
    "st": "road/street",
    "hpoi": "human-made point-of-interest",
    "npoi": "natural point-of-interest",
    "othr": "other locations",
}


def _gold(mention: dict[str, Any]) -> Gold:
    place = mention.get("osm_json") or {}
    point = (float(place["lat"]), float(place["lon"])) if place.get("lat") else None
    kind = mention["type"].lower()
    start = mention.get("start_offset", mention.get("startIdx", 0))
    end = mention.get("end_offset", mention.get("endIdx", 0))
    return Gold(start, end, KINDS.get(kind, kind), point)
