"""Near-duplicate search: MinHash signatures in locality-sensitive bands."""

from __future__ import annotations

import heapq

import numpy as np
import numpy.typing as npt

from tocsin.rumours.wording import PERMUTATIONS, Signature

ROWS_PER_BAND = 4
BANDS = PERMUTATIONS // ROWS_PER_BAND
"""16 bands of 4: a pair with Jaccard .6 meets in some band with p = .89, one of .3 with .12
(1 − (1 − J⁴)¹⁶; Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, section 3.4)."""

_MULTIPLIERS = np.array(
    [0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x27D4EB2F165667C5], np.uint64
)
_BAND_OFFSETS = np.arange(BANDS, dtype=np.uint64) * np.uint64(0xD6E8FEB86659FD93)


def band_keys(signature: Signature) -> list[int]:
    """One 64-bit key per band: a multiply-add hash of its rows and its number."""
    rows = signature.reshape(BANDS, ROWS_PER_BAND).astype(np.uint64)
    keys: list[int] = ((rows * _MULTIPLIERS).sum(axis=1) + _BAND_OFFSETS).tolist()
    return keys


class NearIndex:
    """Signatures by row number; each band bucket holds its newest text only.

    One text per bucket bounds a look-up to BANDS candidates, however many copies of a
    template arrive.
    """

    def __init__(self) -> None:
        self._signatures: npt.NDArray[np.uint32] = np.zeros((1024, PERMUTATIONS), np.uint32)
        self._buckets: dict[int, int] = {}
        self._free: list[int] = []
        self._size = 0

    def add(self, signature: Signature, keys: list[int]) -> int:
        """Remember a signature; returns its row."""
        row = self._take_row()
        self._signatures[row] = signature
        for key in keys:
            self._buckets[key] = row
        return row

    def remove(self, row: int) -> None:
        """Forget the signature in ``row``; the row is used again, lowest first."""
        for key in band_keys(self._signatures[row]):
            if self._buckets.get(key) == row:
                del self._buckets[key]
        heapq.heappush(self._free, row)

    def candidates(self, signature: Signature, keys: list[int]) -> list[tuple[int, float]]:
        """(row, estimated Jaccard overlap 0 to 1) of the texts that share a band."""
        met = set(map(self._buckets.get, keys))
        rows = sorted(row for row in met if row is not None)
        if not rows:
            return []
        agreeing = (self._signatures[rows] == signature).sum(axis=1)
        return [(row, int(n) / PERMUTATIONS) for row, n in zip(rows, agreeing, strict=True)]

    def blank(self) -> list[int]:
        """Wipe the rows that are free, which still hold what lay there last; returns them."""
        free = sorted(self._free)
        self._signatures[free] = 0
        return free

    @property
    def size(self) -> int:
        """Rows ever in use at once: row numbers are below it."""
        return self._size

    def state(self) -> dict[str, npt.NDArray[np.generic]]:
        """Everything, rows keeping their numbers."""
        keys = np.fromiter(self._buckets.keys(), np.uint64, len(self._buckets))
        rows = np.fromiter(self._buckets.values(), np.int64, len(self._buckets))
        order = np.argsort(keys)
        return {
            "signatures": self._signatures[: self._size],
            "free_rows": np.array(sorted(self._free), np.int64),
            "band_keys": keys[order],
            "band_rows": rows[order],
        }

    def restore(self, state: dict[str, npt.NDArray[np.generic]]) -> None:
        """Take over :meth:`state`."""
        signatures = state["signatures"]
        self._size = len(signatures)
        capacity = max(1024, 1 << (self._size - 1).bit_length() if self._size else 0)
        self._signatures = np.zeros((capacity, PERMUTATIONS), np.uint32)
        self._signatures[: self._size] = signatures
        self._free = state["free_rows"].tolist()
        pairs = zip(state["band_keys"].tolist(), state["band_rows"].tolist(), strict=True)
        self._buckets = dict(pairs)

    def _take_row(self) -> int:
        if self._free:
            return heapq.heappop(self._free)
        if self._size == len(self._signatures):
            grown = np.zeros((2 * self._size, PERMUTATIONS), np.uint32)
            grown[: self._size] = self._signatures
            self._signatures = grown
        self._size += 1
        return self._size - 1
