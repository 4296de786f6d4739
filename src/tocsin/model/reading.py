"""What one post says. Spans are character offsets into the cleaned text (Enriched.text)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from tocsin.model.place import PlaceKind, VenueClass


class Act(StrEnum):
    """What a post does (hallmarks after Benesch, Dangerous Speech; threshold test after Rabat)."""

    ALLEGATION = "allegation"
    DEHUMANISATION = "dehumanisation"
    THREAT = "threat"
    EXPULSION = "expulsion"
    INCITEMENT = "incitement"
    GATHERING = "gathering"


HOSTILE_ACTS = (Act.THREAT, Act.EXPULSION, Act.INCITEMENT)
"""Acts that make a post hostile by themselves; allegation and dehumanisation feed the rumour."""


class Frame(StrEnum):
    """How the writer stands to what is said (use and mention)."""

    ASSERTED = "asserted"
    REPORTED = "reported"
    CONDEMNED = "condemned"
    PEACEFUL = "peaceful"
    OTHER = "other"


class PostLabel(StrEnum):
    """What a person reads in a post, in the order of the keys that choose it: the gravest act, or
    that it reports, calms, or harms nobody.
    """

    THREAT = "threat"
    INCITEMENT = "incitement"
    GATHERING = "gathering"
    EXPULSION = "expulsion"
    DEHUMANISATION = "dehumanisation"
    ALLEGATION = "allegation"
    REPORTED = "reported"
    CALM = "calm"
    HARMLESS = "harmless"


class Signal(StrEnum):
    """Tell-tale features that practice asks for; never alarming by themselves."""

    UPTAKE = "uptake"  # "coming", "where do we meet"
    DENIAL = "denial"  # "this is false", a fact-check
    CALM = "calm"  # appeals for restraint
    PREPARATION = "preparation"  # masks, sticks, cars, phones off
    TARGET_MARKING = "target_marking"  # a hotel, a plate, a list of addresses
    ULTIMATUM = "ultimatum"  # "they have until Sunday"
    TRIGGER = "trigger"  # an incident with an ascribed identity
    VIOLENCE_REPORT = "violence_report"  # mob violence in progress or just past
    FEAR = "fear"  # the threatened group's own closures and pleas
    ARRIVAL = "arrival"  # a bus, a flight, a convoy is said to come
    STANDING_ASIDE = "standing_aside"  # police are said to look away
    COUNTER = "counter"  # people gather to protect the threatened
    CIVIC = "civic"  # relief, advice, clubs, public works; and no plain hostility beside it


class Role(StrEnum):
    """The part a place plays in a post."""

    GATHER_AT = "gather_at"
    HAPPENED_AT = "happened_at"
    ORIGIN = "origin"
    MENTIONED = "mentioned"


class Granularity(StrEnum):
    """How exact a time is."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY_PART = "day_part"
    DAY = "day"
    WEEK = "week"


class ReadStatus(StrEnum):
    """How much of a post could be read. ``unsupported`` is never the same as harmless."""

    FULL = "full"
    PARTIAL = "partial"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class Span:
    """Where in the cleaned text the reader saw something.

    Args:
        start: first character.
        end: one past the last character.
        kind: an Act, Frame or Signal value, ``target``, ``place`` or ``time``.
        cue: identifier of the rule or pack entry that matched, never post text.
    """

    start: int
    end: int
    kind: str
    cue: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """Whom a post is about, by a neutral English group name (``Jews``, ``migrants``).

    Args:
        score: 0 to 1.
        refs: posts it was inherited from; empty where the post names the group itself.
    """

    group: str
    score: float
    refs: tuple[str, ...] = ()

    @property
    def inherited(self) -> bool:
        """True where the post itself does not name the group."""
        return bool(self.refs)


@dataclass(frozen=True, slots=True)
class PlaceMention:
    """A place as a post speaks of it.

    Args:
        place_id: gazetteer id; mentions of one place share it.
        p: probability that the resolution is right, 0 to 1.
        time_zone: IANA name of the place's zone.
        kind: of an area (a country, a first-level region) the position is its centre.
    """

    place_id: str
    name: str
    latitude: float
    longitude: float
    role: Role
    p: float
    time_zone: str
    venue: VenueClass | None = None
    span: Span | None = None
    kind: PlaceKind = PlaceKind.CITY

    @property
    def is_area(self) -> bool:
        """Too wide to gather in or to warn for: a country or a first-level region."""
        return self.kind.is_area


@dataclass(frozen=True, slots=True)
class EventTime:
    """When something is called or said to happen: a half-open interval in UTC.

    Args:
        start: of the end of a term ("by Sunday"), the moment it runs out.
        granularity: how exact; conventions for vague words: morning 08:00, midday 12:00,
            evening 18:00, night 22:00, a bare day 00:00, a term's last day 23:59, in the
            place's zone.
        past: the text speaks of something that has happened.
        p: probability, 0 to 1, that it begins when the writer meant, judged by the way the time
            is told; 1 where it was not read from words.
    """

    start: datetime
    end: datetime
    granularity: Granularity
    past: bool = False
    span: Span | None = None
    p: float = 1.0


@dataclass(frozen=True, slots=True)
class GatheringCall:
    """A call to come together: where, and when if it is said.

    Args:
        called: the words by which people are called upon, if any.
        asks: what they are to bring or do, as far as preparation gives it away (masks, cars).
        against: the group whom the post's hostile acts are about; None where it asserts none.
    """

    place: PlaceMention | None
    time: EventTime | None
    span: Span | None = None
    called: Span | None = None
    asks: tuple[Span, ...] = ()
    against: str | None = None


@dataclass(frozen=True, slots=True)
class Opinion:
    """What another reader makes of a post; nothing is decided by it.

    Args:
        by: which reader.
        alarm: 0 to 1; None where it gave no answer.
        note: why it gave none.
    """

    by: str
    alarm: float | None = None
    acts: tuple[Act, ...] = ()
    frame: Frame | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one post says.

    Args:
        ref: the post's evidence id, ``channel/id``.
        version: the post's version.
        alarm: P(alarming), 0 to 1; None where the post is unsupported.
        act_scores: 0 to 1 for each Act; empty where unsupported.
        acts: acts at or above .5, whoever utters them.
        frames: 0 to 1 for each Frame, 1 in all; empty where unsupported.
        signals: those present.
        deadline: when a term that the post sets runs out ("by Sunday"): never an event's time.
        target: named by the post itself; inheritance happens later and is marked.
        opinions: of other readers, beside this one and never instead of it.
    """

    ref: str
    version: int
    lang: str
    read: ReadStatus
    alarm: float | None
    act_scores: Mapping[Act, float] = field(default_factory=dict)
    acts: tuple[Act, ...] = ()
    frame: Frame = Frame.OTHER
    frames: Mapping[Frame, float] = field(default_factory=dict)
    target: Target | None = None
    places: tuple[PlaceMention, ...] = ()
    event_time: EventTime | None = None
    deadline: EventTime | None = None
    calls: tuple[GatheringCall, ...] = ()
    signals: frozenset[Signal] = frozenset()
    spans: tuple[Span, ...] = ()
    opinions: tuple[Opinion, ...] = ()

    @property
    def hostile(self) -> bool:
        """The writer asserts a threat, an expulsion or an incitement against a named group."""
        return (
            self.frame is Frame.ASSERTED
            and self.target is not None
            and any(act in HOSTILE_ACTS for act in self.acts)
        )
