"""Places: searched by name, and what is known of one."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from tocsin.console.facts import places as facts
from tocsin.console.forms import Cursor, Desk, Limit, Viewer, page_of
from tocsin.console.problems import responses

router = APIRouter(tags=["places"])
Json = dict[str, Any]
Name = Annotated[str, Query(max_length=100, description="In any language, case or spelling.")]


@router.get("/places", responses=responses())
def read_places(
    desk: Desk, caller: Viewer, name: Name = "", cursor: Cursor = "", limit: Limit = 100
) -> Json:
    """Places that were ever warned for, where a warning stands first; with a name: the gazetteer's
    places that may be called so.
    """
    del caller
    if name.strip():
        return {"items": facts.places_named(desk, name), "next": None}
    return page_of(facts.place_list(desk), cursor, limit, lambda row: str(row["place_id"]))


@router.get("/places.geojson", responses=responses())
def read_map(desk: Desk, caller: Viewer) -> Json:
    """Places that were ever warned for, as GeoJSON points."""
    del caller
    return facts.places_geojson(desk)


@router.get("/places/{place_id}", responses=responses(404))
def read_place(desk: Desk, caller: Viewer, place_id: str) -> Json:
    """One place: base rates, past events and warnings near it, signs that people saw there.

    `outlook` is null while it is being reckoned; ask again.
    """
    del caller
    return facts.place(desk, place_id)


@router.get("/places/{place_id}/around.geojson", responses=responses(404))
def read_around(desk: Desk, caller: Viewer, place_id: str) -> Json:
    """The place, and what stands and happened near it, as GeoJSON points."""
    del caller
    return facts.around_geojson(desk, place_id)
