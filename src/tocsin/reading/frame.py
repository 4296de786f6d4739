"""How the writer stands to what is said, and how alarming the post is.

**Alarm** = 1 / (1 + e^−z), z = b + w·evidence, with the weights below. They are set by hand so
that a bound, urged cue of strength .6 stands at even odds and each reason for doubt (disapproval,
appeals for calm, marks of news, of sport, trade, war or history) takes off a stated amount; they
are held by the development set in tests/reading_acts until labelled posts can fit them.
"""

from __future__ import annotations

import math

from tocsin.model.reading import Frame
from tocsin.reading.acts import Evidence
from tocsin.reading.cues import Found
from tocsin.reading.modality import Marks, Stance

ASSERTED_FROM = 0.42
HARD_FROM = 0.8
CALL_FROM = 0.45
TOLD_FROM = 0.3

BIAS = -3.5
HOSTILITY, GATHERING, BOUND = 6.3, 0.8, 0.6
CONDEMN, CALM, DENIAL, NEWS = -0.7, -1.3, -0.9, -0.6
OTHER_CONTEXT = -0.7
PEACEFUL = -0.3
NOT_OWN = -3.5
"""Taken off where the frame is not ``asserted``."""

MOST = 3
"""Marks of one kind beyond this many add nothing."""

_ELSEWHERE = ("sport", "commerce", "military", "history", "civic")


def frame_of(found: Found, marks: Marks, evidence: Evidence) -> Frame:
    """The writer's stance to the post's strongest content."""
    against = _opposition(found, evidence)
    if evidence.hostility >= ASSERTED_FROM:
        return _of_hostile(found, evidence, against)
    if evidence.told >= TOLD_FROM:
        return Frame.CONDEMNED if against else Frame.REPORTED
    if evidence.gathering >= CALL_FROM:
        return _of_call(found, marks, against)
    if _any_gathering(evidence):
        return _of_told_gathering(found, evidence, against)
    return _of_talk(found, evidence, against)


def alarm_of(found: Found, evidence: Evidence, frame: Frame) -> float:
    """P(alarming), 0 to 1."""
    z = BIAS + HOSTILITY * evidence.hostility
    z += GATHERING * evidence.gathering * evidence.hostility
    z += BOUND * evidence.bound * evidence.hostility
    z += CONDEMN * _count(found, "condemn") + CALM * _count(found, "calm")
    z += DENIAL * _count(found, "denial") + NEWS * _count(found, "news")
    z += OTHER_CONTEXT * sum(found.has(kind) for kind in _ELSEWHERE)
    z += PEACEFUL * found.has("peaceful")
    if frame is not Frame.ASSERTED:
        z += NOT_OWN
    return 1 / (1 + math.exp(-z))


def _of_hostile(found: Found, evidence: Evidence, against: int) -> Frame:
    """Own hostile words; a weak one beside disapproval or news is theirs, not the writer's."""
    hard = evidence.hostility >= HARD_FROM
    peaceful = found.has("peaceful") or found.has("civic") or found.has("sport")
    if peaceful and not hard and not found.mentions and not found.has("pronoun"):
        return Frame.PEACEFUL
    if against >= (3 if hard else 1):
        return Frame.CONDEMNED
    news = _count(found, "news")
    if news >= (3 if hard else 2):
        return Frame.REPORTED
    return Frame.ASSERTED


def _of_call(found: Found, marks: Marks, against: int) -> Frame:
    if any(marks.of(kind) for kind in ("peaceful", "civic", "sport", "commerce")):
        return Frame.PEACEFUL
    if against:
        return Frame.CONDEMNED
    return Frame.REPORTED if _count(found, "news") >= 2 else Frame.ASSERTED


def _of_told_gathering(found: Found, evidence: Evidence, against: int) -> Frame:
    if against:
        return Frame.CONDEMNED
    told = found.has("report") or found.has("report_call") or found.has("news")
    past = any(w.hit.cue.told for w in evidence.weighed)
    if not told and not past and (found.has("peaceful") or found.has("civic")):
        return Frame.PEACEFUL
    return Frame.REPORTED


def _of_talk(found: Found, evidence: Evidence, against: int) -> Frame:
    """No call and no threat: an accusation, a report, a denial, or nothing of ours."""
    told = found.has("report") or found.has("news")
    if against:
        return Frame.CONDEMNED
    if evidence.acts:
        return Frame.REPORTED if told else Frame.ASSERTED
    if found.has("violence_report"):
        return Frame.REPORTED
    return Frame.REPORTED if found.has("news") else Frame.OTHER


def _opposition(found: Found, evidence: Evidence) -> int:
    """Marks of disapproval, denial, calm, and hostile words negated."""
    negated = sum(w.standing.stance is Stance.NEGATED for w in evidence.weighed)
    marks = sum(_count(found, kind) for kind in ("condemn", "calm", "denial"))
    return marks + min(negated, 1)


def _any_gathering(evidence: Evidence) -> bool:
    return any(w.hit.cue.kind == "gathering" and w.shown > 0 for w in evidence.weighed)


def _count(found: Found, kind: str) -> int:
    return min(len({hit.start for hit in found.of(kind)}), MOST)
