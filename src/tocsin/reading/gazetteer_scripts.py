"""Letters and endings of names outside Cyrillic: Arabic, Hebrew, Turkish, German."""

from __future__ import annotations

import re

SEMITIC_LETTERS = "\u0590-\u05ff\u0600-\u06ff\ufb1d-\ufdff\ufe70-\ufefc"

_ALIKE = str.maketrans(
    {
        # Alef forms lose their marks when a text is decomposed; here what stays.
        "ٱ": "ا", "ى": "ي", "ی": "ي", "ې": "ي", "ے": "ي", "ة": "ه", "ہ": "ه", "ھ": "ه", "ە": "ه",
        "ۀ": "ه", "ک": "ك", "ڪ": "ك", "ـ": None, "ء": None,
        "ך": "כ", "ם": "מ", "ן": "נ", "ף": "פ", "ץ": "צ", "׳": None, "״": None,
        "\u200c": None, "\u200d": None,
    }
)  # fmt: skip
LEAST_LEFT = 3
"""Letters that must remain when clitics or endings are taken off."""

TURKISH, GERMAN, GERMAN_ADJECTIVE = "|tr", "|de", "|er"
"""Marks of names that may take such endings: kept beside the plain key of the name."""

_SUFFIX = re.compile(
    r"(?:[dt][ae](?:ki|n|ydi|yiz)?|n?[dt][ae]n?|[yn]?[ae]|n?[iu]n|[yn]?[iu]|l[iu](?:lar|ler)?)$"
)
_HARD = frozenset("fstkcpxh")
_RESTORED = {"g": "k", "b": "p", "d": "t"}


def plain_semitic(text: str) -> str:
    """Arabic and Hebrew letters that are written for one another made alike."""
    return text.translate(_ALIKE)


def is_arabic(word: str) -> bool:
    """The word is written in Arabic letters."""
    return "\u0600" <= word[0] <= "\u06ff"


def is_hebrew(word: str) -> bool:
    """The word is written in Hebrew letters."""
    return "\u0590" <= word[0] <= "\u05ff"


def without_clitics(word: str) -> list[str]:
    """A folded Arabic or Hebrew word without the short words written before it."""
    return _hebrew(word) if is_hebrew(word) else _arabic(word)


def _arabic(word: str) -> list[str]:
    """و and ف ("and") first, then ب ل ك ("in", "to", "like"); للقاهره is ل + القاهره."""
    found = []
    after_and = [word, word[1:]] if word[0] in "وف" else [word]
    for rest in after_and:
        if rest is not word:
            found.append(rest)
        if rest.startswith("لل"):
            found.append("ا" + rest[1:])
        elif rest[:1] in {"ب", "ل", "ك"}:
            found.append(rest[1:])
    return [one for one in found if len(one) >= LEAST_LEFT]


def _hebrew(word: str) -> list[str]:
    """ו and ש ("and", "that") first, then ב ל מ ה כ ("in", "to", "from", "the", "like")."""
    found = []
    after_and = [word, word[1:]] if word[0] in "וש" else [word]
    for rest in after_and:
        if rest is not word:
            found.append(rest)
        if rest[:1] in {"ב", "ל", "מ", "ה", "כ"}:
            found.append(rest[1:])
    return [one for one in found if len(one) >= LEAST_LEFT]


def latin_stems(word: str) -> list[str]:
    """Marked keys of a folded Latin word: Turkish case endings joined to it, German -s and -er."""
    if len(word) < LEAST_LEFT + 2:
        return []
    found = _turkish(word)
    if word[-1] == "s" and word[-2] not in "szx":
        found.append(word[:-1] + GERMAN)
    elif word.endswith("er"):
        found.append(word[:-2] + GERMAN_ADJECTIVE)
    return found


def _turkish(word: str) -> list[str]:
    found = []
    for length in range(1, 6):
        stem, suffix = word[:-length], word[-length:]
        if len(stem) < LEAST_LEFT + 1:
            break
        if _SUFFIX.fullmatch(suffix) and _harmonious(stem, suffix):
            found.append(stem + TURKISH)
            if suffix[0] in "aeiu" and stem[-1] in _RESTORED:
                found.append(stem[:-1] + _RESTORED[stem[-1]] + TURKISH)
    return found


def _harmonious(stem: str, suffix: str) -> bool:
    """The suffix fits the last vowel (folded letters leave ı, ö, ü open) and the last sound."""
    vowel = next((letter for letter in reversed(stem) if letter in "aeiou"), "")
    other = {"a": "e", "e": "a"}.get(vowel)
    first = next((letter for letter in suffix if letter in "aeiu"), "")
    if not vowel or first == other:
        return False
    if suffix[0] == "t":
        return stem[-1] in _HARD
    if suffix[0] in "aeiu":
        return stem[-1] not in "aeiou"
    if suffix[0] in "yn":
        return stem[-1] in "aeiou" or suffix.startswith("n")
    return True
