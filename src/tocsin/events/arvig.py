"""ARVIG: anti-refugee violence and social unrest in Germany (Benček and Strasheim 2016).

A row may name several categories, joined by "&"; the gravest one decides. "Suspicion" is what
nobody has proved, and counts as no violence.
"""

from __future__ import annotations

from datetime import timedelta

from tocsin.events.shape import DAY_HOURS, Shape, any_of, digest_id, known_at
from tocsin.events.unfit import Unfit
from tocsin.events.values import Fields, day, noon, position, words
from tocsin.model import MobEvent, Violence

NAME = "arvig"
_TARGET = "refugees"
"""Whom every event of this table was against."""

_CATEGORIES = {
    "assault": Violence.ASSAULT,
    "tätlicher übergriff/körperverletzung": Violence.ASSAULT,
    "arson": Violence.ARSON,
    "brandanschlag": Violence.ARSON,
    "miscellaneous attack": Violence.CLANDESTINE,
    "sonstige angriffe": Violence.CLANDESTINE,
    "demonstration": Violence.PROTEST,
    "kundgebung/demo": Violence.PROTEST,
    "suspicion": Violence.OTHER,
    "verdachtsfall": Violence.OTHER,
    "other": Violence.OTHER,
    "sonstige": Violence.OTHER,
}
"""Stones, paint and fireworks at night are the bulk of "miscellaneous attack"."""

_GRAVEST_FIRST = (
    Violence.ASSAULT,
    Violence.ARSON,
    Violence.CLANDESTINE,
    Violence.PROTEST,
    Violence.OTHER,
)


def violence_of(category: str) -> Violence:
    """The gravest of the categories that are named, in English or German.

    Raises:
        Unfit: one of them is not ARVIG's.
    """
    found = [_CATEGORIES.get(part.strip().lower()) for part in category.split("&")]
    if None in found:
        raise Unfit("a category that ARVIG does not have", "correct it")
    return next(violence for violence in _GRAVEST_FIRST if violence in found)


def _make(fields: Fields, lag: timedelta) -> MobEvent:
    latitude, longitude = position(fields)
    event_time = noon(day(fields.need("date")))
    category = fields.first("category_en", "category_de")
    if category is None:
        raise Unfit("no category_en", "fill it in, or leave the row out")
    columns = ("date", "location", "latitude", "longitude", "category_de", "description")
    return MobEvent(
        id=digest_id(NAME, *(fields.get(column) for column in columns)),
        event_time=event_time,
        known_at=known_at(event_time, DAY_HOURS, None, lag),
        latitude=latitude,
        longitude=longitude,
        kind=words(category, "category_en") or "",
        precision_hours=DAY_HOURS,
        place=words(fields.get("location"), "location"),
        target=_TARGET,
        violence=violence_of(category),
        source=NAME,
    )


SHAPE = Shape(
    name=NAME,
    summary="ARVIG, Germany 2014 to 2017",
    needed=(
        any_of("date"),
        any_of("category_en", "category_de"),
        any_of("latitude"),
        any_of("longitude"),
    ),
    make=_make,
    counts_rows=True,
)
