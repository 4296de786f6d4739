"""Posts as a test writes them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

START = datetime(2024, 3, 4, 6, 0, tzinfo=UTC)


def post_line(number: int, text: str, **more: Any) -> dict[str, Any]:
    """A post as JSON Lines carry it, ``number`` minutes after START."""
    at = (START + timedelta(minutes=number)).isoformat()
    return {"id": str(number), "channel": "town_news", "posted_at": at, "text": text, **more}


def written(path: Path, posts: Iterable[Any]) -> Path:
    """Posts as a file of JSON Lines."""
    path.write_bytes(b"".join(orjson.dumps(post) + b"\n" for post in posts))
    return path
