"""How the writer stands to one cue: urged, told of others, negated, quoted.

Works on words and marks from the packs, sentence by sentence; thresholds are judgement, stated
here and held by the development set in tests/reading_acts.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from tocsin.reading.cues import Found, Hit
from tocsin.reading.inflect import Mood, guess_mood, names_somebody

LOOK_BACK = 6
"""Words before an infinitive among which its modal is looked for."""

LOOK_BACK_BASE = 4
"""The same for an English base form, which is also an ordinary present."""

NEGATION_REACH = 5
OPENING = 2
"""Words that may stand before an infinitive that opens its clause: its object, "all"."""

HEADLINE = 3
"""Words before a colon at the beginning of a post that may be a speaker's name."""

QUESTION = 0.6
"""An infinitive in a plain question is put up for talk."""

LONG_QUOTE = 2
"""Quotations shorter than this are names or ironic words, not speech."""


class Stance(Enum):
    """What the writer does with a cue."""

    URGED = "urged"
    TOLD = "told"
    QUOTED = "quoted"
    NEGATED = "negated"


@dataclass(frozen=True, slots=True)
class Standing:
    """A cue with the writer's stance.

    Args:
        force: 0 to 1: how much the cue, where it stands, is urged by the writer.
    """

    hit: Hit
    stance: Stance
    force: float


@dataclass(frozen=True, slots=True)
class Marks:
    """Grammar and context marks of a post: kind → word indices they cover."""

    at: dict[str, frozenset[int]]
    own_quote: bool

    def of(self, kind: str) -> frozenset[int]:
        """Words that carry a mark of this kind."""
        return self.at.get(kind, frozenset())


def marks_of(found: Found) -> Marks:
    """Where a post's grammar and context marks are."""
    at: dict[str, set[int]] = {}
    for hit in found.hits:
        at.setdefault(hit.cue.kind, set()).update(range(hit.start, hit.end))
    groups = {word for m in found.mentions for word in range(m.start, m.end)}
    at.setdefault("neg_bridge", set()).update(groups)
    at["group"] = groups
    quoted = sum(quote >= 0 for quote in found.tokens.quote)
    own = quoted > 0.75 * len(found.tokens)
    return Marks({kind: frozenset(words) for kind, words in at.items()}, own)


def standing(hit: Hit, found: Found, marks: Marks) -> Standing:
    """The writer's stance to one cue and its force."""
    if hit.cue.told:
        return Standing(hit, Stance.TOLD, 0.0)
    if _negated(hit, found, marks):
        return Standing(hit, Stance.NEGATED, 0.0)
    force = _force(hit, found, marks) if hit.cue.modal else 1.0
    if _quoted_speech(hit, found, marks):
        return Standing(hit, Stance.QUOTED, force)
    if _told(hit, found, marks):
        return Standing(hit, Stance.TOLD, force)
    return Standing(hit, Stance.URGED if force >= 0.5 else Stance.TOLD, force)


def _force(hit: Hit, found: Found, marks: Marks) -> float:
    """How much a verb is urged by its mood and what stands before it."""
    mood = hit.mood
    if mood & (Mood.INFINITIVE | Mood.BASE):
        return _infinitive(hit, found, marks)
    if _own_verb(hit):
        return 0.5 if _conditional(hit, found, marks) else 1.0
    if mood & (Mood.THEY | Mood.PAST) and _before(hit, found, marks.of("jussive"), 4) >= 0:
        return 0.9
    if mood & Mood.PAST and _announced(hit, found, marks):
        return 1.0
    if mood & Mood.I:
        return 0.6
    return 0.12 if mood else 0.3


def _announced(hit: Hit, found: Found, marks: Marks) -> bool:
    """ "We are throwing them out": a continuous form of the writer's own "we"."""
    continuous = found.tokens.forms[hit.head].endswith(("ing", "in"))
    return continuous and _before(hit, found, marks.of("own_subject"), 3) >= 0


def _of_third_person(hit: Hit, found: Found) -> bool:
    """ "Готовится депортировать": the verb before it is somebody else's."""
    if not hit.mood & Mood.INFINITIVE or found.tokens.clause[hit.head] or hit.head == 0:
        return False
    before = guess_mood(found.tokens.forms[hit.head - 1])
    return bool(before & (Mood.THEY | Mood.PAST)) and not before & Mood.DIRECTIVE


def _joins_call(hit: Hit, found: Found) -> bool:
    """ "Come at eight and …": it follows a call to gather in its sentence."""
    number = found.tokens.sentence[hit.head]
    return any(
        other.cue.kind == "gathering"
        and not other.cue.told
        and other.head < hit.head
        and found.tokens.sentence[other.head] == number
        for other in found.hits
    )


def _infinitive(hit: Hit, found: Found, marks: Marks) -> float:
    """The nearest modal word before it decides; without one, its place in the clause."""
    tokens = found.tokens
    asked = QUESTION if tokens.sentence[hit.head] in tokens.questions else 1.0
    reach = LOOK_BACK if hit.mood & Mood.INFINITIVE else LOOK_BACK_BASE
    urged = _before(hit, found, marks.of("deontic"), reach)
    told = _before(hit, found, marks.of("told_modal"), reach)
    if urged > told:
        return 1.0 if marks.of("rhetorical") else asked
    if told >= 0 or _of_third_person(hit, found):
        return 0.12
    if _joins_call(hit, found):
        return 1.0
    lead = hit.head - tokens.clause_start(hit.head)
    if hit.mood & Mood.BASE:
        if hit.head - 1 in marks.of("group"):
            return 0.12
        opens = lead == 0 or tokens.clause[hit.start]
        return (0.9 if opens else 0.25) * asked
    return (0.9 if lead <= OPENING else 0.55) * asked


def _own_verb(hit: Hit) -> bool:
    """An imperative or "we" that is nothing else: "вышли" is more often a past."""
    doubtful = Mood.INFINITIVE | Mood.PAST | Mood.BASE
    return bool(hit.mood & Mood.DIRECTIVE) and not hit.mood & doubtful


def _conditional(hit: Hit, found: Found, marks: Marks) -> bool:
    return bool(hit.mood & Mood.WE) and _before(hit, found, marks.of("conditional"), 3) >= 0


def _before(hit: Hit, found: Found, words: frozenset[int], reach: int) -> int:
    """Nearest marked word before the head in its sentence, and never the head; −1 if none."""
    if not words:
        return -1
    sentence = found.tokens.sentence[hit.head]
    last = max(hit.head - 1 - reach, hit.start - 1 - reach, -1)
    for at in range(hit.head - 1, last, -1):
        if found.tokens.sentence[at] != sentence:
            return -1
        if at in words:
            return at
    return -1


def _negated(hit: Hit, found: Found, marks: Marks) -> bool:
    """A negation right before the cue, or before bridge words that lead to it."""
    negations, bridges = marks.of("negation"), marks.of("neg_bridge")
    rhetorical = marks.of("rhetorical")
    at = hit.start - 1
    if found.tokens.clause[hit.start]:
        return False
    for distance in range(NEGATION_REACH):
        if at < 0 or found.tokens.sentence[at] != found.tokens.sentence[hit.start]:
            return False
        if at in negations:
            return at not in rhetorical
        if at not in bridges or distance == NEGATION_REACH - 1 or found.tokens.clause[at]:
            return False
        at -= 1
    return False


def _quoted_speech(hit: Hit, found: Found, marks: Marks) -> bool:
    quote = found.tokens.quote[hit.head]
    if quote < 0 or marks.own_quote:
        return False
    return found.tokens.quote.count(quote) >= LONG_QUOTE


def introduced(hit: Hit, found: Found) -> bool:
    """The quotation follows a colon, or opens the post as a headline: it has a speaker."""
    quote = found.tokens.quote[hit.head]
    first = found.tokens.quote.index(quote)
    return found.tokens.colon[first] or (first == 0 and found.tokens.quote[-1] != quote)


def _told(hit: Hit, found: Found, marks: Marks) -> bool:
    """Somebody else's words, told by the writer without quotation marks.

    A verb in the imperative or "we" is the writer's own unless a colon leads to it from a verb
    of saying or a name of an office; a phrase belongs to a verb of calling before it, and an
    infinitive to any verb of saying in its sentence.
    """
    calling = marks.of("report_call") - marks.of("deontic")
    saying = marks.of("report") | calling
    own_verb = hit.cue.modal and _own_verb(hit)
    tokens = found.tokens
    start = tokens.sentence_start(hit.head)
    colon = next((at for at in range(hit.start, start, -1) if tokens.colon[at]), start)
    leads = saying | marks.of("news") | marks.of("state_actor") | marks.of("authority")
    if any(at in leads for at in range(start, colon)):
        return True
    if own_verb:
        return False
    if _headline(start, colon, found, marks):
        return True
    if any(at in saying for at in range(start, hit.start)):
        return True
    return hit.cue.modal and any(at in saying for at in range(start, _sentence_end(hit, found)))


def _headline(start: int, colon: int, found: Found, marks: Marks) -> bool:
    """The post opens "Name: …": what follows is that person's statement."""
    if start != 0 or not 0 < colon <= HEADLINE:
        return False
    calls = marks.of("attention") | marks.of("gathering") | marks.of("group")
    named = any(names_somebody(form) for form in found.tokens.forms[:colon])
    return named and calls.isdisjoint(range(colon))


def _sentence_end(hit: Hit, found: Found) -> int:
    number, at = found.tokens.sentence[hit.head], hit.head
    while at < len(found.tokens) and found.tokens.sentence[at] == number:
        at += 1
    return at
