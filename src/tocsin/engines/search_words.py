"""Words that somebody searches for, and whether a text has them, whatever it is disguised as."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from tocsin.text.clean import clean

# What cleaning would change so that other letters stand there: invisible characters, and Latin
# letters side by side with Cyrillic or Greek ones.
_INVISIBLE: Final = re.compile(
    "[\u00ad\u034f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)
_LATIN: Final = re.compile("[A-Za-z]")
_MIXED: Final = re.compile("[A-Za-z][\u0370-\u052f]|[\u0370-\u052f][A-Za-z]")


def words_of(said: str) -> tuple[str, ...]:
    """What somebody searches for, as texts are compared: cleaned and in one case."""
    return tuple(dict.fromkeys(_folded(clean(said)).split()))


def says(said: str, words: Sequence[str]) -> bool:
    """Whether a text has all the words; where letters may be disguised, once cleaned."""
    plain = _folded(said)
    if all(word in plain for word in words):
        return True
    if not _disguised(said):
        return False
    plain = _folded(clean(said))
    return all(word in plain for word in words)


def _disguised(said: str) -> bool:
    if said.isascii():
        return False
    return _INVISIBLE.search(said) is not None or (
        _LATIN.search(said) is not None and _MIXED.search(said) is not None
    )


def _folded(said: str) -> str:
    return unicodedata.normalize("NFKC", said).casefold()
