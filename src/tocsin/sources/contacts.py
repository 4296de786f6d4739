"""Ways to reach a person, found in a text by their form: phone numbers, addresses, @names.

Names themselves have no form; whoever writes a report leaves them out.
"""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass

_LINK = re.compile(
    r"(?:https?://)?(?:t\.me|telegram\.me|wa\.me)/(\+?\w+)(?:/[\w/]*)?", re.IGNORECASE
)
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_HANDLE = re.compile(r"(?<![\w@.])@(\w{3,})")
_DIGITS = re.compile(r"(?<![\w.])\+?\(?\d[\d\s().\-\u2010-\u2013\u00a0]{6,}\d(?!\w)")
_DATE = re.compile(r"(?<!\d)(?:\d{4}[-.]\d{1,2}[-.]\d{1,2}|\d{1,2}[-.]\d{1,2}[-.]\d{2,4})(?!\d)")
_LEAST_WITH_PLUS, _LEAST_BARE, _MOST = 8, 9, 15
"""Digits of a phone number (ITU-T E.164: at most 15)."""


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text without ways to reach a person.

    Args:
        removed: what was taken out, by kind, in the order of the kinds.
    """

    text: str
    removed: tuple[str, ...]


def redact(text: str, public: Container[str] = frozenset()) -> Redacted:
    """``text`` with each contact replaced by ``[phone removed]`` and the like.

    Args:
        public: names of public channels in lower case; an @name or link to one stays.
    """
    removed: list[str] = []

    def gone(kind: str) -> str:
        removed.append(kind)
        return f"[{kind} removed]"

    def named(found: re.Match[str]) -> str:
        return found[0] if found[1].lower() in public else gone("name")

    def phone(found: re.Match[str]) -> str:
        return gone("phone") if _is_phone(found[0]) else found[0]

    text = _LINK.sub(named, text)
    text = _MAIL.sub(lambda _: gone("address"), text)
    text = _HANDLE.sub(named, text)
    return Redacted(_DIGITS.sub(phone, text), tuple(removed))


def _is_phone(found: str) -> bool:
    """Enough digits for a number, and not a date, a time or an amount."""
    digits = sum(letter.isdigit() for letter in found)
    plus = found.startswith(("+", "(+"))
    if not plus and _DATE.search(found):
        return False
    return (_LEAST_WITH_PLUS if plus else _LEAST_BARE) <= digits <= _MOST
