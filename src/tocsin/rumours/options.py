"""Every threshold and bound of the rumour stage, in one frozen object."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.errors import UsageError

MICROS_PER_HOUR = 3_600_000_000
MICROS_PER_DAY = 24 * MICROS_PER_HOUR


@dataclass(frozen=True, slots=True)
class RumourOptions:
    """One configuration for all languages and inputs.

    Args:
        live_days: a thread silent for longer is closed.
        short_hours: the same for very short texts ("ok", one emoji), which match exactly only.
        near_threshold: least Jaccard overlap of character shingles, estimated by MinHash.
        vector_threshold: least score (cosine, lowered for wide threads) for a text of
            ``long_letters`` or more.
        short_threshold: the same for one of ``short_letters`` or fewer. Vectors of short texts
            lie further apart; between the two lengths the threshold rises with the logarithm.
        cohesion: exponent g in score = cosine · (mean member–centroid length)^g; 0 is plain
            cosine to the centroid, 1 the average cosine to all members. A wide thread must
            fit better, so a large one does not swallow its neighbours.
        age_penalty: taken off the score of a thread that has been silent for ``live_days``,
            and proportionally less before.
        media_threshold: least cosine for a text of its own words to join by the same file;
            keeps a channel's logo from gluing all its posts together.
        half_life_days: weight of a text in its thread's centroid halves in that time.
        max_live: live threads; above it, the longest silent one-post thread is closed first.
        max_texts: distinct texts remembered in all threads; the longest unseen goes first.
        max_thread_texts: the same for one thread, so that a flood costs only its own thread.

    Raises:
        UsageError: a value is out of its range.
    """

    live_days: float = 30.0
    short_hours: float = 24.0
    near_threshold: float = 0.55
    vector_threshold: float = 0.6
    short_threshold: float = 0.4
    short_letters: int = 40
    long_letters: int = 160
    cohesion: float = 0.15
    age_penalty: float = 0.05
    media_threshold: float = 0.3
    half_life_days: float = 7.0
    max_live: int = 30_000
    max_texts: int = 60_000
    max_thread_texts: int = 200

    def __post_init__(self) -> None:
        for name in ("near", "vector", "short", "media"):
            _require(0 < getattr(self, f"{name}_threshold") <= 1, f"{name}_threshold", "in (0, 1]")
        for name in ("live_days", "short_hours", "half_life_days", "short_letters"):
            _require(getattr(self, name) > 0, name, "above 0")
        for name in ("max_live", "max_texts", "max_thread_texts"):
            _require(getattr(self, name) >= 1, name, "at least 1")
        for name in ("cohesion", "age_penalty"):
            _require(0 <= getattr(self, name) <= 1, name, "in [0, 1]")
        _require(self.long_letters > self.short_letters, "long_letters", "above short_letters")

    @property
    def live_micros(self) -> int:
        """``live_days`` in microseconds."""
        return round(self.live_days * MICROS_PER_DAY)

    @property
    def short_micros(self) -> int:
        """``short_hours`` in microseconds."""
        return round(self.short_hours * MICROS_PER_HOUR)


def _require(holds: bool, name: str, wanted: str) -> None:
    if not holds:
        raise UsageError(f"rumour option {name} must be {wanted}")
