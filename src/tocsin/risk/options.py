"""Windows and limits of the tracker."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.model import GatheringCall


@dataclass(frozen=True, slots=True)
class SituationOptions:
    """Windows and limits; hours unless the name says otherwise.

    Args:
        hostile_window_h: a hostile post, its support, uptake and a report count this long.
        call_grace_h: a call stays open this long after its time.
        inherit_window_h: how far back a call looks for hostility.
        peaceful_meet_h: a peaceful gathering and a hostile post meet within this.
        young_channel_days: channels known to be younger prove no independence.
        idle_days: longest that anything is kept, however far ahead a call's time lies.
        uptake_window_h: a "coming" without reply or place belongs to a call of its channel
            within this.
        nearby_km: radius of "nearby".
        alarm: P(alarming) from which an asserted post without a recognised act counts.
        mild_alarm, mild_named: P(alarming) below which a call inherits no more than a weak tie,
            where it names nobody and where it names a group.
        stern_alarm: P(alarming) from which hostility of others about its place stands behind it.
        min_place_p: place resolutions below this are ignored.
        guessed_p: up to this a place counts as guessed (a venue in the channel's home town), and
            a call takes over the place of the call it repeats or answers.
        max_notes: posts kept per situation and kind; the newest.
    """

    hostile_window_h: float = 72
    call_grace_h: float = 6
    inherit_window_h: float = 72
    peaceful_meet_h: float = 48
    young_channel_days: float = 30
    idle_days: float = 14
    uptake_window_h: float = 12
    nearby_km: float = 150
    alarm: float = 0.5
    mild_alarm: float = 0.01
    mild_named: float = 0.1
    stern_alarm: float = 0.1
    min_place_p: float = 0.3
    guessed_p: float = 0.65
    max_notes: int = 400

    @property
    def window(self) -> timedelta:
        """``hostile_window_h``."""
        return timedelta(hours=self.hostile_window_h)

    def open_until(self, call: GatheringCall, known_at: datetime) -> datetime:
        """When a call known at ``known_at`` closes."""
        if call.time is None:
            return known_at + self.window
        ends = call.time.end + timedelta(hours=self.call_grace_h)
        return min(ends, known_at + timedelta(days=self.idle_days))
