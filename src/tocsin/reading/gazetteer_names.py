"""Spelling of place names: folding, and the keys under which names are kept and looked for.

A name is indexed as stem plus paradigm mark (``махачкал|a``) where its language has case endings;
an inflected word of a text is turned into every stem and mark it could have come from. Both
sides are look-ups, so recognition costs no morphological analysis.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import product

from tocsin.reading.gazetteer_cyrillic import PARADIGMS, stems_of_name, stems_of_text
from tocsin.reading.gazetteer_scripts import (
    SEMITIC_LETTERS,
    is_arabic,
    is_hebrew,
    latin_stems,
    plain_semitic,
    without_clitics,
)

__all__ = [
    "PARADIGMS",
    "WORD",
    "fold",
    "is_cyrillic",
    "name_keys",
    "same_initial",
    "split_keys",
    "word_keys",
    "words_of",
]

_MARKS = (
    "\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670"
    "\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963"
)
WORD = re.compile(rf"[^\W\d_](?:[^\W\d_]|[{_MARKS}])*")
"""Names and texts are cut into words alike: runs of letters; hyphens and dots separate.

Vowel signs and points of scripts that have them belong to their word.
"""

MOST_KEYS = 400
"""A name of many words is looked up under no more combinations of stems than this."""

_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
_SEMITIC = re.compile(f"[{SEMITIC_LETTERS}]")
_LETTERS = str.maketrans(
    {"ß": "ss", "ø": "o", "đ": "d", "ł": "l", "ı": "i", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe"}
    | {"ə": "a", "ʼ": None, "ʻ": None, "ʿ": None, "ʾ": None, "ʹ": None}
)
_CYRILLIC_LETTERS = str.maketrans({"ё": "е", "ґ": "г", "ʼ": None, "\u0301": None})
_APOSTROPHES = re.compile("['’ʼ`ʻ‘ʹ]")


def is_cyrillic(text: str) -> bool:
    """True where ``text`` has a Cyrillic letter."""
    return _CYRILLIC.search(text) is not None


def fold(text: str) -> str:
    """Lower case, letters without their marks; letters that are written for one another alike.

    Cyrillic letters stay whole but for ё and ґ.
    """
    text = text.lower()
    if text.isascii():
        return text
    if _CYRILLIC.search(text):
        return text.translate(_CYRILLIC_LETTERS)
    if "\u0900" <= text[0] <= "\u0fff":
        return unicodedata.normalize("NFC", text)  # vowel signs are letters there
    marked = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    plain = "".join(letter for letter in marked if not unicodedata.combining(letter))
    return plain_semitic(plain) if _SEMITIC.search(plain) else plain


def words_of(name: str) -> tuple[str, ...]:
    """The folded words of a name; apostrophes inside words are dropped."""
    return tuple(WORD.findall(fold(_APOSTROPHES.sub("", name))))


def name_keys(name: str) -> list[str]:
    """Index keys of a name as the gazetteer spells it; empty where it has no letters."""
    return _keys(words_of(name), is_cyrillic(name))


def split_keys(name: str) -> list[str]:
    """Keys of a name with an apostrophe inside, cut there as a text is: ``sana a``."""
    if not _APOSTROPHES.search(name):
        return []
    return _keys(tuple(WORD.findall(fold(_APOSTROPHES.sub(" ", name)))), is_cyrillic(name))


def _keys(words: tuple[str, ...], cyrillic: bool) -> list[str]:
    if not words:
        return []
    if not cyrillic:
        return [" ".join(words)]
    keys = product(*(stems_of_name(word) for word in words))
    return [" ".join(key) for key, _ in zip(keys, range(MOST_KEYS), strict=False)]


@lru_cache(maxsize=65536)
def word_keys(word: str) -> tuple[str, ...]:
    """Every key a folded word of a text could stand for; a Latin word stands for itself.

    A Latin word may besides carry a Turkish or German ending, an Arabic or Hebrew one begin with
    letters that are words of their own ("and", "in", "to").
    """
    if word.isascii():
        return (word, *latin_stems(word))
    if is_cyrillic(word):
        return stems_of_text(word)
    if is_arabic(word) or is_hebrew(word):
        return (word, *without_clitics(word))
    return (word,)


_ROMAN_INITIALS = dict(
    zip("абвгдезийклмнопрстуфыжхцчшщэюяіїє", "abvgdeziyklmnoprstufyzktcsseyyiyy", strict=True)
)
_SAME_INITIAL = {"zj": "z", "kh": "k", "hk": "k", "jy": "y", "ey": "e", "ye": "e", "ct": "t"}
_SAME_INITIAL |= {"gh": "g", "iy": "i", "yi": "y"}


def same_initial(cyrillic: str, latin: str) -> bool:
    """A current name begins like the gazetteer's Latin name; a former name mostly does not."""
    roman = _ROMAN_INITIALS.get(fold(cyrillic)[:1], "")
    first = fold(latin)[:1]
    return roman == first or roman + first in _SAME_INITIAL
