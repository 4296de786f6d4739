"""Text → word pieces of multilingual-e5-small, with the conventions of XLM-RoBERTa.

The model was trained on text rewritten by SentencePiece's rule "nmt_nfkc": NFKC, control
characters away, every kind of space a plain one, runs of spaces one. The weights file holds that
rule character by character; NFKC before it joins letters with their loose accents, which no rule
for single characters can.
"""

from __future__ import annotations

from unicodedata import normalize

from tocsin.text.e5_file import BEGIN, END, MASK, PAD, UNKNOWN, Vocabulary

MOST_PIECES = 128
"""Pieces of a text that its vector sees, with the begin and end marks."""

_SPECIAL = (BEGIN, PAD, END, UNKNOWN, MASK)


class E5Tokens:
    """The model's tokeniser (Unigram: the segmentation of the highest total score)."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        from tokenizers import Tokenizer
        from tokenizers.models import Unigram
        from tokenizers.pre_tokenizers import Metaspace

        pieces = list(vocabulary.pieces)
        for special in _SPECIAL:
            # "</s>" in a post is four characters, not the end: with a space in front, which no
            # text has left when it is cut, the name is never found.
            pieces[special] = f" {pieces[special]}"
        scored = list(zip(pieces, vocabulary.scores.tolist(), strict=True))
        self._tokenizer = Tokenizer(Unigram(scored, unk_id=UNKNOWN, byte_fallback=False))
        self._tokenizer.pre_tokenizer = Metaspace(replacement="▁", prepend_scheme="always")
        self._rewritten = dict(vocabulary.rewritten)

    def ids(self, text: str) -> list[int]:
        """Piece ids of ``text`` between the begin and end marks, at most MOST_PIECES."""
        encoded = self._tokenizer.encode(self._plain(text), add_special_tokens=False)
        return [BEGIN, *encoded.ids[: MOST_PIECES - 2], END]

    def _plain(self, text: str) -> str:
        """``text`` as the model's training rewrote it; half a surrogate pair becomes "?"."""
        whole = text.encode("utf-8", "replace").decode()
        return " ".join(normalize("NFKC", whole).translate(self._rewritten).split())
