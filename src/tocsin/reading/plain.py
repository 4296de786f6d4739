"""A post as it would be written plainly: the form the rules and the encoder read.

Writers who expect a filter, or who are merely loud, write hashtags of whole sentences, stretch
words, shout, or put Russian into Latin letters. The plain form undoes this; every character of it
knows where in the cleaned text it came from, so that spans point at what was written.
(Look-alike letters and letters written apart are repaired before, in the text stage.)
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from tocsin.reading.lemmas import CACHE_SIZE, analyzer

_HASHTAG = re.compile(r"#(\w{2,})")
_HUMP = re.compile(r"(?<=[a-zà-öø-ÿа-яё])(?=[A-ZÀ-ÖØ-ÞА-ЯЁ])|_")
_STRETCHED = re.compile(r"([^\W\d_])\1{2,}")
_LOUD_SHARE = 0.6
_LOUD_LETTERS = 12

_LATIN_WORD = re.compile(r"[A-Za-z0-9'’]*[A-Za-z][A-Za-z0-9'’]*")
_FEWEST_WORDS = 2
_KNOWN_SHARE = 0.6
_SHORTEST = 3

# Longest first; how Russian is typed on a Latin keyboard, and the passport forms.
_SYLLABLES = {
    "tsya": "тся", "tsyu": "тсю", "shch": "щ", "sch": "щ",
    "zh": "ж", "kh": "х", "ts": "ц", "ch": "ч", "sh": "ш",
    "yu": "ю", "ju": "ю", "iu": "ю", "ya": "я", "ja": "я", "ia": "я", "yo": "е", "jo": "е",
    "ye": "е", "je": "е",
    "a": "а", "b": "б", "c": "ц", "d": "д", "e": "е", "f": "ф", "g": "г", "h": "х", "i": "и",
    "j": "й", "k": "к", "l": "л", "m": "м", "n": "н", "o": "о", "p": "п", "q": "к", "r": "р",
    "s": "с", "t": "т", "u": "у", "v": "в", "w": "в", "x": "х", "z": "з", "'": "ь", "’": "ь",
    "4": "ч", "6": "ш",
}  # fmt: skip
_VOWELS = "aeiou"


@dataclass(frozen=True, slots=True)
class Plain:
    """The plain form of a text.

    Args:
        at: for each character of ``text``, and once more for its end, the index of the character
            of the cleaned text it stands for; None: the two are the same.
        russian: it was Russian in Latin letters, and is in Cyrillic now.
    """

    text: str
    at: Sequence[int] | None = None
    russian: bool = False

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """Where a span (half open, not empty) of the plain text is in the cleaned text."""
        if self.at is None:
            return start, end
        return self.at[start], self.at[end - 1] + 1


class _Draft:
    """Characters with their origins, while the text is rewritten."""

    def __init__(self, text: str) -> None:
        self.chars = list(text)
        self.at = list(range(len(text)))

    @property
    def text(self) -> str:
        return "".join(self.chars)

    def put(self, start: int, end: int, chars: Sequence[str], at: Sequence[int]) -> None:
        """Replace [start, end)."""
        self.chars[start:end] = chars
        self.at[start:end] = at


def plain(text: str, *, maybe_russian: bool = False) -> Plain:
    """The plain form of a cleaned text.

    Args:
        maybe_russian: its language is not known surely, so Latin letters may spell Russian.
    """
    draft = _Draft(text)
    if "#" in text:
        _open_hashtags(draft)
    _shorten(draft)
    russian = maybe_russian and spells_russian(draft.text)
    if russian:
        _to_cyrillic(draft)
    _lower(draft)
    written = draft.text
    if written == text and not russian:
        return Plain(text)
    return Plain(written, (*draft.at, len(text)), russian)


def _open_hashtags(draft: _Draft) -> None:
    for tag in reversed(list(_HASHTAG.finditer(draft.text))):
        for hump in reversed(list(_HUMP.finditer(tag[1]))):
            start, end = tag.start(1) + hump.start(), tag.start(1) + hump.end()
            draft.put(start, end, [" "], [draft.at[start]])
        draft.put(tag.start(), tag.start() + 1, [], [])


def _shorten(draft: _Draft) -> None:
    """Three or more of a letter become one: no language at hand writes three."""
    for run in reversed(list(_STRETCHED.finditer(draft.text))):
        draft.put(run.start() + 1, run.end(), [], [])


def _lower(draft: _Draft) -> None:
    """A post in capitals is read in small letters."""
    letters = [c for c in draft.chars if c.isalpha()]
    loud = sum(c.isupper() for c in letters)
    if len(letters) >= _LOUD_LETTERS and loud > _LOUD_SHARE * len(letters):
        draft.chars = [c.lower() if len(c.lower()) == 1 else c for c in draft.chars]


def spells_russian(text: str) -> bool:
    """Whether most Latin words of a text are Russian ones when put into Cyrillic."""
    words = [w for w in _LATIN_WORD.findall(text) if len(w) >= _SHORTEST]
    if len(words) < _FEWEST_WORDS or (not text.isascii() and _mostly_other(text)):
        return False
    known = sum(_is_russian(cyrillic(word.lower())) for word in words)
    return known >= _KNOWN_SHARE * len(words)


def _mostly_other(text: str) -> bool:
    letters = [c for c in text if c.isalpha()]
    return sum(c.isascii() for c in letters) < _KNOWN_SHARE * len(letters)


@lru_cache(maxsize=CACHE_SIZE)
def _is_russian(word: str) -> bool:
    return bool(analyzer().word_is_known(word))


def cyrillic(word: str) -> str:
    """A lower-case Latin word as Russian would spell it."""
    return "".join(letter for letter, _, _ in _letters(word))


def _letters(word: str) -> list[tuple[str, int, int]]:
    """(Cyrillic letters, start, end) for each syllable of a lower-case Latin word."""
    found = []
    at = 0
    while at < len(word):
        length = next((n for n in (4, 3, 2, 1) if word[at : at + n] in _SYLLABLES), 1)
        part = word[at : at + length]
        letters = _hard_or_short(word, at) if part == "y" else _SYLLABLES.get(part, part)
        found.append((letters, at, at + length))
        at += length
    return found


def _hard_or_short(word: str, at: int) -> str:
    """ "y" after a vowel is й, else ы."""
    return "й" if at and word[at - 1] in _VOWELS else "ы"


def _to_cyrillic(draft: _Draft) -> None:
    for word in reversed(list(_LATIN_WORD.finditer(draft.text))):
        chars: list[str] = []
        at: list[int] = []
        for letters, start, _ in _letters(word[0].lower()):
            chars += letters
            at += [draft.at[word.start() + start]] * len(letters)
        if word[0][0].isupper():
            chars[0] = chars[0].upper()
        draft.put(word.start(), word.end(), chars, at)
