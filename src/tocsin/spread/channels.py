"""What is known of channels: their names, age, size, and since when they have been seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from tocsin.clock import micros
from tocsin.model import ChannelProfile
from tocsin.spread.options import DAY, SpreadOptions

_NEVER = 2**62


class Channels:
    """Profiles, and the first post of each channel in the stream; bounded by ``max_channels``.

    Args:
        profiles: by channel id.
    """

    def __init__(self, profiles: Mapping[str, ChannelProfile], options: SpreadOptions) -> None:
        self._names = {
            profile.name.casefold(): channel.casefold()
            for channel, profile in profiles.items()
            if profile.name
        }
        self._profiles = {self.canonical(key): profile for key, profile in profiles.items()}
        self._young = round(options.young_days * DAY)
        self._most = options.max_channels
        self._begun = _NEVER
        self._first: dict[str, int] = {}  # the longest silent first

    def canonical(self, channel: str) -> str:
        """One key for a channel, whether it is called by id or by public name."""
        key = channel.removeprefix("@").casefold()
        return self._names.get(key, key)

    def note(self, channel: str, at: int) -> bool:
        """Take note of a post; whether an earlier answer no longer holds, for it came late."""
        known = self._first.pop(channel, None)
        late = at < self._begun < _NEVER or (known is not None and at < known)
        self._first[channel] = at if known is None else min(known, at)
        self._begun = min(self._begun, at)
        if len(self._first) > self._most:
            del self._first[next(iter(self._first))]
        return late

    def young(self, channel: str, at: int) -> bool:
        """Whether it is known to have been opened less than ``young_days`` before ``at``."""
        born = self._born(channel)
        return born is not None and at - born < self._young

    def newcomer(self, channel: str, at: int) -> bool:
        """Whether a channel of unknown age was first seen less than ``young_days`` before ``at``,
        in a stream that is older than that.

        A desk that takes up a channel in a crisis and writes down where it is at home, or how far
        it trusts it, has looked at it: that one is no newcomer.
        """
        if at - self._begun < self._young or self._born(channel) is not None:
            return False
        if self._looked_at(channel):
            return False
        return at - self._first.get(channel, at) < self._young

    def reach(self, channels: Iterable[str], as_of: datetime) -> int | None:
        """Subscribers counted no later than ``as_of``, summed; None where none are known."""
        known = [self._profiles[channel] for channel in channels if channel in self._profiles]
        sizes = [
            profile.subscribers
            for profile in known
            if profile.subscribers is not None and profile.as_of and profile.as_of <= as_of
        ]
        return sum(sizes) if sizes else None

    def _looked_at(self, channel: str) -> bool:
        profile = self._profiles.get(channel)
        return profile is not None and bool(profile.home_place or profile.reliability != "F")

    def _born(self, channel: str) -> int | None:
        profile = self._profiles.get(channel)
        if profile is None or profile.created_at is None:
            return None
        return micros(profile.created_at)

    def state(self) -> dict[str, Any]:
        """As JSON values."""
        return {"begun": self._begun, "first": list(self._first.items())}

    def load(self, state: Mapping[str, Any]) -> None:
        """Take over what ``state`` gave."""
        self._begun = state["begun"]
        self._first = dict(state["first"])
