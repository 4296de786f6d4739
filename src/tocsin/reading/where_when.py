"""Where and when: places with their roles, the time of the event, and the calls to gather."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tocsin.model.place import Place
from tocsin.model.post import ChannelProfile, Enriched
from tocsin.model.reading import EventTime, GatheringCall, PlaceMention, Role, Span
from tocsin.reading import calls_doubt, times_confidence, times_find, times_pack
from tocsin.reading.calls import Timed, assign_roles, choose_deadline, choose_time, make_calls
from tocsin.reading.calls_doubt import settled, told_times, zoned
from tocsin.reading.gazetteer import Gazetteer
from tocsin.reading.hints import CueHints
from tocsin.reading.places import Explained, Found, PlaceFinder
from tocsin.reading.places_commonness import Commonness
from tocsin.reading.places_meant import Resolver
from tocsin.reading.places_names import Names
from tocsin.reading.places_pack import PlaceWords
from tocsin.reading.places_roles import Seen, look_at_roles
from tocsin.reading.places_spots import Spot, make_spots, shared_spot
from tocsin.reading.places_weights import PlaceWeights
from tocsin.reading.places_words import Words
from tocsin.reading.times import TimeCue
from tocsin.reading.times_calendar import Moment, place_on_calendar
from tocsin.reading.venues import Venues, VenueWord

MAX_PLACES = 40
"""Mentions beyond this many are left out (a list of towns, not a post about one)."""

FIRM_PLACE = 0.8
"""A place at least this sure gives the zone of the hour against the channel's own."""


@lru_cache(maxsize=512)
def _zone(name: str) -> ZoneInfo:
    """The zone of this IANA name; UTC where there is none (profiles are written by hand)."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class WhereWhenResult:
    """What a post says of places and times, each in text order.

    Args:
        places: mentions sure enough to be reported.
        event_time: the first future time bound to a gathering, else the first time.
        deadline: the first end of a term that is still to come.
        calls: one per place to gather at; a call without a place where none is named.
    """

    places: tuple[PlaceMention, ...] = ()
    event_time: EventTime | None = None
    deadline: EventTime | None = None
    calls: tuple[GatheringCall, ...] = ()


class WhereWhen:
    """Finds places and times; the same post, profile and hints always give the same result."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer
        self._pack = PlaceWords.load(gazetteer)
        self._weights = PlaceWeights.load()
        resolver = Resolver(gazetteer, self._weights.prior, self._weights.context)
        trained = self._weights.filter, resolver
        self._places = PlaceFinder(gazetteer, Names(gazetteer, self._pack), trained)
        self._venues = Venues(self._pack)
        self._homes: dict[str, Place | None] = {}

    @classmethod
    def build(cls, gazetteer: Gazetteer | None = None) -> WhereWhen:
        """Ready to use; loads the gazetteer where none is given (about two seconds)."""
        return cls(gazetteer if gazetteer is not None else Gazetteer.load())

    def versions(self) -> Mapping[str, str]:
        """Name → version or digest of the gazetteer and of every pack."""
        packs = {
            **self._pack.digests, **self._venues.digests, **times_pack.versions(),
            **calls_doubt.versions(),
        }  # fmt: skip
        trained = {
            "places": self._weights.digest, "place_words": Commonness.load().digest,
            "time_confidence": times_confidence.digest(),
        }  # fmt: skip
        return {"gazetteer": self._gazetteer.source, **trained, **dict(sorted(packs.items()))}

    def named(self, text: str, lang: str) -> list[tuple[int, int]]:
        """Spans of characters that name a place, whichever it is."""
        return self._places.named(Words(text), lang, self._venues.of(lang).is_venue)

    def explain(self, text: str, lang: str, home: str = "") -> list[Explained]:
        """What the text spells, whether a place is meant by it, and which it could be."""
        at = self._gazetteer.resolve_home(home) if home else None
        return self._places.explain(Words(text), lang, at, self._venues.of(lang).is_venue)

    def resolve(self, spans: Sequence[tuple[int, int]], text: str, lang: str) -> list[Place | None]:
        """What spans of characters mean, where each is known to be a place's name."""
        return self._places.given(Words(text, whole=True), spans, lang, None)

    def find(
        self, enriched: Enriched, profile: ChannelProfile | None, hints: CueHints
    ) -> WhereWhenResult:
        """Places, time and calls of one post."""
        words = Words(enriched.text)
        home = self.home(profile)
        told = times_find.find_all_times(words, enriched.lang)
        cues = [cue for cue in told if not cue.deadline]
        spots = self.spots(words, enriched, home, (*cues, *hints.group_spans))
        roles = self._roles(words, spots, enriched, (cues, hints)) if spots else []
        told = zoned(words, spots, told) if spots else told
        cues = [cue for cue in told if not cue.deadline]
        mentions = tuple(
            spot.mention(self._gazetteer, role) for spot, role in zip(spots, roles, strict=True)
        )
        placed = _placer(words, enriched, told, _where(mentions, home))
        timed = _timed(told, placed, _zone_of(mentions, profile, home))
        events = [one for one in timed if not one.cue.deadline]
        event = choose_time(words, events, hints, enriched.post.posted_at)
        deadline = choose_deadline(timed, enriched.post.posted_at)
        calls = make_calls(words, mentions, (event, cues), hints, placed)
        return WhereWhenResult(mentions, event, deadline, calls)

    def _roles(
        self,
        words: Words,
        spots: Sequence[Spot],
        enriched: Enriched,
        told: tuple[Sequence[TimeCue], CueHints],
    ) -> list[Role]:
        """A role for each spot; that of a shared location is a matter of rules."""
        seen = self.look_at_roles(words, spots, enriched, told)
        roles = [
            rule if spot.cue == "shared" else role
            for spot, role, rule in zip(
                spots, self._weights.roles.roles(seen, enriched.vector), seen.rules, strict=True
            )
        ]
        if Role.GATHER_AT not in roles:
            return roles
        return settled(words, spots, roles, enriched.lang, told_times(words, enriched, told[0]))

    def look_at_roles(
        self,
        words: Words,
        spots: Sequence[Spot],
        enriched: Enriched,
        told: tuple[Sequence[TimeCue], CueHints],
    ) -> Seen:
        """What decides the roles of the places of a post; training uses it as it is."""
        cues, hints = told
        lang = enriched.lang
        past = [times_find.tells_of_past(words, *words.bounds(spot.start), lang) for spot in spots]
        rules = assign_roles(words, spots, cues, hints, past)
        has_vector = enriched.vector is not None
        return look_at_roles(words, spots, (rules, cues, hints), (lang, has_vector, past))

    def home(self, profile: ChannelProfile | None) -> Place | None:
        """The channel's home place, where it is told and known."""
        if profile is None or not profile.home_place:
            return None
        text = profile.home_place
        if text not in self._homes:
            self._homes[text] = self._gazetteer.resolve_home(text)
        return self._homes[text]

    def spots(
        self,
        words: Words,
        enriched: Enriched,
        home: Place | None,
        others: Sequence[TimeCue | Span],
    ) -> list[Spot]:
        """Places and venues of a post, in text order.

        Args:
            others: times and names of groups; what lies within one is no place.
        """
        finder = self._venues.of(enriched.lang)
        found = self._places.find(words, enriched.lang, home, finder.is_venue)
        apart = [place for place in found if not _within(place, others)]
        venues = [venue for venue in finder.find(words) if not _overlaps(venue, apart)]
        spots = make_spots(words, apart, venues, home)[:MAX_PLACES]
        shared = enriched.post.venue
        if shared is not None:
            spot = shared_spot(self._gazetteer, shared.latitude, shared.longitude)
            if spot is not None:
                spots.append(spot)
        return spots


def _placer(
    words: Words,
    enriched: Enriched,
    cues: Sequence[TimeCue],
    where: tuple[float, float] | None,
) -> Callable[[TimeCue, str], EventTime | None]:
    """Puts a cue on the calendar of a zone."""

    def placed(cue: TimeCue, zone: str) -> EventTime | None:
        past = times_find.told_as_past(words, cue, cues, enriched.lang)
        moment = Moment(enriched.post.posted_at, _zone(zone), where)
        return place_on_calendar(cue, moment, past)

    return placed


def _timed(
    cues: Sequence[TimeCue], placed: Callable[[TimeCue, str], EventTime | None], zone: str
) -> list[Timed]:
    """The cues that have a place on the calendar."""
    found = ((cue, placed(cue, zone)) for cue in cues)
    return [Timed(cue, event) for cue, event in found if event is not None]


def _where(mentions: Sequence[PlaceMention], home: Place | None) -> tuple[float, float] | None:
    """Where the sun is looked at: the place people are called to, else the channel's home."""
    for mention in mentions:
        if mention.role is Role.GATHER_AT and not mention.is_area:
            return mention.latitude, mention.longitude
    return None if home is None else (home.latitude, home.longitude)


def _within(place: Found, others: Sequence[TimeCue | Span]) -> bool:
    """Part of a time ("19:00 MSK" names a zone, not Moscow) or of a group's name."""
    return any(other.start <= place.start and place.end <= other.end for other in others)


def _overlaps(venue: VenueWord, places: Sequence[Found]) -> bool:
    """Part of a place's name ("Naberezhnye Chelny" has no embankment)."""
    return any(place.start <= venue.start and venue.end <= place.end for place in places)


def _zone_of(
    mentions: Sequence[PlaceMention], profile: ChannelProfile | None, home: Place | None
) -> str:
    """The place people are called to, else the channel, its home, any place named, else UTC.

    Where the channel's zone is known, a place that may be another one does not move the clock.
    """
    known = home is not None or (profile is not None and bool(profile.time_zone))
    for mention in mentions:
        if mention.role is Role.GATHER_AT and (mention.p >= FIRM_PLACE or not known):
            return mention.time_zone
    if profile is not None and profile.time_zone:
        return profile.time_zone
    if home is not None:
        return home.time_zone
    named = [m for m in mentions if m.role is not Role.ORIGIN]
    return named[0].time_zone if named else "UTC"
