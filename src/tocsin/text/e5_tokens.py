"""Text → word pieces of multilingual-e5-small, with the conventions of XLM-RoBERTa.

The model was trained on text rewritten by SentencePiece's rule "nmt_nfkc": NFKC, control
characters away, every kind of space a plain one, runs of spaces one. The weights file holds that
rule character by character; NFKC before it joins letters with their loose accents, which no rule
for single characters can.

Then it is cut into the pieces of the highest total score (a Unigram model; Kudo 2018, arXiv
1804.10959), word by word. The library ``tokenizers`` gives the same ids and takes 260 MB for its
trie; a dictionary of the pieces takes a fifth, and words repeat.
"""

from __future__ import annotations

import re
from array import array
from functools import lru_cache
from unicodedata import normalize

from tocsin.text.e5_file import BEGIN, END, MASK, PAD, UNKNOWN, Vocabulary

MOST_PIECES = 128
"""Pieces of a text that its vector sees, with the begin and end marks."""

WORDS_KEPT = 65_536

_SPECIAL = frozenset({BEGIN, PAD, END, UNKNOWN, MASK})
_MARK = "▁"
_WORD = re.compile(f"{_MARK}[^{_MARK}]*")
_UNKNOWN_PENALTY = 10.0


class E5Tokens:
    """The model's tokeniser.

    Args:
        words_kept: how many distinct words stay cut in memory.
    """

    def __init__(self, vocabulary: Vocabulary, words_kept: int = WORDS_KEPT) -> None:
        # "</s>" in a post is four characters, not the end: no text writes a special piece.
        self._ids = {piece: i for i, piece in enumerate(vocabulary.pieces) if i not in _SPECIAL}
        self._scores = array("d", vocabulary.scores.tolist())
        self._unknown = min(self._scores) - _UNKNOWN_PENALTY
        self._longest = max(map(len, self._ids))
        self._rewritten = dict(vocabulary.rewritten)
        self._word = lru_cache(words_kept)(self._cut)

    def ids(self, text: str) -> list[int]:
        """Piece ids of ``text`` between the begin and end marks, at most MOST_PIECES."""
        found = [BEGIN]
        for word in _words(self._plain(text)):
            if len(found) >= MOST_PIECES:
                break
            found += self._word(word)
        return [*found[: MOST_PIECES - 1], END]

    def _plain(self, text: str) -> str:
        """``text`` as the model's training rewrote it; half a surrogate pair becomes "?"."""
        whole = text.encode("utf-8", "replace").decode()
        return " ".join(normalize("NFKC", whole).translate(self._rewritten).split())

    def _cut(self, word: str) -> tuple[int, ...]:
        """The best pieces of one word, by Viterbi's algorithm; of equal ones the first begun."""
        best = [0.0, *[-float("inf")] * len(word)]
        came: list[tuple[int, int]] = [(0, 0)] * (len(word) + 1)
        for start in range(len(word)):
            here = best[start]
            alone = False
            for end in range(start + 1, min(start + self._longest, len(word)) + 1):
                piece = self._ids.get(word[start:end])
                if piece is None:
                    continue
                alone = alone or end == start + 1
                score = here + self._scores[piece]
                if score > best[end]:
                    best[end], came[end] = score, (start, piece)
            if not alone and here + self._unknown > best[start + 1]:
                best[start + 1], came[start + 1] = here + self._unknown, (start, UNKNOWN)
        return _path(came)


def _words(plain: str) -> list[str]:
    """Words with the mark that stands for the space before each, also before the first."""
    if not plain:
        return []
    marked = plain.replace(" ", _MARK)
    return _WORD.findall(marked if marked.startswith(_MARK) else _MARK + marked)


def _path(came: list[tuple[int, int]]) -> tuple[int, ...]:
    """Ids from the first piece to the last; unknown ones in a row are one."""
    found: list[int] = []
    end = len(came) - 1
    while end > 0:
        end, piece = came[end]
        if piece != UNKNOWN or not found or found[-1] != UNKNOWN:
            found.append(piece)
    return tuple(reversed(found))
