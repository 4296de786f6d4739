"""Time cues of a text, by the rules of the languages it is written in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from tocsin.reading.gazetteer_names import is_cyrillic
from tocsin.reading.lemmas import analyzer
from tocsin.reading.places_words import MAX_CHARS, Words
from tocsin.reading.times import TimeCue, merge
from tocsin.reading.times_pack import LANGUAGES, pack_times
from tocsin.reading.tokens import fold

ENGLISH = frozenset({"en", "und"})
MAX_CUES = 60
"""A post with more times than this is a timetable; the rest is not read."""

FEW_MARKS = 4
EARLY_MARK = 3 * 60
"""So many hours without a word or a day, each later than the one before, the first of them soon
after midnight, are minutes and seconds of a recording."""

UNSURE = frozenset({"und"})
"""Languages of texts too short to tell."""

_ARABIC = re.compile(r"[\u0621-\u064a]")
_PERSIAN = re.compile(r"[\u067e\u0686\u0698\u06a9\u06af\u06cc\u06d2]")
_UKRAINIAN = re.compile(r"[їєґЇЄҐ]")
_CUT = re.compile(r"[,،]\s|\s[-–—]\s|:\s")
_MARK = re.compile(r"\d{1,2}:\d\d")
_ORDINAL = re.compile(r"\d\.$")
_PUT_OFF = re.compile(r"^(?:перен[её]с\w*|перенос\w*|отлож\w+|назнач\w+|заплан\w+)$")
"""Told in the past, of a day that is still to come."""


def find_times(words: Words, lang: str) -> list[TimeCue]:
    """Merged cues in text order; ends of terms are left out."""
    return [cue for cue in find_all_times(words, lang) if not cue.deadline]


def find_all_times(words: Words, lang: str) -> list[TimeCue]:
    """Merged cues in text order, ends of terms among them (``deadline``)."""
    text = words.text[:MAX_CHARS]
    found: list[TimeCue] = []
    for language in _languages(words, lang):
        found.extend(pack_times(language).cues(text))

    def is_past(cue: TimeCue) -> bool:
        return cue.past or tells_of_past(words, *_sentence(words, cue), lang)

    return _without_marks(merge(found, words.text, is_past), text)[:MAX_CUES]


def _without_marks(cues: list[TimeCue], text: str) -> list[TimeCue]:
    """Without the marks of a recording ("00:00 Intro, 01:21 News, 10:32 Sport"): no clock times."""
    marks = [cue for cue in cues if cue.has_clock and _MARK.fullmatch(text, cue.start, cue.end)]
    minutes = [cue.minute or 0 for cue in marks]
    rising = all(one < next_one for one, next_one in pairwise(minutes))
    if len(marks) < FEW_MARKS or minutes[0] > EARLY_MARK or not rising:
        return cues
    return [cue for cue in cues if cue not in marks]


def _languages(words: Words, lang: str) -> list[str]:
    """The languages whose rules read this text."""
    own = _language_of_pack(words, lang)
    found = [] if own is None else [own]
    if lang == "ru" or (own != "uk" and _has_russian(words)):
        found.append("ru")
    return [*found, "en"] if lang in ENGLISH else found


def clause_of(words: Words, cue: TimeCue, cues: Sequence[TimeCue]) -> tuple[int, int]:
    """The stretch whose verbs speak of a cue's time: its sentence, cut where another time's
    part of it ends ("yesterday it was, | on Friday it will be").
    """
    start, end = _sentence(words, cue)
    for other in cues:
        if start <= other.start and other.end <= cue.start:
            cut = _CUT.search(words.text, other.end, cue.start)
            start = start if cut is None else max(start, cut.end())
        elif cue.end <= other.start < end:
            cuts = list(_CUT.finditer(words.text, cue.end, other.start))
            end = end if not cuts else cuts[-1].start()
    return start, end


def told_as_past(words: Words, cue: TimeCue, cues: Sequence[TimeCue], lang: str) -> bool:
    """What is said around a time is told of the past."""
    return tells_of_past(words, *clause_of(words, cue, cues), lang)


def _sentence(words: Words, cue: TimeCue) -> tuple[int, int]:
    """The sentence of a cue; the full stop of "on 5. November", "on the 11." ends none."""
    start, end = words.bounds(cue.start)
    last = cue.end + 1 if _ORDINAL.search(words.text, cue.start, cue.end) else cue.end - 1
    if end < last < len(words.text):
        end = words.bounds(last)[1]
    return start, end


def _language_of_pack(words: Words, lang: str) -> str | None:
    """The language whose pack reads this text: its own, or the one its letters betray."""
    if lang in LANGUAGES and lang not in {"ru", "en"}:
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
        return pack_times(own).tells_of_past(words.text[start:end])
    if is_cyrillic(fold(words.text[start:end])):
        first, last = words.word_before(start) + 1, words.word_before(end)
        forms = words.forms[first : last + 1]
        if any(_PUT_OFF.match(form) for form in forms):
            return False
        tenses = {_tense(form) for form in forms}
        return "past" in tenses and not tenses & {"futr", "impr"}
    return pack_times("en").tells_of_past(words.text[start:end])


@lru_cache(maxsize=65536)
def _tense(form: str) -> str:
    """``past``, ``futr``, ``impr`` or empty, by the likeliest reading of a Russian form."""
    parsed = analyzer().parse(form)[0]
    best = parsed.tag
    if parsed.is_known and best.POS in {"VERB", "PRTS"}:
        return "impr" if best.mood == "impr" else str(best.tense or "")
    return ""
