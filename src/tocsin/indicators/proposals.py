"""Posts that may be evidence of a sign: proposals for people, never a status."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from tocsin.model import Indicator, MatchRule, Reading, ReadStatus


def matches(rule: MatchRule, reading: Reading, text: str) -> bool:
    """Whether a post is what the rule asks for.

    A post that could not be read matches nothing; that is unread, not absent.

    Args:
        text: the post's text; only ``rule.words`` look at it.
    """
    if reading.read is ReadStatus.UNSUPPORTED:
        return False
    group = None if reading.target is None else reading.target.group
    return (
        (not rule.acts or any(act in reading.acts for act in rule.acts))
        and (not rule.signals or any(signal in reading.signals for signal in rule.signals))
        and (not rule.frames or reading.frame in rule.frames)
        and (not rule.targets or group in rule.targets)
        and (not rule.any_target or group is not None)
        and (not rule.words or _beginnings(rule.words).search(_plain(text)) is not None)
    )


def proposals_for(indicators: Iterable[Indicator], reading: Reading, text: str) -> tuple[str, ...]:
    """Ids of the signs that a post may be evidence of, in the register's order."""
    group = None if reading.target is None else reading.target.group
    return tuple(
        one.id
        for one in indicators
        if one.rule is not None
        and (not one.groups or group in one.groups)
        and matches(one.rule, reading, text)
    )


@lru_cache(maxsize=512)
def _beginnings(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(r"(?<!\w)(?:" + "|".join(re.escape(_plain(word)) for word in words) + ")")


def _plain(text: str) -> str:
    return text.casefold().replace("ё", "е")
