"""Which language a text is in; honest about short ones."""

from __future__ import annotations

import re

import eldc
from langcodes import standardize_tag
from langcodes.tag_parser import LanguageTagError

from tocsin.text.clean import URL

UNKNOWN = "und"
FEWEST_WORDS = 3
"""Below this a detector guesses: the channel's usual language knows better."""

_HANDLE = re.compile(r"(?<!\w)@\w+")
_WORD = re.compile(r"[^\W\d_]{2,}")
_USUAL_CONFIDENCE = 0.5
_SCRIPT_CONFIDENCE = 0.9
_CLOSE = 0.95
# Scripts that settle the language by themselves, and write words without spaces or few of them.
_SCRIPTS = (
    ("ja", re.compile("[\u3041-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7a3]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
    ("th", re.compile("[\u0e01-\u0e3a]")),
    ("el", re.compile("[\u0370-\u03ff]")),
    ("he", re.compile("[\u05d0-\u05ea]")),
    ("hy", re.compile("[\u0531-\u0587]")),
    ("ka", re.compile("[\u10d0-\u10ff]")),
)
_OTHER_SCRIPT = re.compile("[\u0370-\u03ff\u0531-\u05ea\u0900-\u10ff\u3041-\ud7a3]")


_WRITTEN_AS = {"nb": "no", "nn": "no", "sh": "sr"}
_OWN_MODEL = "zh-tw"


def declared_language(tag: str) -> str | None:
    """A source's language tag ("rus", "pt-BR", "zho-CN") as ISO 639-1; None: it says nothing.

    Regions are dropped: nothing here depends on them, but for "zh-tw", which stays.
    """
    try:
        found = standardize_tag(tag, macro=True).lower()
    except LanguageTagError:
        return None
    base = found.split("-")[0]
    if found == _OWN_MODEL or base == UNKNOWN:
        return found if found == _OWN_MODEL else None
    return _WRITTEN_AS.get(base, base)


class LanguageIdentifier:
    """Language of a cleaned text, by ``eldc`` (60 languages, about a microsecond a text)."""

    def __init__(self) -> None:
        eldc.init()
        self._detector = eldc.instance()
        self._detector.set_scheme("iso639-1")
        self._detector.set_languages([])
        self._detector.set_scores(3)

    def identify(self, cleaned: str, usual: tuple[str, ...] = ()) -> tuple[str, float]:
        """(ISO 639-1 code or ``und``, confidence 0 to 1).

        Args:
            usual: languages of the channel, most frequent first; the first is the answer for
                texts under three words, and any of them wins a close race.
        """
        text = _HANDLE.sub(" ", URL.sub(" ", cleaned)).replace("#", " ").replace("_", " ")
        words = len(_WORD.findall(text))
        if words < FEWEST_WORDS:
            return self._identify_short(text, words, usual)
        found = self._detector.detect_details(text)
        scores: dict[str, float] = found.scores
        if found.language == UNKNOWN or not scores:
            return (usual[0], 0.0) if usual else (UNKNOWN, 0.0)
        if found.reliable:
            return str(found.language), _bounded(scores[found.language])
        best = next((lang for lang in usual if _near_best(lang, scores)), str(found.language))
        return best, _bounded(scores[best] / 2)

    def _identify_short(self, text: str, words: int, usual: tuple[str, ...]) -> tuple[str, float]:
        if _OTHER_SCRIPT.search(text):
            for lang, script in _SCRIPTS:
                if script.search(text):
                    return lang, _SCRIPT_CONFIDENCE
        if usual:
            return usual[0], _USUAL_CONFIDENCE if words else 0.0
        found = self._detector.detect_details(text)
        if found.language == UNKNOWN or not (found.reliable or words > 1):
            return UNKNOWN, 0.0
        return str(found.language), _bounded(found.scores[found.language] / 2)


def _near_best(lang: str, scores: dict[str, float]) -> bool:
    return scores.get(lang, 0.0) >= _CLOSE * max(scores.values())


def _bounded(score: float) -> float:
    return min(1.0, max(0.0, float(score)))
