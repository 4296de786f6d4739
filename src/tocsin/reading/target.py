"""Which group a cue is about: the nearest one in reach, unless something else is the object."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.reading.cues import Found, Hit, Mention
from tocsin.reading.modality import Marks
from tocsin.reading.spans import gap

SORT_WEIGHT = {"noun": 1.0, "adjective": 0.9, "coded": 0.85, "venue": 0.85, "slur": 1.0}
NEAR = 8
"""Words between a cue and a group of the same sentence that still bind fully."""

SAME_SENTENCE, NEXT_SENTENCE, ANAPHOR = 0.85, 0.7, 0.85
FAR = 0.4
"""A group named further off in the same short post."""

FAR_REACH = 5
PRONOUN, OUTSIDERS = 0.55, 0.75
"""A cue about "them" or "outsiders" whom the post does not name."""

MILITARY_DAMP = 0.15
ADDRESSEE_DAMP = 0.4
OTHER_OBJECT_DAMP = 0.25


@dataclass(frozen=True, slots=True)
class Binding:
    """What a cue is about.

    Args:
        mention: the group; None for "them" and "outsiders".
        weight: 0 to 1.
        damp: below 1 where the cue has an official, an animal or a thing for its object.
    """

    mention: Mention | None
    weight: float
    damp: float = 1.0


NOTHING = Binding(None, 0.0)


def bind(hit: Hit, found: Found, marks: Marks) -> Binding:
    """The best binding of a cue; weight 0 where no group is in reach."""
    damp = OTHER_OBJECT_DAMP if _other_object(hit, found, marks) else 1.0
    best = NOTHING
    anaphor = _pronoun_near(hit, found)
    for mention in found.mentions:
        weight = _reach(hit, mention, found, anaphor) * SORT_WEIGHT[mention.term.sort]
        if at_war(mention, found, marks):
            weight *= MILITARY_DAMP
        if _addressed(mention, found):
            weight *= ADDRESSEE_DAMP
        if weight > best.weight:
            best = Binding(mention, weight)
    if best.weight < anaphor:
        best = Binding(None, anaphor)
    return Binding(best.mention, best.weight * damp, damp)


def _reach(hit: Hit, mention: Mention, found: Found, anaphor: float) -> float:
    sentence = found.tokens.sentence
    here, there = sentence[hit.head], sentence[mention.start]
    if here == there:
        return 1.0 if gap(mention, hit) <= NEAR else SAME_SENTENCE
    away = here - there
    if away in {1, 2} and anaphor:
        return ANAPHOR
    if away in {1, -1}:
        return NEXT_SENTENCE
    if abs(away) <= FAR_REACH:
        return FAR
    return 0.0


def _pronoun_near(hit: Hit, found: Found) -> float:
    """Weight of "them" or "outsiders" in the cue's sentence."""
    sentence = found.tokens.sentence[hit.head]
    best = 0.0
    for other in found.hits:
        if other.cue.kind == "pronoun" and found.tokens.sentence[other.head] == sentence:
            near = gap(other, hit) <= NEAR
            named = OUTSIDERS if other.cue.id.endswith("outsiders") else PRONOUN
            best = max(best, named if near else 0.0)
    return best


def _addressed(mention: Mention, found: Found) -> bool:
    """ "Muslims of the town, …": called upon at the beginning, and another group is named."""
    tokens = found.tokens
    if all(other.term.group == mention.term.group for other in found.mentions):
        return False
    end = min(mention.end + 3, len(tokens) - 1)
    opens = tokens.sentence_start(mention.start) >= mention.start - 1
    return opens and any(tokens.clause[at] for at in range(mention.end, end))


def at_war(mention: Mention, found: Found, marks: Marks) -> bool:
    """Armies are no group: a word of war in the sentence of the mention."""
    sentence = found.tokens.sentence
    here = sentence[mention.start]
    return any(sentence[at] == here for at in marks.of("military"))


def _other_object(hit: Hit, found: Found, marks: Marks) -> bool:
    """An official, an animal or a thing is the cue's object, and no group stands nearer.

    Within four words after the head anything; elsewhere in the sentence or the one before only
    an official, and only where the cue's sentence names no group.
    """
    officials = marks.of("state_actor")
    objects = officials | marks.of("thing") | marks.of("authority")
    sentence = found.tokens.sentence
    here = sentence[hit.head]
    groups = {at for m in found.mentions for at in range(m.start, m.end)} | marks.of("pronoun")
    for at in range(hit.head + 1, min(hit.head + 5, len(sentence))):
        if sentence[at] != here or found.tokens.clause[at] or at in groups:
            break
        if at in objects:
            return True
    if any(sentence[m.start] in {here, here - 1} for m in found.mentions):
        return False
    return any(sentence[at] in {here, here - 1} for at in officials)
