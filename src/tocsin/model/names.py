"""Whether two names that people gave are of one person, as far as letters can tell.

Names are what people say of themselves: this keeps one person from signing twice by a slip or a
trick of letters. It does not prove who somebody is.
"""

from __future__ import annotations

import unicodedata

_LOOKALIKES = str.maketrans(
    "аеорсухіјѕһкмтнвгзбԁԛԝαορνικτυχε" + "01|!3",
    "aeopcyxijshkmthbr36dqwaopviktuxe" + "olll3",
)
"""Cyrillic and Greek letters, and figures, that look like Latin ones; small letters only."""


def skeleton(name: str) -> str:
    """What is left of a name once case, spaces, marks and look-alike letters are taken away."""
    spread = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    kept = "".join(c for c in spread if unicodedata.category(c)[0] in "LN")
    return kept.translate(_LOOKALIKES).replace("i", "l").replace("rn", "m")


def same_person(one: str, other: str) -> bool:
    """Whether two names look alike; names without any letter are taken for one."""
    return skeleton(one) == skeleton(other)
