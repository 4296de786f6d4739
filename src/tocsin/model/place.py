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


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the gazetteer.

    Args:
        id: ``geonames:NNN`` or ``airport:IATA``.
        latitude: degrees north (WGS84).
        longitude: degrees east.
        country: ISO 3166-1 alpha-2.
        population: inhabitants; 0 where it does not apply.
        time_zone: IANA name.
        kind: ``city`` or ``airport``.
    """

    id: str
    name: str
    latitude: float
    longitude: float
    country: str
    population: int
    time_zone: str
    kind: str = "city"
