"""Rules and head together: what a post is taken to do, and how the writer stands to it.

The head is trained on the rules' own features beside the sentence vector, so where it has spoken
its probabilities stand in place of the rules' alarm; acts, signals, target and spans stay the
rules', and are completed only as far as the head's verdict needs them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tocsin.model.reading import HOSTILE_ACTS, Act, Frame, Target
from tocsin.reading.acts import ACT_THRESHOLD
from tocsin.reading.head import HeadScores
from tocsin.reading.look import Look

EVEN = 0.5
CLEARLY = 0.75
"""From here the head alone may call a gathering peaceful that the rules do not: the call that
this program starts from was worded like a welcome.
"""

SUPPORTED, UNSUPPORTED = 0.3, 0.6
"""A threat that no rule sees, in a post that calls nobody together, counts for less: an
accusation is worded much like one.
"""

NAMED_ONLY = 0.4
"""Score of a target that is named in an alarming post without a cue bound to it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What goes into the Reading."""

    alarm: float
    scores: Mapping[Act, float]
    frame: Frame
    target: Target | None
    called_by_head: bool = False

    @property
    def acts(self) -> tuple[Act, ...]:
        """Acts at or above the threshold, in the order of Act."""
        return tuple(act for act in Act if self.scores[act] >= ACT_THRESHOLD)


def of_rules(look: Look) -> Verdict:
    """Where the head has not looked."""
    target = look.evidence.target if look.evidence and look.frame is not Frame.PEACEFUL else None
    return Verdict(look.alarm, look.scores, look.frame, target)


def of_both(look: Look, head: HeadScores) -> Verdict:
    """Where rules and head have looked."""
    scores = look.scores
    alarm = _alarm(look, head)
    alarming = alarm >= EVEN
    call = head.call >= EVEN and head.call > head.peaceful
    if call:
        scores[Act.GATHERING] = max(scores[Act.GATHERING], head.call)
    if alarming and not any(scores[act] >= ACT_THRESHOLD for act in HOSTILE_ACTS):
        scores[Act.INCITEMENT] = alarm
    frame = _frame(look, head, alarming=alarming, call=call)
    target = None if frame is Frame.PEACEFUL else _target(look, alarming=alarming)
    return Verdict(alarm, scores, frame, target, called_by_head=call)


def _alarm(look: Look, head: HeadScores) -> float:
    """The head's, with three reasons to believe it less.

    Neither a call nor a hostile word supports it. No group is named: then no more than the
    rules', since a post is alarming only against a group and of words like "they" only the rules
    know whom they mean. It is more likely a peaceful gathering than anything else.
    """
    alarm = head.alarming
    if head.call < EVEN and max(look.scores[act] for act in HOSTILE_ACTS) < SUPPORTED:
        alarm *= UNSUPPORTED
    if look.found is None or not look.found.mentions:
        alarm = min(alarm, look.alarm)
    return min(alarm, 1 - head.peaceful) if head.peaceful >= EVEN else alarm


def _frame(look: Look, head: HeadScores, *, alarming: bool, call: bool) -> Frame:
    if alarming or call:
        return Frame.ASSERTED
    gathering = look.scores[Act.GATHERING] >= ACT_THRESHOLD
    if gathering and head.peaceful >= CLEARLY:
        return Frame.PEACEFUL
    if look.frame is not Frame.ASSERTED:
        return look.frame
    ours = gathering and head.call + head.peaceful >= EVEN
    if ours or (look.alarm < EVEN and not gathering):
        return look.frame
    return _unasserted(look)


def _unasserted(look: Look) -> Frame:
    """The rules took it for the writer's own and the head does not."""
    found = look.found
    told = found is not None and (found.has("report") or found.has("news"))
    return Frame.REPORTED if told else Frame.OTHER


def _target(look: Look, *, alarming: bool) -> Target | None:
    if look.evidence is None or look.found is None:
        return None
    if look.evidence.target is not None or not alarming or not look.found.mentions:
        return look.evidence.target
    return Target(look.found.mentions[0].term.group, NAMED_ONLY)
