"""Time cues of a text, by the rules of the languages it is written in."""

from __future__ import annotations

import re
from functools import lru_cache

from tocsin.reading import times_en, times_pack, times_ru
from tocsin.reading.gazetteer_names import is_cyrillic
from tocsin.reading.lemmas import analyzer
from tocsin.reading.places_words import MAX_CHARS, Words
from tocsin.reading.times import TimeCue, merge
from tocsin.reading.tokens import fold

ENGLISH = frozenset({"en", "und"})
MAX_CUES = 60
"""A post with more times than this is a timetable; the rest is not read."""

UNSURE = frozenset({"und"})
"""Languages of texts too short to tell."""

_ARABIC = re.compile(r"[\u0621-\u064a]")
_PERSIAN = re.compile(r"[\u067e\u0686\u0698\u06a9\u06af\u06cc\u06d2]")
_UKRAINIAN = re.compile(r"[їєґЇЄҐ]")
_FIGURE = re.compile(r"\d")
_PAST_ENGLISH = re.compile(
    r"\b(?:was|were|had|did|took|came|went|held|broke|fought|met|has\s+been|have\s+been|"
    r"(?!need|proceed|indeed|exceed|feed|speed|bleed)[a-z]{3,}ed)\b"
)
_FUTURE_ENGLISH = re.compile(
    r"\b(?:will|shall|going\s+to|let'?s|must|we'?ll|gather|meet|come|join|be\s+there|planned|"
    r"scheduled|pushed|moved|moves|postponed|rescheduled|"
    r"we(?:'re|\s+(?:are|stand|march|go|walk|start|assemble)))\b"
)
_PUT_OFF = re.compile(r"^(?:перен[её]с\w*|перенос\w*|отлож\w+|назнач\w+|заплан\w+)$")
"""Told in the past, of a day that is still to come."""


def find_times(words: Words, lang: str) -> list[TimeCue]:
    """Merged cues in text order; deadlines are left out."""
    forms = frozenset(words.forms)
    figures = _FIGURE.search(words.text) is not None
    found: list[TimeCue] = []
    folded: str | None = None
    own = _language_of_pack(words, lang)
    if own is not None:
        found.extend(times_pack.pack_times(own).cues(words.text[:MAX_CHARS]))
    russian = own != "uk" and _has_russian(words)
    for rules, readable in ((times_ru, russian), (times_en, lang in ENGLISH)):
        if not readable:
            continue
        if figures or not rules.TRIGGERS.isdisjoint(forms):
            folded = folded or fold(words.text[:MAX_CHARS])
            found.extend(rules.cues(folded, forms, figures))
    return merge(found, words.text)[:MAX_CUES]


def _language_of_pack(words: Words, lang: str) -> str | None:
    """The language whose pack reads this text: its own, or the one its letters betray."""
    if lang in times_pack.LANGUAGES:
        return lang
    if words.text.isascii():
        return None
    if lang in UNSURE and _ARABIC.search(words.text) and not _PERSIAN.search(words.text):
        return "ar"
    return "uk" if lang in UNSURE and _UKRAINIAN.search(words.text) else None


def _has_russian(words: Words) -> bool:
    return not words.text.isascii() and any(is_cyrillic(form) for form in words.forms)


def tells_of_past(words: Words, start: int, end: int, lang: str = "und") -> bool:
    """The stretch has a verb in the past and none that speaks of what is to come."""
    own = _language_of_pack(words, lang)
    if own is not None:
        return times_pack.pack_times(own).tells_of_past(words.text[start:end])
    stretch = fold(words.text[start:end])
    if is_cyrillic(stretch):
        first, last = words.word_before(start) + 1, words.word_before(end)
        forms = words.forms[first : last + 1]
        if any(_PUT_OFF.match(form) for form in forms):
            return False
        tenses = {_tense(form) for form in forms}
        return "past" in tenses and not tenses & {"futr", "impr"}
    return bool(_PAST_ENGLISH.search(stretch)) and not _FUTURE_ENGLISH.search(stretch)


@lru_cache(maxsize=65536)
def _tense(form: str) -> str:
    """``past``, ``futr``, ``impr`` or empty, by the likeliest reading of a Russian form."""
    best = analyzer().parse(form)[0].tag
    if best.POS in {"VERB", "PRTS"}:
        return "impr" if best.mood == "impr" else str(best.tense or "")
    return ""


def versions() -> dict[str, str]:
    """Digests of the packs in force."""
    own = {"packs/times_en": times_en.DIGEST, "packs/times_ru": times_ru.DIGEST}
    return own | times_pack.versions()
