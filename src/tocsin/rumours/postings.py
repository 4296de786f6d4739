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
        buckets = np.unique(hashes % BUCKETS)
        places = self._next[buckets]
        self._rows[buckets, places] = row
        self._next[buckets] = (places + 1) % DEPTH

    def candidates(self, hashes: Hashes, rarity: Floats) -> tuple[Rows, float]:
        """Rows that share the rarest terms, those that share most first; ties by row.

        Returns:
            The rows, and the rarity that the first of them shares, in nats.
        """
        if len(hashes) > ASKED:
            asked = np.argsort(-rarity, kind="stable")[:ASKED]
            hashes, rarity = hashes[asked], rarity[asked]
        found = self._rows[hashes % BUCKETS]
        rows, where = np.unique(found, return_inverse=True)
        shared = np.bincount(where.ravel(), np.repeat(rarity, DEPTH))
        if rows.size and rows[0] < 0:
            rows, shared = rows[1:], shared[1:]
        best = np.lexsort((rows, -shared))[:CANDIDATES]
        return rows[best].astype(np.int64), float(shared[best[0]]) if best.size else 0.0

    def state(self) -> dict[str, npt.NDArray[np.generic]]:
        """The arrays, for a snapshot."""
        return {"posting_rows": self._rows, "posting_next": self._next}

    def restore(self, state: dict[str, npt.NDArray[np.generic]]) -> None:
        """Take over :meth:`state`."""
        self._rows = state["posting_rows"].astype(np.int32)
        self._next = state["posting_next"].astype(np.uint8)
