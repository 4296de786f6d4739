"""The words of a text as numbers, and how rare each is.

A term is the CRC-32 of a word's first letters (a stem good enough for inflected languages), of
two neighbouring letters in scripts written without spaces, or of a web address.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple
from zlib import crc32

import numpy as np
import numpy.typing as npt

from tocsin.rumours.stopwords import COMMON_WORDS
from tocsin.rumours.wording import UNSPACED

STEM = 6
"""Letters of a word that count: more split the forms of one word, fewer join different words."""
TERMS = 24
"""Weightiest terms kept of a text."""
BUCKETS = 1 << 18
PRIOR_TEXTS = 500
"""Texts that every term is taken to be missing from before any was seen: smooths the start."""
HALVE_AT = 1 << 18
"""Texts counted when all counts are halved: what was usual long ago is forgotten."""

Hashes = npt.NDArray[np.uint32]
Floats = npt.NDArray[np.float32]
Shares = Callable[[Hashes], npt.NDArray[np.float64]]

_LINK = re.compile(r"(?:https?://)?(?:www\.)?((?:t\.me|[\w.-]+\.\w{2,})/[^\s?#]+)", re.IGNORECASE)
_UNSPACED = re.compile(f"[{''.join(f'{chr(low)}-{chr(high)}' for low, high in UNSPACED)}]")


class Terms(NamedTuple):
    """The distinct terms of a text.

    Args:
        hashes: sorted.
        often: 1 + ln(how many times), of the same length.
    """

    hashes: Hashes
    often: npt.NDArray[np.float64]


def count_terms(text: str, plain: str) -> Terms:
    """Terms of a text with how often they stand in it.

    Args:
        text: as cleaned, for its addresses.
        plain: its words, casefolded, single blanks between them (:class:`Wording`).
    """
    found = Counter(map(_term, _words(plain)))
    if "/" in text:
        links = {link.casefold().rstrip("/") for link in _LINK.findall(text)}
        found.update(crc32(link.encode()) for link in links)
    hashes = np.fromiter(found, np.uint32, len(found))
    times = np.fromiter(found.values(), np.float64, len(found))
    order = np.argsort(hashes)
    return Terms(hashes[order], 1.0 + np.log(times[order]))


def _term(word: str) -> int:
    return crc32(word[:STEM].encode())


def _words(plain: str) -> list[str]:
    words = plain.split()
    if plain.isascii() or not _UNSPACED.search(plain):
        return words
    return [part for word in words for part in _parts(word)]


def _parts(word: str) -> list[str]:
    """A word, or its pairs of letters where the script has no spaces."""
    if not _UNSPACED.search(word):
        return [word]
    return [word[i : i + 2] for i in range(max(1, len(word) - 1))]


class Weighed(NamedTuple):
    """The weightiest terms of a text.

    Args:
        hashes: sorted.
        weights: of the same length.
        rarity: ln(texts / texts with the term), of the same length: how much each says, in nats.
    """

    hashes: Hashes
    weights: Floats
    rarity: Floats


class Rarity:
    """In how many of the texts seen lately each term stood (by hash bucket; bounded)."""

    def __init__(self) -> None:
        self._texts = 0
        self._counts = np.zeros(BUCKETS, np.uint32)
        # Before a desk has read much, it must know already that "the" is no sign of a rumour.
        common = np.fromiter(map(_term, sorted(COMMON_WORDS)), np.uint32)
        self._counts[common % BUCKETS] = PRIOR_TEXTS // 2

    def weigh(self, terms: Terms, usual: Shares) -> Weighed:
        """The TERMS weightiest terms, sorted by hash, and their weights.

        Weight (1 + ln tf) · ln((n + 500) / (df + 1)), over the norm of all the text's terms
        (Salton & Buckley 1988), so the dot product of two texts is a cosine, 0 to 1. What a
        channel says in most of its posts (its signature, a call to subscribe) weighs little.

        Args:
            usual: gives the share of the channel's texts in which each term stands.
        """
        hashes = terms.hashes
        rarity = self._rarity(hashes) * np.square(1.0 - usual(hashes))
        weights = rarity * terms.often
        norm = math.sqrt(float(np.einsum("i,i->", weights, weights)))
        if norm:
            weights /= norm
        if len(hashes) > TERMS:
            # Stable: of equal weights the smaller hash.
            kept = np.sort(np.argsort(-weights, kind="stable")[:TERMS])
            hashes, weights, rarity = hashes[kept], weights[kept], rarity[kept]
        return Weighed(hashes, weights.astype(np.float32), rarity.astype(np.float32))

    def count(self, hashes: Hashes) -> None:
        """One more text with these terms."""
        np.add.at(self._counts, hashes % BUCKETS, 1)
        self._texts += 1
        if self._texts >= HALVE_AT:
            self._texts //= 2
            self._counts //= 2

    def _rarity(self, hashes: Hashes) -> npt.NDArray[np.float64]:
        seen = self._counts[hashes % BUCKETS].astype(np.float64)
        return np.maximum(np.log((self._texts + PRIOR_TEXTS) / (seen + 1.0)), 0.0)

    def state(self) -> tuple[int, npt.NDArray[np.uint32]]:
        """Texts counted, and the counts."""
        return self._texts, self._counts

    def restore(self, texts: int, counts: npt.NDArray[np.uint32]) -> None:
        """Take over :meth:`state`."""
        self._texts, self._counts = texts, counts.copy()
