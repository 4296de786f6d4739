"""Sentences of the machine in the reader's language.

Reasons, what is not seen, how likely it is and what happened when are made in English and kept as
they were told. ``words/en/machine.yaml`` has the patterns they were made from, with named fields;
another language has its own form under the same name. A sentence that fits none is shown as it is,
so that nothing is lost where an older version, or a person, put it otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from tocsin.delivery.language import load_languages

SENTENCES: Final = ("reasons", "unseen", "likely", "happened", "health", "signs")
"""Groups of whole sentences; the others put the fields of these into words."""

REFUSALS: Final[Mapping[str, str]] = {
    "no_rumour": "no rumour {id}; the list: tocsin rumours",
    "harms": "nobody said who could be harmed if this is {which}: add --if-{again} '…' "
    "(if you see no harm, say why)",
    "nobody": "nobody to tell: add --to ID, or --all; who there is: tocsin recipients list",
    "reached": "--to {id}: this action has reached them; leave them out",
    "unconcerned": "--to {id}: does not concern them (their level, communities or areas on the "
    "list, or it has ended and they were never told of it)",
    "nothing_new": "nothing to tell: it is new to nobody whom it concerns",
    "words_changed": "the words have changed since they were shown; look at them again",
    "no_alone": "--alone is for an alarm; this is {level}: leave it out, and let another "
    "person approve",
    "link": "this link holds no more; ask whoever sent it for a new one",
    "not_found": "Not Found",
    "reason": "{what} needs its reason",
    "address": "{id}: this is no address for {kind}; write it as {example}",
    "language": "language {id}: write its code of two letters, such as en or ru",
    "circle": "{id} is itself merged into {other}, so this would be a circle; first: {rest}",
    "no_label": "choose a label for at least one post",
    "no_tick": "tick the posts that the label is for",
    "overtaken": "{name} has decided about {id} since you looked ({deed}, {at}); look again "
    "before you decide",
}
"""What is refused most on pages. The command line says what to type; pages say what to do there."""

_NUMBER: Final = r"\d[\d.,\u202f]*"
_DAY: Final = r"\d{1,2} [A-Z][a-z]+"
_PATTERNS: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        (
            *("all", "calming", "came", "channels", "count", "denials", "growth", "h", "high"),
            *("horizon", "hostile", "hours", "low", "min", "n", "posts_24h", "share", "step"),
            *("support", "towns", "unread", "uptake"),
        ),
        _NUMBER,
    ),
    "ahead": r"[^()]+",
    "at": r"[\dA-Za-z: -]+ UTC",
    "channel_word": "channels?",
    "clock": r"\d\d:\d\d",
    "code": r"\S+",
    "date": r"\d{4}-\d\d-\d\d",
    "day": r"[\d-]+",
    "disputed": r"(?:, disputed)?",
    "grade": r"[A-F][1-6]",
    "id": r"\S+",
    "length": r"[\dhmin ]+",
    "month": r"[A-Z][a-z]+",
    "mon": r"[A-Z][a-z]+",
    "posts": "posts?",
    "span": r"\d+ (?:hours|days)",
    "support_by": "channel spreads|channels spread",
    "when": rf"(?: at (?:about )?\d\d:\d\d .+? on {_DAY} \(.+?\)| (?:on|in the week of) {_DAY})?",
    "zone": "local time|UTC",
}
"""What a field may hold, where that is not any text."""

_FIELD: Final = re.compile(r"\{(\w+)\}")
Words = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A form of a sentence in English, and the same in another language."""

    english: re.Pattern[str]
    other: str
    weight: int


class Spoken:
    """What the machine says, in one language.

    Args:
        english, other: dotted name → text, as the word files have them.
        named: (group of words, value) → the value in words.
    """

    def __init__(self, english: Words, other: Words, named: Callable[[str, str], str]) -> None:
        self._named = named
        self._patterns: dict[str, list[_Pattern]] = {}
        for name, text in english.items():
            if name.startswith("machine.") and name in other:
                group = name.split(".")[1]
                self._patterns.setdefault(group, []).append(_pattern(text, other[name]))
        for found in self._patterns.values():
            found.sort(key=lambda one: -one.weight)
        self._refusals = [
            _pattern(text, other[f"refusals.{name}"])
            for name, text in REFUSALS.items()
            if f"refusals.{name}" in other
        ]
        venues = {
            text: other[name]
            for name, text in english.items()
            if name.startswith("machine.venue.") and name in other
        }
        self._venues = venues
        kinds = "|".join(map(re.escape, sorted(venues, key=len, reverse=True))) or "(?!)"
        self._venue_at_end = re.compile(rf"(.+?),? ({kinds})((?: \([^()]*\))?)")

    def sentence(self, text: str) -> str:
        """A whole sentence."""
        for group in SENTENCES:
            found = self._fitting(group, text)
            if found is not None:
                return found
        return text

    def refusal(self, text: str) -> str:
        """What was refused, and what to do on the page."""
        found = _first(self._refusals, text, self._field)
        return text if found is None else found

    def place(self, label: str) -> str:
        """The label of a place: its name, and the kind of spot in words."""
        found = self._venue_at_end.fullmatch(label)
        if found is None:
            return label
        name, venue, rest = found.groups()
        return f"{name}, {self._venues[venue]}{rest}"

    def _fitting(self, group: str, text: str) -> str | None:
        return _first(self._patterns.get(group, ()), text, self._field)

    def _field(self, name: str, said: str) -> str:
        """What stands in a field, in words of this language."""
        worded = {
            "target": lambda: self._named("groups", said),
            "place": lambda: self.place(said),
            "city": lambda: self.place(said),
            "venue": lambda: self._venues.get(said, said),
            "sign": lambda: self.sentence(said),
            "causes": lambda: ", ".join(self._cause(one) for one in said.split(", ")),
            "status": lambda: self._named("rumours.statuses", said),
            "outcome": lambda: self._named("outcomes", said),
            "deed": lambda: self._named("decisions", said),
            "level": lambda: self._named("levels", said),
        }.get(name)
        return worded() if worded is not None else self._fitting(name, said) or said

    def _cause(self, said: str) -> str:
        return self._fitting("cause", said) or said


def _first(patterns: Sequence[_Pattern], text: str, field: Callable[[str, str], str]) -> str | None:
    """The form of the first pattern that fits."""
    for one in patterns:
        found = one.english.fullmatch(text)
        if found is not None:
            fields = {name: field(name, said) for name, said in found.groupdict().items()}
            return one.other.format_map(fields)
    return None


def _pattern(english: str, other: str) -> _Pattern:
    parts = _FIELD.split(english)  # text, field, text, field, ...
    regex = "".join(
        re.escape(part) if index % 2 == 0 else f"(?P<{part}>{_PATTERNS.get(part, '.+?')})"
        for index, part in enumerate(parts)
    )
    return _Pattern(re.compile(regex, re.DOTALL), other, sum(map(len, parts[::2])))


@cache
def group_names(code: str) -> Mapping[str, str]:
    """Neutral English name of a group → its name in that language, as messages use them."""
    found: Mapping[str, str] = load_languages().get(code, {}).get("groups", {})
    return found
