"""The words of a text as the place and venue finders see them."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import lru_cache

from tocsin.reading.gazetteer_names import WORD, fold

MAX_CHARS = 8000
"""Places and times are looked for up to here."""

LINE_LEAD = 4
"""A line of a list begins with its place, after a bullet or a number of so many characters."""

_BREAK = re.compile(
    r"(?<![.\s(][A-ZА-Яа-яa-z])(?<!\b(?:St|ул|пл|пр|им))[.!?…]+(?=\s|$)|\n+|;(?=\s)"
)
_JOINTS = frozenset({"", " ", "-", "–", "‑", "\u00a0", ". ", "'", "’", "_", " #"})
_CAMEL = re.compile(r"(?<=[a-zà-ÿа-яё])(?=[A-ZА-Я])")
"""Where a hashtag such as #MexicoCity is cut in words."""
_SHOUTED = 0.6

fold_word = lru_cache(maxsize=65536)(fold)


class Words:
    """Runs of letters with their offsets; hyphens separate. All lists have shape (n,).

    Args:
        whole: also what lies beyond MAX_CHARS.
    """

    __slots__ = ("_breaks", "_shouted", "ends", "forms", "starts", "text")

    def __init__(self, text: str, whole: bool = False) -> None:
        self.text = text
        self.forms: list[str] = []
        self.starts: list[int] = []
        self.ends: list[int] = []
        for word in WORD.finditer(text, 0, len(text) if whole else MAX_CHARS):
            start = word.start()
            if start and text[start - 1] == "#":
                for cut in _CAMEL.finditer(word.group()):
                    self._add(start, word.start() + cut.start())
                    start = word.start() + cut.start()
            self._add(start, word.end())
        self._breaks: list[int] | None = None
        self._shouted: bool | None = None

    def _add(self, start: int, end: int) -> None:
        form = fold_word(self.text[start:end])
        if form:  # else it is nothing but a lengthening stroke
            self.forms.append(form)
            self.starts.append(start)
            self.ends.append(end)

    def __len__(self) -> int:
        return len(self.forms)

    def joined(self, at: int) -> bool:
        """Word ``at`` and the next one may belong to one name."""
        gap = self.text[self.ends[at] : self.starts[at + 1]]
        if gap == ".":  # "U.S.", "D.C."
            return self.ends[at] - self.starts[at] == 1 == self.ends[at + 1] - self.starts[at + 1]
        return gap in _JOINTS

    def spaced(self, at: int) -> bool:
        """Nothing but one space stands between word ``at`` and the next one."""
        return self.text[self.ends[at] : self.starts[at + 1]] in {" ", "\u00a0"}

    def capital(self, at: int) -> bool:
        """Written with a capital on purpose: in a shouted text capitals say nothing."""
        word = self.text[self.starts[at] : self.ends[at]]
        if not word[0].isupper():
            return False
        if len(word) < 2 or not word.isupper():
            return True
        # "AMA", "OF": short capitals are an abbreviation, not a name.
        return not word.isascii() if len(word) <= 4 else not self.shouted

    @property
    def shouted(self) -> bool:
        """Most letters of the text are capitals."""
        if self._shouted is None:
            read = self.text[:MAX_CHARS]
            letters = sum(map(str.isalpha, read))
            self._shouted = sum(map(str.isupper, read)) > _SHOUTED * letters
        return self._shouted

    def hashtag(self, at: int) -> bool:
        """Written as a hashtag."""
        start = self.starts[at]
        return start > 0 and self.text[start - 1] == "#"

    def opens_sentence(self, at: int) -> bool:
        """First word of its sentence."""
        return at == 0 or self.sentence(self.starts[at]) != self.sentence(self.starts[at - 1])

    def sentence(self, offset: int) -> int:
        """Number of the sentence or line an offset lies in, from 0."""
        return bisect_right(self._sentence_breaks(), offset)

    def bounds(self, offset: int) -> tuple[int, int]:
        """Start and end of the sentence or line an offset lies in."""
        breaks = self._sentence_breaks()
        number = bisect_right(breaks, offset)
        start = breaks[number - 1] if number else 0
        return start, breaks[number] if number < len(breaks) else len(self.text)

    def word_before(self, offset: int) -> int:
        """Index of the last word that ends at or before ``offset``; −1: none."""
        return bisect_right(self.ends, offset) - 1

    def _sentence_breaks(self) -> list[int]:
        if self._breaks is None:
            self._breaks = [found.end() for found in _BREAK.finditer(self.text)]
        return self._breaks
