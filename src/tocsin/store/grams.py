"""What a text can be searched by on PostgreSQL: numbers that stand for pieces of three letters.

The same pieces as those of SQLite's full text, folded alike, so that both find the same posts. A
number may stand for two pieces, so what is found by numbers is only a candidate: whoever asks looks
at the text itself with :func:`holds`.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache
from typing import Any, Final

from sqlalchemy import ColumnElement

from tocsin.store import schema

PIECE: Final = 3
"""Letters of a piece; a shorter word has none."""
_LAST_FOLDED: Final = 0x1044F
# Capitals that SQLite's table of 2012 does not know: there each stays what it is.
_NOT_FOLDED: Final = (
    (0x37F, 0x37F),
    (0x528, 0x52E),
    (0x13F8, 0x1CBF),
    (0x2C2F, 0x2C2F),
    (0xA698, 0xA69A),
    (0xA796, 0xA79E),
    (0xA7AB, 0xABBF),
)

Cleaned = Callable[[str], str]
"""A post's text → as it was put into the search."""


def folded(text: str) -> str:
    """A text in one case, letter by letter, as SQLite's full text has it."""
    if text.isascii() or _odd().search(text) is None:
        return text.lower()  # sixty times as quick
    return text.translate(_folding())


def grams_of(text: str) -> list[int]:
    """The distinct numbers of a text's pieces, rising; signed, of 32 bits.

    They are kept for good: another function would need every text again.
    """
    plain = folded(text)
    pieces = {plain[at : at + PIECE] for at in range(len(plain) - PIECE + 1)}
    return sorted(set(map(_number, pieces)))


def with_all(words: Iterable[str]) -> ColumnElement[bool]:
    """A condition on ``post_search``: the posts may have all of these words in them."""
    wanted = sorted({number for word in words for number in grams_of(word)})
    column: Any = schema.post_search.c.grams
    found: ColumnElement[bool] = column.contains(wanted)
    return found


def holds(text: str, words: Sequence[str]) -> bool:
    """Whether a text, cleaned, has all the words in it."""
    plain = folded(text)
    return all(folded(word) in plain for word in words)


@lru_cache(maxsize=1 << 16)
def _number(piece: str) -> int:
    unsigned = zlib.crc32(piece.encode())
    return unsigned - (1 << 32) if unsigned >= 1 << 31 else unsigned


@cache
def _folding() -> dict[int, str]:
    table = {0xFFFE: "\ufffd", 0xFFFF: "\ufffd"}
    for code in range(_LAST_FOLDED + 1):
        if any(low <= code <= high for low, high in _NOT_FOLDED):
            continue
        letter = chr(code)
        small = next((one for one in (letter.casefold(), letter.lower()) if len(one) == 1), letter)
        if small != letter:
            table[code] = small
    return table


@cache
def _odd() -> re.Pattern[str]:
    """Letters that Python makes small in another way, or by what stands around them."""
    table = _folding()
    odd = [
        chr(code)
        for code in range(0x10000)
        if not 0xD800 <= code <= 0xDFFF and table.get(code, chr(code)) != chr(code).lower()
    ]
    # Beyond, one range is quick to look for, and a list is not; there are no emoji in it.
    return re.compile("[" + re.escape("".join(odd)) + "\u03a3\u03c2\U00010400-\U0001e943]")
