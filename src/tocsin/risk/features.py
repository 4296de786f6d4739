"""Situation and Spread → the values of the logistic score's terms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from math import log2

from tocsin.model import Signal, Situation, Spread

MOST_DOUBLINGS = 3.0
"""Counts saturate at eight: beyond it, more of the same says little."""

GROWTH_POSTS = 3
"""Posts in 6 hours from which a rumour's growth is looked at."""

A_DAY = timedelta(hours=24)
"""Up to this horizon nothing that calms is counted (DESIGN section 6, guard-rail 4)."""

Feature = tuple[str, float, str]
"""(name of the coefficient, value, plain words)."""

_SIGNALS = (
    (Signal.PREPARATION, "preparation", "preparations are spoken of"),
    (Signal.TARGET_MARKING, "target_marking", "a spot is marked as a target"),
    (Signal.ULTIMATUM, "ultimatum", "an ultimatum is set"),
    (Signal.ARRIVAL, "arrival", "somebody is said to arrive"),
    (Signal.STANDING_ASIDE, "standing_aside", "police are said to look away"),
)


def features(
    situation: Situation, spreads: Mapping[str, Spread], as_of: datetime, horizon: timedelta
) -> Iterator[Feature]:
    """Every term that applies, with a value above zero."""
    yield from _hostility(situation)
    yield from _calls(situation, as_of, horizon)
    yield from _movement(situation, spreads)
    yield from _setting(situation)
    yield from _turns(situation, as_of, horizon)
    for signal, name, text in _SIGNALS:
        if signal in situation.signals:
            yield name, 1.0, text


def _hostility(situation: Situation) -> Iterator[Feature]:
    posts = len(situation.hostile_refs)
    if posts:
        inherited = situation.hostility_inherited
        name = "hostility_inherited" if inherited else "hostile_act"
        yield name, 1.0, "hostility inherited" if inherited else "a hostile post about this place"
    if posts > 1:
        yield "hostile_posts", doublings(posts), f"{posts} hostile posts"
    if situation.directed_refs:
        yield "directed", 1.0, "a hostile post names a venue"
    if situation.independent_channels > 1:
        count = situation.independent_channels
        yield "channels", doublings(count), f"{count} independent channels"


def _calls(situation: Situation, as_of: datetime, horizon: timedelta) -> Iterator[Feature]:
    starts = call_starts(situation)
    if len(situation.call_refs) > len(situation.weak_refs):
        yield "call", 1.0, "a call to gather here"
        if starts:
            yield "call_timed", 1.0, "it names a time"
        if any(start <= as_of + horizon for start in starts):
            yield "call_soon", 1.0, "its time is near"
    elif situation.weak_refs:
        yield "weak_call", 1.0, "a call here, tied to hostility by the place or an allegation"
    if situation.uptake_refs:
        count = len(situation.uptake_refs)
        yield "uptake", doublings(count + 1), f"{count} say they are coming"


def call_starts(situation: Situation) -> list[datetime]:
    """Times of the open calls that are not weak, as far as they name one."""
    weak = set(situation.weak_refs)
    return [
        call.time.start
        for ref, call in zip(situation.call_refs, situation.calls, strict=True)
        if ref not in weak and call.time is not None
    ]


def _movement(situation: Situation, spreads: Mapping[str, Spread]) -> Iterator[Feature]:
    growth = strongest_growth(situation, spreads)
    if growth > 1:
        yield "growth", doublings(growth), f"{growth:.1f}× the usual rate"
    if situation.support_channels:
        count = situation.support_channels
        yield "support", doublings(count + 1), f"{count} channels allege or dehumanise"


def _setting(situation: Situation) -> Iterator[Feature]:
    if situation.event_refs or situation.violence_reported:
        yield "event_nearby", 1.0, "violence reported nearby"
    if situation.nearby_refs:
        yield "nearby", 1.0, "hostility against the same group nearby"
    if situation.confirmed_by is not None:
        yield "confirmed", 1.0, "confirmed by a person"
    if situation.peaceful_only:
        yield "peaceful_met", 1.0, "a peaceful gathering at the same place and time"


def _turns(situation: Situation, as_of: datetime, horizon: timedelta) -> Iterator[Feature]:
    """What has just happened, or runs out soon."""
    if situation.retarget_refs and (situation.hostile_refs or situation.call_refs):
        yield "retargeting", 1.0, "a called hour here or nearby has just passed"
    if situation.trigger_refs and situation.hostile_refs:
        yield "trigger", 1.0, "an incident here is ascribed to the group"
    if situation.fear_refs:
        yield "fear", 1.0, "the group itself is afraid"
    if situation.deadline is not None and situation.deadline <= as_of + horizon:
        yield "ultimatum_due", 1.0, "an ultimatum runs out"
    calming = len(situation.denial_refs) + sum(one.seen.calms for one in situation.reports)
    if horizon > A_DAY and calming and not _hour_ahead(situation, as_of):
        count = calming
        yield "calm", doublings(count + 1), f"{count} denials or appeals for calm"


def _hour_ahead(situation: Situation, as_of: datetime) -> bool:
    """A called hour has not passed: until then nothing lowers anything."""
    return any(call.time is not None and call.time.end > as_of for call in situation.calls)


def strongest_growth(situation: Situation, spreads: Mapping[str, Spread]) -> float:
    """Growth of the fastest of its rumours that moves at all; 1 where none does."""
    known = (spreads[rumour] for rumour in situation.rumours if rumour in spreads)
    return max((s.growth for s in known if s.posts_6h >= GROWTH_POSTS), default=1.0)


def doublings(count: float) -> float:
    """log2, from 0 to ``MOST_DOUBLINGS``."""
    return min(MOST_DOUBLINGS, max(0.0, log2(count)))
