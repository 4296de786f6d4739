"""Ways in which people write badly or in disguise, put into a text, always alike for one seed."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

_WORD = re.compile(r"[^\W\d_]{3,}")
_CYRILLIC_LOOKS = dict(zip("асеорхуіАСЕОРХВНКМТ", "aceopxyiACEOPXBHKMT", strict=True))
_LATIN_LOOKS = {b: a for a, b in _CYRILLIC_LOOKS.items()}
_EMOJI = "🔥👊💪😡❗🙏😂👀"
_EVERY = 4
"""One word in so many is changed."""


def typo(text: str, lang: str, seed: int) -> str:
    """In one word of four two letters change places, one is left out, or one is doubled."""
    del lang
    rng = random.Random(seed)

    def spoil(word: re.Match[str]) -> str:
        if rng.randrange(_EVERY):
            return word[0]
        at, kind = rng.randrange(len(word[0]) - 1), rng.randrange(3)
        w = word[0]
        if kind == 0:
            return w[:at] + w[at + 1] + w[at] + w[at + 2 :]
        return w[:at] + w[at + 1 :] if kind == 1 else w[: at + 1] + w[at:]

    return _WORD.sub(spoil, text)


def homoglyph(text: str, lang: str, seed: int) -> str:
    """In one word of four, letters of the other script that look alike."""
    rng = random.Random(seed)
    looks = _CYRILLIC_LOOKS if lang in {"ru", "uk"} else _LATIN_LOOKS

    def disguise(word: re.Match[str]) -> str:
        if rng.randrange(_EVERY):
            return word[0]
        return "".join(looks.get(c, c) if rng.random() < 0.5 else c for c in word[0])

    return _WORD.sub(disguise, text)


def spacing(text: str, lang: str, seed: int) -> str:
    """One word of eight is written with spaces between its letters."""
    del lang
    rng = random.Random(seed)
    return _WORD.sub(lambda w: w[0] if rng.randrange(2 * _EVERY) else " ".join(w[0]), text)


def case(text: str, lang: str, seed: int) -> str:
    """All small, or all capitals."""
    del lang
    return text.lower() if random.Random(seed).random() < 0.5 else text.upper()


def emoji(text: str, lang: str, seed: int) -> str:
    """Emoji after one word of four and at the end."""
    del lang
    rng = random.Random(seed)
    words = text.split(" ")
    put = [w if rng.randrange(_EVERY) else f"{w} {rng.choice(_EMOJI)}" for w in words]
    return " ".join(put) + rng.choice(_EMOJI) * 2


NOISES: dict[str, Callable[[str, str, int], str]] = {
    "typo": typo,
    "homoglyph": homoglyph,
    "spacing": spacing,
    "case": case,
    "emoji": emoji,
}
