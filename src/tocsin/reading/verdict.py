"""Rules and heads together: what a post is taken to do, and how the writer stands to it.

The heads are trained on the rules' own evidence beside the sentence vector, so where they have
looked, their probabilities stand; target and spans are the rules'. Where they have not (there is
no encoder, or nothing to look at), the rules' own stand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tocsin.model.reading import HOSTILE_ACTS, Act, Frame, Target
from tocsin.reading.acts import ACT_THRESHOLD
from tocsin.reading.heads import HeadScores
from tocsin.reading.look import Look

EVEN = 0.5
PLAINLY = 0.6
"""Hostility by the rules that is enough where a post names no group."""

DOUBTED = 0.5
"""What is left of an alarm against nobody: a post is alarming only against a group, and one that
names none inherits it from its rumour, or not at all.
"""

NAMED_ONLY = 0.4
"""Score of a target that is named in an alarming post without a cue bound to it."""

_NO_TARGET = frozenset({Frame.PEACEFUL, Frame.OTHER})


@dataclass(frozen=True, slots=True)
class Verdict:
    """What goes into the Reading."""

    alarm: float
    scores: Mapping[Act, float]
    frame: Frame
    frames: Mapping[Frame, float]
    target: Target | None
    called_by_heads: bool = False

    @property
    def acts(self) -> tuple[Act, ...]:
        """Acts at or above the threshold, in the order of Act."""
        return tuple(act for act in Act if self.scores[act] >= ACT_THRESHOLD)


def of_rules(look: Look) -> Verdict:
    """Where the heads have not looked."""
    target = look.evidence.target if look.evidence and look.frame is not Frame.PEACEFUL else None
    frames = {frame: float(frame is look.frame) for frame in Frame}
    return Verdict(look.alarm, look.scores, look.frame, frames, target)


def of_both(look: Look, heads: HeadScores) -> Verdict:
    """Where rules and heads have looked."""
    alarm = heads.alarm * DOUBTED if _against_nobody(look) else heads.alarm
    alarming = alarm >= EVEN
    frame = Frame.ASSERTED if alarming else _frame(look, heads)
    scores = dict(heads.acts)
    if alarming and not any(scores[act] >= ACT_THRESHOLD for act in HOSTILE_ACTS):
        scores[max(HOSTILE_ACTS, key=lambda act: scores[act])] = alarm
    target = None if frame in _NO_TARGET else _target(look, alarming=alarming)
    called = scores[Act.GATHERING] >= ACT_THRESHOLD
    return Verdict(alarm, scores, frame, heads.frames, target, called_by_heads=called)


def _against_nobody(look: Look) -> bool:
    """No group is named, and the rules see no plain hostility (to "them", to their premises)."""
    if look.found is None or look.evidence is None:
        return True
    return not look.found.mentions and look.evidence.hostility < PLAINLY


def _frame(look: Look, heads: HeadScores) -> Frame:
    """The heads', but a call is not made peaceful on their word alone: the rules must see a march,
    relief, sport or trade in it.
    """
    called = heads.acts[Act.GATHERING] >= ACT_THRESHOLD
    if heads.frame is Frame.PEACEFUL and called and not _marked_peaceful(look):
        return Frame.ASSERTED
    return heads.frame


def _marked_peaceful(look: Look) -> bool:
    kinds = ("peaceful", "civic", "sport", "commerce")
    return look.found is not None and any(look.found.has(kind) for kind in kinds)


def with_piece(whole: Verdict, piece: Verdict) -> Verdict:
    """A long post and the piece of it that alarms most: the strongest asserted part decides."""
    if piece.alarm <= whole.alarm:
        return whole
    scores = {act: max(whole.scores[act], piece.scores[act]) for act in Act}
    alarming = piece.alarm >= EVEN
    return replace(
        piece if alarming else whole,
        alarm=piece.alarm,
        scores=scores if alarming else whole.scores,
        target=piece.target or whole.target if alarming else whole.target,
    )


def _target(look: Look, *, alarming: bool) -> Target | None:
    if look.evidence is None or look.found is None:
        return None
    if look.evidence.target is not None or not look.found.mentions:
        return look.evidence.target
    score = NAMED_ONLY if alarming else NAMED_ONLY / 2
    return Target(look.found.mentions[0].term.group, score)
