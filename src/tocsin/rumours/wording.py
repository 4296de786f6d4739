"""What the letters of a text say about its likeness to others: length, shingles, MinHash."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from rensa import RMinHash

Signature = npt.NDArray[np.uint32]
"""A MinHash signature: shape (PERMUTATIONS,)."""

PERMUTATIONS = 64
SEED = 20231029  # any constant; a change makes old snapshots meaningless
SHINGLE = 4
HEAD = 800  # characters looked at: cost stays bounded, and long copies agree in their head
MIN_WORDS = 3
MIN_LETTERS = 12

# Scripts written without spaces: Thai, Lao; Myanmar; Khmer; CJK with kana; (Hangul has spaces).
UNSPACED = ((0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x2E80, 0x9FFF))
_IDEOGRAPHS = (0x2E80, 0x9FFF)


class _Blank(dict[int, int | str]):
    """Character → itself, or a blank for punctuation, symbols and controls; filled on demand."""

    def __missing__(self, code: int) -> int | str:
        kept: int | str = " " if unicodedata.category(chr(code))[0] in "PSC" else code
        self[code] = kept
        return kept


_BLANK = _Blank()


@dataclass(frozen=True, slots=True, eq=False)
class Wording:
    """The head of a text, reduced to words.

    Args:
        plain: casefolded words with single blanks between them, at most HEAD characters.
        words: their number; in scripts without spaces two letters count as one.
        letters: letters, an ideograph as two.
    """

    plain: str
    words: int
    letters: int

    @property
    def short(self) -> bool:
        """Too short to say anything that another text could say in other words."""
        return self.words < MIN_WORDS or self.letters < MIN_LETTERS

    def signature(self) -> Signature:
        """MinHash (Broder 1997) of the set of character shingles."""
        plain = self.plain
        sketch = RMinHash(PERMUTATIONS, SEED)
        sketch.update([plain[i : i + SHINGLE] for i in range(max(1, len(plain) - SHINGLE + 1))])
        return np.array(sketch.digest(), dtype=np.uint32)


def wording(text: str) -> Wording:
    """The wording of ``text``; combining marks stay, so Indic and Thai words stay whole."""
    plain = " ".join(text[:HEAD].casefold().translate(_BLANK).split())
    if plain.isascii():
        letters = sum(map(str.isalpha, plain))
        return Wording(plain, plain.count(" ") + 1 if plain else 0, letters)
    return _foreign_wording(plain)


def _foreign_wording(plain: str) -> Wording:
    """Counts for a text that may hold scripts without spaces."""
    unspaced = sum(_within(ord(char)) for char in plain)
    spaced_words = sum(any(not _within(ord(char)) for char in word) for word in plain.split())
    ideographs = sum(_IDEOGRAPHS[0] <= ord(char) <= _IDEOGRAPHS[1] for char in plain)
    letters = sum(map(str.isalpha, plain)) + ideographs
    return Wording(plain, spaced_words + unspaced // 2, letters)


def _within(code: int) -> bool:
    return code >= 0x0E00 and any(low <= code <= high for low, high in UNSPACED)
