"""Words for time in the languages whose rules are patterns in a pack.

A pack (``packs/times_<language>.yaml``) holds tables of words, pieces of patterns and rules. A
rule is a pattern in which a name in braces stands for a table, a piece, or one of the figures
known here; a blank stands for any white space. What the groups of a match mean is decided in
:mod:`tocsin.reading.times_made`. Texts and packs are folded alike: lower case, no accents, one
set of digits, no Arabic vowel signs. Patterns are compiled when first needed, and a rule is
tried only where one of its words, or a figure, is in the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import Any

from tocsin.reading.places_pack import read_pack
from tocsin.reading.times import TimeCue
from tocsin.reading.times_clock import choice
from tocsin.reading.times_made import Match, Tables, made
from tocsin.reading.tokens import fold

LANGUAGES = ("ar", "de", "es", "fr", "tr", "uk")
STEM = 3
"""Letters of a word that tell whether a rule may find something; endings do not matter."""

_COMMON = "times_common"
_HOUR = r"(?P<h{n}>2[0-4]|[01]?\d)(?!\d)"
_FIGURES = {
    "fig": _HOUR.format(n=""),
    "fig2": _HOUR.format(n="2"),
    "min": r"(?P<m>[0-5]\d)(?!\d)",
    "min2": r"(?P<m2>[0-5]\d)(?!\d)",
    "d": r"(?P<d>3[01]|[0-2]?\d)(?!\d)",
    "y": r"(?P<y>(?:19|20)\d\d)(?!\d)",
    "n": r"(?P<n>\d{1,3})(?!\d)",
}
_NAME = re.compile(r"\{([a-z]\w*)\}")
_LOOKS_BACK = re.compile(r"(\(\?<[!=][^)]*\))")
_FIGURE = re.compile(r"\d")
_WORDS = re.compile(r"[^\W\d_]{2,}")
_SIGNS = re.compile(r"[\u0610-\u061a\u0640\u064b-\u065f\u0670\u200b-\u200f\u2066-\u2069]")
"""Arabic vowel signs, the stretching stroke, and marks of direction: written or left out."""

_ARTICLE = "ال"
_CLITICS = "وفبلكع"
"""Arabic "and", "so", "in", "to", "like", "on" are written together with the next word."""


def _plain_letters() -> dict[int, str]:
    """Letter → the letter it is read as; lengths stay the same."""
    table = {"ı": "i", "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ی": "ي", "ة": "ه",
             "ک": "ك", "چ": "ج", "گ": "ك", "\u00a0": " ", "\u202f": " ", "\u2009": " "}  # fmt: skip
    for code in range(0xC0, 0x250):
        base = unicodedata.normalize("NFD", chr(code))[0]
        if base != chr(code):
            table[chr(code)] = base
    for zero in (0x660, 0x6F0):
        table.update({chr(zero + figure): str(figure) for figure in range(10)})
    return str.maketrans(table)


_PLAIN = _plain_letters()


def plain(text: str) -> str:
    """Folded as packs and texts are; every letter stays where it was."""
    return fold(text).translate(_PLAIN)


@dataclass(slots=True)
class Rule:
    """One pattern.

    Args:
        find: the pattern with names in braces.
        stems: beginnings of words without which it finds nothing; empty: it needs a figure.
        fixed: what every match of it means, whatever its groups say.
    """

    find: str
    stems: frozenset[str]
    fixed: Mapping[str, Any]
    compiled: re.Pattern[str] | None = field(default=None, compare=False)

    def applies(self, stems: frozenset[str], figures: bool) -> bool:
        """The text has what this rule needs."""
        return not self.stems.isdisjoint(stems) if self.stems else figures


class PackTimes:
    """The rules of one language."""

    def __init__(self, language: str) -> None:
        words, digest = read_pack(f"times_{language}")
        common, common_digest = read_pack(_COMMON)
        self.digests = {f"packs/times_{language}": digest, f"packs/{_COMMON}": common_digest}
        self._tables = {name: _folded(table) for name, table in words["tables"].items()}
        self._pieces = {**common["pieces"], **words["pieces"]}
        self._made = Tables(self._tables, frozenset(words.get("habits", ())))
        self._masks = [_rule(self._tables, mask) for mask in [*common["masks"], *words["masks"]]]
        self._rules = [_rule(self._tables, rule) for rule in [*words["rules"], *common["rules"]]]
        self._stems = frozenset().union(*(rule.stems for rule in self._rules))
        self._before = words.get("before", r"(?<!\w)")
        self._joined = "joined" in words.get("habits", ())
        self._tenses: Mapping[str, Iterable[str]] = words["tenses"]

    def cues(self, text: str) -> Iterator[TimeCue]:
        """Time cues of a text, rule by rule; offsets are those of the text."""
        folded, offsets = self._fold(text)
        figures = _FIGURE.search(folded) is not None
        stems = self._stems_of(folded)
        if not figures and self._stems.isdisjoint(stems):
            return
        folded = self._masked(folded, stems, figures)
        for rule in self._rules:
            if rule.applies(stems, figures):
                for found in self._compiled(rule).finditer(folded):
                    cue = made(Match(found, folded, rule.fixed), self._made)
                    if cue is not None:
                        yield _moved(cue, offsets)

    def tells_of_past(self, text: str) -> bool:
        """The stretch has a word of what has happened and none of what is to come."""
        # Accents stay: French "a" tells of the past, "à" does not.
        told = self._fold(text)[0] if self._joined else fold(text)
        return self._past.search(told) is not None and self._next.search(told) is None

    @cached_property
    def _past(self) -> re.Pattern[str]:
        return re.compile(self._words_of(self._tenses["past"]))

    @cached_property
    def _next(self) -> re.Pattern[str]:
        return re.compile(self._words_of(self._tenses["next"]))

    def _fold(self, text: str) -> tuple[str, list[int] | None]:
        """Folded text; where signs were left out, the offset of each letter left (and the end)."""
        folded = plain(text)
        if not self._joined or _SIGNS.search(folded) is None:
            return folded, None
        kept = [at for at, letter in enumerate(folded) if not _SIGNS.match(letter)]
        return "".join(folded[at] for at in kept), [*kept, len(text)]

    def _stems_of(self, folded: str) -> frozenset[str]:
        words = _WORDS.findall(folded)
        if self._joined:
            words = [part for word in words for part in _unjoined(word)]
        return frozenset(word[:STEM] for word in words)

    def _masked(self, folded: str, stems: frozenset[str], figures: bool) -> str:
        """The text with prices, telephone numbers, names of streets and the like blotted out."""
        for mask in self._masks:
            if mask.applies(stems, figures):
                folded = self._compiled(mask).sub(lambda found: "\0" * len(found[0]), folded)
        return folded

    def _compiled(self, rule: Rule) -> re.Pattern[str]:
        if rule.compiled is None:
            rule.compiled = re.compile(self._before + self._expanded(rule.find))
        return rule.compiled

    def _expanded(self, find: str) -> str:
        while (found := _NAME.search(find)) is not None:
            find = find[: found.start()] + self._meaning(found[1]) + find[found.end() :]
        return _spaced(find)

    def _meaning(self, name: str) -> str:
        """What a name in braces stands for; a number after a table's name is a second group."""
        if name in _FIGURES:
            return _FIGURES[name]
        if name in self._pieces:
            return f"(?:{self._pieces[name]})"
        if name.startswith("any_"):
            return f"(?:{choice(self._tables[name[4:]])})"
        table = name.rstrip("_0123456789")
        end = "" if name.endswith("_") else r"(?!\w)"
        words = choice(self._tables.get(table, ())) or "(?!)"  # no words: never found
        return f"(?P<{name.rstrip('_')}>{words}){end}"

    def _words_of(self, patterns: Iterable[str]) -> str:
        letters = _PLAIN if self._joined else {}
        told = "|".join(pattern.translate(letters).replace(" ", r"\s+") for pattern in patterns)
        start = r"(?<!\w)[وف]?" if self._joined else r"(?<!\w)"
        return rf"{start}(?:{told})(?!\w)"


def _spaced(find: str) -> str:
    """Blanks of a pattern → white space; one blank where a pattern looks back (it cannot vary)."""
    parts = _LOOKS_BACK.split(find.translate(_PLAIN))
    for at, part in enumerate(parts):
        looks_back = at % 2 == 1
        parts[at] = part.replace(" ?", r"\s*").replace(" ", r"\s" if looks_back else r"\s+")
    return "".join(parts)


def _folded(table: Mapping[str, Any]) -> dict[str, Any]:
    return {plain(str(word)): value for word, value in table.items()}


def _rule(tables: Mapping[str, Mapping[str, Any]], written: Mapping[str, Any]) -> Rule:
    """A rule of a pack; ``if`` names the tables and words that call for it."""
    stems: set[str] = set()
    for name in written.get("if", ()):
        for phrase in tables.get(name, (plain(name),)):
            first = _WORDS.findall(phrase)
            stems.update(word.removeprefix(_ARTICLE)[:STEM] for word in first)
    fixed = {key: value for key, value in written.items() if key not in {"if", "find"}}
    return Rule(written["find"], frozenset(stems), fixed)


def _unjoined(word: str) -> Iterator[str]:
    """An Arabic word, and what is left of it without the short words written before it."""
    for length in range(3):
        rest = word[length:]
        yield rest
        yield rest.removeprefix(_ARTICLE)
        if not rest or rest[0] not in _CLITICS:
            return
        yield rest[1:].removeprefix("ل")  # "to the": the article's first letter is gone


def _moved(cue: TimeCue, offsets: list[int] | None) -> TimeCue:
    if offsets is None:
        return cue
    return replace(cue, start=offsets[cue.start], end=offsets[cue.end - 1] + 1)


@cache
def pack_times(language: str) -> PackTimes:
    """The rules of this language, read once."""
    return PackTimes(language)


def versions() -> dict[str, str]:
    """Digests of the packs in force."""
    return {
        name: digest
        for language in LANGUAGES
        for name, digest in pack_times(language).digests.items()
    }
