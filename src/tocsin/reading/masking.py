"""Group names put out of sight of the encoder.

A sentence must be read alike whichever group it is about: none protected less, none suspected
more. What the rules see knows only *that* a group is named; the sentence vector would know which.
So it is made of a text in which every group bears one name, a stand-in chosen by the language
pack: an ethnonym of the language with its forms, about which nobody quarrels.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from tocsin.reading.cues import Found, Mention
from tocsin.reading.lemmas import CACHE_SIZE, analyzer
from tocsin.reading.pack import StandIn

_MASKED = frozenset({"noun", "adjective", "slur"})
_CASES = frozenset({"nomn", "gent", "datv", "accs", "ablt", "loct"})
_GENDERS = frozenset({"masc", "femn", "neut"})


def masked(text: str, found: Found, stand_ins: Mapping[str, StandIn]) -> str:
    """``text`` (the plain form ``found`` was found in) with stand-ins for group names."""
    parts, done = [], 0
    for mention in found.mentions:
        stand_in = stand_ins.get(mention.term.language)
        if stand_in is None or mention.term.sort not in _MASKED:
            continue
        first, last = _named(mention)
        start, end = found.tokens.starts[first], found.tokens.ends[last]
        parts += [text[done:start], _name(text[start:end], mention, stand_in)]
        done = end
    return "".join(parts) + text[done:] if parts else text


def _named(mention: Mention) -> tuple[int, int]:
    """First and last word of the name; an adjective leaves its people or premises standing."""
    if mention.term.sort == "adjective":
        return mention.head, mention.head
    return mention.start, mention.end - 1


def _name(written: str, mention: Mention, stand_in: StandIn) -> str:
    adjective = mention.term.sort == "adjective"
    if mention.term.language == "ru":
        word = stand_in.adjective if adjective else stand_in.plural
        name = _inflected_like(written.split(maxsplit=1)[0].lower(), word)
    else:
        name = stand_in.adjective if adjective else stand_in.plural
    return name.capitalize() if written[0].isupper() and not name[0].isupper() else name


@lru_cache(maxsize=CACHE_SIZE)
def _inflected_like(word: str, like: str) -> str:
    """``like`` in case, number and gender of ``word``; as it is where that cannot be told."""
    tags = analyzer().parse(word)[0].tag.grammemes
    wanted = tags & _CASES
    wanted |= {"plur"} if "plur" in tags or "sing" not in tags else {"sing"}
    parsed = analyzer().parse(like)[0]
    if "sing" in wanted and "ADJF" in parsed.tag.grammemes:
        wanted |= tags & _GENDERS
    inflected = parsed.inflect(wanted)
    return str(inflected.word) if inflected is not None else like
