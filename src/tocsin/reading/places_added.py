"""Places of a desk's own: a YAML file, a list of entries.

- name: Old market
  lat: 42.98
  lon: 47.50
  country: RU
  aliases: [Старый рынок, старый базар]   # optional
  zone: Europe/Moscow                      # optional, else UTC
  kind: city                               # optional: city, district
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import yaml

from tocsin.errors import UsageError
from tocsin.model.place import PlaceKind
from tocsin.reading.gazetteer_added import AddedPlace

KINDS = (PlaceKind.CITY, PlaceKind.DISTRICT)
_KEYS = frozenset({"name", "lat", "lon", "country", "aliases", "zone", "kind"})
_COUNTRY_LETTERS = 2


def read_added(paths: Iterable[Path]) -> tuple[AddedPlace, ...]:
    """The places of some files, in order.

    Raises:
        UsageError: a file cannot be read or an entry is wrong; names both and says what to do.
    """
    return tuple(place for path in paths for place in _read(path))


def checked(entry: Mapping[str, Any], where: str) -> AddedPlace:
    """An entry as a place.

    Raises:
        UsageError: something is missing or wrong; ``where`` names the entry.
    """
    unknown = sorted(set(entry) - _KEYS)
    if unknown:
        raise UsageError(f"{where}: no field {unknown[0]!r}; known: {', '.join(sorted(_KEYS))}")
    name, country = str(entry.get("name") or "").strip(), str(entry.get("country") or "").upper()
    if not name:
        raise UsageError(f"{where}: it has no name")
    if len(country) != _COUNTRY_LETTERS or not country.isalpha():
        raise UsageError(f"{where}: country must be a code of two letters, e.g. RU")
    zone, kind = str(entry.get("zone") or "UTC"), str(entry.get("kind") or PlaceKind.CITY)
    if zone not in available_timezones():
        raise UsageError(f"{where}: no time zone {zone!r}; write e.g. Europe/Moscow")
    if kind not in KINDS:
        raise UsageError(f"{where}: kind must be one of {', '.join(KINDS)}")
    return AddedPlace(
        name=name,
        latitude=_degrees(entry, "lat", 90.0, where),
        longitude=_degrees(entry, "lon", 180.0, where),
        country=country,
        aliases=tuple(str(alias) for alias in entry.get("aliases") or ()),
        zone=zone,
        kind=kind,
    )


def as_entry(place: AddedPlace) -> dict[str, Any]:
    """A place as the file has it."""
    return {
        "name": place.name,
        "lat": place.latitude,
        "lon": place.longitude,
        "country": place.country,
        "aliases": list(place.aliases),
        "zone": place.zone,
        "kind": str(place.kind),
    }


def write_added(path: Path, places: Iterable[AddedPlace]) -> None:
    """The whole file; it is replaced at once."""
    part = path.with_suffix(".part")
    text = yaml.safe_dump(
        [as_entry(place) for place in places], allow_unicode=True, sort_keys=False
    )
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def _read(path: Path) -> list[AddedPlace]:
    try:
        listed = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise UsageError(f"{path}: places cannot be read ({reason})") from None
    if not isinstance(listed or [], list) or not all(isinstance(e, dict) for e in listed or []):
        raise UsageError(f"{path}: it must be a list of entries; see tocsin places add --help")
    return [checked(entry, f"{path}, entry {n}") for n, entry in enumerate(listed or [], 1)]


def _degrees(entry: Mapping[str, Any], name: str, most: float, where: str) -> float:
    try:
        value = float(entry[name])
    except (KeyError, TypeError, ValueError):
        raise UsageError(f"{where}: {name} must be a number of degrees") from None
    if not -most <= value <= most:
        raise UsageError(f"{where}: {name} must lie between {-most:g} and {most:g}")
    return value
