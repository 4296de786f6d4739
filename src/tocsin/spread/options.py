"""Windows and bounds of the spread stage."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.errors import UsageError

MINUTE = 60_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
"""Times are whole microseconds since 1970."""

WINDOW_HOURS = 72
"""How far :class:`tocsin.model.Spread` looks back; part of its definition, so no option."""


@dataclass(frozen=True, slots=True)
class SpreadOptions:
    """How long and how much is remembered.

    Args:
        slack_hours: how far back ``as_of`` may lie behind the newest post and still be exact.
        ref_days: how long :meth:`SpreadTracker.origins` knows a post's origin.
        rumour_days: how long a silent rumour's first sighting is known.
        young_days: a channel known to be younger than this at posting is no independent origin;
            channels of unknown age seen for less than this in an older stream count as one.
        max_refs: posts remembered for ``origins``; the oldest go first.
        channel_hour_links: different origins and texts told apart per rumour, channel and hour;
            a flood above it still counts as posts and as one channel.
        burst_entries: posting times kept singly per rumour and ten minutes; above it, posts
            are counted at the time of the latest of them (never earlier than known).
        max_channels: channels whose first post is remembered; the longest silent goes first.
        steady_days: age of the stream from which growth is measured against its hours of the week.
        volume_weeks: how many weeks tell what an hour of the week usually bears.

    Raises:
        UsageError: a value is not above 0.
    """

    slack_hours: float = 24.0
    ref_days: float = 7.0
    rumour_days: float = 31.0
    young_days: float = 30.0
    max_refs: int = 300_000
    channel_hour_links: int = 100
    burst_entries: int = 100
    max_channels: int = 100_000
    steady_days: float = 14.0
    volume_weeks: int = 8

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if not getattr(self, name) > 0:
                raise UsageError(f"spread option {name} must be above 0")
