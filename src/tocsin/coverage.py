"""What could not be read: unseen is not calm (DESIGN section 6.8).

Counts, per hour of the last day, how many posts came, how many could not be read and why, and
how many were compared with others by their words only, for want of a model for their language.
Channels that have fallen silent are named too (``silence``).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from tocsin.errors import UsageError
from tocsin.model import Enriched, Reading, ReadStatus
from tocsin.silence import Silence

WINDOW = timedelta(hours=24)
_SPOKEN = frozenset({"voice", "audio", "video"})
_BY_WORDS = "by words:"
_UNTOLD = "und"
"""Key of a snapshot beside the hours: posts of files alone, by evidence id."""
_TELLING = re.compile(r"[^\W\d_]{3,}")


class Coverage:
    """Rolling counts over the last 24 hours; bounded by 25 hourly buckets; and who is silent."""

    def __init__(self) -> None:
        self._hours: dict[int, Counter[str]] = {}
        self._unread: dict[str, tuple[int, str]] = {}
        self._silence = Silence()

    def add(self, enriched: Enriched, reading: Reading) -> None:
        """Count one post; one whose words came later is not unread any more."""
        post = enriched.post
        if post.origin is not None and post.ref in self._unread:
            self._was_read(post.ref, reading)
            return
        if not post.is_tip:  # nobody owes the desk a tip a day
            self._silence.add(post.channel, post.known_at)
        hour = int(post.known_at.timestamp()) // 3600
        bucket = self._hours.get(hour)
        if bucket is None:
            bucket = self._hours[hour] = Counter()
            self._forget(hour)
        bucket["posts"] += 1
        if reading.read is ReadStatus.UNSUPPORTED:
            bucket[_reason(enriched)] += 1
            if enriched.digest is None and post.media:
                self._unread[post.ref] = (hour, _reason(enriched))
        if _by_words_only(enriched):
            bucket[_compared(enriched)] += 1

    def sentences(self, as_of: datetime) -> tuple[str, ...]:
        """What was not seen in the 24 hours up to ``as_of``, in plain words, and which channels
        are silent for longer than they usually are; may be empty.
        """
        newest = int(as_of.timestamp()) // 3600
        oldest = newest - int(WINDOW.total_seconds()) // 3600
        total: Counter[str] = Counter()
        for hour, bucket in self._hours.items():
            if oldest < hour <= newest:
                total.update(bucket)
        posts = total.pop("posts", 0)
        by_words = Counter({key: total.pop(key) for key in [*total] if key.startswith(_BY_WORDS)})
        found = (total, "could not be read"), (by_words, "were compared by their words only")
        unread = tuple(
            f"{counts.total()} of {posts} posts of the last 24 hours {what} ({_parts(counts)})"
            for counts, what in found
            if counts
        )
        return unread + self._silence.sentences(as_of)

    def snapshot(self) -> dict[str, Any]:
        """The counts as JSON values."""
        hours = {str(hour): dict(sorted(self._hours[hour].items())) for hour in sorted(self._hours)}
        unread = {ref: list(at) for ref, at in sorted(self._unread.items())}
        return {"hours": hours, "unread": unread, "silence": self._silence.snapshot()}

    def restore(self, data: Mapping[str, Any]) -> None:
        """Take up the counts of a snapshot.

        Raises:
            UsageError: it was taken by an earlier version.
        """
        if "hours" not in data:
            raise UsageError(
                "the snapshot of what was seen is of another version; rebuild from the archive"
            )
        self._hours = {int(hour): Counter(bucket) for hour, bucket in data["hours"].items()}
        self._unread = {ref: (hour, reason) for ref, (hour, reason) in data["unread"].items()}
        self._silence.restore(data["silence"])

    def _was_read(self, ref: str, reading: Reading) -> None:
        """Take one back from the unread, in the hour it came, if it can be read now."""
        if reading.read is ReadStatus.UNSUPPORTED:
            return
        hour, reason = self._unread.pop(ref)
        if hour in self._hours:
            self._hours[hour] -= Counter((reason,))  # what falls to nothing is dropped

    def _forget(self, newest: int) -> None:
        keep = newest - int(WINDOW.total_seconds()) // 3600
        for hour in [hour for hour in self._hours if hour < keep]:
            del self._hours[hour]
        self._unread = {ref: at for ref, at in self._unread.items() if at[0] >= keep}


def _reason(enriched: Enriched) -> str:
    if enriched.digest is not None:
        return f"in a language without a reader ({enriched.lang})"
    kinds = {media.kind for media in enriched.post.media}
    if kinds & _SPOKEN:
        return "voice or video without text"
    return "image or other media without text" if kinds else "without text"


def _by_words_only(enriched: Enriched) -> bool:
    """Whether no model knows the language; a text too short to tell it has no meaning to miss."""
    if enriched.digest is None or enriched.vector_model or enriched.vector is not None:
        return False
    return enriched.lang != _UNTOLD or _TELLING.search(enriched.text) is not None


def _compared(enriched: Enriched) -> str:
    told = enriched.lang != _UNTOLD
    return f"{_BY_WORDS}in {enriched.lang if told else 'a language not recognised'}"


def _parts(counts: Counter[str]) -> str:
    return ", ".join(f"{counts[key]} {key.removeprefix(_BY_WORDS)}" for key in sorted(counts))
