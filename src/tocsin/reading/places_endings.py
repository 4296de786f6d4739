"""What is written together with a name and says whether it is at, towards or from the place.

Turkish case endings ("Ankara'da", "ankaradan") and Arabic letters ("ببيروت", "لبغداد").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tocsin.reading.gazetteer_names import fold
from tocsin.reading.places_words import Words

_APOSTROPHES = frozenset("'’ʼ`")
_ARABIC = range(0x0600, 0x0700)
_LEAST_NAME = 3


@dataclass(slots=True)
class Endings:
    """Suffixes after an apostrophe and prefixed letters: folded → ``at``, ``towards``, ``from``."""

    suffixes: dict[str, str] = field(default_factory=dict)
    prefixes: dict[str, str] = field(default_factory=dict)

    def add(self, pack: Mapping[str, Any]) -> None:
        """Take over what a pack lists."""
        for table, name in ((self.suffixes, "suffixes"), (self.prefixes, "prefixes")):
            for direction, listed in pack.get(name, {}).items():
                table.update((fold(one), direction) for one in listed)

    def preposition(self, words: Words, hit: tuple[int, int], bare: bool) -> str:
        """``at``, ``towards``, ``from`` or empty.

        Args:
            hit: first and last word of the name.
            bare: the first word is a name as it stands, without anything taken off.
        """
        first, last = hit
        after = last + 1
        if after < len(words):
            gap = words.text[words.ends[last] : words.starts[after]]
            if gap in _APOSTROPHES:
                return self.suffixes.get(words.forms[after], "")
        form = words.forms[first]
        if not bare and ord(form[0]) in _ARABIC and len(form) > _LEAST_NAME:
            return self.prefixes.get(form[0], "")
        return ""
