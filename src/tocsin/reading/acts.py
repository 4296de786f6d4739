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

GATHER_REACH = 2
"""Sentences between a hostile cue and the call to gather it belongs to."""

PAST_TOLD = 0.65
UNCLEAR_QUOTE = 0.6
GATHER_SHARE = 0.6
ELSEWHERE = 0.5
"""An unbound cue among words of sport, trade, war, history or daily life."""

PREMISES = 0.5
"""Hostility of calling people to a group's premises with no peaceful purpose in sight."""

TENSE_BASE, TENSE_SPAN = 0.3, 0.5
CALL_STRENGTH = 0.45
TENSION = {
    "trigger": 0.6,
    "allegation": 0.4,
    "dehumanisation": 0.5,
    "preparation": 0.5,
    "target_marking": 0.35,
    "ultimatum": 0.5,
    "incitement": 0.4,
    "expulsion": 0.5,
    "threat": 0.5,
}
"""How much each kind of cue in the post makes a call that names a group a hostile one."""

TOP_WORDS = 3
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


def weigh(found: Found, marks: Marks) -> Evidence:
    """Stance, binding and scores of every cue of a post."""
    stood = [standing(hit, found, marks) for hit in found.hits if hit.cue.kind in ACT_KINDS]
    gathers = [s for s in stood if s.hit.cue.kind == Act.GATHERING]
    calls = [s for s in gathers if s.stance is Stance.URGED]
    weighed = [_weigh(s, found, marks, calls) for s in stood]
    hostile = [w for w in weighed if w.hit.cue.kind in HOSTILE_KINDS]
    best = max(hostile, key=lambda w: w.asserted, default=None)
    hostility = _noisy_or((w.hit.head, w.asserted) for w in hostile)
    return Evidence(
        weighed=tuple(weighed),
        scores={act: _score(act, weighed) for act in Act},
        hostility=max(hostility, _premises(calls, found, marks), _tense_call(calls, found, marks)),
        told=max((w.shown for w in hostile if w.standing.stance is not Stance.URGED), default=0.0),
        gathering=max((s.hit.cue.strength * s.force for s in calls), default=0.0),
        target=_target(found, marks, weighed),
        bound=best.binding.weight if best is not None else 0.0,
    )


def _weigh(stood: Standing, found: Found, marks: Marks, calls: list[Standing]) -> Weighed:
    hit = stood.hit
    if hit.cue.kind == Act.GATHERING:
        shown = hit.cue.strength * (0.0 if stood.stance is Stance.NEGATED else 1.0)
        return Weighed(stood, bind(hit, found, marks), shown, shown * stood.force)
    binding = bind(hit, found, marks)
    effect = hit.cue.strength * binding.weight
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


def _premises(calls: list[Standing], found: Found, marks: Marks) -> float:
    """A call to a group's premises, where nothing says it is their own or a peaceful one."""
    if any(marks.of(kind) for kind in _BENIGN):
        return 0.0
    sentence = found.tokens.sentence
    for call in calls:
        for mention in found.mentions:
            near = 0 <= mention.start - call.hit.head <= 6 and mention.term.sort in {
                "venue",
                "adjective",
            }
            if near and sentence[mention.start] == sentence[call.hit.head]:
                return PREMISES * call.force
    return 0.0


def _tense_call(calls: list[Standing], found: Found, marks: Marks) -> float:
    """A call to gather in a post that names a group and is tense about it.

    No hostile word is needed: an accusation, a trigger incident, weapons, a marked target or a
    slur beside the group is what such calls are made of. Benign purposes rule it out.
    """
    if any(marks.of(kind) for kind in _BENIGN) or len(found.of("news")) > 1:
        return 0.0
    force = max((c.force * c.hit.cue.strength for c in calls), default=0.0)
    weights = {kind: TENSION[kind] for kind in TENSION if found.has(kind)}
    sorts = {m.term.sort for m in found.mentions if not at_war(m, found, marks)}
    weights["slur"] = 0.5 if "slur" in sorts else 0.0
    if force < CALL_STRENGTH or not sorts:
        return 0.0
    tension = _noisy_or(enumerate(weights.values()))
    return TENSE_BASE + TENSE_SPAN * tension


def _score(act: Act, weighed: Iterable[Weighed]) -> float:
    return _noisy_or((w.hit.head, w.shown) for w in weighed if w.hit.cue.kind == act)


def _noisy_or(scores: Iterable[tuple[int, float]]) -> float:
    """Noisy-or over words, the strongest cue of each, the strongest three words."""
    best: dict[int, float] = {}
    for head, score in scores:
        best[head] = max(best.get(head, 0.0), score)
    missed = 1.0
    for score in sorted(best.values(), reverse=True)[:TOP_WORDS]:
        missed *= 1 - score
    return 1 - missed


def _target(found: Found, marks: Marks, weighed: Iterable[Weighed]) -> Target | None:
    """The group that most of the cues are about; earlier mentions win ties."""
    votes: dict[str, tuple[float, int]] = {}
    for one in weighed:
        share = 0.5 if one.hit.cue.kind == Act.GATHERING else 1.0
        _vote(votes, one.binding.mention, one.binding.weight * one.hit.cue.strength * share)
    for hit in found.hits:
        if hit.cue.kind in _TARGET_SIGNALS:
            binding = bind(hit, found, marks)
            _vote(votes, binding.mention, 0.8 * binding.weight)
    if not votes:
        return None
    group = min(votes, key=lambda name: (-votes[name][0], votes[name][1], name))
    score = min(votes[group][0], 1.0)
    return Target(group, score) if score >= TARGET_THRESHOLD else None


_BENIGN = ("peaceful", "civic", "sport", "commerce", "calm", "denial", "condemn", "fear")
_TARGET_SIGNALS = frozenset({"trigger", "violence_report", "denial", "target_marking"})


def _vote(votes: dict[str, tuple[float, int]], mention: Mention | None, weight: float) -> None:
    """A group's strongest binding counts; where it is first named breaks ties."""
    if mention is None or weight <= 0:
        return
    known, first = votes.get(mention.term.group, (0.0, mention.start))
    votes[mention.term.group] = (max(known, weight), min(first, mention.start))
