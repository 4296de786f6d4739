"""How common a word is that also spells a place's name, and how often it is written small.

Both tables hold only words that begin names of the gazetteer. They are made by
``models/make_commonness.py``: frequencies from the word lists of ``wordfreq`` (Speer 2022,
CC BY-SA 4.0), shares of small letters from public posts before 2022-11.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files

import zstandard

TABLE = "place_commonness.tsv.zst"
UNKNOWN = -1.0


class Commonness:
    """Look-ups by folded word and language."""

    def __init__(self, raw: bytes) -> None:
        self.digest = hashlib.sha256(raw).hexdigest()[:16]
        self._zipf: dict[str, dict[str, int]] = {}
        self._small: dict[str, dict[str, int]] = {}
        text = zstandard.ZstdDecompressor().decompress(raw).decode("utf-8")
        for line in text.splitlines():
            lang, word, zipf, small = line.split("\t")
            if zipf:
                self._zipf.setdefault(lang, {})[word] = int(zipf)
            if small:
                self._small.setdefault(lang, {})[word] = int(small)

    @classmethod
    @cache
    def load(cls) -> Commonness:
        """The built-in table; read once."""
        return cls((files("tocsin.reading.weights") / TABLE).read_bytes())

    def zipf(self, word: str, lang: str) -> float:
        """log10 of how often a word comes in a thousand million words; 0: rarely or unknown."""
        return self._zipf.get(lang, {}).get(word, 0) / 10

    def small(self, word: str, lang: str) -> float:
        """Share, 0 to 1, in which a word inside a sentence is written small; −1: unknown."""
        share = self._small.get(lang, {}).get(word)
        return UNKNOWN if share is None else share / 100
