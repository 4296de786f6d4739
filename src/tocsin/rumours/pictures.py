"""Nearest picture by PDQ hash: a bounded list of 256-bit hashes, all compared at every question.

A scan of 20,000 hashes reads 640 kB and takes about 60 µs: no tree or table of parts is worth its
words at this size.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

MAX_DISTANCE = 31
"""Bits of 256: the authors' threshold for the same picture (Facebook 2019, PDQ and TMK+PDQF).
Unrelated pictures differ in about 128. On one template with three short lines of other words they
come down to 18 to 60, so a wider threshold would join a channel's cards whatever they say."""

CAPACITY = 20_000
PER_KEY = 200

_WORDS = 4  # a hash is four words of 64 bits

Hash = npt.NDArray[np.uint64]


class PictureIndex:
    """Hash → key, in the order in which they came; the oldest go when there are too many.

    Args:
        capacity: hashes in all.
        max_distance: bits, 0 to 256, by which two hashes of the same picture may differ.
        per_key: hashes of one key, so that a flood costs only its own rumour.
    """

    def __init__(
        self,
        capacity: int = CAPACITY,
        max_distance: int = MAX_DISTANCE,
        per_key: int = PER_KEY,
    ) -> None:
        self.max_distance = max_distance
        self._per_key = per_key
        # oldest first, no gaps; by columns, because adding up four long ones is eight times quicker
        self._hashes: Hash = np.zeros((capacity, _WORDS), np.uint64, order="F")
        self._clear()

    def __len__(self) -> int:
        return len(self._keys)

    def add(self, hash_hex: str, key: str) -> None:
        """Remember that this picture leads to ``key``; said again, it keeps its place.

        Raises:
            ValueError: not 64 hex digits.
        """
        found = _hash(hash_hex)
        spelled = _hex(found)
        own = self._serials_of.get(key, {})
        if spelled in own:
            return
        if len(own) >= self._per_key:
            self._forget(self._row(next(iter(own.values()))))
        elif len(self) == len(self._hashes):
            self._forget(0)
        self._hashes[len(self)] = found
        self._serials.append(self._next)
        self._keys.append(key)
        self._serials_of.setdefault(key, {})[spelled] = self._next
        self._next += 1

    def remove(self, key: str) -> None:
        """Forget all pictures of ``key``; one that is not there is no fault."""
        for serial in list(self._serials_of.get(key, {}).values()):
            self._forget(self._row(serial))

    def nearest(self, hash_hex: str) -> tuple[str, int] | None:
        """Key and distance (bits) of the nearest hash, of equally near ones the oldest.

        None where none lies within ``max_distance``.

        Raises:
            ValueError: not 64 hex digits.
        """
        probe = _hash(hash_hex)
        if not self._keys:
            return None
        differing = np.bitwise_count(self._hashes[: len(self)] ^ probe)
        distances = differing.sum(axis=1, dtype=np.uint16)  # 256 does not fit into 8 bits
        row = int(distances.argmin())  # the first of equal ones
        distance = int(distances[row])
        return (self._keys[row], distance) if distance <= self.max_distance else None

    def state(self) -> list[list[str]]:
        """[hash, key] for each, oldest first: JSON values for a snapshot."""
        return [[_hex(row), key] for row, key in zip(self._hashes, self._keys, strict=False)]

    def restore(self, records: Iterable[tuple[str, str] | list[str]]) -> None:
        """Replace what is here by what :meth:`state` said.

        Raises:
            ValueError: a hash is not 64 hex digits.
        """
        self._clear()
        for hash_hex, key in records:
            self.add(hash_hex, key)

    def _clear(self) -> None:
        self._keys: list[str] = []
        self._serials: list[int] = []  # of each row, ascending
        self._serials_of: dict[str, dict[str, int]] = {}  # by key and hash; rows move, they do not
        self._next = 0

    def _row(self, serial: int) -> int:
        return bisect_left(self._serials, serial)

    def _forget(self, row: int) -> None:
        size, spelled = len(self), _hex(self._hashes[row])
        self._hashes[row : size - 1] = self._hashes[row + 1 : size]
        key, _ = self._keys.pop(row), self._serials.pop(row)
        del self._serials_of[key][spelled]
        if not self._serials_of[key]:
            del self._serials_of[key]


def _hash(hash_hex: str) -> Hash:
    """64 hex digits → shape (4,)."""
    data = bytes.fromhex(hash_hex)
    if len(data) != 8 * _WORDS:
        raise ValueError("a picture hash has 64 hex digits")
    found: Hash = np.frombuffer(data, ">u8").astype(np.uint64)
    return found


def _hex(row: Hash) -> str:
    return row.astype(">u8").tobytes().hex()
