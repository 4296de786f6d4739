"""Signs that people define in advance (indications and warning), and what people say of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum

from tocsin.model.reading import Act, Frame, Signal


class IndicatorStatus(StrEnum):
    """Set by named people only; nobody looked, and looked and not there, are two things."""

    UNOBSERVED = "unobserved"  # nobody has looked
    ABSENT = "absent"  # somebody looked, and it was not there
    POSSIBLE = "possible"
    OBSERVED = "observed"
    WITHDRAWN = "withdrawn"  # said once, and taken back by who said it


class Reliability(StrEnum):
    """How far a source has proved right before (Admiralty code); F is no verdict."""

    A = "A"  # completely reliable
    B = "B"  # usually reliable
    C = "C"  # fairly reliable
    D = "D"  # not usually reliable
    E = "E"  # unreliable
    F = "F"  # cannot be judged


class Credibility(IntEnum):
    """How likely one item is by itself (Admiralty code); 6 is no verdict."""

    CONFIRMED = 1  # by other sources
    PROBABLE = 2
    POSSIBLE = 3
    DOUBTFUL = 4
    IMPROBABLE = 5
    UNJUDGED = 6


@dataclass(frozen=True, slots=True)
class Grade:
    """Source and item, judged apart from one another; F6 until somebody judges them."""

    reliability: Reliability = Reliability.F
    credibility: Credibility = Credibility.UNJUDGED

    def __str__(self) -> str:
        return f"{self.reliability.value}{self.credibility.value}"


@dataclass(frozen=True, slots=True)
class MatchRule:
    """What a post must be for the machine to propose it as evidence.

    Of each list that is not empty the post has at least one; it proposes, and decides nothing.

    Args:
        targets: neutral English group names.
        any_target: the post names some group, whichever.
        words: beginnings of words, matched without regard to case.
    """

    acts: tuple[Act, ...] = ()
    signals: tuple[Signal, ...] = ()
    frames: tuple[Frame, ...] = ()
    targets: tuple[str, ...] = ()
    any_target: bool = False
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Indicator:
    """One sign in the register, as it was defined in advance.

    Args:
        question: what it helps to answer.
        sign: what is to be seen.
        evidence_rule: what counts as evidence, in words.
        diagnosticity: 0 to .9: how much seeing it changes the answer; the likelihood ratio is
            (1 + d) / (1 - d).
        half_life_days: after this long an observation counts half.
        owner: role or handle of who keeps it.
        source: where the sign comes from: author, work, year.
        places: gazetteer ids or two-letter countries that it speaks of; empty: all.
        groups: neutral English group names that it speaks of; empty: all.
        rule: when the machine proposes a post; None: it never does.
    """

    id: str
    question: str
    sign: str
    evidence_rule: str
    diagnosticity: float
    half_life_days: float
    owner: str
    source: str = ""
    places: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    rule: MatchRule | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What one named person says of a sign, at one place and for one group.

    Args:
        at: when they said so; nothing counts before it.
        seen_at: when the sign itself was seen, not after ``at``; decay runs from here.
        place: gazetteer id or two-letter country; empty: wherever the sign speaks of.
        group: neutral English group name; empty: whomever the sign speaks of.
        evidence: evidence ids of posts.
        note: the person's own words.
    """

    indicator: str
    status: IndicatorStatus
    by: str
    at: datetime
    seen_at: datetime
    place: str = ""
    group: str = ""
    grade: Grade = Grade()
    evidence: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """One named person looked for a sign and saw nothing new."""

    indicator: str
    by: str
    at: datetime
    place: str = ""
    group: str = ""
    note: str = ""
