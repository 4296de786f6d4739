"""Situations, what stands behind them, and how likely they are to end in mob violence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tocsin.model.reading import GatheringCall, PlaceMention, Signal, Target
from tocsin.model.report import FieldReport, Seen


@dataclass(frozen=True, slots=True, order=True)
class SituationKey:
    """One place and one target group.

    Args:
        place_id: gazetteer id of the place (an airport belongs to its city).
        target: neutral English group name.
    """

    place_id: str
    target: str


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known at ``as_of`` about one place and one target group.

    Args:
        place: how the place was last named, with venue where one is called.
        target: the group, with ``refs`` where it was inherited.
        hostile_refs: posts that assert a threat, expulsion or incitement, newest last.
        hostility_inherited: True where no post naming this place is hostile by itself.
        calls: open calls to gather here (their time has not passed), newest last.
        call_refs: the post behind each of ``calls``, in the same order.
        support_refs: allegations and dehumanisation that feed it.
        uptake_refs: replies and posts that say they are coming.
        denial_refs: denials and calm appeals; shown, never lowering a level.
        event_refs: posts behind a ProvisionalEvent nearby.
        rumours: ids of the rumours behind it, strongest first.
        independent_channels: channels behind hostile posts and calls, copies and forwards of
            one origin and channels known to be younger than 30 days left out.
        confirmed_by: handle of who confirmed it, if anybody.
        peaceful_only: the only gathering here is a peaceful one that met a hostile rumour.
        directed_refs: those of ``hostile_refs`` that name a venue here (a hotel, an airport).
        weak_refs: those of ``call_refs`` whose only link to hostility is the place, or that
            name the group with nothing but an allegation behind them: never above a watch.
        nearby_refs: hostile posts and calls against the same group at places nearby.
        support_channels: independent channels behind ``support_refs``.
        signals: signals of the hostile posts and calls, sorted.
        retarget_refs: calls against the group, here or nearby, whose hour passed lately: a crowd
            that found nobody goes on to the next place.
        fear_refs: the threatened group's own fears and closures here.
        trigger_refs: posts about an incident here that is ascribed to the group.
        deadline: when the earliest ultimatum still running here expires.
        reports: from the ground, about this place (violence against the group also nearby), without
            their text, oldest first.
    """

    key: SituationKey
    as_of: datetime
    place: PlaceMention
    target: Target
    hostile_refs: tuple[str, ...] = ()
    hostility_inherited: bool = False
    calls: tuple[GatheringCall, ...] = ()
    call_refs: tuple[str, ...] = ()
    support_refs: tuple[str, ...] = ()
    uptake_refs: tuple[str, ...] = ()
    denial_refs: tuple[str, ...] = ()
    event_refs: tuple[str, ...] = ()
    rumours: tuple[str, ...] = ()
    independent_channels: int = 0
    confirmed_by: str | None = None
    peaceful_only: bool = False
    directed_refs: tuple[str, ...] = ()
    weak_refs: tuple[str, ...] = ()
    nearby_refs: tuple[str, ...] = ()
    support_channels: int = 0
    signals: tuple[Signal, ...] = ()
    retarget_refs: tuple[str, ...] = ()
    fear_refs: tuple[str, ...] = ()
    trigger_refs: tuple[str, ...] = ()
    deadline: datetime | None = None
    reports: tuple[FieldReport, ...] = ()

    @property
    def violence_reported(self) -> bool:
        """Somebody on the ground saw violence, graded so that it counts."""
        return any(one.is_sound and one.seen is Seen.VIOLENCE for one in self.reports)


@dataclass(frozen=True, slots=True)
class Term:
    """One reason in a forecast: log-odds = Σ weight × value.

    Args:
        name: identifier of the term.
        value: the measured feature.
        weight: its coefficient.
        text: the reason in plain words.
    """

    name: str
    value: float
    weight: float
    text: str

    @property
    def share(self) -> float:
        """What this term adds to the log-odds."""
        return self.value * self.weight


@dataclass(frozen=True, slots=True)
class Background:
    """What is known of a place and a group beside the posts: slow, and never a level by itself.

    Args:
        relative: how many times as often as at the mean place violence has happened here, from
            past events; 1 where none are known.
        relative_sd: standard deviation of its logarithm.
        terms: further reasons, each with its share: contagion of past events, indicators that
            people have observed, dates of the calendar.
        correction: what outcomes in this region have taught, if anything.
    """

    relative: float = 1.0
    relative_sd: float = 0.0
    terms: tuple[Term, ...] = ()
    correction: Correction | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """Log-odds learnt from outcomes: corrected = intercept + slope × told.

    Args:
        sd: standard deviation of the corrected log-odds, added to the forecast's own.
        outcomes: real outcomes of the region that it rests on.
        calibrated: there are enough of them to show the number as a probability.
    """

    intercept: float
    slope: float
    sd: float
    outcomes: int
    calibrated: bool


@dataclass(frozen=True, slots=True)
class HorizonRisk:
    """Probability within so many hours, with its 90 % interval."""

    horizon_h: int
    probability: float
    interval: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Forecast:
    """Probability of mob violence at a place within a horizon.

    Args:
        origin_time: uses only facts known by then.
        horizon_h: hours from ``origin_time``.
        probability: 0 to 1, for ``horizon_h``.
        interval: 90 % interval of ``probability``.
        base_rate: probability without any of the terms.
        terms: the reasons, largest share first.
        calibrated: fitted to real outcomes of this region; otherwise say so wherever shown.
    """

    key: SituationKey
    origin_time: datetime
    horizon_h: int
    probability: float
    interval: tuple[float, float]
    base_rate: float
    terms: tuple[Term, ...]
    calibrated: bool = False
