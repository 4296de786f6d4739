"""How people spoil a wording when they pass it on: case, stops, a wrong letter, a sign."""

from __future__ import annotations

import random

_SIGNS = ("❗️", "‼️", "🔥", "⚡️", "👇", "!!!", "…", "📢")
_TYPO_SHARE = 0.15
"""Of the wordings; one letter of one word."""


def spoil(text: str, draw: random.Random) -> str:
    """The wording as one of many would pass it on; mostly as it is."""
    if draw.random() < 0.2:
        text = text.lower()
    if draw.random() < 0.15:
        text = text.rstrip(".!")
    if draw.random() < _TYPO_SHARE:
        text = _one_typo(text, draw)
    if draw.random() < 0.2:
        text = f"{text} {draw.choice(_SIGNS)}"
    elif draw.random() < 0.1:
        text = f"{draw.choice(_SIGNS)} {text}"
    return text


def _one_typo(text: str, draw: random.Random) -> str:
    """Two neighbouring letters of one longer word changed about."""
    words = text.split(" ")
    long = [at for at, word in enumerate(words) if len(word) > 5 and word.isalpha()]
    if not long:
        return text
    at = draw.choice(long)
    word, cut = words[at], draw.randint(1, len(words[at]) - 3)
    words[at] = word[:cut] + word[cut + 1] + word[cut] + word[cut + 2 :]
    return " ".join(words)
