"""From cues to act scores and to the evidence that the writer means them.

**Act score** (marked whoever utters it): for each act the noisy-or of its cues,
``1 − Π(1 − strength × binding × told)``, the strongest cue per word and at most three words, with
``told`` below 1 where a cue is in the past or somebody's plan.

**Asserted hostility** is the same noisy-or over the cues of threat, expulsion and incitement,
each multiplied by the force with which the writer urges it. A cue with no group in reach keeps
its ``alone`` strength, or its ``gather`` strength where the post calls people together within
two sentences. Noisy-or: Pearl, Probabilistic Reasoning in Intelligent Systems, 1988, §4.3.2.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tocsin.model.reading import Act, Target
from tocsin.reading.cues import Found, Hit, Mention
from tocsin.reading.modality import Marks, Stance, Standing, introduced, standing
from tocsin.reading.pack import ACT_KINDS, HOSTILE_KINDS
from tocsin.reading.target import Binding, at_war, bind
from tocsin.reading.tension import (
    BENIGN,
    hostility_of_premises,
    hostility_of_tense_call,
    noisy_or,
)

GATHER_REACH = 2
"""Sentences between a hostile cue and the call to gather it belongs to."""

PAST_TOLD = 0.65
UNCLEAR_QUOTE = 0.6
GATHER_SHARE = 0.6
WEAK = 0.7
"""Cues below this strength may be innocent, and count half beside a benign purpose."""

ELSEWHERE = 0.5
"""An unbound cue among words of sport, trade, war, history or daily life."""

GENERIC = frozenset({"migrants", "refugees"})
"""Names for newcomers of any kind: where a post says who they are, they are meant."""

ACT_THRESHOLD = 0.5
TARGET_THRESHOLD = 0.35


@dataclass(frozen=True, slots=True)
class Weighed:
    """A cue with stance, binding and what it adds.

    Args:
        shown: to its act's score.
        asserted: to the writer's own hostility or call.
    """

    standing: Standing
    binding: Binding
    shown: float
    asserted: float

    @property
    def hit(self) -> Hit:
        """The cue."""
        return self.standing.hit


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a post's cues add up to.

    Args:
        scores: each Act's score, 0 to 1.
        hostility: noisy-or of asserted threat, expulsion and incitement.
        told: the same of those told, quoted or negated: mentioned but not the writer's.
        gathering: strongest call to gather that is the writer's own.
        target: the group most of it is about.
        bound: weight of the binding behind the strongest asserted cue.
    """

    weighed: tuple[Weighed, ...]
    scores: Mapping[Act, float]
    hostility: float
    told: float
    gathering: float
    target: Target | None
    bound: float

    @property
    def acts(self) -> tuple[Act, ...]:
        """Acts at or above the threshold, in the order of Act."""
        return tuple(act for act in Act if self.scores[act] >= ACT_THRESHOLD)

    @property
    def hostile_word(self) -> float:
        """The strongest cue of threat, expulsion or incitement that is the writer's own."""
        hostile = (w for w in self.weighed if w.hit.cue.kind in HOSTILE_KINDS)
        return max((w.asserted for w in hostile), default=0.0)


def weigh(found: Found, marks: Marks) -> Evidence:
    """Stance, binding and scores of every cue of a post."""
    stood = _stood(found, marks)
    gathers = [s for s in stood if s.hit.cue.kind == Act.GATHERING]
    calls = [s for s in gathers if s.stance is Stance.URGED]
    weighed = [_weigh(s, found, marks, calls) for s in stood]
    hostile = [w for w in weighed if w.hit.cue.kind in HOSTILE_KINDS]
    best = max(hostile, key=lambda w: w.asserted, default=None)
    tense = max(
        hostility_of_premises(calls, found, marks), hostility_of_tense_call(stood, found, marks)
    )
    scores = {act: _score(act, weighed) for act in Act}
    scores[Act.INCITEMENT] = max(scores[Act.INCITEMENT], tense)
    return Evidence(
        weighed=tuple(weighed),
        scores=scores,
        hostility=max(noisy_or((w.hit.head, w.asserted) for w in hostile), tense),
        told=max((w.shown for w in hostile if w.standing.stance is not Stance.URGED), default=0.0),
        gathering=max((s.hit.cue.strength * s.force for s in calls), default=0.0),
        target=_target(found, marks, weighed, tense),
        bound=best.binding.weight if best is not None else 0.0,
    )


def _stood(found: Found, marks: Marks) -> list[Standing]:
    """Every act's cue with its stance; what begins inside a negated cue is negated with it."""
    every = [standing(hit, found, marks) for hit in found.hits if hit.cue.kind in ACT_KINDS]
    negated = [s.hit for s in every if s.stance is Stance.NEGATED]
    inside = {at for hit in negated for at in range(hit.start, hit.end)}
    return [Standing(s.hit, Stance.NEGATED, 0.0) if s.hit.start in inside else s for s in every]


def _weigh(stood: Standing, found: Found, marks: Marks, calls: list[Standing]) -> Weighed:
    hit = stood.hit
    if hit.cue.kind == Act.GATHERING:
        shown = hit.cue.strength * (0.0 if stood.stance is Stance.NEGATED else 1.0)
        return Weighed(stood, bind(hit, found, marks), shown, shown * stood.force)
    binding = bind(hit, found, marks)
    effect = hit.cue.strength * binding.weight
    if hit.cue.strength < WEAK and any(marks.of(kind) for kind in BENIGN):
        effect *= ELSEWHERE
    unbound = binding.damp * (ELSEWHERE if _elsewhere(marks) else 1.0)
    if hit.cue.kind in HOSTILE_KINDS and _called(hit, found, calls):
        share = GATHER_SHARE if effect else 1.0
        effect = 1 - (1 - effect) * (1 - hit.cue.gather * share * unbound)
    effect = max(effect, hit.cue.alone * unbound)
    return Weighed(stood, binding, effect * _told_factor(stood), effect * _own(stood, found, marks))


def _elsewhere(marks: Marks) -> bool:
    return any(marks.of(kind) for kind in ("sport", "commerce", "military", "history", "civic"))


def _called(hit: Hit, found: Found, calls: list[Standing]) -> bool:
    sentence = found.tokens.sentence
    here = sentence[hit.head]
    return any(
        abs(sentence[c.hit.head] - here) <= GATHER_REACH and c.hit.head != hit.head for c in calls
    )


def _told_factor(stood: Standing) -> float:
    if stood.stance is Stance.NEGATED:
        return 0.0
    return PAST_TOLD if stood.stance is Stance.TOLD and stood.force < 0.5 else 1.0


def _own(stood: Standing, found: Found, marks: Marks) -> float:
    """How far a cue is the writer's own word."""
    if stood.stance is Stance.QUOTED:
        others = marks.of("report") | marks.of("report_call") | marks.of("condemn")
        theirs = others or marks.of("news") or introduced(stood.hit, found)
        return 0.0 if theirs else UNCLEAR_QUOTE * stood.force
    if stood.stance is Stance.URGED:
        return stood.force
    return 0.0 if stood.stance is Stance.NEGATED or stood.force >= 0.5 else 0.5 * stood.force


def _score(act: Act, weighed: Iterable[Weighed]) -> float:
    return noisy_or((w.hit.head, w.shown) for w in weighed if w.hit.cue.kind == act)


def _target(found: Found, marks: Marks, weighed: Iterable[Weighed], tense: float) -> Target | None:
    """The group that most of the cues are about; earlier mentions win ties."""
    votes: dict[str, tuple[float, int]] = {}
    for mention in found.mentions:
        if not at_war(mention, found, marks):
            _vote(votes, mention, 0.8 * tense)
    for one in weighed:
        share = 0.5 if one.hit.cue.kind == Act.GATHERING else 1.0
        _vote(votes, one.binding.mention, one.binding.weight * one.hit.cue.strength * share)
    for hit in found.hits:
        if hit.cue.kind in _TARGET_SIGNALS:
            binding = bind(hit, found, marks)
            _vote(votes, binding.mention, 0.8 * binding.weight)
    if not votes:
        return None
    group = min(votes, key=lambda name: (name in GENERIC, -votes[name][0], votes[name][1], name))
    score = min(votes[group][0], 1.0)
    return Target(group, score) if score >= TARGET_THRESHOLD else None


_TARGET_SIGNALS = frozenset({"trigger", "violence_report", "denial", "target_marking"})


def _vote(votes: dict[str, tuple[float, int]], mention: Mention | None, weight: float) -> None:
    """A group's strongest binding counts; where it is first named breaks ties."""
    if mention is None or weight <= 0:
        return
    known, first = votes.get(mention.term.group, (0.0, mention.start))
    votes[mention.term.group] = (max(known, weight), min(first, mention.start))
