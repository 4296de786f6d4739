"""Calls to gather joined with what the reader found: who is called, to bring what, against whom."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from tocsin.model.reading import HOSTILE_ACTS, Act, GatheringCall, Signal, Span, Target
from tocsin.reading.places_pack import read_pack

CALLED = "called"
_FIRST = 400
"""Characters in which people are called upon; further down a text speaks of them."""


def joined(
    calls: Sequence[GatheringCall],
    text: str,
    lang: str,
    said: tuple[Sequence[Span], Sequence[Act], Target | None],
) -> tuple[GatheringCall, ...]:
    """The calls with all that is known of them.

    Args:
        said: the reading's spans, its acts, and whom they are about.
    """
    if not calls:
        return ()
    spans, acts, target = said
    asks = tuple(span for span in spans if span.kind == Signal.PREPARATION.value)
    hostile = target is not None and any(act in HOSTILE_ACTS for act in acts)
    against = target.group if hostile and target is not None else None
    who = _called(text, lang)
    return tuple(replace(call, called=who, asks=asks, against=against) for call in calls)


def _called(text: str, lang: str) -> Span | None:
    pattern = _pattern(lang)
    found = None if pattern is None else pattern.search(text[:_FIRST].lower())
    return None if found is None else Span(found.start(), found.end(), CALLED, f"{lang}.called")


@cache
def _pattern(lang: str) -> re.Pattern[str] | None:
    words = read_pack("called")[0]["called"].get(lang)
    if not words:
        return None
    known = [
        re.escape(word[:-1]) + r"\w*" if word[-1] == "*" else re.escape(word) for word in words
    ]
    return re.compile(rf"(?<!\w)(?:{'|'.join(sorted(known, key=len, reverse=True))})(?!\w)")
