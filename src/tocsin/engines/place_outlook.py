"""What is known of a place before anybody posts: its base rate, past violence, observed signs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from tocsin.engines.events import events_known
from tocsin.engines.slow import SlowRisk, sign_decisions
from tocsin.indicators import KINDS
from tocsin.model import Background, Place, PlaceMention, Role
from tocsin.risk import RiskModel
from tocsin.risk.model import HORIZONS_H
from tocsin.store import Store, schema


def slow_mark(store: Store) -> tuple[Any, ...]:
    """Changes when events come in, or people decide about signs."""
    d = schema.decisions.c
    signs = select(func.max(d.seq)).where(d.kind.in_([kind.value for kind in KINDS]))
    with store.reading() as connection:
        newest = connection.execute(select(func.max(schema.events.c.seq))).scalar()
        return (newest, connection.execute(signs).scalar())


def slow_risk_of(store: Store) -> SlowRisk:
    """Past events and signs of a project; seconds where there are very many events."""
    return SlowRisk(events_known(store), sign_decisions(store))


@dataclass(frozen=True, slots=True)
class Base:
    """The base rate over one horizon.

    Args:
        base_rate: probability that a forecast here begins with, before any post counts.
        by_events: probability by past events alone, with its 90 % interval; None: none known.
    """

    horizon_h: int
    base_rate: float
    by_events: tuple[float, float, float] | None


@dataclass(frozen=True, slots=True)
class PlaceOutlook:
    """A place before anybody posts.

    Args:
        relative: how many times as often as at the mean place violence happened here.
        known_events: past violence that was known at the moment asked about, anywhere.
        reasons: what moves it besides, in words, with its share in log-odds.
    """

    relative: float
    known_events: int
    bases: tuple[Base, ...]
    reasons: tuple[tuple[str, float], ...]


def place_outlook(slow: SlowRisk, place: Place, group: str, as_of: datetime) -> PlaceOutlook:
    """Base rates of every horizon that a desk is shown, as of a moment.

    Args:
        group: neutral English group name, for signs that speak of one; empty: of all.
    """
    mention = PlaceMention(
        place.id, place.name, place.latitude, place.longitude, Role.MENTIONED, 1.0, place.time_zone
    )
    relative, spread, terms = slow(mention, group, as_of)
    model, behind = RiskModel(), Background(relative, spread, terms)
    at = (place.latitude, place.longitude)
    known, bases = 0, []
    for hours in HORIZONS_H:
        found = slow.outlook(at, as_of, hours)
        told = None if found is None else (found.probability, *found.interval)
        known = 0 if found is None else found.known_events
        bases.append(Base(hours, model.base_rate(hours, behind), told))
    reasons = tuple((term.text, term.share) for term in terms)
    return PlaceOutlook(relative, known, tuple(bases), reasons)
