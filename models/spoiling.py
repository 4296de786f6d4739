"""Training posts written badly, so that the heads do not lean on every word being spelt right.

People type in haste and in disguise. Each kind here is what a thumb on a telephone does; the noise
that the reader is measured under (``benchmarks/reading_noise.py``) is made apart from it.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable

_WORD = re.compile(r"[^\W\d_]{4,}")
_ROWS = ("йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю", "qwertyuiop", "asdfghjkl", "zxcvbnm")
_NEXT = {
    letter: row[max(0, at - 1) : at] + row[at + 1 : at + 2]
    for row in _ROWS
    for at, letter in enumerate(row)
}
_MARKS = "🔥👊😡❗🙏😂👀🤬💥🕯⚽"
_LEAST, _MOST = 0.08, 0.3
"""Share of the words of a post that are spoilt: drawn evenly between these."""


def spoilt(text: str, seed: int) -> str:
    """The text as it might have been typed; one seed, one text."""
    rng = random.Random(seed)
    kinds: tuple[Callable[[str, random.Random], str], ...] = (_slips, _slips, _careless, _marked)
    return rng.choice(kinds)(text, rng)


def _slips(text: str, rng: random.Random) -> str:
    """Slips of the thumb in some words, sometimes without capitals besides."""
    share = rng.uniform(_LEAST, _MOST)
    found = _WORD.sub(lambda w: _slip(w[0], rng) if rng.random() < share else w[0], text)
    return found.lower() if rng.random() < 0.3 else found


def _slip(word: str, rng: random.Random) -> str:
    """One letter left out, doubled, put before the one ahead of it, or a key beside it hit."""
    at = rng.randrange(1, len(word))
    before, letter, after = word[:at], word[at], word[at + 1 :]
    beside = _NEXT.get(letter, "")
    changed = (
        before + after,
        before + letter + letter + after,
        before[:-1] + letter + before[-1] + after,
        before + (rng.choice(beside) if beside else "") + after,
    )
    return rng.choice(changed)


def _careless(text: str, rng: random.Random) -> str:
    """No capitals, or nothing but; and most marks between words left out."""
    found = re.sub(r"[,;:.!?](?=\s)", lambda m: "" if rng.random() < 0.7 else m[0], text)
    return found.upper() if rng.random() < 0.25 else found.lower()


def _marked(text: str, rng: random.Random) -> str:
    """Small pictures among the words."""
    words = [w if rng.random() > 0.15 else f"{w} {rng.choice(_MARKS)}" for w in text.split(" ")]
    return " ".join(words) + rng.choice(_MARKS) * rng.randrange(4)
