"""When the sun makes a prayer begin or Shabbat fall, by coordinates alone; nothing is looked up.

Fajr and Isha begin with the sun 18° and 17° below the horizon (Muslim World League), Dhuhr as it
passes the meridian, Asr with a shadow one length longer than at noon, Maghrib at sunset; Shabbat
begins 18 minutes before sunset and ends 40 minutes after it. The position of the sun is good to
about a minute, which is finer than any post means.
"""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

_HORIZON = -0.833
"""Degrees of the sun's middle at sunrise and sunset: its radius and the bending of light."""

_SHADOW = 1.0
_DEPRESSIONS = {"fajr": -18.0, "isha": -17.0, "maghrib": _HORIZON, "sunrise": _HORIZON}
_BESIDE_SUNSET = {"candles": -18, "havdalah": 40}
"""Minutes from sunset."""

_MORNING = frozenset({"fajr", "sunrise"})


def sun_minute(name: str, day: date, where: tuple[float, float], zone: ZoneInfo) -> int | None:
    """Local minutes after midnight; None where the sun does not come so far that day.

    Args:
        name: ``fajr``, ``sunrise``, ``dhuhr``, ``asr``, ``maghrib``, ``isha``, ``candles``
            (Shabbat begins) or ``havdalah`` (it ends).
        where: latitude and longitude in degrees.
    """
    latitude, longitude = where
    declination, noon = _sun(day, longitude)
    hours: float | None = 0.0
    if name != "dhuhr":
        height = _asr_height(latitude, declination) if name == "asr" else _height(name)
        hours = _hours_from_noon(latitude, declination, height)
    if hours is None:
        return None
    minutes = noon + (-60 if name in _MORNING else 60) * hours + _BESIDE_SUNSET.get(name, 0)
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=minutes)
    local = moment.astimezone(zone)
    whole = (local.date() - day).days * 24 * 60 + local.hour * 60 + local.minute
    return whole if 0 <= whole < 2 * 24 * 60 else None


def _height(name: str) -> float:
    return _DEPRESSIONS.get(name, _HORIZON)


def _sun(day: date, longitude: float) -> tuple[float, float]:
    """Declination in degrees, and minutes of UTC at which the sun passes the meridian."""
    days = (day - date(2000, 1, 1)).days - longitude / 360.0
    anomaly = math.radians((357.529 + 0.98560028 * days) % 360)
    mean = (280.459 + 0.98564736 * days) % 360
    ecliptic = math.radians(mean + 1.915 * math.sin(anomaly) + 0.020 * math.sin(2 * anomaly))
    tilt = math.radians(23.439 - 0.00000036 * days)
    declination = math.degrees(math.asin(math.sin(tilt) * math.sin(ecliptic)))
    ascension = math.degrees(math.atan2(math.cos(tilt) * math.sin(ecliptic), math.cos(ecliptic)))
    ahead = (mean - ascension + 180) % 360 - 180  # degrees; four minutes each
    return declination, 12 * 60 - 4 * longitude - 4 * ahead


def _asr_height(latitude: float, declination: float) -> float:
    noon_shadow = math.tan(math.radians(abs(latitude - declination)))
    return math.degrees(math.atan(1 / (_SHADOW + noon_shadow)))


def _hours_from_noon(latitude: float, declination: float, height: float) -> float | None:
    north, tilt = math.radians(latitude), math.radians(declination)
    cosine = (math.sin(math.radians(height)) - math.sin(north) * math.sin(tilt)) / (
        math.cos(north) * math.cos(tilt)
    )
    return math.degrees(math.acos(cosine)) / 15 if -1 <= cosine <= 1 else None
