"""Packs compiled for reading: word → pattern elements, and the first pass over a post."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from ahocorasick_rs import AhoCorasick

from tocsin.errors import UsageError
from tocsin.reading.inflect import (
    MOOD_NAMES,
    Mood,
    english_forms,
    guess_mood,
    russian_forms,
)
from tocsin.reading.lemmas import CACHE_SIZE
from tocsin.reading.pack import ACT_KINDS, SIGNAL_KINDS, Cue, GroupTerm, Packs
from tocsin.reading.patterns import Element, parse

NUMBER, CLOCK, YEAR = "$NUM", "$TIME", "$YEAR"
BUILT_IN = ("$GROUP", NUMBER, CLOCK, YEAR)
_CLOCK = re.compile(r"(?:[01]?\d|2[0-4])[:.][0-5]\d$")
_YEAR = re.compile(r"1[0-9]\d\d$|20[01]\d$")
_ANY_GROUP = -1
_RARE_FROM = 4
"""A word at least this long is rare enough to be looked for first."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One compiled pattern and the cue (or group term) it belongs to."""

    elements: tuple[Element, ...]
    cue: Cue | GroupTerm


@dataclass(frozen=True, slots=True)
class WordEntry:
    """What the lexicon knows of a word.

    Args:
        keys: pattern elements it fits.
        terms: rules for group names that may begin with it.
        cues: rules for cues that may begin with it.
    """

    keys: frozenset[int]
    terms: tuple[Rule, ...]
    cues: tuple[Rule, ...]


class Lexicon:
    """All patterns of all packs, indexed by the word they begin with."""

    def __init__(self, packs: Packs) -> None:
        self._packs = packs
        self._keys: dict[tuple[str, tuple[str, ...]], int] = {}
        self._forms: dict[str, list[int]] = {}
        self._stems: dict[str, list[int]] = {}
        self._moods: dict[str, Mood] = {}
        self._literals: list[tuple[frozenset[str], frozenset[str]]] = []
        terms = [self._compile(_term_pattern(t), t, t.group) for t in packs.terms]
        cues = [self._compile(p, cue, cue.id) for cue in packs.cues for p in cue.patterns]
        self._group_rules = _by_first(terms)
        self._cue_rules = _by_first(cues)
        self.after_group = self._cue_rules.get(_ANY_GROUP, ())
        self._first_words, self._first_stems = self._first_pass(cues)
        self._stem_lengths = sorted({len(stem) for stem in self._stems})
        self.entry = lru_cache(maxsize=CACHE_SIZE)(self._entry)

    def may_say_something(self, folded: str, words: Iterable[str]) -> bool:
        """False where no act and no signal can be in a text: the cheap first pass.

        Args:
            words: every word of the text, folded.
        """
        if not self._first_words.isdisjoint(words):
            return True
        return bool(self._first_stems.find_matches_as_indexes(folded))

    def mood(self, form: str) -> Mood:
        """How a verb form is meant; from the packs, else guessed."""
        known = self._moods.get(form)
        return guess_mood(form) if known is None else known

    def _entry(self, form: str) -> WordEntry:
        keys = self._look_up(form)
        return WordEntry(
            keys,
            tuple(r for k in sorted(keys) for r in self._group_rules.get(k, ())),
            tuple(r for k in sorted(keys) for r in self._cue_rules.get(k, ())),
        )

    def _look_up(self, form: str) -> frozenset[int]:
        if form[0].isdigit():
            return frozenset(self._digit_keys(form))
        keys = set(self._forms.get(form, ()))
        for length in self._stem_lengths:
            if length > len(form):
                break
            keys.update(self._stems.get(form[:length], ()))
        return frozenset(keys)

    def _digit_keys(self, form: str) -> list[int]:
        keys = list(self._forms.get(form, ()))
        keys += self._forms.get(NUMBER, ())
        if _CLOCK.match(form):
            keys += self._forms.get(CLOCK, ())
        if _YEAR.match(form):
            keys += self._forms.get(YEAR, ())
        return keys

    def _compile(self, pattern: str, owner: Cue | GroupTerm, where: str) -> Rule:
        elements = parse(pattern, where)
        return Rule(
            tuple(replace(e, key=self._key(e.atoms, owner.language, where)) for e in elements),
            owner,
        )

    def _key(self, atoms: tuple[str, ...], language: str, where: str) -> int:
        known = self._keys.get((language, atoms))
        if known is not None:
            return known
        key = self._keys[language, atoms] = len(self._keys)
        words, stems = self._expand(atoms, language, where)
        self._literals.append((frozenset(words), frozenset(stems)))
        for word in sorted(words):
            self._forms.setdefault(word, []).append(key)
        for stem in sorted(stems):
            self._stems.setdefault(stem, []).append(key)
        return key

    def _expand(
        self, atoms: Iterable[str], language: str, where: str
    ) -> tuple[set[str], set[str]]:
        """Words and stems that a row of alternatives stands for."""
        words: set[str] = set()
        stems: set[str] = set()
        for atom in atoms:
            if atom in BUILT_IN:
                words.add(atom)
            elif atom.startswith("$"):
                name, _, moods = atom[1:].partition(":")
                inner = self._class(name, language, where)
                if moods:
                    inner = tuple(f"{a}:{moods}" if a[0] == "@" else a for a in inner)
                more = self._expand(inner, language, where)
                words |= more[0]
                stems |= more[1]
            elif atom.startswith("@"):
                words |= self._inflected(atom[1:], language, where)
            elif atom.endswith("*"):
                stems.add(_folded(atom[:-1]))
            else:
                words.add(_folded(atom))
        return words, stems

    def _class(self, name: str, language: str, where: str) -> tuple[str, ...]:
        try:
            return self._packs.classes[language, name]
        except KeyError:
            raise UsageError(f"{where}: no class '{name}' in pack '{language}'; add it") from None

    def _inflected(self, atom: str, language: str, where: str) -> set[str]:
        word, _, wanted = atom.partition(":")
        forms = self._forms_of(_folded(word), language, where)
        for form, mood in forms.items():
            self._moods[form] = self._moods.get(form, Mood.NONE) | mood
        if not wanted:
            return set(forms)
        mask = Mood.NONE
        for name in wanted.split("+"):
            if name not in MOOD_NAMES:
                raise UsageError(f"{where}: unknown mood '{name}'; one of {', '.join(MOOD_NAMES)}")
            mask |= MOOD_NAMES[name]
        return {form for form, mood in forms.items() if mood & mask}

    def _forms_of(self, word: str, language: str, where: str) -> Mapping[str, Mood]:
        if language == "en":
            return english_forms(word, self._packs.irregular)
        try:
            return russian_forms(word)
        except KeyError:
            raise UsageError(
                f"{where}: '@{word}' is no dictionary form; write its forms or a stem '{word}*'"
            ) from None

    def _first_pass(self, rules: Iterable[Rule]) -> tuple[frozenset[str], AhoCorasick]:
        """Words and stems one of which any act or signal needs."""
        words: set[str] = set()
        stems: set[str] = set()
        for rule in rules:
            if isinstance(rule.cue, Cue) and rule.cue.kind in ACT_KINDS | SIGNAL_KINDS:
                needed = [e for e in rule.elements if not (e.optional or e.group)]
                if not needed:
                    raise UsageError(f"{rule.cue.id}: a pattern needs a word besides $GROUP")
                rarest = max((self._literals[e.key] for e in needed), key=_rarity)
                words |= rarest[0]
                stems |= rarest[1]
        return frozenset(words), AhoCorasick(sorted(stems))


def _rarity(literals: tuple[frozenset[str], frozenset[str]]) -> tuple[float, int]:
    """Longer words are rarer; of two rows the one with fewer alternatives."""
    every = literals[0] | literals[1]
    if any(word in BUILT_IN for word in every):
        return (-1.0, 0)
    shortest = min(len(word) for word in every)
    return (min(shortest, _RARE_FROM), -len(every))


def _term_pattern(term: GroupTerm) -> str:
    """An adjective names a group only before people or their premises."""
    return f"{term.pattern} ~1 $people" if term.sort == "adjective" else term.pattern


def _by_first(rules: Iterable[Rule]) -> dict[int, tuple[Rule, ...]]:
    index: dict[int, list[Rule]] = {}
    for rule in rules:
        first = rule.elements[0]
        index.setdefault(first.key, []).append(rule)
        if first.group:
            index.setdefault(_ANY_GROUP, []).append(rule)
    return {key: tuple(of_key) for key, of_key in index.items()}


def _folded(word: str) -> str:
    return word.lower().replace("ё", "е")
