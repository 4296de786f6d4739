"""Which remembered texts share a rare term with a new one: an inverted index of fixed size."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tocsin.rumours.terms import Floats, Hashes

BUCKETS = 1 << 16
DEPTH = 32
"""Newest texts kept for a term."""
ASKED = 12
"""Rarest terms of a new text that are looked up."""
CANDIDATES = 48
"""Texts given back at most: those that share most."""

Rows = npt.NDArray[np.int64]


class Postings:
    """Rings of row numbers by hashed term. A ring may hold rows that were given to other texts
    since, or terms that fell into the same bucket: what comes back are candidates, to be scored
    exactly by the caller. So forgetting a text costs nothing here, and memory is constant.
    """

    def __init__(self) -> None:
        self._rows = np.full((BUCKETS, DEPTH), -1, np.int32)
        self._next = np.zeros(BUCKETS, np.uint8)

    def add(self, row: int, hashes: Hashes) -> None:
        """Note that the text in ``row`` has these terms."""
        buckets = hashes % BUCKETS  # of two that are one, both write the same
        places = self._next[buckets]
        self._rows[buckets, places] = row
        self._next[buckets] = (places + 1) % DEPTH

    def drop(self, rows: list[int]) -> None:
        """Forget which terms led to rows that no text lies in."""
        self._rows[np.isin(self._rows, rows)] = -1

    def candidates(self, hashes: Hashes, rarity: Floats) -> tuple[Rows, float]:
        """Rows that share the rarest terms, those that share most first; ties by row.

        Returns:
            The rows, and the rarity that the first of them shares, in nats.
        """
        if len(hashes) > ASKED:
            asked = np.argsort(-rarity, kind="stable")[:ASKED]
            hashes, rarity = hashes[asked], rarity[asked]
        found = self._rows[hashes % BUCKETS]
        there = found >= 0
        flat, says = found[there], np.repeat(rarity, there.sum(axis=1)).astype(np.float64)
        if not flat.size:
            return np.empty(0, np.int64), 0.0
        order = np.argsort(flat, kind="stable")
        flat = flat[order]
        firsts = np.flatnonzero(np.concatenate(([True], flat[1:] != flat[:-1])))
        shared = np.add.reduceat(says[order], firsts)
        best = np.argsort(-shared, kind="stable")[:CANDIDATES]
        return flat[firsts[best]].astype(np.int64), float(shared[best[0]])

    def state(self) -> dict[str, npt.NDArray[np.generic]]:
        """The arrays, for a snapshot."""
        return {"posting_rows": self._rows, "posting_next": self._next}

    def restore(self, state: dict[str, npt.NDArray[np.generic]]) -> None:
        """Take over :meth:`state`."""
        self._rows = state["posting_rows"].astype(np.int32)
        self._next = state["posting_next"].astype(np.uint8)
