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
        brief_threshold: the same for texts of fewer than ``brief_letters`` letters, in which one
            other word says something else.
        own_threshold: the same towards a thread that is mostly of the post's own channel: what a
            channel makes after one pattern (lists, series, titles) differs in little else than in
            what it is about. Below it, the decision by meaning and words has to say.
        join: least probability "same rumour" at which a text is put into a thread.
        everyday_join: the same in a channel whose texts mostly begin something of their own;
            between the two for one that is between.
        suggest: least probability at which a pair of rumours is kept for a person to look at.
        exemplars: newest texts of a thread that a new one is measured against.
        media_threshold: least cosine for a text of its own words to join by the same file;
            keeps a channel's logo from gluing all its posts together.
        half_life_days: weight of a text in its thread's centroid halves in that time.
        dormant_days: a thread that speaks again after this silence was revived.
        max_live: live threads; above it, the longest silent one-post thread is closed first.
        max_lone: live threads of one post that a channel among several may have; above it, its own
            oldest is closed, so that a flood crowds out nobody else's.
        max_texts: distinct texts remembered in all threads; the longest unseen goes first.
        max_thread_texts: the same for one thread, so that a flood costs only its own thread.

    Raises:
        UsageError: a value is out of its range.
    """

    live_days: float = 30.0
    short_hours: float = 24.0
    near_threshold: float = 0.55
    brief_threshold: float = 0.75
    brief_letters: int = 50
    own_threshold: float = 0.95
    join: float = 0.5
    everyday_join: float = 0.8
    suggest: float = 0.25
    exemplars: int = 16
    media_threshold: float = 0.3
    half_life_days: float = 7.0
    dormant_days: float = 3.0
    max_live: int = 30_000
    max_lone: int = 2_000
    max_texts: int = 60_000
    max_thread_texts: int = 200

    def __post_init__(self) -> None:
        for name in _SHARES:
            _require(0 < getattr(self, name) <= 1, name, "in (0, 1]")
        for name in ("live_days", "short_hours", "half_life_days", "dormant_days"):
            _require(getattr(self, name) > 0, name, "above 0")
        for name in ("max_live", "max_lone", "max_texts", "max_thread_texts", "exemplars"):
            _require(getattr(self, name) >= 1, name, "at least 1")
        _require(self.suggest <= self.join, "suggest", "at most join")
        _require(self.join <= self.everyday_join <= 1, "everyday_join", "from join to 1")

    @property
    def live_micros(self) -> int:
        """``live_days`` in microseconds."""
        return round(self.live_days * MICROS_PER_DAY)

    @property
    def dormant_micros(self) -> int:
        """``dormant_days`` in microseconds."""
        return round(self.dormant_days * MICROS_PER_DAY)

    @property
    def short_micros(self) -> int:
        """``short_hours`` in microseconds."""
        return round(self.short_hours * MICROS_PER_HOUR)


_SHARES = (
    "near_threshold",
    "brief_threshold",
    "own_threshold",
    "media_threshold",
    "join",
    "suggest",
)


def _require(holds: bool, name: str, wanted: str) -> None:
    if not holds:
        raise UsageError(f"rumour option {name} must be {wanted}")
