"""What a text is searched by, worked out once however often it is asked about."""

from __future__ import annotations

from collections import Counter, OrderedDict
from dataclasses import dataclass

from tocsin.model import Enriched
from tocsin.rumours.near import band_keys
from tocsin.rumours.remembered import Lexical, Meaning, tongue_number
from tocsin.rumours.terms import Rarity, Shares, count_terms
from tocsin.rumours.wording import Signature, wording

_MAPPED = "e5-mapped"
_SURE = 0.5  # language confidence from which a language is believed
_LEAST_NORM = 0.5  # of a vector that should have norm 1; below it (or NaN) it is none
_KEPT = 4_096


@dataclass(frozen=True, slots=True, eq=False)
class Probe:
    """What a text that was not seen before is searched by; depends on the text alone.

    Args:
        letters: letters of the text, an ideograph as two.
        counts: its terms.
        tongue: its script and language as a number.
    """

    letters: int
    signature: Signature
    keys: list[int]
    counts: Counter[int]
    tongue: int

    def lexical(self, rarity: Rarity, usual: Shares) -> Lexical:
        """Its terms, weighed by how rare they are now, and in its channel (``usual``)."""
        return Lexical(*rarity.weigh(self.counts, usual), self.tongue)


class Probes:
    """Probes of the latest texts: asked for when vectors are ordered, and again on assignment."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str, bool], Probe | None] = OrderedDict()

    def of(self, enriched: Enriched) -> Probe | None:
        """What to search by; None for a post without text and for a very short one."""
        if enriched.digest is None:
            return None
        key = (enriched.text, enriched.lang, enriched.lang_confidence >= _SURE)
        if key in self._kept:
            return self._kept[key]
        probe = self._kept[key] = _probe(enriched)
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return probe


def meaning_of(enriched: Enriched) -> Meaning | None:
    """The post's vector, if it is one."""
    vector = enriched.vector
    if vector is None or not float(vector @ vector) > _LEAST_NORM**2:
        return None
    return Meaning(vector, enriched.vector_model == _MAPPED)


def _probe(enriched: Enriched) -> Probe | None:
    words = wording(enriched.text)
    if words.short:
        return None
    signature = words.signature()
    sure = enriched.lang != "und" and enriched.lang_confidence >= _SURE
    return Probe(
        words.letters,
        signature,
        band_keys(signature),
        count_terms(enriched.text, words.plain),
        tongue_number(enriched.lang if sure else None, words.plain),
    )
