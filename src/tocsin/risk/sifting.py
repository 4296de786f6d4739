"""What one Reading is to a situation: pure questions about a post, before any history."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from tocsin.model import (
    HOSTILE_ACTS,
    Act,
    EventTime,
    Frame,
    GatheringCall,
    Granularity,
    PlaceMention,
    Reading,
    Role,
    Signal,
)
from tocsin.risk.options import SituationOptions

_EXPULSION_REACH = 80
"""Characters from a verb of driving out to the place they are to be driven out of."""

_SPOKEN_OF = (Role.HAPPENED_AT, Role.MENTIONED)
_EXACTNESS = {grain: rank for rank, grain in enumerate(Granularity)}


def matters(reading: Reading, options: SituationOptions) -> bool:
    """Whether a post can touch anything; most cannot."""
    return bool(
        reading.acts
        or reading.signals
        or (reading.alarm is not None and reading.alarm >= options.alarm)
    )


def hostile(reading: Reading, options: SituationOptions) -> bool:
    """The writer asserts hostility, whether or not a group is named.

    A report of violence is evidence of an event and never its channel's hostility, unless the
    same post calls to gather.
    """
    if reading.frame is not Frame.ASSERTED or helps(reading):
        return False
    if Signal.VIOLENCE_REPORT in reading.signals and Act.GATHERING not in reading.acts:
        return False
    if reading.alarm is None:
        return acts_hostile(reading)
    return reading.alarm >= options.alarm and (acts_hostile(reading) or _named(reading))


def acts_hostile(reading: Reading) -> bool:
    """Threat, expulsion or incitement is among its acts."""
    return any(act in HOSTILE_ACTS for act in reading.acts)


def _named(reading: Reading) -> bool:
    """No act was recognised, yet the post about a named group reads as alarming."""
    return not reading.acts and reading.target is not None


def helps(reading: Reading) -> bool:
    """A call to relief work or the like, which only the trained part may take for hostile.

    "Help point for the families, open at six": it names a group, a place and an hour, and who reads
    it as a threat is likelier wrong than right. Plain hostility beside it counts as ever.
    """
    return Signal.CIVIC in reading.signals and Act.GATHERING in reading.acts


def mild(reading: Reading, options: SituationOptions) -> bool:
    """The trained part is sure that a call is harmless.

    One that names a group and threatens nobody is likelier its festival, its prayer or help for it
    than a call against it; one that names nobody may be a welcome with a double meaning, so there
    it has to be surer.
    """
    if reading.alarm is None:
        return False
    if helps(reading):
        return True
    return reading.alarm < (options.mild_alarm if reading.target is None else options.mild_named)


def stern(reading: Reading, options: SituationOptions) -> bool:
    """A call that is not hostile by itself and reads as anything but harmless."""
    return reading.alarm is not None and reading.alarm >= options.stern_alarm and not helps(reading)


def supports(reading: Reading) -> bool:
    """It asserts an allegation or dehumanises, about a named group."""
    return (
        reading.frame is Frame.ASSERTED
        and reading.target is not None
        and (Act.ALLEGATION in reading.acts or Act.DEHUMANISATION in reading.acts)
    )


def places(reading: Reading, options: SituationOptions) -> tuple[PlaceMention, ...]:
    """Where a post's hostility points: where to gather, else what it speaks of; never an origin."""
    sure = _sure(reading, options)
    gather = [place for place in sure if place.role is Role.GATHER_AT]
    spoken_of = [place for place in sure if place.role in _SPOKEN_OF]
    return _one_per_place(gather or spoken_of or [p for p in sure if _driven_from(p, reading)])


def _sure(reading: Reading, options: SituationOptions) -> list[PlaceMention]:
    """A country or a region is too wide to warn for."""
    return [p for p in reading.places if p.p >= options.min_place_p and not p.is_area]


def _driven_from(place: PlaceMention, reading: Reading) -> bool:
    """ "Drive them out of the town": the town is no origin but where it is to happen."""
    if place.role is not Role.ORIGIN or place.span is None:
        return False
    starts = [span.start for span in reading.spans if span.kind == Act.EXPULSION.value]
    return any(0 <= place.span.start - start <= _EXPULSION_REACH for start in starts)


def event_places(reading: Reading, options: SituationOptions) -> tuple[PlaceMention, ...]:
    """Where a reported event happened: said so, else what else the post speaks of."""
    sure = _sure(reading, options)
    happened = [place for place in sure if place.role is Role.HAPPENED_AT]
    return _one_per_place(happened or [p for p in sure if p.role is not Role.ORIGIN])


def _one_per_place(found: Iterable[PlaceMention]) -> tuple[PlaceMention, ...]:
    best: dict[str, PlaceMention] = {}
    for place in found:
        held = best.get(place.place_id)
        if held is None or _rank(place) > _rank(held):
            best[place.place_id] = replace(place, span=None)
    return tuple(best.values())


def _rank(place: PlaceMention) -> tuple[bool, float]:
    return (place.venue is not None, place.p)


def calls(reading: Reading, at: datetime, options: SituationOptions) -> tuple[GatheringCall, ...]:
    """Open calls to gather in an asserted post; see ``gatherings``."""
    if Act.GATHERING not in reading.acts or reading.frame is not Frame.ASSERTED:
        return ()
    return gatherings(reading, at, options)


def gatherings(
    reading: Reading, at: datetime, options: SituationOptions
) -> tuple[GatheringCall, ...]:
    """Gatherings in a post, whatever its frame, whose time has not passed at ``at``.

    One per place, with the soonest, most exact time. A post that names no place at all gives
    one without; it may continue a call that does.
    """
    named = reading.calls or (GatheringCall(None, reading.event_time),)
    found: dict[str | None, GatheringCall] = {}
    for call in named:
        for place in _places_of_call(call, reading, options):
            open_call = GatheringCall(place, _time_of_call(call, reading))
            name = place.place_id if place is not None else None
            held = found.get(name)
            if not _over(open_call, at, options) and (held is None or _sooner(open_call, held)):
                found[name] = open_call
    if len(found) > 1:
        found.pop(None, None)
    return tuple(found.values())


def _places_of_call(
    call: GatheringCall, reading: Reading, options: SituationOptions
) -> tuple[PlaceMention | None, ...]:
    own = call.place
    if own is None or own.is_area:
        return places(reading, options) or (None,)
    if own.role is Role.ORIGIN or own.p < options.min_place_p:
        return ()
    return (replace(own, span=None),)


def _time_of_call(call: GatheringCall, reading: Reading) -> EventTime | None:
    """Its own time, else the post's, unless that one speaks of the past."""
    time = call.time
    if time is None and reading.event_time is not None and not reading.event_time.past:
        time = reading.event_time
    return None if time is None else replace(time, span=None)


def _over(call: GatheringCall, at: datetime, options: SituationOptions) -> bool:
    if call.time is None:
        return False
    return call.time.past or options.open_until(call, at) <= at


def _sooner(call: GatheringCall, held: GatheringCall) -> bool:
    if call.time is None or held.time is None:
        return call.time is not None
    return (call.time.start, _EXACTNESS[call.time.granularity]) < (
        held.time.start,
        _EXACTNESS[held.time.granularity],
    )
