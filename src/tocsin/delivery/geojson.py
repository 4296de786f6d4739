"""Warnings as GeoJSON (RFC 7946): points at the precision a recipient is cleared for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from tocsin.delivery.cap import where
from tocsin.delivery.language import Phrases
from tocsin.delivery.tables import rows_of
from tocsin.delivery.wording import Occasion
from tocsin.model import Recipient

_ON_THE_MAP = frozenset({"latitude", "longitude"})


def feature_collection(
    occasions: Iterable[Occasion], recipient: Recipient, phrases: Phrases, *, drill: bool = False
) -> bytes:
    """One feature for each action; ``radius_km`` says how far around the point it may be."""
    features = [_feature(one, recipient, phrases, drill=drill) for one in occasions]
    return orjson.dumps({"type": "FeatureCollection", "features": features})


def _feature(
    occasion: Occasion, recipient: Recipient, phrases: Phrases, *, drill: bool
) -> dict[str, Any]:
    latitude, longitude, _, digits = where(occasion, recipient)
    row = rows_of([occasion], recipient, phrases, drill=drill)[0]
    point = [round(longitude, digits), round(latitude, digits)]
    return {
        "type": "Feature",
        "id": f"{occasion.action.id}-{occasion.number}",
        "geometry": {"type": "Point", "coordinates": point},
        "properties": {name: value for name, value in row.items() if name not in _ON_THE_MAP},
    }
