"""At which hours channels post, and how often two would meet by their hours alone.

A permutation null in closed form: let the times of day of a channel's postings be dealt out anew
among its days. A posting of one channel and one of another then fall within the window with the
share of all pairs of their times of day that do, on a clock of 24 hours. Two channels that both
post at nine every morning meet each morning, and that says nothing.

Times are kept as five-minute slots; within a slot a time is spread evenly.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from tocsin.spread.options import MINUTE

SLOT = 5 * MINUTE
SLOTS = 288

Profile = npt.NDArray[np.float64]
"""Share of a channel's active slots by slot of the day (UTC): shape (288,), sum 1."""


class Habits:
    """Slots in which each channel posted, in order; each once, so that a flood is no habit."""

    def __init__(self) -> None:
        self._slots: dict[str, array[int]] = {}

    def add(self, channel: str, at: int) -> None:
        """Note a posting at ``at`` (microseconds since 1970)."""
        slots = self._slots.setdefault(channel, array("q"))
        slot = at // SLOT
        place = len(slots) if not slots or slots[-1] < slot else bisect_left(slots, slot)
        if place == len(slots) or slots[place] != slot:
            slots.insert(place, slot)

    def profile(self, channel: str, since: int, until: int) -> Profile:
        """The channel's hours from slot ``since`` // SLOT up to, not with, ``until`` // SLOT."""
        slots = self._slots[channel]
        low, high = bisect_left(slots, since // SLOT), bisect_left(slots, until // SLOT)
        days = np.bincount(np.asarray(slots[low:high]) % SLOTS, minlength=SLOTS)
        return np.asarray(days / max(1, high - low), dtype=np.float64)

    def forget(self, before: int) -> None:
        """Drop what was posted before ``before``."""
        for slots in self._slots.values():
            del slots[: bisect_left(slots, before // SLOT)]
        self._slots = {channel: slots for channel, slots in self._slots.items() if slots}

    def state(self) -> list[Any]:
        """As JSON values."""
        return [(channel, list(slots)) for channel, slots in self._slots.items()]

    def load(self, state: list[Any]) -> None:
        """Take over what ``state`` gave."""
        self._slots = {channel: array("q", slots) for channel, slots in state}


class Meetings:
    """How likely two channels post within the window by their hours, during one span of time.

    Args:
        window: minutes.
        since, until: microseconds since 1970; who did not post in between meets nobody.
    """

    def __init__(self, habits: Habits, window: float, since: int, until: int) -> None:
        self._habits, self._since, self._until = habits, since, until
        self._near = _near(window)
        self._known: dict[str, tuple[Profile, Profile]] = {}

    def chance(self, one: str, other: str) -> float:
        """P(together), from 0 to 1."""
        return min(1.0, float(self._of(one)[0] @ self._of(other)[1]))

    def _of(self, channel: str) -> tuple[Profile, Profile]:
        """(hours, chance of being near by slot of the other)."""
        found = self._known.get(channel)
        if found is None:
            hours = self._habits.profile(channel, self._since, self._until)
            found = self._known[channel] = (hours, self._near @ hours)
        return found


@lru_cache(maxsize=4)
def _near(window: float) -> Profile:
    """P(within ``window`` minutes) of two times by their slots: shape (288, 288)."""
    slots = np.arange(SLOTS)
    apart = np.minimum(slots, SLOTS - slots).astype(np.float64)
    near = _within(window * MINUTE / SLOT, apart)
    return np.asarray(near[(slots[:, None] - slots[None, :]) % SLOTS])


def _within(window: float, apart: Profile) -> Profile:
    """P(two times within ``window`` slots) where their slots lie ``apart``: the difference of two
    even spreads is triangular.
    """
    return np.asarray(_triangle(window - apart) - _triangle(-window - apart))


def _triangle(at: Profile) -> Profile:
    """Distribution function of the difference of two uniform times in one slot."""
    inside = np.clip(at, -1, 1)
    return np.asarray(np.where(inside < 0, (1 + inside) ** 2 / 2, 1 - (1 - inside) ** 2 / 2))
