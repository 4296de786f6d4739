"""What a text is searched by, worked out once however often it is asked about."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tocsin.model import MAPPED_VECTORS, Enriched
from tocsin.rumours.near import band_keys
from tocsin.rumours.remembered import Lexical, Meaning, tongue_number
from tocsin.rumours.terms import Rarity, Shares, Terms, count_terms
from tocsin.rumours.wording import Signature, wording

_LEAST_NORM = 0.5  # of a vector that should have norm 1; below it (or NaN) it is none
_KEPT = 4_096


@dataclass(frozen=True, slots=True, eq=False)
class Probe:
    """What a text that was not seen before is searched by; depends on the text alone.

    Args:
        letters: letters of the text, an ideograph as two.
        words: its words; in scripts without spaces two letters count as one.
        terms: its distinct terms.
        tongue: its script and language as a number.
    """

    letters: int
    words: int
    signature: Signature
    keys: list[int]
    terms: Terms
    tongue: int

    def lexical(self, rarity: Rarity, usual: Shares) -> Lexical:
        """Its terms, weighed by how rare they are now, and in its channel (``usual``)."""
        return Lexical(*rarity.weigh(self.terms, usual), self.tongue)

    def __reduce__(self) -> tuple[Callable[..., Probe], tuple[Any, ...]]:
        """As bytes: sending one to another process costs a tenth of making one."""
        arrays = self.signature, self.terms.hashes, self.terms.often
        packed = (array.tobytes() for array in arrays)
        return _unpacked, ((self.letters, self.words, self.tongue), self.keys, *packed)


def _unpacked(
    numbers: tuple[int, int, int], keys: list[int], signature: bytes, hashes: bytes, often: bytes
) -> Probe:
    letters, words, tongue = numbers
    terms = Terms(np.frombuffer(hashes, np.uint32), np.frombuffer(often, np.float64))
    return Probe(letters, words, np.frombuffer(signature, np.uint32), keys, terms, tongue)


class Probes:
    """Probes of the latest texts: asked for when vectors are ordered, and again on assignment."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str, bool], Probe | None] = OrderedDict()

    def of(self, enriched: Enriched) -> Probe | None:
        """What to search by; None for a post without text and for a very short one."""
        if enriched.digest is None:
            return None
        key = _key(enriched)
        if key not in self._kept:
            self.know(enriched, probe_of(enriched))
        return self._kept[key]

    def know(self, enriched: Enriched, probe: Probe | None) -> None:
        """Take over a probe that was made elsewhere."""
        self._kept[_key(enriched)] = probe
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)


def _key(enriched: Enriched) -> tuple[str, str, bool]:
    return enriched.text, enriched.lang, enriched.sure_of_language


def meaning_of(enriched: Enriched) -> Meaning | None:
    """The post's vector, if it is one."""
    vector = enriched.vector
    if vector is None or not float(vector @ vector) > _LEAST_NORM**2:
        return None
    return Meaning(vector, enriched.vector_model == MAPPED_VECTORS)


def probe_of(enriched: Enriched) -> Probe | None:
    """What to search by; None for a post without text and for a very short one."""
    if enriched.digest is None:
        return None
    words = wording(enriched.text)
    if words.short:
        return None
    signature = words.signature()
    return Probe(
        words.letters,
        words.words,
        signature,
        band_keys(signature),
        count_terms(enriched.text, words.plain),
        tongue_number(enriched.lang if enriched.sure_of_language else None, words.plain),
    )
