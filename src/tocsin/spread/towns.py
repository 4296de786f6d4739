"""Which places a post carries a rumour to."""

from __future__ import annotations

from tocsin.model import Reading, Role

MOST_NAMED = 20
"""Places counted of one post: whoever lists a whole country spreads nothing there."""

_ROLES = frozenset({Role.GATHER_AT, Role.HAPPENED_AT, Role.MENTIONED})


def towns_named(reading: Reading) -> tuple[str, ...]:
    """Ids of the towns and airports a post speaks of, sorted; origins and wide areas left out."""
    if not reading.places:
        return ()
    named = {p.place_id for p in reading.places if p.role in _ROLES and not p.is_area}
    return tuple(sorted(named)[:MOST_NAMED])
