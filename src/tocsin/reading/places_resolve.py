"""Which of several places of one name is meant.

Each candidate is weighed by its inhabitants, by how near it is to the channel's home and to
other places of the post, by regions the post names, and by the language; the winner's share of
all weights is the probability of the resolution. Figures are judgements.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tocsin.model.place import Place
from tocsin.reading.gazetteer import Gazetteer, distance_km
from tocsin.reading.places_pack import Region

BASE_INHABITANTS = 1000
FORMER_NAME = 0.1
HOME_COUNTRY, HOME_AREA, HOME_KM = 8.0, 40.0, 150.0
TOGETHER_COUNTRY, TOGETHER_AREA, TOGETHER_KM = 3.0, 10.0, 200.0
IN_REGION, IN_COUNTRY = 300.0, 60.0

RUSSIAN_SPACE = "BY KZ UA KG UZ TJ TM AM AZ GE MD LV EE LT"
ENGLISH_SPACE = "US GB CA AU IE NZ"
_RUSSIAN_SPACE = frozenset(RUSSIAN_SPACE.split())
_ENGLISH_SPACE = frozenset(ENGLISH_SPACE.split())


@dataclass(frozen=True, slots=True)
class Context:
    """What a post says about where it speaks of.

    Args:
        home: the channel's home place, if known.
        regions: regions and countries the post names.
        anchors: places of the post that admit no doubt.
    """

    lang: str
    home: Place | None = None
    regions: tuple[Region, ...] = ()
    anchors: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Resolved:
    """The likeliest candidate: index in the gazetteer, and its share of the weights."""

    index: int
    share: float


def resolve(
    gazetteer: Gazetteer, entries: Sequence[int], context: Context, beside: Region | None
) -> Resolved:
    """The likeliest of ``entries`` (at least one); ``beside``: a region right after the name."""
    weights: dict[int, float] = {}
    for entry in entries:
        index = entry >> 1
        weight = _weight(gazetteer, index, context) * (1.0 if entry & 1 else FORMER_NAME)
        if beside is not None:
            weight *= region_factor(gazetteer, index, beside)
        weights[index] = max(weight, weights.get(index, 0.0))
    best = max(weights, key=lambda index: (weights[index], -gazetteer.ids[index]))
    return Resolved(best, weights[best] / sum(weights.values()))


def region_factor(gazetteer: Gazetteer, index: int, region: Region) -> float:
    """How much a named region or country speaks for a candidate."""
    if not region.country or gazetteer.countries[index] != region.country:
        return 1.0
    if not region.admin:
        return IN_COUNTRY
    return IN_REGION if gazetteer.admin[index] == region.admin else 1.0


def _weight(gazetteer: Gazetteer, index: int, context: Context) -> float:
    weight = float(gazetteer.populations[index] + BASE_INHABITANTS)
    country = gazetteer.countries[index]
    weight *= _language_factor(country, context.lang)
    if context.home is None and not context.anchors and not context.regions:
        return weight
    place = gazetteer.place_at(index)
    if context.home is not None:
        if distance_km(place, context.home) <= HOME_KM:
            weight *= HOME_AREA
        elif country == context.home.country:
            weight *= HOME_COUNTRY
    named = max((region_factor(gazetteer, index, r) for r in context.regions), default=1.0)
    weight *= math.sqrt(named)
    return weight * _together(place, context.anchors)


def _together(place: Place, anchors: Iterable[Place]) -> float:
    factor = 1.0
    for anchor in anchors:
        if anchor.id == place.id:
            continue
        if distance_km(place, anchor) <= TOGETHER_KM:
            return TOGETHER_AREA
        if anchor.country == place.country:
            factor = TOGETHER_COUNTRY
    return factor


def _language_factor(country: str, lang: str) -> float:
    if lang == "ru":
        return 5.0 if country == "RU" else 2.0 if country in _RUSSIAN_SPACE else 1.0
    if lang == "en":
        return 1.5 if country in _ENGLISH_SPACE else 1.0
    return 1.0
