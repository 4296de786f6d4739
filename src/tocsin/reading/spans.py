"""How far apart two stretches of a text stand."""

from __future__ import annotations

from typing import Protocol


class Stretch(Protocol):
    """Anything with a start and an exclusive end, counted in characters or in tokens."""

    @property
    def start(self) -> int:
        """Where it begins."""

    @property
    def end(self) -> int:
        """Where it has ended."""


def gap(one: Stretch, other: Stretch) -> int:
    """What lies between the two, in the unit they are counted in; 0 where they touch or overlap."""
    return max(one.start - other.end, other.start - one.end, 0)
