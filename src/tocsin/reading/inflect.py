"""Word forms of a pack entry, worked out once when packs are loaded.

Russian forms come from the pymorphy3 dictionary, English verbs from rules and the pack's table
of irregular verbs, so that reading a post costs a look-up per word and no analysis.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Flag, auto
from functools import lru_cache

from tocsin.reading.lemmas import CACHE_SIZE, analyzer


class Mood(Flag):
    """How a verb form is meant; several where a form is ambiguous."""

    NONE = 0
    IMPERATIVE = auto()  # гоните, приходите
    WE = auto()  # выгоним, соберёмся, идёмте
    INFINITIVE = auto()  # выгнать
    I = auto()  # noqa: E741 - the pronoun: приду
    THEY = auto()  # third and second person, present and future
    PAST = auto()  # past, participles, gerunds
    BASE = auto()  # English base form: infinitive, imperative or present
    DIRECTIVE = IMPERATIVE | WE


MOOD_NAMES: Mapping[str, Mood] = {
    "imp": Mood.IMPERATIVE,
    "we": Mood.WE,
    "inf": Mood.INFINITIVE,
    "i": Mood.I,
    "they": Mood.THEY,
    "past": Mood.PAST,
    "base": Mood.BASE,
    "dir": Mood.DIRECTIVE,
}

_DIRECTIVE_ENDINGS = ("м", "мся", "мте", "йте", "ите", "ьте", "тесь")
_DIRECTIVES = frozenset({Mood.WE, Mood.IMPERATIVE, Mood.DIRECTIVE, Mood.IMPERATIVE | Mood.THEY})
_VOWELS = frozenset("aeiou")
_SPOKEN_IMPERATIVES = {"ехать": ("езжай", "езжайте"), "поехать": ("езжайте",)}


@lru_cache(maxsize=CACHE_SIZE)
def russian_forms(word: str) -> Mapping[str, Mood]:
    """Folded form → mood for every form of a dictionary word; packs name a word many times.

    Raises:
        KeyError: the word is no dictionary form of the Russian lexicon.
    """
    parses = [p for p in analyzer().parse(word) if p.normal_form.replace("ё", "е") == word]
    known = [p for p in parses if p.is_known] or parses[:1]
    if not known:
        raise KeyError(word)
    forms: dict[str, Mood] = {}
    for parse in known[:3]:
        for form in parse.lexeme:
            note_mood(forms, form.word.replace("ё", "е"), _tag_mood(form.tag))
    for spoken in _SPOKEN_IMPERATIVES.get(word, ()):
        forms[spoken] = Mood.IMPERATIVE
    return forms


def note_mood(moods: dict[str, Mood], form: str, mood: Mood) -> None:
    """Add a mood to those of a form; mostly it is there already, and flags are slow to join."""
    known = moods.get(form)
    if known is None:
        moods[form] = mood
    elif known is not mood:
        moods[form] = known | mood


@lru_cache(maxsize=CACHE_SIZE)
def guess_mood(form: str) -> Mood:
    """Mood of a form no pack spells out: by the analyser for Cyrillic, by its ending else."""
    if form[:1].isascii():
        if form.endswith(("ed", "ing")):
            return Mood.PAST
        return Mood.BASE
    mood = Mood.NONE
    for parse in analyzer().parse(form)[:3]:
        mood |= _tag_mood(parse.tag)
    return mood


_SOMEBODY = frozenset({"NOUN", "anim", "sing", "nomn"})
_NAMES = frozenset({"Name", "Surn", "Patr", "Orgn", "Abbr", "Geox"})


@lru_cache(maxsize=CACHE_SIZE)
def names_somebody(form: str) -> bool:
    """A person's, an organisation's or a country's name, or one person's trade: expert."""
    return any(
        _NAMES & parse.tag.grammemes or _SOMEBODY.issubset(parse.tag.grammemes)
        for parse in analyzer().parse(form)[:2]
    )


def is_directive(form: str) -> bool:
    """A Russian "we" or plural imperative that is nothing else, of any verb."""
    return form.endswith(_DIRECTIVE_ENDINGS) and guess_mood(form) in _DIRECTIVES


def _tag_mood(tag: object) -> Mood:
    grammemes: frozenset[str] = tag.grammemes  # type: ignore[attr-defined]
    if "INFN" in grammemes:
        return Mood.INFINITIVE
    if "VERB" not in grammemes:
        present = {"PRTS", "pres"} <= grammemes  # "проверяем" is nearly always the verb
        told = grammemes & {"PRTF", "PRTS", "GRND"} and not present
        return Mood.PAST if told else Mood.NONE
    return _finite_mood(grammemes)


def _finite_mood(grammemes: frozenset[str]) -> Mood:
    if "impr" in grammemes:
        return Mood.WE if "incl" in grammemes else Mood.IMPERATIVE
    if "past" in grammemes:
        return Mood.PAST
    if "1per" in grammemes:
        return Mood.WE if "plur" in grammemes else Mood.I
    return Mood.THEY


def english_forms(verb: str, irregular: Mapping[str, Sequence[str]]) -> dict[str, Mood]:
    """Form → mood of an English verb; ``irregular`` maps a base to its past forms."""
    gerund = _gerund(verb)
    forms = {verb: Mood.BASE, _third_person(verb): Mood.THEY, gerund: Mood.PAST}
    forms[gerund[:-1]] = Mood.PAST  # spoken: kickin
    for past in irregular.get(verb, (_past(verb),)):
        forms[past] = forms.get(past, Mood.NONE) | Mood.PAST
    return forms


def _third_person(verb: str) -> str:
    if verb.endswith(("s", "x", "ch", "sh", "z", "o")):
        return verb + "es"
    if verb.endswith("y") and verb[-2] not in _VOWELS:
        return verb[:-1] + "ies"
    return verb + "s"


def _gerund(verb: str) -> str:
    if verb.endswith("e") and not verb.endswith("ee"):
        return verb[:-1] + "ing"
    return _doubled(verb) + "ing"


def _past(verb: str) -> str:
    if verb.endswith("e"):
        return verb + "d"
    if verb.endswith("y") and verb[-2] not in _VOWELS:
        return verb[:-1] + "ied"
    return _doubled(verb) + "ed"


def _doubled(verb: str) -> str:
    """Short verbs that end in one vowel and one consonant double it: rid, ridding."""
    short = len(verb) <= 4 and verb[-1] not in "aeiouwxy"
    if short and verb[-2] in _VOWELS and (len(verb) < 3 or verb[-3] not in _VOWELS):
        return verb + verb[-1]
    return verb
