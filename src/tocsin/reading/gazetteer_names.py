"""Spelling of place names: folding, and the case endings of Russian names.

A Russian name is indexed as stem plus paradigm mark (``махачкал|a``); an inflected word of a
text is turned into every stem and mark it could have come from. Both sides are dictionary
look-ups, so recognition costs no morphological analysis.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import product

WORD = re.compile(r"[^\W\d_]+")
"""Names and texts are cut into words alike: runs of letters; hyphens and dots separate."""

_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
_LETTERS = str.maketrans(
    {"ß": "ss", "ø": "o", "đ": "d", "ł": "l", "ı": "i", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe"}
)
_APOSTROPHES = re.compile("['’ʼ`ʻ‘ʹ]")

# mark: the endings a name with this paradigm can take. Adjectives (ий, ая, ое, ые) keep their
# nominative as mark.
PARADIGMS: dict[str, tuple[str, ...]] = {
    "C": ("", "а", "у", "ом", "ем", "е", "ым"),
    "ь": ("ь", "я", "ю", "ем", "е", "и", "ью"),
    "a": ("а", "ы", "и", "е", "у", "ой", "ою", "ей"),
    "я": ("я", "и", "е", "ю", "ей", "ею"),
    "о": ("о", "а", "у", "ом", "е", "ым"),
    "й": ("й", "я", "ю", "ем", "е", "и"),
    "ий": ("ий", "ый", "ой", "ого", "его", "ому", "ему", "ым", "им", "ом", "ем"),
    "ая": ("ая", "яя", "ой", "ей", "ую", "юю", "ою"),
    "ое": ("ое", "ее", "ого", "его", "ому", "ему", "ым", "им", "ом", "ем"),
    "ые": ("ые", "ие", "ых", "их", "ым", "им", "ыми", "ими"),
    "ы": ("ы", "и", "", "ов", "ев", "ей", "ам", "ям", "ами", "ями", "ах", "ях"),
    "x": ("",),
}
_NOMINATIVES: tuple[tuple[tuple[str, ...], str], ...] = (
    (("ий", "ый", "ой"), "ий"),
    (("ая", "яя"), "ая"),
    (("ое", "ее"), "ое"),
    (("ые", "ие"), "ые"),
    (("а",), "a"),
    (("я",), "я"),
    (("о",), "о"),
    (("й",), "й"),
    (("ь",), "ь"),
    (("ы", "и"), "ы"),
    (("е", "у", "ю", "э"), "x"),
)
_FLEETING = {"ец": "ц", "ок": "к", "ел": "л"}
_PLURAL_GENITIVES = {"ки": "ок", "цы": "ец"}


def _by_ending() -> dict[str, tuple[str, ...]]:
    table: dict[str, list[str]] = {}
    for mark, endings in PARADIGMS.items():
        for ending in endings:
            table.setdefault(ending, []).append(mark)
    return {ending: tuple(marks) for ending, marks in table.items()}


_MARKS_BY_ENDING = _by_ending()


def is_cyrillic(text: str) -> bool:
    """True where ``text`` has a Cyrillic letter."""
    return _CYRILLIC.search(text) is not None


def fold(text: str) -> str:
    """Lower case, ё as е, Latin letters without their marks; Cyrillic letters stay whole."""
    text = text.lower()
    if text.isascii():
        return text
    if _CYRILLIC.search(text):
        return text.replace("ё", "е")
    marked = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    return "".join(letter for letter in marked if not unicodedata.combining(letter))


def words_of(name: str) -> tuple[str, ...]:
    """The folded words of a name; apostrophes inside words are dropped."""
    return tuple(WORD.findall(fold(_APOSTROPHES.sub("", name))))


def name_keys(name: str) -> list[str]:
    """Index keys of a name as the gazetteer spells it; empty where it has no letters."""
    words = words_of(name)
    if not words:
        return []
    if not is_cyrillic(name):
        return [" ".join(words)]
    return [" ".join(key) for key in product(*(_stems_of_name(word) for word in words))]


def _stems_of_name(word: str) -> list[str]:
    if len(word) < 3:
        return [f"{word}|x"]
    for endings, mark in _NOMINATIVES:
        for ending in endings:
            if word.endswith(ending):
                return _with_variants(word, word[: -len(ending)] if mark != "x" else word, mark)
    return _with_variants(word, word, "C")


def _with_variants(word: str, stem: str, mark: str) -> list[str]:
    keys = [f"{stem}|{mark}"]
    if len(word) > 3 and word[-2:] in _FLEETING and mark == "C":
        short = word[:-2] + _FLEETING[word[-2:]]
        keys.append(f"{short[:-2]}ль{short[-1]}|C" if short[-2] == "л" else f"{short}|C")
    if mark == "ы" and word[-2:] in _PLURAL_GENITIVES:
        keys.append(f"{word[:-2]}{_PLURAL_GENITIVES[word[-2:]]}|x")
    return keys


@lru_cache(maxsize=65536)
def word_keys(word: str) -> tuple[str, ...]:
    """Every key a folded word of a text could stand for; a Latin word stands for itself."""
    if not is_cyrillic(word):
        return (word,)
    return tuple(_stems_of_text(word))


def _stems_of_text(word: str) -> Iterator[str]:
    for length in range(min(4, len(word))):
        cut = len(word) - length
        for mark in _MARKS_BY_ENDING.get(word[cut:], ()):
            if length < len(word):
                yield f"{word[:cut]}|{mark}"


_ROMAN_INITIALS = dict(
    zip("абвгдезийклмнопрстуфыжхцчшщэюя", "abvgdeziyklmnoprstufyzktcsseyy", strict=True)
)
_SAME_INITIAL = {"zj": "z", "kh": "k", "hk": "k", "jy": "y", "ey": "e", "ye": "e", "ct": "t"}


def same_initial(cyrillic: str, latin: str) -> bool:
    """A current name begins like the gazetteer's Latin name; a former name mostly does not."""
    roman = _ROMAN_INITIALS.get(fold(cyrillic)[:1], "")
    first = fold(latin)[:1]
    return roman == first or roman + first in _SAME_INITIAL
