"""How a rumour moves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Spread:
    """Counts of one rumour at one moment; they look back only.

    Args:
        as_of: nothing later than this is counted.
        posts_1h, posts_6h, posts_24h: sightings in that many hours up to ``as_of``.
        channels: distinct channels in the last 72 hours.
        independent_channels: the same, where forwards and copies of one origin, channels that post
            together and newcomers count once, and channels known to be young not at all.
        languages: distinct languages in the last 72 hours.
        growth: posts in the last 6 h over those expected from the 66 h before, with one half added
            to both; 1 is steady. Once the stream is old enough, both are measured by what share
            of the stream's posts their hours of the week usually bear.
        reach: sum of subscribers over channels whose size is known by then; None: none known.
        first_seen: first sighting of all.
        hourly: (hour start, posts) pairs, oldest first, at most 72.
        towns: distinct places named in the last 72 hours (to gather at, where something happened,
            mentioned); no regions or countries.
    """

    rumour: str
    as_of: datetime
    posts_1h: int
    posts_6h: int
    posts_24h: int
    channels: int
    independent_channels: int
    languages: int
    growth: float
    reach: int | None
    first_seen: datetime
    hourly: tuple[tuple[datetime, int], ...] = ()
    towns: int = 0
