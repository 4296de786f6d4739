"""The text of a post as the other stages read it, and what makes two texts the same."""

from __future__ import annotations

import hashlib
import re
import unicodedata

import ftfy

from tocsin.text.homoglyphs import repair_homoglyphs

MAX_CHARS = 20_000
"""Longer texts are cut; Telegram's own limit is 4,096."""

_ROUNDS = 8
"""One repair may uncover another; the rounds end when nothing changes (usually the second)."""

# UTF-8 read as Latin-1, Windows-1252 or Windows-1251. Only a hint: ftfy decides, at twenty
# times the cost.
_MOJIBAKE = re.compile(
    "[\u00c2-\u00f4][\u0080-\u00bf\u0152-\u0192\u02c6-\u02dc\u2013-\u2122]"
    "|[РС][\u00a0-\u00bf\u0402-\u040f\u0452-\u045f\u2013-\u2122]"
)
# Control characters that are no white space, soft hyphens, zero-width and bidirectional
# controls, fillers, variation selectors, tags, strike-through marks, lone surrogates.
_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000e-\u001b\u007f-\u0084\u0086-\u009f"
    "\u00ad\u0305\u0332-\u0338\u033f\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u20d0-\u20ff\u3164\ufe00-\ufe0f\ufeff\uffa0"
    "\ufff0-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]+"
)
_BLANK_LINES = re.compile("\n{3,}")
_SPACED = re.compile(r"(?<!\w)[^\W\d_]([ .·•*_~-])[^\W\d_](?:\1[^\W\d_])+(?!\w)")
# Words of one letter in the languages at hand: "а я в шоке" is a sentence, not a spaced word.
_ONE_LETTER_WORDS = frozenset("авикосуяієйaeiouyànздž")
_SHORTEST_OF_WORDS = 5

URL = re.compile(r"(?:https?://|www\.|\bt\.me/)\S+", re.IGNORECASE)
"""A web address as people write it."""

_APART = "\u02d0"  # any letter that no one writes between digits
_NUMBER_GAP = re.compile(r"(?<=\d)[\W_]+(?=\d)")
# All but letters and digits, and but the vowel signs of Indic, Thai, Khmer and kin.
_DROPPED = re.compile("[^\\w\u0900-\u0963\u0966-\u109f\u1780-\u17d3]+|_+")


def clean(text: str, max_chars: int = MAX_CHARS) -> str:
    """``text`` repaired and normalised; cleaning twice changes nothing more.

    NFKC; mojibake; invisible characters; Latin/Cyrillic look-alikes; letters written apart;
    runs of white space to one space, with line ends kept (at most one empty line).

    Args:
        max_chars: what is longer is cut.
    """
    for _ in range(_ROUNDS):
        before, text = text, _round(text[:max_chars])
        if text == before:
            break
    return text


def _round(text: str) -> str:
    if not text.isascii():
        if _MOJIBAKE.search(text):
            text = ftfy.fix_encoding(text)
        text = unicodedata.normalize("NFKC", text)
    text = repair_homoglyphs(_INVISIBLE.sub("", text))
    text = _SPACED.sub(_join, text)
    lines = [" ".join(line.split()) for line in text.splitlines()]
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip("\n")


def _join(chain: re.Match[str]) -> str:
    """ "с б о р" → "сбор", unless it may be a row of one-letter words."""
    letters: str = chain[0][::2]
    words = chain[1] == " " and _ONE_LETTER_WORDS.issuperset(letters.lower())
    return chain[0] if words and len(letters) < _SHORTEST_OF_WORDS else letters


def digest_text(cleaned: str) -> bytes | None:
    """16 bytes, equal for texts that differ only in case, punctuation, addresses, emoji, space.

    Numbers stay apart: "1 2" and "12" differ. None when nothing is left.
    """
    text = URL.sub(" ", cleaned) if "/" in cleaned or "www." in cleaned else cleaned
    text = _DROPPED.sub("", _NUMBER_GAP.sub(_APART, text).casefold())
    return hashlib.blake2b(text.encode(), digest_size=16).digest() if text else None
