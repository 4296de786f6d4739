"""Calls that are hostile by what stands beside them, with no hostile word of their own.

"All to the hostel at eight, they beat our lad": a call, a group, and a reason for anger.
"""

from __future__ import annotations

from collections.abc import Iterable

from tocsin.model.reading import Act
from tocsin.reading.cues import Found
from tocsin.reading.inflect import is_directive
from tocsin.reading.modality import Marks, Stance, Standing
from tocsin.reading.target import at_war

BENIGN = ("peaceful", "civic", "sport", "commerce", "calm", "denial", "condemn", "fear")
"""Marks of a purpose that has nothing to do with an attack, or of one who opposes it."""

TOP_WORDS = 3
"""Words whose cues add up in a noisy-or; more of the same adds nothing."""

PREMISES = 0.5
"""Hostility of calling people to a group's premises with no peaceful purpose in sight."""

TENSE_BASE, TENSE_SPAN = 0.35, 0.5
GRIEVANCE = 0.35
CALL_STRENGTH = 0.5
"""Force from which a cue counts as the writer's call."""

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
    "slur": 0.5,
}
"""How much each kind of cue in the post makes a call that names a group a hostile one."""


def hostility_of_premises(calls: list[Standing], found: Found, marks: Marks) -> float:
    """A call to a group's premises, where nothing says it is their own or a peaceful one."""
    if any(marks.of(kind) for kind in BENIGN):
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


def hostility_of_tense_call(stood: list[Standing], found: Found, marks: Marks) -> float:
    """A call or appointment in a post that names a group and is tense about it.

    No hostile word is needed: an accusation, a trigger incident, weapons, a marked target, a
    grievance or a slur beside the group is what such calls are made of. A benign purpose, or
    more than one mark of news, rules it out.
    """
    if any(marks.of(kind) for kind in BENIGN) or len(found.of("news")) > 1:
        return 0.0
    sorts = {m.term.sort for m in found.mentions if not at_war(m, found, marks)}
    urged = [s for s in stood if s.stance is Stance.URGED and s.force >= CALL_STRENGTH]
    called = any(s.hit.cue.kind == Act.GATHERING for s in urged)
    if not sorts or not (called or _appointment(urged, found, marks)):
        return 0.0
    weights = [TENSION[kind] for kind in TENSION if found.has(kind)]
    grievances = len({hit.head for hit in found.of("grievance")})
    weights += [GRIEVANCE] * min(grievances, TOP_WORDS)
    weights += [TENSION["slur"]] if "slur" in sorts else []
    return TENSE_BASE + TENSE_SPAN * noisy_or(enumerate(weights))


def _appointment(urged: list[Standing], found: Found, marks: Marks) -> bool:
    """An hour, with "we", an imperative or an urged cue in its sentence or beside it."""
    sentence = found.tokens.sentence
    hours = {sentence[at] for at in marks.of("hour")}
    callers = (
        marks.of("caller")
        | frozenset(at for at, form in enumerate(found.tokens.forms) if is_directive(form))
        | frozenset(s.hit.head for s in urged if s.hit.cue.modal)
    )
    return any(
        abs(sentence[at] - hour) <= 1 and found.tokens.quote[at] < 0
        for at in callers
        for hour in hours
    )


def noisy_or(scores: Iterable[tuple[int, float]]) -> float:
    """Noisy-or over words, the strongest cue of each, the strongest three words."""
    best: dict[int, float] = {}
    for head, score in scores:
        best[head] = max(best.get(head, 0.0), score)
    missed = 1.0
    for score in sorted(best.values(), reverse=True)[:TOP_WORDS]:
        missed *= 1 - score
    return 1 - missed
