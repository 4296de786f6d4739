"""Packs compiled for reading: word → pattern elements → the patterns a text may hold."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import lru_cache
from weakref import WeakValueDictionary

from tocsin.errors import UsageError
from tocsin.reading.inflect import (
    MOOD_NAMES,
    Mood,
    english_forms,
    guess_mood,
    note_mood,
    russian_forms,
)
from tocsin.reading.lemmas import CACHE_SIZE
from tocsin.reading.misspelt import Misspelt
from tocsin.reading.pack import ACT_KINDS, INFLECTED, SIGNAL_KINDS, Cue, GroupTerm, Packs
from tocsin.reading.patterns import Element, parse
from tocsin.system import uncollected

NUMBER, CLOCK, YEAR, GROUP = "$NUM", "$TIME", "$YEAR", "$GROUP"
BUILT_IN = (GROUP, NUMBER, CLOCK, YEAR)
_CLOCK = re.compile(r"(?:[01]?\d|2[0-4])[:.][0-5]\d$")
_OWNS = re.compile(r"'s?$|-(?:owned|run|born|speaking|only|looking)$")
_YEAR = re.compile(r"1[0-9]\d\d$|20[01]\d$")


PEOPLE, THEIRS = "people", "theirs"
"""Classes of the words beside which an adjective names a group; the second where a pack has it."""

FREE_ORDER = frozenset({"ru", "uk", "pl"})
"""Languages in which an adjective may as well stand after its noun."""

PART = 4
"""Shortest part of a hyphenated word that counts as a word of its own."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One compiled pattern and the cue (or group term) it belongs to.

    Args:
        needs: keys of the elements that may not be missing and are no group; all must be in a
            text for the pattern to match it.
        group: some element can only be a group name.
        speaks: the cue is an act or a signal, not a mark of context or grammar.
    """

    elements: tuple[Element, ...]
    cue: Cue | GroupTerm
    needs: frozenset[int]
    group: bool
    speaks: bool


class Lexicon:
    """Patterns of some languages' packs, indexed by the rarest word they need.

    Args:
        languages: whose; "die" is a word of two languages, so each is read by its own.
    """

    def __init__(self, packs: Packs, languages: Iterable[str]) -> None:
        own = frozenset(languages)
        self._packs = packs
        self._keys: dict[tuple[str, tuple[str, ...]], int] = {}
        self._forms: dict[str, list[int]] = {}
        self._stems: dict[str, list[int]] = {}
        self._sizes: list[int] = []
        self._moods: dict[str, Mood] = {}
        terms = [
            self._compile(pattern, t, t.group)
            for t in packs.terms
            if t.language in own
            for pattern in self._term_patterns(t)
        ]
        cues = [
            self._compile(p, cue, cue.id)
            for cue in packs.cues
            if cue.language in own
            for p in cue.patterns
        ]
        self._terms = self._by_rarest(terms)
        self._cues = self._by_rarest(cues)
        self._misspelt = self._slips(terms, own)
        self._stem_lengths = sorted({len(stem) for stem in self._stems})
        self.keys_of = lru_cache(maxsize=CACHE_SIZE)(self._look_up)

    def terms_in(self, keys: AbstractSet[int]) -> list[Rule]:
        """Group names that a text with these element keys may hold."""
        return self._possible(self._terms, keys, group=False)

    def cues_in(self, keys: AbstractSet[int], *, group: bool) -> list[Rule]:
        """Cues that a text with these element keys may hold; ``group``: it may name one."""
        return self._possible(self._cues, keys, group=group)

    def _possible(
        self, rules: Mapping[int, tuple[Rule, ...]], keys: AbstractSet[int], *, group: bool
    ) -> list[Rule]:
        return [
            rule
            for key in sorted(rules.keys() & keys)
            for rule in rules[key]
            if rule.needs <= keys and (group or not rule.group)
        ]

    def mood(self, form: str) -> Mood:
        """How a verb form is meant; from the packs, else guessed."""
        known = self._moods.get(form)
        return guess_mood(form) if known is None else known

    def _look_up(self, form: str) -> frozenset[int]:
        if form[0].isdigit():
            return frozenset(self._digit_keys(form))
        keys = set(self._forms.get(form, ()))
        for length in self._stem_lengths:
            if length > len(form):
                break
            keys.update(self._stems.get(form[:length], ()))
        if "-" in form and not form.isascii():  # студентов-индусов
            keys.update(*(self._look_up(part) for part in form.split("-") if len(part) >= PART))
        bare = _OWNS.sub("", form)
        if bare and bare != form:  # the Poles' shop, a Roma-owned yard
            keys.update(self._look_up(bare))
        return frozenset(keys) or self._misspelt.keys(form)

    def looks_misspelt(self, form: str) -> bool:
        """No word of any pattern, but one letter from a group's name, whatever else it is."""
        if self._forms.get(form) or any(form[:n] in self._stems for n in self._stem_lengths):
            return False
        return bool(self._misspelt.near(form))

    def _slips(self, terms: Iterable[Rule], languages: frozenset[str]) -> Misspelt:
        """Of the words that name groups, and of those beside them ("polish shop")."""
        named = frozenset(element.key for rule in terms for element in rule.elements)

        def of_names(words: Mapping[str, list[int]]) -> dict[str, frozenset[int]]:
            return {
                word: kept for word, keys in words.items() if (kept := named.intersection(keys))
            }

        return Misspelt(of_names(self._forms), of_names(self._stems), languages)

    def _digit_keys(self, form: str) -> list[int]:
        keys = list(self._forms.get(form, ()))
        keys += self._forms.get(NUMBER, ())
        if _CLOCK.match(form):
            keys += self._forms.get(CLOCK, ())
        if _YEAR.match(form):
            keys += self._forms.get(YEAR, ())
        return keys

    def _compile(self, pattern: str, owner: Cue | GroupTerm, where: str) -> Rule:
        elements = tuple(
            replace(e, key=self._key(e.atoms, owner.language, where)) for e in parse(pattern, where)
        )
        needs = frozenset(e.key for e in elements if not (e.optional or e.group))
        if not needs:
            raise UsageError(f"{where}: pattern '{pattern}' needs a word besides $GROUP")
        return Rule(
            elements,
            owner,
            needs,
            group=any(e.atoms == (GROUP,) and not e.optional for e in elements),
            speaks=isinstance(owner, Cue) and owner.kind in ACT_KINDS | SIGNAL_KINDS,
        )

    def _by_rarest(self, rules: Iterable[Rule]) -> dict[int, tuple[Rule, ...]]:
        """Rules under the element with the fewest words of those they need."""
        index: dict[int, list[Rule]] = {}
        for rule in rules:
            rarest = min(rule.needs, key=lambda key: (self._sizes[key], key))
            index.setdefault(rarest, []).append(rule)
        return {key: tuple(of_key) for key, of_key in index.items()}

    def _key(self, atoms: tuple[str, ...], language: str, where: str) -> int:
        known = self._keys.get((language, atoms))
        if known is not None:
            return known
        key = self._keys[language, atoms] = len(self._keys)
        words, stems = self._expand(atoms, language, where)
        self._sizes.append(len(words) + len(stems))
        for word in sorted(words):
            self._forms.setdefault(word, []).append(key)
        for stem in sorted(stems):
            self._stems.setdefault(stem, []).append(key)
        return key

    def _expand(self, atoms: Iterable[str], language: str, where: str) -> tuple[set[str], set[str]]:
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

    def _term_patterns(self, term: GroupTerm) -> list[str]:
        """An adjective names a group only beside people or what is theirs."""
        if term.sort != "adjective":
            return [term.pattern]
        beside = THEIRS if (term.language, THEIRS) in self._packs.classes else PEOPLE
        before = f"{term.pattern} ~1 ${beside}"
        if term.language not in FREE_ORDER:
            return [before]
        first, *rest = term.pattern.split()
        return [before, " ".join([f"${beside}", f"!{first}", *rest])]

    def _class(self, name: str, language: str, where: str) -> tuple[str, ...]:
        try:
            return self._packs.classes[language, name]
        except KeyError:
            raise UsageError(f"{where}: no class '{name}' in pack '{language}'; add it") from None

    def _inflected(self, atom: str, language: str, where: str) -> set[str]:
        word, _, wanted = atom.partition(":")
        forms = self._forms_of(_folded(word), language, where)
        for form, mood in forms.items():
            note_mood(self._moods, form, mood)
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
        if language not in INFLECTED:
            raise UsageError(
                f"{where}: '@{word}': forms of '{language}' are not known; write its forms or a "
                f"stem '{word}*'"
            )
        try:
            return russian_forms(word)
        except KeyError:
            raise UsageError(
                f"{where}: '@{word}' is no dictionary form; write its forms or a stem '{word}*'"
            ) from None


_in_use: WeakValueDictionary[Hashable, Lexicon] = WeakValueDictionary()


def lexicon_of(packs: Packs, languages: tuple[str, ...]) -> Lexicon:
    """The patterns of these languages; readers whose packs say the same in them share one.

    Raises:
        UsageError: a pattern is broken.
    """
    said = _said_in(packs, languages)
    known = _in_use.get(said)
    if known is None:
        with uncollected():
            known = Lexicon(packs, languages)
        known = _in_use.setdefault(said, known)
    return known


def _said_in(packs: Packs, languages: tuple[str, ...]) -> Hashable:
    """All that a lexicon of these languages is made from."""
    return (
        languages,
        tuple(term for term in packs.terms if term.language in languages),
        tuple(cue for cue in packs.cues if cue.language in languages),
        tuple(sorted(one for one in packs.classes.items() if one[0][0] in languages)),
        tuple(sorted(packs.irregular.items())),
    )


def _folded(word: str) -> str:
    return word.lower().replace("ё", "е")
