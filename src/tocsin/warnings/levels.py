"""How high a warning may go, whatever the score says (DESIGN section 6, guard-rails 3 and 4)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from tocsin.model import Level, Situation, Spread
from tocsin.warnings.window import strong_times

ALARM_WITHIN = timedelta(hours=24)
ALARM_AFTER = timedelta(hours=2)
"""So long after a called hour it is still about to happen; later it is a report's business."""

SUPPORT_CHANNELS = 3
"""Independent channels that must allege where nobody has been hostile yet."""

SUPPORT_GROWTH = 2.0
"""And the rumour must move at this many times its usual rate."""


def ceiling(situation: Situation, spreads: Mapping[str, Spread], as_of: datetime) -> Level:
    """The highest level a situation's facts allow."""
    if not situation.hostile_refs:
        return Level.WATCH if _worth_watching(situation, spreads) else Level.NONE
    if not _directed_here(situation):
        return Level.WATCH
    return Level.ALARM if _soon(situation, as_of) and _backed_up(situation) else Level.ALERT


def _worth_watching(situation: Situation, spreads: Mapping[str, Spread]) -> bool:
    """Without any hostile act: a weak call, a peaceful gathering that met a trigger, or
    allegations from several channels that spread.
    """
    if situation.call_refs or (situation.peaceful_only and situation.support_refs):
        return True
    growth = max((spreads[r].growth for r in situation.rumours if r in spreads), default=0.0)
    return situation.support_channels >= SUPPORT_CHANNELS and growth >= SUPPORT_GROWTH


def _directed_here(situation: Situation) -> bool:
    """A call with hostility behind it, a hostile act at a venue, or two independent ones."""
    several = situation.independent_channels >= 2 and not situation.hostility_inherited
    strong_call = len(situation.call_refs) > len(situation.weak_refs)
    return strong_call or bool(situation.directed_refs) or several


def _soon(situation: Situation, as_of: datetime) -> bool:
    return any(
        as_of - ALARM_AFTER <= time.start <= as_of + ALARM_WITHIN
        for time in strong_times(situation)
    )


def _backed_up(situation: Situation) -> bool:
    return (
        situation.independent_channels >= 2
        or bool(situation.uptake_refs)
        or bool(situation.event_refs)
        or situation.violence_reported
        or situation.confirmed_by is not None
    )
