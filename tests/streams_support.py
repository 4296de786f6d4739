"""The wordings in tests/streams as posts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

FOLDER = Path(__file__).parent / "streams"
CONTROLS = ("vigil", "football", "evacuation", "mobilisation")


def lines(name: str) -> list[dict[str, Any]]:
    """The rows of one file."""
    content = (FOLDER / f"{name}.jsonl").read_bytes()
    return [orjson.loads(line) for line in content.splitlines() if line.strip()]


def calls(base: datetime | None = None) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Each call with its posts; ``base`` moves its first post to that day, same time of day."""
    for call in lines("calls_ru"):
        first = datetime.fromisoformat(call["base_local"])
        if base is not None:
            first = first.replace(year=base.year, month=base.month, day=base.day)
        posts = [
            {
                "id": f"{call['id']}-{number}",
                "channel": post["channel"],
                "posted_at": (first + timedelta(minutes=post["offset_min"])).isoformat(),
                "text": post["text"],
            }
            for number, post in enumerate(call["posts"])
        ]
        yield call, posts


def as_posts(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows without the labels that only tests know."""
    return [{k: v for k, v in row.items() if k not in ("kind", "town")} for row in rows]


def mixed() -> list[dict[str, Any]]:
    """All streams together: calls among ordinary posts."""
    rows = [row for name in CONTROLS for row in lines(f"control_{name}")]
    rows += lines("decoys_ru")
    return as_posts(rows) + [post for _, posts in calls() for post in posts]
