"""The rules of a back-test, stated once and printed in every report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

DAY_S = 86_400.0
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Rules:
    """What counts as what.

    Args:
        km: an event and an alert belong together within this distance.
        hold_h: an alert stands so long after it was last renewed; also how far back a post
            counts as "near" an event in time.
        longest_days: an alert that still stands after so long is counted anew: what was said
            weeks ago has not seen an event coming. It is the longest horizon.
        onset_days: an event is an onset where no other happened within ``km`` so long before.
        wave_days, wave_km: events this near to each other form one wave.
        load: alerts a week that baselines are set to; None: as many as tocsin raised.
        bins: equal bins of probability for reliability.
        resamples: of the bootstrap.
        seed: of the bootstrap.
        place_p: place resolutions less certain than this are ignored.
    """

    km: float = 50.0
    hold_h: float = 72.0
    longest_days: float = 14.0
    onset_days: float = 14.0
    wave_days: float = 7.0
    wave_km: float = 100.0
    load: float | None = None
    bins: int = 10
    resamples: int = 1000
    seed: int = 20231029
    place_p: float = 0.3

    @property
    def hold_s(self) -> float:
        """``hold_h`` in seconds."""
        return self.hold_h * 3600.0


@dataclass(frozen=True, slots=True)
class Window:
    """The time that is scored: both ends included."""

    start: datetime
    end: datetime

    @property
    def weeks(self) -> float:
        """Its length in weeks, at least one hour's worth."""
        return max((self.end - self.start) / WEEK, 1 / 168)

    def holds(self, moment: datetime) -> bool:
        """Whether ``moment`` lies in it."""
        return self.start <= moment <= self.end
