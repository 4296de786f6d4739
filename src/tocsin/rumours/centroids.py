"""Centroids of live threads: a bit sketch finds candidates, exact cosines decide.

Sign bits of a vector estimate its angle to another (Charikar 2002, section 3): of 512 bits,
512·θ/π differ. Comparing 25,000 sketches of 64 bytes reads 1.6 MB; the exact
vectors would be 51 MB.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tocsin.model import Vector

DIMENSIONS = 512
PLANES = DIMENSIONS // 64
CANDIDATES = 32
MAX_DISTANCE = 215
"""Bits; on public streams 99 % of pairs with cosine .40 to .45 differ in at most 212, none above
.50 in more than 203, and unrelated ones in about 230. Spares ranking those."""

_FAR = 4 * DIMENSIONS  # distance of a free slot: never a candidate
_AGE_BITS = 40  # ranks by distance, then age: distance ≪ 40 | age


@dataclass(frozen=True, slots=True, eq=False)
class Nearby:
    """Centroids near a vector; arrays of one length.

    Args:
        cosines: to each centroid.
        cohesions: length of the mean of each thread's unit vectors, 1 for a single text.
    """

    slots: npt.NDArray[np.int64]
    cosines: npt.NDArray[np.float64]
    cohesions: npt.NDArray[np.float64]


class CentroidIndex:
    """Decayed vector sums by slot, in arrays that grow by doubling.

    Args:
        half_life: microseconds in which a text's weight halves.
    """

    def __init__(self, half_life: int) -> None:
        self._half_life = half_life
        self._free: list[int] = []
        self._size = 0
        self._allocate(1024)

    def add(self, vector: Vector, age: int, at: int) -> int:
        """Open a slot with one vector (shape (512,)); ``age`` orders equal distances."""
        slot = self._take_slot()
        self._age[slot] = age
        self._updated[slot] = at
        self._weights[slot] = 1.0
        self._set_sum(slot, vector)
        return slot

    def update(self, slot: int, vector: Vector, at: int) -> None:
        """Add a vector; older weight halves per half-life, a late vector comes in decayed."""
        elapsed = at - int(self._updated[slot])
        decay = 0.5 ** (abs(elapsed) / self._half_life)
        old, new = (decay, 1.0) if elapsed >= 0 else (1.0, decay)
        self._updated[slot] += max(0, elapsed)
        self._weights[slot] = self._weights[slot] * old + new
        self._set_sum(slot, self._sums[slot] * np.float32(old) + vector * np.float32(new))

    def remove(self, slot: int) -> None:
        """Free ``slot``; slots are used again lowest first."""
        self._base[slot] = _FAR
        heapq.heappush(self._free, slot)

    def nearest(self, vector: Vector) -> npt.NDArray[np.int64]:
        """Slots of at most CANDIDATES centroids by sketch distance, in no order."""
        return self._candidates(sketch(vector))

    def measure(self, slots: npt.NDArray[np.int64], vector: Vector) -> Nearby:
        """Exact cosines to the centroids in ``slots`` (n,).

        The product does not go through BLAS, so a result depends neither on how many
        candidates there are nor on threads.
        """
        dots = np.einsum("ij,j->i", self._sums[slots], vector).astype(np.float64)
        lengths = self._lengths[slots]
        return Nearby(slots, dots / np.maximum(lengths, 1e-9), lengths / self._weights[slots])

    def ages(self, slots: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """What :meth:`add` was told of each."""
        return self._age[slots]

    def cosine(self, slot: int, vector: Vector) -> float:
        """Cosine of ``vector`` to one centroid."""
        dot = float(np.einsum("j,j->", self._sums[slot], vector))
        return dot / max(float(self._lengths[slot]), 1e-9)

    def state(self, slots: list[int]) -> dict[str, npt.NDArray[np.generic]]:
        """Copies of what ``restore`` needs, rows in the order of ``slots``."""
        return {
            "sums": self._sums[slots],
            "weights": self._weights[slots],
            "updated": self._updated[slots],
            "ages": self._age[slots],
        }

    def restore(self, state: dict[str, npt.NDArray[np.generic]]) -> None:
        """Take over ``state`` into an empty index: row i becomes slot i."""
        for sums, weight, updated, age in zip(*(state[k] for k in _STATE), strict=True):
            slot = self.add(sums, int(age), int(updated))
            self._weights[slot] = weight

    def _candidates(self, bits: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
        """Slots of the nearest sketches; among equal distances the older thread."""
        size = self._size
        distance = self._base[:size].copy()
        difference = np.empty(size, np.uint64)
        count = np.empty(size, np.uint8)
        for plane, word in zip(self._planes, bits, strict=True):
            np.bitwise_xor(plane[:size], word, out=difference)
            np.bitwise_count(difference, out=count)
            distance += count
        slots = np.flatnonzero(distance <= MAX_DISTANCE)
        if slots.size > CANDIDATES:
            rank = (distance[slots].astype(np.int64) << _AGE_BITS) + self._age[slots]
            slots = slots[np.argpartition(rank, CANDIDATES)[:CANDIDATES]]
        return slots

    def _set_sum(self, slot: int, total: Vector) -> None:
        self._sums[slot] = total
        self._lengths[slot] = np.sqrt(np.einsum("j,j->", total, total))
        self._planes[:, slot] = sketch(total)
        self._base[slot] = 0

    def _take_slot(self) -> int:
        if self._free:
            return heapq.heappop(self._free)
        if self._size == len(self._age):
            self._grow()
        self._size += 1
        return self._size - 1

    def _allocate(self, capacity: int) -> None:
        self._sums: npt.NDArray[np.float32] = np.zeros((capacity, DIMENSIONS), np.float32)
        self._lengths = np.zeros(capacity, np.float64)
        self._weights = np.zeros(capacity, np.float64)
        self._updated = np.zeros(capacity, np.int64)
        self._age = np.zeros(capacity, np.int64)
        self._base = np.full(capacity, _FAR, np.uint16)
        self._planes = np.zeros((PLANES, capacity), np.uint64)

    def _grow(self) -> None:
        size = self._size
        names = ("_sums", "_lengths", "_weights", "_updated", "_age", "_base")
        kept = {name: getattr(self, name) for name in names}
        planes = self._planes
        self._allocate(2 * size)
        for name, array in kept.items():
            getattr(self, name)[:size] = array
        self._planes[:, :size] = planes


_STATE = ("sums", "weights", "updated", "ages")


def sketch(vector: Vector) -> npt.NDArray[np.uint64]:
    """Sign bits of a vector, shape (8,)."""
    return np.packbits(vector > 0).view(np.uint64)
