"""Posts as a test writes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2024, 3, 4, 6, 0, tzinfo=UTC)


def post_line(number: int, text: str, **more: Any) -> dict[str, Any]:
    """A post as JSON Lines carry it, ``number`` minutes after START."""
    at = (START + timedelta(minutes=number)).isoformat()
    return {"id": str(number), "channel": "town_news", "posted_at": at, "text": text, **more}
