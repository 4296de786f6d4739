"""The gazetteer of a project: the world's places and the project's own."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

from tocsin.engines.project import Project
from tocsin.model import Place
from tocsin.reading import AddedPlace, Gazetteer, read_added
from tocsin.settings import PLACES_NAME


def atlas_of(desk: Project) -> Gazetteer:
    """The gazetteer with the project's own places; opened again only where those have changed.

    Raises:
        EnvironmentFailed: its file is not there and cannot be built.
        UsageError: the project's own file of places is wrong.
    """
    path = desk.folder / PLACES_NAME
    if not path.is_file():
        return _world()
    stat = path.stat()
    return _with_own(str(path), stat.st_mtime_ns, stat.st_size)


def own_places(desk: Project) -> tuple[AddedPlace, ...]:
    """Places that the project added, in the file's order."""
    path = desk.folder / PLACES_NAME
    return tuple(read_added([path])) if path.is_file() else ()


def place_form(place: Place) -> dict[str, Any]:
    """A place as ``tocsin places search --json`` prints it; degrees to four digits."""
    return {
        "id": place.id,
        "name": place.name,
        "kind": str(place.kind),
        "country": place.country,
        "population": place.population,
        "lat": round(place.latitude, 4),
        "lon": round(place.longitude, 4),
        "time_zone": place.time_zone,
    }


@cache
def _world() -> Gazetteer:
    return Gazetteer.load()


@lru_cache(2)
def _with_own(path: str, changed: int, size: int) -> Gazetteer:
    from pathlib import Path

    del changed, size
    return _world().with_added(tuple(read_added([Path(path)])))
