"""Where and when: places with their roles, the time of the event, and the calls to gather."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tocsin.model.place import Place
from tocsin.model.post import ChannelProfile, Enriched
from tocsin.model.reading import EventTime, GatheringCall, PlaceMention, Role
from tocsin.reading import times_find
from tocsin.reading.calls import Timed, assign_roles, choose_time, make_calls
from tocsin.reading.gazetteer import Gazetteer
from tocsin.reading.hints import CueHints
from tocsin.reading.places import Found, PlaceFinder
from tocsin.reading.places_pack import PlaceWords
from tocsin.reading.places_spots import Spot, make_spots, shared_spot
from tocsin.reading.places_words import Words
from tocsin.reading.times import Moment, TimeCue, place_on_calendar
from tocsin.reading.venues import VenueFinder, VenueWord

MAX_PLACES = 40
"""Mentions beyond this many are left out (a list of towns, not a post about one)."""


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
        places: mentions resolved with p of at least .5.
        event_time: the first future time bound to a gathering, else the first time.
        calls: one per place to gather at; a call without a place where none is named.
    """

    places: tuple[PlaceMention, ...] = ()
    event_time: EventTime | None = None
    calls: tuple[GatheringCall, ...] = ()


class WhereWhen:
    """Finds places and times; the same post, profile and hints always give the same result."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer
        self._pack = PlaceWords.load(gazetteer)
        self._places = PlaceFinder(gazetteer, self._pack)
        self._venues = VenueFinder()
        self._homes: dict[str, Place | None] = {}

    @classmethod
    def build(cls, gazetteer: Gazetteer | None = None) -> WhereWhen:
        """Ready to use; loads the gazetteer where none is given (about two seconds)."""
        return cls(gazetteer if gazetteer is not None else Gazetteer.load())

    def versions(self) -> Mapping[str, str]:
        """Name → version or digest of the gazetteer and of every pack."""
        packs = {**self._pack.digests, **self._venues.digests, **times_find.versions()}
        return {"gazetteer": self._gazetteer.source, **dict(sorted(packs.items()))}

    def find(
        self, enriched: Enriched, profile: ChannelProfile | None, hints: CueHints
    ) -> WhereWhenResult:
        """Places, time and calls of one post."""
        words = Words(enriched.text)
        home = self._home(profile)
        cues = times_find.find_times(words, enriched.lang)
        spots = self._spots(words, enriched, home, cues)
        roles = assign_roles(words, spots, cues, hints)
        mentions = tuple(
            spot.mention(self._gazetteer, role) for spot, role in zip(spots, roles, strict=True)
        )
        event = self._event(words, cues, hints, (enriched, _zone_of(mentions, profile, home)))
        calls = make_calls(words, mentions, (event, cues), hints, self._placer(words, enriched))
        return WhereWhenResult(mentions, event, calls)

    def _home(self, profile: ChannelProfile | None) -> Place | None:
        if profile is None or not profile.home_place:
            return None
        text = profile.home_place
        if text not in self._homes:
            self._homes[text] = self._gazetteer.resolve_home(text)
        return self._homes[text]

    def _spots(
        self, words: Words, enriched: Enriched, home: Place | None, cues: Sequence[TimeCue]
    ) -> list[Spot]:
        found = self._places.find(words, enriched.lang, home, self._venues.is_venue)
        apart = [place for place in found if not _within(place, cues)]
        venues = [venue for venue in self._venues.find(words) if not _overlaps(venue, apart)]
        spots = make_spots(words, apart, venues, home)[:MAX_PLACES]
        shared = enriched.post.venue
        if shared is not None:
            spot = shared_spot(self._gazetteer, shared.latitude, shared.longitude)
            if spot is not None:
                spots.append(spot)
        return spots

    def _event(
        self,
        words: Words,
        cues: Sequence[TimeCue],
        hints: CueHints,
        where: tuple[Enriched, str],
    ) -> EventTime | None:
        enriched, zone = where
        placed = self._placer(words, enriched)
        timed = []
        for cue in cues:
            event = placed(cue, zone)
            if event is not None:
                timed.append(Timed(cue, event))
        return choose_time(words, timed, hints, enriched.post.posted_at)

    @staticmethod
    def _placer(words: Words, enriched: Enriched) -> Callable[[TimeCue, str], EventTime | None]:
        def placed(cue: TimeCue, zone: str) -> EventTime | None:
            start, end = words.bounds(cue.start)
            past = times_find.tells_of_past(words, start, end, enriched.lang)
            return place_on_calendar(cue, Moment(enriched.post.posted_at, _zone(zone)), past)

        return placed


def _within(place: Found, cues: Sequence[TimeCue]) -> bool:
    """Part of a time ("19:00 MSK" names a zone, not Moscow)."""
    return any(cue.start <= place.start and place.end <= cue.end for cue in cues)


def _overlaps(venue: VenueWord, places: Sequence[Found]) -> bool:
    """Part of a place's name ("Naberezhnye Chelny" has no embankment)."""
    return any(place.start <= venue.start and venue.end <= place.end for place in places)


def _zone_of(
    mentions: Sequence[PlaceMention], profile: ChannelProfile | None, home: Place | None
) -> str:
    """The place people are called to, else the channel, its home, any place named, else UTC."""
    for mention in mentions:
        if mention.role is Role.GATHER_AT:
            return mention.time_zone
    if profile is not None and profile.time_zone:
        return profile.time_zone
    if home is not None:
        return home.time_zone
    named = [m for m in mentions if m.role is not Role.ORIGIN]
    return named[0].time_zone if named else "UTC"
