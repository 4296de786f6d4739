"""Distance between two points."""

from __future__ import annotations

from collections.abc import Callable
from math import asin, cos, radians, sin, sqrt

from tocsin.model import PlaceMention

EARTH_RADIUS_KM = 6371.0088
"""Mean radius (IUGG)."""

Distance = Callable[[float, float, float, float], float]
"""(latitude, longitude, latitude, longitude) in degrees → kilometres."""


def haversine_km(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Great-circle distance in kilometres of two points in degrees (haversine formula)."""
    phi1, phi2 = radians(lat1), radians(lat2)
    half = sin((phi2 - phi1) / 2) ** 2
    half += cos(phi1) * cos(phi2) * sin(radians(lon2 - lon1) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * asin(min(1.0, sqrt(half)))


def apart(one: PlaceMention, other: PlaceMention, distance: Distance) -> float:
    """Kilometres between two mentioned places."""
    return distance(one.latitude, one.longitude, other.latitude, other.longitude)
