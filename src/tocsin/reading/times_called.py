"""Which rules of a pack a text calls for, and where: most texts call for none.

A rule is tried only near one of its words or, where it has none, near a figure that may be an
hour or a day. Words are looked up whole, each once in a process.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tocsin.reading.times_clock import choice

STEM, ENDING = 3, 3
"""Letters a stem has at least, and letters at the end of a word that do not matter."""

BEFORE, AFTER = 60, 100
"""Characters around a word in which what a rule finds because of it lies; half of it around
figures."""

WORDS = re.compile(r"[^\W\d_]{2,}")
ARTICLE = "ال"
_CLITICS = "وفبلكع"
"""Arabic "and", "so", "in", "to", "like", "on" are written together with the next word."""

_MEMORY = 100_000
"""Words whose rules are remembered."""

_FIGURES_RUN = (
    r"(?<![{joint}.,])(?:\d{{1,2}}(?!\d)|(?:[01]\d|2[0-4])[0-5]\d(?!\d)(?:(?=\s?h)|(?<=\w\s\d{{4}})"
    r"(?!(?<=(?:19|20)\d\d)(?:[,.)]?(?:\s|$)| (?:г|р|of)))))"
    r"(?!\s?(?:%|млн|млрд|тыс|руб|лет|проц)|,\d|\s?-?\s?(?:{counted})(?!\w))"
)
"""Figures that may be an hour, a day, a year or "1900", and are not counted things."""

_PAIR = re.compile(r"\d{1,4}\s?[:./h-]\d")
_DIGIT = re.compile(r"\d")
_ASKS_FIGURES = re.compile(r"\{(?:fig|d|n)\}|\(\?P<[ah]>")
_MAYBE_FIGURES = re.compile(r"(?:\{(?:fig|d|n)\}|\(\?P<[ah]>)[^()]*\)[?*]")
_NEEDS_PAIR = ("(?P<b>", "(?P<sep>")
"""Groups of patterns that find nothing but figures with a mark between them."""

Windows = Sequence[tuple[int, int]]


@dataclass(slots=True)
class Rule:
    """One pattern.

    Args:
        find: the pattern with names in braces.
        stems, words: beginnings of words, and words, one of which it needs; both empty: it
            needs a figure.
        fixed: what every match of it means, whatever its groups say.
    """

    find: str
    stems: frozenset[str]
    words: frozenset[str]
    fixed: Mapping[str, Any]
    compiled: re.Pattern[str] | None = field(default=None, compare=False)


class Called:
    """Where a text calls for which rules.

    Args:
        rules: all rules of a pack; they are spoken of by their numbers.
        tables: the pack's tables; figures before a word of ``not_after`` or a month are no hours.
        joined: short words are written together with the next one.
    """

    def __init__(
        self, rules: Sequence[Rule], tables: Mapping[str, Mapping[str, Any]], *, joined: bool
    ) -> None:
        self._numbers = _Numbers(rules, joined=joined)
        figures = [n for n, rule in enumerate(rules) if not (rule.stems or rule.words)]
        self._by_pairs = [n for n in figures if any(g in rules[n].find for g in _NEEDS_PAIR)]
        self._by_figures = [n for n in figures if n not in set(self._by_pairs)]
        self._with_figures = frozenset(n for n, r in enumerate(rules) if _needs_figures(r.find))
        self._figures = re.compile(
            _FIGURES_RUN.format(joint=r"\d" if joined else r"\w", counted=_counted(tables))
        )

    def windows(self, folded: str) -> dict[int, Windows]:
        """Number of a rule → the stretches in which it may find something, in order."""
        spots: dict[int, list[int]] = {}
        at = 0
        for word in filter(self._numbers.__getitem__, WORDS.findall(folded)):
            at = _whole(folded, word, at)
            for number in self._numbers[word]:
                spots.setdefault(number, []).append(at)
            at += len(word)
        if _DIGIT.search(folded) is None:
            near = {n: found for n, found in spots.items() if n not in self._with_figures}
            return {n: list(_windows(found, BEFORE, AFTER)) for n, found in near.items()}
        windows: dict[int, Windows] = {
            n: list(_windows(found, BEFORE, AFTER)) for n, found in spots.items()
        }
        for pattern, numbers in ((self._figures, self._by_figures), (_PAIR, self._by_pairs)):
            starts = [found.start() for found in pattern.finditer(folded)] if numbers else []
            if starts:
                near_figures = list(_windows(starts, BEFORE // 2, AFTER // 2))
                windows.update(dict.fromkeys(numbers, near_figures))
        return windows


class _Numbers(dict[str, tuple[int, ...]]):
    """Word → numbers of the rules it calls for; worked out when a word is first met."""

    def __init__(self, rules: Sequence[Rule], *, joined: bool) -> None:
        super().__init__()
        self._by_stem: dict[str, tuple[int, ...]] = {}
        self._by_word: dict[str, tuple[int, ...]] = {}
        self._joined = joined
        for number, rule in enumerate(rules):
            for stem in rule.stems:
                self._by_stem[stem] = (*self._by_stem.get(stem, ()), number)
            for word in rule.words:
                self._by_word[word] = (*self._by_word.get(word, ()), number)

    def __missing__(self, word: str) -> tuple[int, ...]:
        if len(self) >= _MEMORY:
            self.clear()
        parts = _unjoined(word) if self._joined else (word,)
        stems = (self._by_stem.get(stem, ()) for part in parts for stem in _stems(part))
        called = {number for numbers in stems for number in numbers}
        self[word] = numbers = tuple(sorted(called | set(self._by_word.get(word, ()))))
        return numbers


def stem_of(word: str) -> str:
    """The beginning that all forms of a word share; a short word is its own."""
    return word[: max(STEM, len(word) - ENDING)]


def _stems(word: str) -> Iterator[str]:
    """Stems this word may have."""
    if len(word) < STEM:
        yield word
    for length in range(STEM, len(word) + 1):
        yield word[:length]


def _counted(tables: Mapping[str, Mapping[str, Any]]) -> str:
    """Words before which a figure is neither an hour nor a day of its own."""
    hours = set(tables.get("of", ()))
    words = {*tables.get("not_after", ()), *tables.get("month", ())}
    return choice(word for word in words if word not in hours and word[-1].isalpha()) or "(?!)"


def _whole(folded: str, word: str, at: int) -> int:
    """Where this word stands as a word of its own, from ``at`` on."""
    found = folded.index(word, at)
    while found >= 0:
        end = found + len(word)
        left, right = folded[found - 1 : found], folded[end : end + 1]
        if not (left.isalpha() or right.isalpha()):
            return found
        found = folded.find(word, found + 1)
    return at


def _needs_figures(find: str) -> bool:
    """The pattern has figures that neither words nor nothing can stand for."""
    either = "|{" in find or _MAYBE_FIGURES.search(find) is not None
    return not either and _ASKS_FIGURES.search(find) is not None


def _windows(spots: Sequence[int], before: int, after: int) -> Iterator[tuple[int, int]]:
    """Stretches around these places, in order, none touching another."""
    start, end = max(0, spots[0] - before), spots[0] + after
    for spot in spots:
        if spot - before > end:
            yield start, end
            start = spot - before
        end = spot + after
    yield start, end


def around(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Stretches that hold what stands beside these spans."""
    starts = sorted({at for start, end in spans for at in (start, end)})
    return list(_windows(starts, BEFORE, BEFORE))


def _unjoined(word: str) -> Iterator[str]:
    """An Arabic word, and what is left of it without the short words written before it."""
    for length in range(3):
        rest = word[length:]
        yield rest
        yield rest.removeprefix(ARTICLE)
        if not rest or rest[0] not in _CLITICS:
            return
        yield rest[1:].removeprefix("ل")  # "to the": the article's first letter is gone
