"""What is usual in each channel: how often it says something new, and which words and which
tone it repeats whatever it speaks of. One channel's habits never change what another may join.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt

from tocsin.model import Vector
from tocsin.rumours.centroids import DIMENSIONS
from tocsin.rumours.terms import Hashes

CHANNELS = 5_000
"""Channels remembered; the longest unheard goes first."""
BUCKETS = 1 << 20
_NEWNESS = 1 / 100  # weight of one text in a channel's share of new ones
_TONE = 1 / 50  # and in its mean vector
_USUAL_NEWNESS, _USUAL_TEXTS = 0.3, 20  # what is taken for granted, and as if after so many texts
_SETTLED, _CHATTY = 0.4, 0.6  # shares of new texts between which doubt rises from 0 to 1
_LEAST_TEXTS = 8  # before that a word's share in a channel says nothing
_HALVE_AT = 1 << 20  # words counted in all channels together


@dataclass(slots=True, eq=False)
class Habits:
    """Habits of one channel.

    Args:
        newness: share of its texts, lately, that belonged to no live thread.
        row: of its mean vector.
        texts: number of its texts whose words were counted, those of long ago less.
        seen: number of its texts.
    """

    newness: float
    row: int
    texts: float = 0.0
    seen: int = 0


class Channels:
    """Habits by channel, bounded."""

    def __init__(self) -> None:
        self._habits: OrderedDict[str, Habits] = OrderedDict()
        self._tone = np.zeros((64, DIMENSIONS), np.float32)
        self._words = np.zeros(BUCKETS, np.uint16)
        self._counted = 0
        self._newness = _USUAL_NEWNESS

    def doubt(self, channel: str) -> float:
        """Whether its texts mostly begin rumours of their own, 0 (hardly ever) to 1 (mostly): how
        much a resemblance may be a coincidence. A channel not heard before is like the others.
        """
        habits = self._habits.get(channel)
        newness = self._newness if habits is None else habits.newness
        return min(1.0, max(0.0, (newness - _SETTLED) / (_CHATTY - _SETTLED)))

    def sameness(self, channel: str) -> float:
        """How alike its texts are whatever they say: length of their mean vector, 0 to 1."""
        habits = self._habits.get(channel)
        if habits is None:
            return 0.0
        tone = self._tone[habits.row]
        return float(np.sqrt(np.einsum("i,i->", tone, tone)))

    def shares(self, channel: str, hashes: Hashes) -> npt.NDArray[np.float64]:
        """In what share of the channel's texts each term stands, 0 to 1."""
        habits = self._habits.get(channel)
        if habits is None or habits.texts < _LEAST_TEXTS:
            return np.zeros(len(hashes))
        return np.minimum(self._words[_places(channel, hashes)] / habits.texts, 1.0)

    def note(self, channel: str, hashes: Hashes, vector: Vector | None, *, new: bool) -> None:
        """Count one text that is no copy of another.

        Args:
            new: it began a rumour.
        """
        habits = self._take(channel)
        habits.seen += 1
        self._newness += _NEWNESS * (float(new) - self._newness)
        weight = max(_NEWNESS, 1 / (habits.seen + _USUAL_TEXTS))
        habits.newness += weight * (float(new) - habits.newness)
        if vector is not None:
            self._tone[habits.row] += np.float32(_TONE) * (vector - self._tone[habits.row])
        if self._counted >= _HALVE_AT:
            self._halve()
        np.add.at(self._words, _places(channel, hashes), 1)
        habits.texts += 1
        self._counted += len(hashes)

    def silence(self, channel: str) -> None:
        """Forget the tone of a channel of which nothing is left."""
        habits = self._habits.get(channel)
        if habits is not None:
            self._tone[habits.row] = 0.0

    def _halve(self) -> None:
        """What was usual long ago is forgotten."""
        self._words //= 2
        self._counted //= 2
        for habits in self._habits.values():
            habits.texts /= 2

    def _take(self, channel: str) -> Habits:
        habits = self._habits.get(channel)
        if habits is None:
            habits = self._habits[channel] = Habits(self._newness, self._row())
        self._habits.move_to_end(channel)
        return habits

    def _row(self) -> int:
        if len(self._habits) >= CHANNELS:
            row = self._habits.popitem(last=False)[1].row
            self._tone[row] = 0.0
            return row
        if len(self._habits) == len(self._tone):
            self._tone = np.concatenate([self._tone, np.zeros_like(self._tone)])
        return len(self._habits)

    def state(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Header and arrays for a snapshot."""
        habits = [[key, h.newness, h.row, h.texts, h.seen] for key, h in self._habits.items()]
        tone = self._tone[: len(self._habits)]
        return {"habits": habits, "counted": self._counted, "newness": self._newness}, {
            "tone": tone,
            "words": self._words,
        }

    def restore(self, header: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]) -> None:
        """Take over :meth:`state`."""
        self._habits = OrderedDict((key, Habits(*rest)) for key, *rest in header["habits"])
        self._counted, self._newness = header["counted"], header["newness"]
        while len(self._tone) < len(arrays["tone"]):
            self._tone = np.concatenate([self._tone, np.zeros_like(self._tone)])
        self._tone[: len(arrays["tone"])] = arrays["tone"]
        self._words = arrays["words"].copy()


def _places(channel: str, hashes: Hashes) -> npt.NDArray[np.uint32]:
    return (hashes ^ np.uint32(crc32(channel.encode()))) % np.uint32(BUCKETS)
