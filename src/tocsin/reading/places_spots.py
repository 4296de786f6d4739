"""Spots: cities and the venues in them, put together from place names and venue words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tocsin.model.place import Place, PlaceKind, VenueClass
from tocsin.model.reading import PlaceMention, Role, Span
from tocsin.reading.gazetteer import Gazetteer
from tocsin.reading.places import Found
from tocsin.reading.places_words import Words
from tocsin.reading.spans import gap
from tocsin.reading.venues import VenueWord, venue_spot

HOME_P = 0.6
"""A venue without a place name is taken to be in the channel's home place."""

ELSEWHERE = 0.85
"""Factor for a venue whose place is named in another sentence."""

SHARED_P = 0.9
SHARED_KM = 25.0
_TOUCHING = 3
_SAME_SENTENCE_REACH = 160


@dataclass(frozen=True, slots=True)
class Spot:
    """A place as a post speaks of it, before its role is known.

    Args:
        preposition: ``at``, ``towards``, ``from`` or empty.
        cue: what the place rests on: ``gazetteer``, ``home`` or ``shared``.
        point: latitude and longitude shared as data, if any.
    """

    start: int
    end: int
    place: Place
    airport: Place | None
    p: float
    preposition: str
    venue: VenueClass | None = None
    cue: str = "gazetteer"
    point: tuple[float, float] | None = None

    @property
    def is_area(self) -> bool:
        """A country or a first-level region."""
        return PlaceKind(self.place.kind).is_area

    def mention(self, gazetteer: Gazetteer, role: Role) -> PlaceMention:
        """The spot as a Reading shows it."""
        city = self.place
        name, lat, lon = city.name, city.latitude, city.longitude
        if self.venue is not None:
            name, lat, lon = venue_spot(gazetteer, city, self.venue, self.airport)
        if self.point is not None:
            lat, lon = self.point
        return PlaceMention(
            place_id=city.id,
            name=name,
            latitude=lat,
            longitude=lon,
            role=role,
            p=round(self.p, 4),
            time_zone=city.time_zone,
            venue=self.venue,
            span=Span(self.start, self.end, "place", self.cue),
            kind=PlaceKind(city.kind),
        )


def make_spots(
    words: Words, found: Sequence[Found], venues: Sequence[VenueWord], home: Place | None
) -> list[Spot]:
    """Spots in text order: each venue with its city, each city that has no venue beside it."""
    spots: list[Spot] = []
    taken: set[int] = set()
    for venue in venues:
        at = _city_of(words, venue, found)
        if at is not None:
            near = words.sentence(found[at].start) == words.sentence(venue.start)
            spots.append(_in_city(venue, found[at], near))
            taken.update({at} if near else ())
        elif home is not None and venue.located and not found:
            spots.append(_at_home(venue, home))
    for at, city in enumerate(found):
        if at not in taken:
            kind = VenueClass.AIRPORT if city.airport is not None else None
            spots.append(
                Spot(city.start, city.end, city.place, city.airport, city.p, city.preposition, kind)
            )
    return sorted(_once(spots), key=lambda spot: (spot.start, spot.end))


def shared_spot(gazetteer: Gazetteer, lat: float, lon: float) -> Spot | None:
    """The city a shared location lies in or by; the spot keeps the shared point."""
    around = gazetteer.near(lat, lon, SHARED_KM)
    if not around:
        return None
    nearest = around[0]
    city = max(around[:20], key=lambda place: (place.population, place.id))
    # A town of its own keeps its name; a quarter gives way to its city.
    chosen = nearest if nearest.population >= city.population / 20 else city
    return Spot(0, 0, chosen, None, SHARED_P, "at", cue="shared", point=(lat, lon))


def _city_of(words: Words, venue: VenueWord, found: Sequence[Found]) -> int | None:
    """Index of the city a venue is in: beside it, in its sentence, else the only one named."""
    distances = [(gap(venue, city), at) for at, city in enumerate(found)]
    for distance, at in sorted(distances):
        if distance <= _TOUCHING:
            return at
        same = words.sentence(found[at].start) == words.sentence(venue.start)
        if same and distance <= _SAME_SENTENCE_REACH and found[at].preposition != "from":
            return at
    others = [at for at, city in enumerate(found) if city.preposition != "from"]
    cities = {found[at].place.id for at in others}
    return others[0] if len(cities) == 1 and venue.located else None


def _in_city(venue: VenueWord, city: Found, near: bool) -> Spot:
    preposition = venue.direction or city.preposition
    is_airport = venue.kind is VenueClass.AIRPORT
    return Spot(
        start=min(venue.start, city.start) if near else venue.start,
        end=max(venue.end, city.end) if near else venue.end,
        place=city.place,
        airport=city.airport if is_airport else None,
        p=city.p * (1.0 if near else ELSEWHERE),
        preposition=preposition,
        venue=venue.kind,
    )


def _at_home(venue: VenueWord, home: Place) -> Spot:
    return Spot(venue.start, venue.end, home, None, HOME_P, venue.direction, venue.kind, cue="home")


def _once(spots: Sequence[Spot]) -> list[Spot]:
    """One spot per city, venue and stretch of text; the likelier one stays."""
    kept: dict[tuple[str, VenueClass | None, int], Spot] = {}
    for spot in spots:
        key = (spot.place.id, spot.venue, spot.start)
        if key not in kept or kept[key].p < spot.p:
            kept[key] = replace(spot)
    return list(kept.values())
