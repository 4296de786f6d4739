"""Letters that look like those of another script, put back into the script of their word.

Writers who expect a filter swap Latin and Cyrillic look-alikes ("aэpoпopт") or put digits for
letters ("аэр0порт"). Only a word that is mixed in itself is touched: a Latin name in a Cyrillic
sentence is just that, and so is a Latin abbreviation with a Cyrillic ending ("VPNом"). A digit
that may be an hour or a count ("в6часов", "um4uhr") stays a digit: a wrong hour is worse than
an odd word.
"""

from __future__ import annotations

import re

_LATIN = "A-Za-z\u00c0-\u024f"
_CYRILLIC = "\u0400-\u052f"
_SUSPECT = re.compile(
    f"[{_LATIN}][{_CYRILLIC}]|[{_CYRILLIC}][{_LATIN}]|[{_LATIN}{_CYRILLIC}][0346][{_LATIN}{_CYRILLIC}]"
)
_TOKEN = re.compile(r"\S+")
_WORD = re.compile(r"[^\W_]+")
_ADDRESS = re.compile(r"[/@\\]|^www\.", re.IGNORECASE)
_IS_LATIN = re.compile(f"[{_LATIN}]")
_IS_CYRILLIC = re.compile(f"[{_CYRILLIC}]")
_INFLECTED = re.compile(f"[{_LATIN}]{{2,}}[{_CYRILLIC}]{{2,}}")
_ABBREVIATION = re.compile("[A-Z]{2,}[а-яё]{2,}")
_LONE_DIGIT = re.compile(r"(?<=[^\W\d_])[0346](?=[^\W\d_])")

_TO_CYRILLIC = dict(
    zip(
        "aceopxykmtbhnruiABCEHKMOPTXYI",
        "асеорхукмтвнпгиіАВСЕНКМОРТХУІ",
        strict=True,
    )
)
_TO_LATIN = dict(
    zip(
        "асеорхукмтвніѕјһАВСЕНКМОРТХУІЅЈҺ",
        "aceopxykmtbhisjhABCEHKMOPTXYISJH",
        strict=True,
    )
)
_CYRILLIC_DIGITS = {"0": "о", "3": "з", "4": "ч", "6": "б"}
_LATIN_DIGITS = {"0": "o", "3": "e", "4": "a", "6": "b"}
# fmt: off
_BEFORE_A_NUMBER = frozenset({
    "в", "к", "с", "у", "о", "до", "на", "по", "от", "со", "ко", "во", "из", "за", "об",
    "ул", "дом", "кв", "стр", "корп", "под", "эт",
    "at", "by", "to", "on", "in", "um", "ab", "bis", "am", "a", "le", "les", "alle", "ore", "las",
    "los", "til", "mp", "ps", "web", "win", "mk", "g", "v", "w", "x",
})
_AFTER_A_NUMBER = frozenset({
    "ч", "час", "часа", "часов", "утра", "вечера", "дня", "ночи", "мин", "минут", "лет", "года",
    "дней", "км", "м", "кг",
    "uhr", "pm", "am", "h", "min", "km", "kg", "th", "rd", "days", "mal",
})
# fmt: on
_SHORTEST = 4
"""Length a word needs before a digit in it is read as a letter ("B4B" stays)."""


def repair_homoglyphs(text: str) -> str:
    """``text`` with look-alikes inside mixed words replaced; addresses are left as they are."""
    if _SUSPECT.search(text) is None:
        return text
    return _TOKEN.sub(lambda token: _repair_token(token[0], text), text)


def _repair_token(token: str, around: str) -> str:
    if _SUSPECT.search(token) is None or _ADDRESS.search(token):
        return token
    return _WORD.sub(lambda word: _repair_digits(_repair_letters(word[0], around)), token)


def _repair_letters(word: str, around: str) -> str:
    """One script for the letters of ``word``, if every letter of the other has a look-alike."""
    latin, cyrillic = _IS_LATIN.findall(word), _IS_CYRILLIC.findall(word)
    if not latin or not cyrillic or not _LONE_DIGIT.sub("", word).isalpha():
        return word
    if _ABBREVIATION.fullmatch(word):
        return word
    may_be_cyrillic = all(letter in _TO_CYRILLIC for letter in latin)
    may_be_latin = all(letter in _TO_LATIN for letter in cyrillic)
    if may_be_cyrillic and may_be_latin:
        may_be_latin = _mostly_latin(len(latin), len(cyrillic), around)
    elif may_be_latin:
        may_be_latin = len(latin) > len(cyrillic) and not _INFLECTED.fullmatch(word)
    if may_be_latin:
        return "".join(_TO_LATIN.get(letter, letter) for letter in word)
    if may_be_cyrillic:
        return "".join(_TO_CYRILLIC.get(letter, letter) for letter in word)
    return word


def _mostly_latin(latin: int, cyrillic: int, around: str) -> bool:
    """Majority of the word; undecided, of the text around it; undecided, Cyrillic."""
    if latin != cyrillic:
        return latin > cyrillic
    return len(_IS_LATIN.findall(around)) > len(_IS_CYRILLIC.findall(around))


def _repair_digits(word: str) -> str:
    """Single digits between letters as letters, where they cannot be meant as numbers."""
    lone = _LONE_DIGIT.findall(word)
    bare = _LONE_DIGIT.sub("", word)
    if not lone or len(word) < _SHORTEST or not bare.isalpha() or _mixed_case(bare):
        return word
    if _IS_CYRILLIC.search(bare) and not _IS_LATIN.search(bare):
        digits, shortest_start = _CYRILLIC_DIGITS, 2
    elif _IS_LATIN.search(bare) and not _IS_CYRILLIC.search(bare):
        digits, shortest_start = _LATIN_DIGITS, 1
    else:
        return word
    parts = [part.lower() for part in _LONE_DIGIT.split(word)]
    if set(lone) != {"0"} and (
        parts[0] in _BEFORE_A_NUMBER
        or len(parts[0]) < shortest_start
        or parts[-1] in _AFTER_A_NUMBER
    ):
        return word
    upper = bare.isupper()
    return _LONE_DIGIT.sub(lambda d: digits[d[0]].upper() if upper else digits[d[0]], word)


def _mixed_case(letters: str) -> bool:
    """Neither lower, UPPER nor Title case: a random name, not a word."""
    return not (letters[1:].islower() or letters.isupper())
