"""What a post does to its rumour: support, deny, query, comment (SDQC), or call for calm.

The four are those of RumourEval (Derczynski et al. 2017; Gorrell et al. 2019) after PHEME's
annotation scheme (Zubiaga et al. 2016). They were made for replies to a claim; here every
sighting has one, so the first of these that fits decides:

1. the text is nothing but questions, and neither threatens nor calls anybody anywhere: **query**;
2. it says that the claim is false (signal ``denial``): **deny**, also beside an appeal for calm;
3. it appeals for restraint: **calm**;
4. the writer rejects what is said (frame ``condemned``): **deny**;
5. most of its sentences ask, or the last one does, and the writer asserts nothing: **query**;
6. the writer says it as their own (frame ``asserted``): **support**;
7. else **comment**: reports included, because passing on what others say is not vouching for it.
"""

from __future__ import annotations

import re
import unicodedata

from tocsin.model import HOSTILE_ACTS, Act, Enriched, Frame, Reading, ReadStatus, Signal, Stance

_LINK = re.compile(r"(?:https?://|www\.|\bt\.me/)\S+", re.IGNORECASE)
# A line ends a sentence; so does a mark before a blank, and one that only ends sentences anywhere.
_BREAK = re.compile("\n+|(?<=[.!?…؟।])\\s+|(?<=[!?。؟])(?=\\S)")
_ASKING = frozenset("?؟፧⁇⁈‽⸮꘏⳺")  # full-width ones are "?" after cleaning
_ARMENIAN = "՞"  # stands within the word that is asked about
_GREEK = ";"  # what cleaning makes of the Greek question mark

_PRESSING = (*HOSTILE_ACTS, Act.GATHERING)
"""Acts that a question mark does not take back: "when do we drive them out?"."""


def stance_of(enriched: Enriched, reading: Reading | None) -> Stance | None:
    """The stance of one post; None without words, and where it could not be read."""
    if reading is None or reading.read is ReadStatus.UNSUPPORTED or enriched.digest is None:
        return None
    asked = _questions(enriched.text, enriched.lang)
    if asked and all(asked) and not any(act in _PRESSING for act in reading.acts):
        return Stance.QUERY
    if Signal.DENIAL in reading.signals:
        return Stance.DENY
    if Signal.CALM in reading.signals:
        return Stance.CALM
    return _of_frame(reading.frame, asks=_asks(asked))


def _of_frame(frame: Frame, *, asks: bool) -> Stance:
    if frame is Frame.CONDEMNED:
        return Stance.DENY
    if frame is Frame.ASSERTED:
        return Stance.SUPPORT
    return Stance.QUERY if asks else Stance.COMMENT


def _asks(asked: list[bool]) -> bool:
    """The majority of sentences are questions, or the last one is."""
    return bool(asked) and (asked[-1] or 2 * sum(asked) > len(asked))


def _questions(text: str, lang: str) -> list[bool]:
    """For each sentence with words: whether it is a question."""
    text = _LINK.sub(" ", text)
    if lang == "el":
        text = text.replace(_GREEK, "?")
    return [_is_question(s) for s in _BREAK.split(text) if any(map(str.isalnum, s))]


def _is_question(sentence: str) -> bool:
    """By the marks after its last word: quotation marks and emoji may stand behind them."""
    if _ARMENIAN in sentence:
        return True
    end = next(i for i in range(len(sentence), 0, -1) if _in_word(sentence[i - 1]))
    return not _ASKING.isdisjoint(sentence[end:])


def _in_word(char: str) -> bool:
    """Letters, digits, and the vowel signs that stand on letters."""
    return unicodedata.category(char)[0] in "LNM"
