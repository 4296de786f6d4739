"""Places on the map."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class VenueClass(StrEnum):
    """What kind of spot inside a place a post names."""

    AIRPORT = "airport"
    STATION = "station"
    SQUARE = "square"
    MOSQUE = "mosque"
    SYNAGOGUE = "synagogue"
    CHURCH = "church"
    TEMPLE = "temple"
    HOTEL = "hotel"
    HOSTEL = "hostel"
    COURT = "court"
    TOWN_HALL = "town_hall"
    POLICE = "police"
    MARKET = "market"
    UNIVERSITY = "university"
    SCHOOL = "school"
    REFUGEE_CENTRE = "refugee_centre"
    STREET = "street"


class PlaceKind(StrEnum):
    """What an entry of the gazetteer is."""

    CITY = "city"
    AIRPORT = "airport"
    COUNTRY = "country"
    REGION = "region"
    DISTRICT = "district"
    CONTINENT = "continent"

    @property
    def is_area(self) -> bool:
        """Too wide to gather in or to warn for."""
        return self in {PlaceKind.COUNTRY, PlaceKind.REGION, PlaceKind.CONTINENT}


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the gazetteer.

    Args:
        id: ``geonames:NNN``, ``airport:IATA``, ``country:RU``, ``region:RU.17``,
            ``district:RU.17.500315``, ``continent:EU`` or ``added:NAME``.
        latitude: degrees north (WGS84).
        longitude: degrees east.
        country: ISO 3166-1 alpha-2.
        population: inhabitants; 0 where it does not apply.
        time_zone: IANA name.
        kind: a ``PlaceKind``; the position of an area is its middle.
    """

    id: str
    name: str
    latitude: float
    longitude: float
    country: str
    population: int
    time_zone: str
    kind: str = "city"
