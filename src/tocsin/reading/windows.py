"""A long post in pieces: a call may be buried in the middle of weather and road works.

A vector sees the first 512 characters of a text and blurs what it sees. So a long post is also
read piece by piece, and the piece that alarms most counts (see :mod:`tocsin.reading.reader`).
"""

from __future__ import annotations

import re

LONG = 350
"""Characters from which a post is read in pieces too."""

PIECE = 160
"""Characters a piece is filled up to, sentence by sentence."""

MOST = 24
"""Pieces of a post at most: 24 of 160 characters and more are all of a Telegram post."""

_END = re.compile(r"(?<=[.!?…])\s+|\n+")


def pieces(text: str) -> list[str]:
    """Sentences of a text, short ones together with the next; none of a text that is not long."""
    if len(text) < LONG:
        return []
    found: list[str] = []
    filled = ""
    for sentence in _END.split(text):
        filled = f"{filled} {sentence}".strip()
        if len(filled) >= PIECE:
            found.append(filled)
            filled = ""
    if filled:
        found.append(filled)
    return found[:MOST] if len(found) > 1 else []
