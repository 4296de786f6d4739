"""What a language pack says, as frozen dataclasses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tocsin.model.reading import HOSTILE_ACTS, Act, Signal

ACT_KINDS = frozenset(str(act) for act in Act)
HOSTILE_KINDS = frozenset(str(act) for act in HOSTILE_ACTS)
TOLD_KINDS = frozenset({"arrival", "standing_aside", "counter"})
"""Signals that no trained part sees and that make no post worth a look by themselves: they are
told of posts that are read anyway.
"""

SIGNAL_KINDS = frozenset(str(signal) for signal in Signal) - TOLD_KINDS - {Signal.CIVIC}

CONTEXT_KINDS = frozenset(
    {
        "report",  # verbs and phrases of saying: said, according to
        "report_call",  # verbs of calling, demanding, threatening told of others
        "news",  # marks of a news or police notice
        "condemn",  # disapproval of what is said
        "peaceful",  # kinds of peaceful assembly
        "sport",
        "commerce",
        "military",  # armies and war
        "history",
        "grievance",  # "us" against "them": enough, our land, cowards, insolent
        "civic",  # meetings of the everyday: works, lectures, clubs, relief
    }
)
GRAMMAR_KINDS = frozenset(
    {
        "own_subject",  # we, we're: a continuous form after it is announced
        "deontic",  # must, time to, let us: an infinitive after it is urged
        "told_modal",  # want to, plan to: an infinitive after it is told of others
        "jussive",  # let them …: a third person after it is urged
        "negation",
        "neg_bridge",  # words a negation reaches over
        "rhetorical",  # "why not", "is it not time": no negation
        "conditional",
        "hour",  # when an appointment is for
        "caller",  # English words that make an appointment a call: everyone, we
        "pronoun",  # they, them
        "state_actor",  # officials, firms, parties, teams: never a target
        "authority",  # police, power: an object right after the verb, else a bystander
        "attention",  # words before a colon that open a call: urgent, attention, plan
        "thing",  # animals and things that may be driven out or burnt
        "mask",  # idioms: nothing inside counts
        "origin",
    }
)
SHOWN_KINDS = ACT_KINDS | SIGNAL_KINDS | {"report", "report_call", "condemn", "peaceful"}
"""Kinds that a reading shows as spans: acts, signals, and what speaks for a frame."""

INFLECTED = frozenset({"ru", "en"})
"""Languages whose word forms the program knows; packs of others write theirs out."""

KINDS = ACT_KINDS | SIGNAL_KINDS | TOLD_KINDS | CONTEXT_KINDS | GRAMMAR_KINDS


@dataclass(frozen=True, slots=True)
class Cue:
    """One rule of a pack.

    Args:
        id: unique over all packs, prefixed by the language: ``ru.drive_out``.
        kind: one of KINDS.
        strength: 0 to 1, how sure the act is where a group is bound to it.
        alone: the same where no group is in reach.
        gather: the same where no group is in reach but people are called together.
        modal: it counts in full only where it is urged or announced, not where it is told.
        told: it tells what others do or did: never the writer's own call.
        patterns: in the notation of :mod:`tocsin.reading.patterns`.
    """

    id: str
    kind: str
    language: str
    patterns: tuple[str, ...]
    strength: float = 0.8
    alone: float = 0.25
    gather: float = 0.5
    modal: bool = False
    told: bool = False


@dataclass(frozen=True, slots=True)
class GroupTerm:
    """One way to name a group.

    Args:
        sort: ``noun``, ``adjective`` (counts before people or premises), ``coded``, ``venue``
            or ``slur``.
    """

    group: str
    language: str
    sort: str
    pattern: str


@dataclass(frozen=True, slots=True)
class StandIn:
    """What the encoder is shown for every group name, as forms of one uncontested ethnonym.

    Args:
        plural: for people of a group; Russian: the dictionary form, inflected like the name.
        adjective: for an adjective.
    """

    plural: str
    adjective: str


@dataclass(frozen=True, slots=True)
class Packs:
    """Everything loaded.

    Args:
        classes: (language, name) → atoms, for ``$name`` in patterns.
        irregular: English base → past forms.
        stand_ins: language → what stands for every group name.
        digests: file name → hex SHA-256 of its bytes.
        extended: languages that packs beside the built-in ones add to.
    """

    classes: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    cues: tuple[Cue, ...] = ()
    terms: tuple[GroupTerm, ...] = ()
    irregular: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    stand_ins: Mapping[str, StandIn] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)
    extended: frozenset[str] = frozenset()
