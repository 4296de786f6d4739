"""The role each place plays, the time that counts, and the calls to gather."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from tocsin.model.reading import EventTime, GatheringCall, Granularity, PlaceMention, Role, Span
from tocsin.reading.hints import CueHints
from tocsin.reading.places_spots import Spot
from tocsin.reading.places_words import LINE_LEAD, Words
from tocsin.reading.spans import gap
from tocsin.reading.times import TimeCue

ORIGIN_REACH = 20
"""Characters after an origin cue within which a place is where somebody comes from."""

AFTERTHOUGHT = 15
"""Characters by which a cue after its place counts as farther than one before it."""

BOUND_REACH = 160
"""A time this near a gathering cue belongs to it, whatever sentence it stands in."""

FALLBACK_REACH = 400
"""A place this near a gathering cue may be its place though sentences lie between."""

_FINENESS = {
    Granularity.MINUTE: 0,
    Granularity.HOUR: 1,
    Granularity.DAY_PART: 2,
    Granularity.DAY: 3,
    Granularity.WEEK: 4,
}


@dataclass(frozen=True, slots=True)
class Timed:
    """A time cue and the interval it means in the zone that holds for the post."""

    cue: TimeCue
    event: EventTime


_OUTSKIRTS = re.compile(
    r"(?:выезд\w*|недалеко|неподал[её]ку|поодаль|километр\w*|км|верст\w*|exit|outskirts|miles|km)"
    r"\s+(?:из|от|from|of)\s+[\"«]?$",
    re.IGNORECASE,
)
"""Before a name, "from" means by the town and not where somebody comes from."""


def assign_roles(
    words: Words,
    spots: Sequence[Spot],
    cues: Sequence[TimeCue],
    hints: CueHints,
    past: Sequence[bool],
) -> list[Role]:
    """A role for each spot, in order.

    Args:
        past: whether the sentence of each spot is told of the past.
    """
    gathers = () if hints.calm else hints.gather_spans
    roles = [
        _role(words, spot, hints, (gathers, told)) for spot, told in zip(spots, past, strict=True)
    ]
    _mark_origins(words, spots, roles, hints.origin_spans)
    if gathers:
        _list_lines(words, spots, roles, cues)
    located = any(
        role is Role.GATHER_AT and (spot.preposition or spot.venue)
        for spot, role in zip(spots, roles, strict=True)
    )
    if located:
        # "Moscow, we meet in Khasavyurt": a bare name beside a located one is an address.
        for at, spot in enumerate(spots):
            bare = not spot.preposition and spot.venue is None
            if bare and roles[at] is Role.GATHER_AT and not _own_line(words, spot, hints):
                roles[at] = Role.MENTIONED
    elif gathers and Role.GATHER_AT not in roles:
        at_best = _fallback(spots, roles, gathers)
        if at_best is not None:
            roles[at_best] = Role.GATHER_AT
    return roles


def _list_lines(
    words: Words, spots: Sequence[Spot], roles: list[Role], cues: Sequence[TimeCue]
) -> None:
    """Lines such as "Derbent 21:00" in a post that calls people together."""
    lines = {words.sentence(cue.start) for cue in cues if cue.has_clock and not cue.past}
    for at, spot in enumerate(spots):
        opens = spot.start - words.bounds(spot.start)[0] <= LINE_LEAD
        if roles[at] is Role.MENTIONED and opens and words.sentence(spot.start) in lines:
            roles[at] = Role.GATHER_AT


def _role(words: Words, spot: Spot, hints: CueHints, known: tuple[Sequence[Span], bool]) -> Role:
    gathers, past = known
    if spot.cue == "shared":
        return Role.GATHER_AT if gathers else Role.MENTIONED
    if spot.preposition == "from" and not _OUTSKIRTS.search(words.text[: spot.start]):
        return Role.ORIGIN
    called = _nearest(words, spot, gathers)
    happened = _nearest(words, spot, hints.happened_spans)
    if called is not None and (happened is None or called <= happened):
        return Role.GATHER_AT
    if happened is not None:
        return Role.HAPPENED_AT
    if spot.preposition == "at" and past:
        return Role.HAPPENED_AT
    return Role.MENTIONED


def _mark_origins(
    words: Words, spots: Sequence[Spot], roles: list[Role], origins: Sequence[Span]
) -> None:
    """ "Flight Baku to Makhachkala": the first bare name after an origin cue, in its sentence."""
    for cue in origins:
        for at, spot in enumerate(spots):
            if 0 <= spot.start - cue.end <= ORIGIN_REACH:
                apart = words.sentence(spot.start) != words.sentence(cue.start)
                if not (apart or spot.preposition or spot.venue):
                    roles[at] = Role.ORIGIN
                break


def _nearest(words: Words, spot: Spot, cues: Sequence[Span]) -> int | None:
    """Characters to the nearest cue of the same sentence; None: there is none."""
    sentence = words.sentence(spot.start)
    return min(
        (_pull(spot, cue) for cue in cues if words.sentence(cue.start) == sentence), default=None
    )


def _pull(spot: Spot, cue: Span) -> int:
    """How near a cue is; one that stands after its place counts as farther away."""
    return gap(spot, cue) + (AFTERTHOUGHT if cue.start > spot.start else 0)


def _own_line(words: Words, spot: Spot, hints: CueHints) -> bool:
    """A list line of its own ("Khasavyurt: 19:00"), without a gathering word of another."""
    start, _ = words.bounds(spot.start)
    return spot.start - start <= LINE_LEAD and not any(
        c.start > spot.end for c in hints.gather_spans
    )


def _fallback(spots: Sequence[Spot], roles: Sequence[Role], gathers: Sequence[Span]) -> int | None:
    """The spot nearest to a gathering cue, where no sentence holds both."""
    options = [
        (min(gap(spot, cue) for cue in gathers), at)
        for at, (spot, role) in enumerate(zip(spots, roles, strict=True))
        if role is Role.MENTIONED
    ]
    distance, at = min(options, default=(FALLBACK_REACH + 1, -1))
    return at if distance <= FALLBACK_REACH else None


# -- times -------------------------------------------------------------------------------------


def choose_time(
    words: Words, timed: Sequence[Timed], hints: CueHints, posted_at: datetime
) -> EventTime | None:
    """The first future time bound to a gathering, else the time that is told most fully."""
    if hints.gather_spans and not hints.calm:
        ahead = [t for t in timed if not t.event.past and t.event.end > posted_at]
        firm = [t for t in ahead if not t.cue.weak]
        bound = [t for t in firm if is_bound(words, t.cue, hints.gather_spans)]
        now = [t for t in ahead if t.cue.weak and _is_meant(words, t.cue, hints)]
        for options in (bound, firm, now):
            if options:
                return _fullest(options)
    return _told(timed, posted_at)


def choose_deadline(timed: Sequence[Timed], posted_at: datetime) -> EventTime | None:
    """The first end of a term that is still to come."""
    ahead = (t.event for t in timed if t.cue.deadline and t.event.end > posted_at)
    return next(ahead, None)


def _is_meant(words: Words, cue: TimeCue, hints: CueHints) -> bool:
    """A common word ("now") is a time where its own sentence calls, and the reader agrees."""
    sentence = words.sentence(cue.start)
    here = any(words.sentence(span.start) == sentence for span in hints.gather_spans)
    return here and not hints.doubted


def _told(timed: Sequence[Timed], posted_at: datetime) -> EventTime | None:
    """The first time still ahead that names its day and hour, or its hour; else the first."""
    firm = [t for t in timed if not t.cue.weak]
    ahead = [t for t in firm if not t.event.past and t.event.end > posted_at]
    dated = [t for t in ahead if t.cue.has_clock and t.cue.has_day]
    for options in (dated, [t for t in ahead if t.cue.has_clock], ahead, firm):
        if options:
            return options[0].event
    return None


def is_bound(words: Words, cue: TimeCue, gathers: Sequence[Span]) -> bool:
    """The cue stands in a gathering's sentence, or near it."""
    sentence = words.sentence(cue.start)
    return any(
        words.sentence(span.start) == sentence or gap(cue, span) <= BOUND_REACH for span in gathers
    )


def _fullest(options: Sequence[Timed]) -> EventTime:
    """The first time that names both its day and its hour; where none does, the first."""
    full = [t for t in options if t.cue.has_clock and t.cue.has_day]
    return full[0].event if full else _finest_within(options)


def _finest_within(options: Sequence[Timed]) -> EventTime:
    """The first time; or a finer one that a later sentence gives for the same day."""
    first = options[0].event
    for other in options[1:]:
        event = other.event
        inside = first.start <= event.start and event.end <= first.end
        if inside and _FINENESS[event.granularity] < _FINENESS[first.granularity]:
            return event
    return first


# -- calls -------------------------------------------------------------------------------------


def make_calls(
    words: Words,
    mentions: Sequence[PlaceMention],
    chosen: tuple[EventTime | None, Sequence[TimeCue]],
    hints: CueHints,
    placed: Callable[[TimeCue, str], EventTime | None],
) -> tuple[GatheringCall, ...]:
    """One call per place to gather at; without one, a single call that names no place.

    Args:
        chosen: the post's time, and all its time cues.
        placed: puts a cue on the calendar of a zone.
    """
    if not hints.gather_spans or hints.calm:
        return ()
    event, cues = chosen
    ahead = None if event is None or event.past else event
    places = _distinct([m for m in mentions if m.role is Role.GATHER_AT])
    if not places:
        return (GatheringCall(None, ahead, hints.gather_spans[0]),)
    several = len({mention.place_id for mention in places}) > 1
    calls = []
    for mention in places:
        own = _own_time(words, mention, cues, placed) if several else None
        span = _span_of(mention, hints.gather_spans)
        calls.append(GatheringCall(mention, own or ahead, span))
    return tuple(calls)


def _distinct(mentions: Sequence[PlaceMention]) -> list[PlaceMention]:
    """One mention per place and venue; a bare city gives way to a venue in it."""
    best: dict[tuple[str, str], PlaceMention] = {}
    for mention in mentions:
        key = (mention.place_id, mention.venue or "")
        if key not in best or best[key].p < mention.p:
            best[key] = mention
    venues = {place for place, venue in best if venue}
    return [m for (place, venue), m in best.items() if venue or place not in venues]


def _own_time(
    words: Words,
    mention: PlaceMention,
    cues: Sequence[TimeCue],
    placed: Callable[[TimeCue, str], EventTime | None],
) -> EventTime | None:
    """The nearest time in the mention's own sentence or line, in the mention's zone."""
    assert mention.span is not None
    place = mention.span
    sentence = words.sentence(place.start)
    near = [
        (gap(cue, place), cue.start, cue)
        for cue in cues
        if words.sentence(cue.start) == sentence and not cue.weak
    ]
    for _, _, cue in sorted(near, key=lambda option: option[:2]):
        event = placed(cue, mention.time_zone)
        if event is not None and not event.past:
            return event
    return None


def _span_of(mention: PlaceMention, gathers: Sequence[Span]) -> Span:
    assert mention.span is not None
    at = mention.span.start
    return min(gathers, key=lambda span: (abs(span.start - at), span.start))
