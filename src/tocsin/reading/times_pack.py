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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, cached_property
from typing import Any

from tocsin.reading.times import TimeCue
from tocsin.reading.times_called import ARTICLE, WORDS, Called, Rule, Windows, around, stem_of
from tocsin.reading.times_clock import choice, pack_digest, read_pack
from tocsin.reading.times_made import Match, Tables, made
from tocsin.reading.tokens import fold

LANGUAGES = ("ar", "de", "en", "es", "fr", "ru", "tr", "uk")
_COMMON = "times_common"
_HOUR = r"(?P<h{n}>2[0-4]|[01]?\d)(?!\d)"
_FIGURES = {
    "fig": _HOUR.format(n=""),
    "fig2": _HOUR.format(n="2"),
    "min": r"(?P<m>[0-5]\d)(?!\d)",
    "min2": r"(?P<m2>[0-5]\d)(?!\d)",
    "d": r"(?P<d>3[01]|[0-2]?\d)(?!\d)",
    "d2": r"(?P<d2>3[01]|[0-2]?\d)(?!\d)",
    "y": r"(?P<y>(?:19|20)\d\d)(?!\d)",
    "n": r"(?P<n>\d{1,3}(?:[.,]5)?)(?!\d)",
}
_NAME = re.compile(r"\{([a-z]\w*)\}")
_LOOKS_BACK = re.compile(r"(\(\?<[!=][^)]*\))")
_LINK = re.compile(r"(?:https?://|www\.)\S+")
_SIGNS = re.compile(r"[\u0610-\u061a\u0640\u064b-\u065f\u0670\u200b-\u200f\u2066-\u2069]")
"""Arabic vowel signs, the stretching stroke, and marks of direction: written or left out."""


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
_NOT_PLAIN = re.compile(f"[{''.join(map(chr, _PLAIN))}]")


_SAME = (("ё", "е"), ("’", "'"), ("‘", "'"), ("ʼ", "'"), ("`", "'"), ("‑", "-"))
"""Letters that :func:`fold` reads alike; most texts have none of them."""


def plain(text: str) -> str:
    """Folded as packs and texts are; every letter stays where it was."""
    folded = text.lower()
    if len(folded) != len(text):  # a few letters grow when lowered
        folded = fold(text)
    for letter, read_as in _SAME:
        folded = folded.replace(letter, read_as)
    return folded if _NOT_PLAIN.search(folded) is None else folded.translate(_PLAIN)


class PackTimes:
    """The rules of one language."""

    def __init__(self, language: str) -> None:
        words, digest = read_pack(f"times_{language}")
        common, common_digest = read_pack(_COMMON)
        habits = frozenset(words.get("habits", ()))
        self.digests = {f"packs/times_{language}": digest, f"packs/{_COMMON}": common_digest}
        self._tables = {name: _folded(table) for name, table in words["tables"].items()}
        self._pieces = {**common["pieces"], **words["pieces"]}
        self._made = Tables(self._tables, habits)
        exact = "exact" in habits
        self._masks = [_rule(self._tables, m, exact) for m in common["masks"] + words["masks"]]
        self._rules = [_rule(self._tables, r, exact) for r in words["rules"] + common["rules"]]
        self._called = Called([*self._masks, *self._rules], self._tables, joined="joined" in habits)
        self._before = words.get("before", r"(?<!\w)")
        self._joined = "joined" in habits
        self._tenses: Mapping[str, Iterable[str]] = words["tenses"]

    def cues(self, text: str) -> Iterator[TimeCue]:
        """Time cues of a text, rule by rule; offsets are those of the text."""
        folded, offsets = self._fold(text)
        if "http" in folded or "www" in folded:
            folded = _LINK.sub(_blotted, folded)
        for found, fixed, told in self._matches(folded):
            cue = made(Match(found, told, fixed), self._made)
            if cue is not None:
                yield _moved(cue, offsets)

    def _matches(self, folded: str) -> Iterator[tuple[re.Match[str], Mapping[str, Any], str]]:
        """Matches of the rules, what their rules say, and the text without what is no time."""
        windows, first = self._called.windows(folded), len(self._masks)
        hits: dict[int, list[re.Match[str]]] = {}
        for number in sorted(windows):
            if number >= first:
                matches = list(self._found(self._rules[number - first], folded, windows[number]))
                if matches:
                    hits[number] = matches
        if not hits:  # whatever the masks would blot out
            return
        told = self._masked(folded, windows, [m.span() for found in hits.values() for m in found])
        for number, found_before in hits.items():
            rule = self._rules[number - first]
            same = told == folded
            for found in found_before if same else self._found(rule, told, windows[number]):
                yield found, rule.fixed, told

    def _found(self, rule: Rule, folded: str, windows: Windows) -> Iterator[re.Match[str]]:
        pattern = rule.compiled or self._compiled(rule)
        for start, end in windows:
            yield from pattern.finditer(folded, start, end)

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

    def _masked(
        self, folded: str, windows: Mapping[int, Windows], spans: Sequence[tuple[int, int]]
    ) -> str:
        """The text with prices, telephone numbers, names of streets and the like blotted out."""
        whole, near = [(0, len(folded))], around(spans)
        for number, mask in enumerate(self._masks):
            if number in windows:
                stretches = whole if mask.stems or mask.words else near
                for found in list(self._found(mask, folded, stretches)):
                    start, end = found.span()
                    folded = folded[:start] + "\0" * (end - start) + folded[end:]
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
        told = "|".join(_blanks(pattern.translate(letters)) for pattern in patterns)
        start = r"(?<!\w)[وف]?" if self._joined else r"(?<!\w)"
        return rf"{start}(?:{told})(?!\w)"


def _spaced(find: str) -> str:
    return _blanks(find.translate(_PLAIN))


def _blanks(find: str) -> str:
    """Blanks of a pattern → white space; one blank where a pattern looks back (it cannot vary)."""
    parts = _LOOKS_BACK.split(find)
    for at, part in enumerate(parts):
        looks_back = at % 2 == 1
        parts[at] = part.replace(" ?", r"\s*").replace(" ", r"\s" if looks_back else r"\s+")
    return "".join(parts)


def _folded(table: Mapping[str, Any]) -> dict[str, Any]:
    return {plain(str(word)): value for word, value in table.items()}


def _rule(tables: Mapping[str, Mapping[str, Any]], written: Mapping[str, Any], exact: bool) -> Rule:
    """A rule of a pack; ``if`` names the tables and words that call for it.

    Args:
        exact: words of tables are found as they are written there, without endings.
    """
    stems: set[str] = set()
    words: set[str] = set()
    for name in written.get("if", ()):
        told = name in tables
        for phrase in tables[name] if told else (plain(name),):
            longest = max(WORDS.findall(phrase), key=len, default="")
            if told and exact:
                words.add(longest)
            else:
                stems.add(stem_of(longest.removeprefix(ARTICLE)))
    fixed = {key: value for key, value in written.items() if key not in {"if", "find"}}
    return Rule(written["find"], frozenset(stems - {""}), frozenset(words - {""}), fixed)


def _blotted(found: re.Match[str]) -> str:
    return "\0" * len(found.group())


def _moved(cue: TimeCue, offsets: list[int] | None) -> TimeCue:
    if offsets is None:
        return cue
    return replace(cue, start=offsets[cue.start], end=offsets[cue.end - 1] + 1)


@cache
def pack_times(language: str) -> PackTimes:
    """The rules of this language, read once."""
    return PackTimes(language)


def versions() -> dict[str, str]:
    """Digests of the packs in force; no rule is read for them."""
    names = [_COMMON, *(f"times_{language}" for language in LANGUAGES)]
    return {f"packs/{name}": pack_digest(name) for name in names}
