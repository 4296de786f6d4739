"""What past events and observed signs say of a place: the slow part of a forecast.

Both are asked as of a moment: an event counts from when it was known, a finding from when a person
made it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from math import log

from tocsin.indicators import register_at, slow_risk, starter_set
from tocsin.indicators.register import KINDS, IndicatorState
from tocsin.model import Decision, MobEvent, PlaceMention, Term
from tocsin.reading.gazetteer import Gazetteer
from tocsin.risk.history import EventHistory, Outlook
from tocsin.risk.kernels import Z90
from tocsin.risk.past_events import PastEvent
from tocsin.store import Store
from tocsin.store.indicators import decisions_of

DAY = timedelta(days=1)
WORTH_TELLING = 0.1
"""Contagion of less than this share of log-odds is no reason that anybody needs to read."""

Slow = tuple[float, float, tuple[Term, ...]]


class SlowRisk:
    """Relative rate of a place, its uncertainty, and reasons from behind.

    Args:
        events: past violence; peaceful protest is none.
        decisions: people's decisions about signs, oldest first.
    """

    def __init__(self, events: Iterable[MobEvent] = (), decisions: Sequence[Decision] = ()) -> None:
        past = [past_event(event) for event in events if event.violence.is_violence]
        self._history = EventHistory(past) if past else None
        self._decisions = sorted(decisions, key=lambda one: one.at)
        self._times = [one.at for one in self._decisions]
        self._register: tuple[int, tuple[IndicatorState, ...]] = (0, ())
        self._gazetteer: Gazetteer | None = None

    @property
    def is_empty(self) -> bool:
        """Nothing is known, so that nobody need ask."""
        return self._history is None and not self._decisions

    def __call__(self, place: PlaceMention, group: str, as_of: datetime) -> Slow:
        """(rate relative to the mean place, standard deviation of its logarithm, reasons)."""
        relative, spread, terms = self._of_events(place, as_of)
        return relative, spread, (*terms, *self._of_signs(place, group, as_of))

    def _of_events(self, place: PlaceMention, as_of: datetime) -> Slow:
        if self._history is None:
            return 1.0, 0.0, ()
        found = self._history.outlook(place.latitude, place.longitude, as_of, DAY)
        if not found.known_events or found.base <= 0 or found.relative <= 0:
            return 1.0, 0.0, ()
        whole = found.base + found.contagion
        low, high = found.interval
        spread = (log(high) - log(low)) / (2 * Z90) if 0 < low < high else 0.0
        share = log(whole / found.base)
        told = (Term("contagion", 1.0, share, "in the wake of violence nearby"),)
        return found.relative * found.base / whole, spread, told if share >= WORTH_TELLING else ()

    def _of_signs(self, place: PlaceMention, group: str, as_of: datetime) -> tuple[Term, ...]:
        known = bisect_right(self._times, as_of)
        if not known:
            return ()
        if self._register[0] != known:
            self._register = (known, register_at(starter_set(), self._decisions[:known], as_of))
        return slow_risk(self._register[1], self.lies_in(place.place_id), group, as_of)

    def outlook(self, at: tuple[float, float], as_of: datetime, hours: int) -> Outlook | None:
        """What past events alone say of a point, in degrees; None where none are known."""
        if self._history is None:
            return None
        found = self._history.outlook(*at, as_of, timedelta(hours=hours))
        return found if found.known_events else None

    def lies_in(self, place_id: str) -> tuple[str, ...]:
        """The place, its region and its country, as findings name them."""
        if self._gazetteer is None:
            self._gazetteer = Gazetteer.load()
        try:
            at = self._gazetteer.index_of(place_id)
        except (KeyError, ValueError):  # a place of the desk's own, or a shared position
            return (place_id,)
        country, region = self._gazetteer.countries[at], self._gazetteer.admin[at]
        return (place_id, f"region:{country}.{region}", f"country:{country}", country)


def past_event(event: MobEvent) -> PastEvent:
    """An event as the history takes it; one without a name of its place is known by position."""
    name = event.place or f"{event.latitude:.2f} {event.longitude:.2f}"
    return PastEvent(
        place=name,
        latitude=event.latitude,
        longitude=event.longitude,
        event_time=event.event_time,
        known_at=event.known_at,
        violence=event.violence.value,
    )


def sign_decisions(store: Store, before: int | None = None) -> tuple[Decision, ...]:
    """People's decisions about signs, in the ledger's order, as far as it went then."""
    return decisions_of(store, KINDS, before)
