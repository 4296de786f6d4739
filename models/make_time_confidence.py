"""Make the table of how sure times are (part of ``make models``).

For each way of telling a time: the share right, day and hour, among the development families of
``data/where_when/times.jsonl`` and in ``real_times.json`` (counts alone, of real posts: the rules
were written to the former, which says little of their faults), smoothed toward the share of all of
them. A time found where there is none counts as wrong. Never looks at a test family.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from reading_posts import ROOT

from tocsin.engines.workers import PostReader, ReadingPlan
from tocsin.model import ChannelProfile, EventTime, Identity
from tocsin.reading import times_find
from tocsin.reading.places_words import Words
from tocsin.reading.times_confidence import KINDS, TABLE, kind_of
from tocsin.text import post_from_content

TIMES = ROOT / "data" / "where_when" / "times.jsonl"
TARGET = ROOT / "src" / "tocsin" / "reading" / "weights" / TABLE
REAL = json.loads((ROOT / "models" / "real_times.json").read_text("utf-8"))["kinds"]
PRIOR_POSTS = 8.0
"""How many posts the share of all kinds counts as beside those of one kind."""


def main() -> None:
    """Write the table."""
    counts = {kind: list(REAL.get(kind, (0, 0))) for kind in KINDS}
    for kind, alike in judged():
        counts[kind][0] += alike
        counts[kind][1] += 1
    right, posts = (sum(count[at] for count in counts.values()) for at in (0, 1))
    share = (right + 1) / (posts + 2)
    kinds = {kind: _smoothed(count[0], count[1], share) for kind, count in counts.items()}
    table = {"posts": posts, "right": right, "prior_posts": PRIOR_POSTS, "kinds": kinds}
    TARGET.write_text(json.dumps(table, indent=1) + "\n", "utf-8")
    print(f"{TARGET.name}: {posts} times, {right} right")


def _smoothed(right: int, posts: int, share: float) -> dict[str, Any]:
    p = (right + share * PRIOR_POSTS) / (posts + PRIOR_POSTS)
    return {"p": round(p, 3), "right": right, "posts": posts}


def judged() -> Iterator[tuple[str, bool]]:
    """The kind of each time found in a development family, and whether it is right."""
    rows = [json.loads(line) for line in TIMES.read_text("utf-8").splitlines()]
    rows = [row for row in rows if row["split"] == "dev"]
    profiles = {row["id"]: ChannelProfile(row["id"], time_zone=row["zone"]) for row in rows}
    reader = PostReader(ReadingPlan(profiles=profiles))
    for row in rows:
        content = {"text": row["text"], "posted_at": row["posted_at"], "lang": row["lang"]}
        post = post_from_content(Identity("models", row["id"], "1", 1), content)
        enriched, reading = reader.read_one(post)
        when = row["when"]
        term = when is not None and when["kind"] == "deadline"
        event = reading.deadline if term else reading.event_time
        if event is None or event.span is None:
            continue
        for cue in times_find.find_all_times(Words(enriched.text), enriched.lang):
            if (cue.start, cue.end) == (event.span.start, event.span.end):
                yield kind_of(cue), when is not None and _begins(event, row, when)


def _begins(event: EventTime, row: dict[str, Any], when: dict[str, Any]) -> bool:
    start = event.start.astimezone(ZoneInfo(row["zone"])).replace(tzinfo=None)
    return start == datetime.fromisoformat(when["start"])


if __name__ == "__main__":
    main()
