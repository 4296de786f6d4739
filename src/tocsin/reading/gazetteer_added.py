"""Places that a user adds to the gazetteer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tocsin.model.place import PlaceKind
from tocsin.reading.gazetteer_names import fold, name_keys, split_keys


@dataclass(frozen=True, slots=True)
class AddedPlace:
    """A place the gazetteer lacks, or further names of one it has (then it is one more candidate).

    Args:
        country: ISO 3166-1 alpha-2.
        aliases: other names, in any script.
        zone: IANA name of the time zone.
        kind: what it is; a ``city`` is found by position as well.
    """

    name: str
    latitude: float
    longitude: float
    country: str
    aliases: tuple[str, ...] = ()
    zone: str = "UTC"
    kind: str = PlaceKind.CITY


def added_ids(places: Sequence[AddedPlace], taken: Iterable[str]) -> list[str]:
    """``added:slug`` of each place; a number follows where another has the slug."""
    seen = set(taken)
    found = []
    for place in places:
        slug = re.sub(r"[^\w]+", "-", fold(place.name)).strip("-") or "place"
        number, unique = 1, f"added:{slug}"
        while unique in seen:
            number += 1
            unique = f"added:{slug}-{number}"
        seen.add(unique)
        found.append(unique)
    return found


def added_keys(place: AddedPlace) -> list[str]:
    """Name keys of a place and its aliases."""
    names = (place.name, *place.aliases)
    return [key for name in names for key in (*name_keys(name), *split_keys(name))]
