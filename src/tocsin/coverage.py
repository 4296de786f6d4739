"""What could not be read: unseen is not calm (DESIGN section 6.8).

Counts, per hour of the last day, how many posts came and how many could not be read, and why.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from tocsin.model import Enriched, Reading, ReadStatus

WINDOW = timedelta(hours=24)
_SPOKEN = frozenset({"voice", "audio", "video"})


class Coverage:
    """Rolling counts over the last 24 hours; bounded by 25 hourly buckets."""

    def __init__(self) -> None:
        self._hours: dict[int, Counter[str]] = {}

    def add(self, enriched: Enriched, reading: Reading) -> None:
        """Count one post."""
        hour = int(enriched.post.known_at.timestamp()) // 3600
        bucket = self._hours.get(hour)
        if bucket is None:
            bucket = self._hours[hour] = Counter()
            self._forget(hour)
        bucket["posts"] += 1
        if reading.read is ReadStatus.UNSUPPORTED:
            bucket[_reason(enriched)] += 1

    def sentences(self, as_of: datetime) -> tuple[str, ...]:
        """What was not seen in the 24 hours up to ``as_of``, in plain words; may be empty."""
        newest = int(as_of.timestamp()) // 3600
        oldest = newest - int(WINDOW.total_seconds()) // 3600
        total: Counter[str] = Counter()
        for hour, bucket in self._hours.items():
            if oldest < hour <= newest:
                total.update(bucket)
        posts = total.pop("posts", 0)
        unread = sum(total.values())
        if not unread:
            return ()
        reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(total.items()))
        return (f"{unread} of {posts} posts of the last 24 hours could not be read ({reasons})",)

    def snapshot(self) -> dict[str, Any]:
        """The counts as JSON values."""
        return {str(hour): dict(sorted(self._hours[hour].items())) for hour in sorted(self._hours)}

    def restore(self, data: Mapping[str, Mapping[str, int]]) -> None:
        """Take up the counts of a snapshot."""
        self._hours = {int(hour): Counter(bucket) for hour, bucket in data.items()}

    def _forget(self, newest: int) -> None:
        keep = newest - int(WINDOW.total_seconds()) // 3600
        for hour in [hour for hour in self._hours if hour < keep]:
            del self._hours[hour]


def _reason(enriched: Enriched) -> str:
    if enriched.digest is not None:
        return f"in a language without a reader ({enriched.lang})"
    kinds = {media.kind for media in enriched.post.media}
    if kinds & _SPOKEN:
        return "voice or video without text"
    return "image or other media without text" if kinds else "without text"
