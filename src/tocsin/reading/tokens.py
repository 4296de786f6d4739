"""Text → words with offsets, sentences, clauses and quotation marks."""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_CHARS = 8000
"""Longer posts are read up to here and marked ``partial``."""

_FOLD = str.maketrans({"ё": "е", "’": "'", "‘": "'", "ʼ": "'", "`": "'", "‑": "-"})
_WORD = r"[^\W\d_]+(?:['-][^\W\d_]+)*|\d+(?:[:.]\d+)*"
WORD = re.compile(_WORD)
"""One word or number of a folded text."""

_PIECE = re.compile(
    rf"(?P<word>{_WORD})"
    r"|(?P<stop>[.!?…]+(?=\s|$|[^\w\s])|\n)"
    r"|(?P<colon>:)"
    r"|(?P<clause>[^\w\s'#@])"
)
_QUOTE = re.compile(r"«[^»]{1,800}»|“[^”]{1,800}”|„[^“”]{1,800}[“”]|\"[^\"\n]{1,800}\"")
_SHORT = (
    "ул г д пр просп им пл тел св т е к стр корп обл р н пос мкр ст см тыс млн руб "
    "mr mrs ms dr st no vs etc u s"
)
_ABBREVIATIONS = frozenset(_SHORT.split())


def fold(text: str) -> str:
    """Lower case, ё → е, one kind of apostrophe and hyphen; offsets stay the same."""
    lowered = text.replace("İ", "i").lower()  # "İ".lower() is two characters
    if len(lowered) != len(text):  # a few letters grow when lowered
        lowered = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
    return lowered.translate(_FOLD)


@dataclass(frozen=True, slots=True)
class Tokens:
    """The words of a text as parallel lists, shape (n,).

    Args:
        forms: folded words and numbers.
        sentence: number of the sentence each is in, from 0.
        clause: True where a word opens a clause (after punctuation or a sentence break).
        colon: True where a colon stands right before the word.
        quote: number of the quotation the word is in, −1 outside.
        questions: sentences that end in a question mark.
    """

    forms: list[str]
    starts: list[int]
    ends: list[int]
    sentence: list[int]
    clause: list[bool]
    colon: list[bool]
    quote: list[int]
    questions: frozenset[int]

    def __len__(self) -> int:
        return len(self.forms)

    def sentence_start(self, at: int) -> int:
        """Index of the first word of the sentence that word ``at`` is in."""
        number = self.sentence[at]
        while at > 0 and self.sentence[at - 1] == number:
            at -= 1
        return at

    def clause_start(self, at: int) -> int:
        """Index of the first word of the clause that word ``at`` is in."""
        while at > 0 and not self.clause[at]:
            at -= 1
        return at


def tokenise(folded: str) -> Tokens:
    """Words of a folded text; a line break, or a stop before a space, ends a sentence."""
    tokens = Tokens([], [], [], [], [], [], [], frozenset())
    questions: set[int] = set()
    sentence, clause, colon = 0, True, False
    for piece in _PIECE.finditer(folded):
        kind = piece.lastgroup
        if kind == "word":
            _append(tokens, piece, (sentence, clause, colon))
            clause = colon = False
        elif kind == "stop":
            if "?" in piece.group():
                questions.add(sentence)
            opened = bool(tokens.sentence) and tokens.sentence[-1] == sentence
            if opened and not _abbreviated(tokens, piece):
                sentence += 1
            clause, colon = True, colon and not opened
        else:
            clause, colon = True, kind == "colon" or colon
    _mark_quotes(tokens, folded)
    return Tokens(
        tokens.forms,
        tokens.starts,
        tokens.ends,
        tokens.sentence,
        tokens.clause,
        tokens.colon,
        tokens.quote,
        frozenset(questions),
    )


def _append(tokens: Tokens, piece: re.Match[str], state: tuple[int, bool, bool]) -> None:
    tokens.forms.append(piece.group())
    tokens.starts.append(piece.start())
    tokens.ends.append(piece.end())
    tokens.sentence.append(state[0])
    tokens.clause.append(state[1])
    tokens.colon.append(state[2])
    tokens.quote.append(-1)


def _abbreviated(tokens: Tokens, stop: re.Match[str]) -> bool:
    """ "ул. Ленина": one full stop right after a known short word ends nothing."""
    return (
        stop.group() == "."
        and tokens.ends[-1] == stop.start()
        and tokens.forms[-1] in _ABBREVIATIONS
    )


def _mark_quotes(tokens: Tokens, folded: str) -> None:
    if not any(mark in folded for mark in '«“„"'):
        return
    at = 0
    for number, quote in enumerate(_QUOTE.finditer(folded)):
        while at < len(tokens.starts) and tokens.starts[at] < quote.start():
            at += 1
        while at < len(tokens.starts) and tokens.starts[at] < quote.end():
            tokens.quote[at] = number
            at += 1
