"""Rumours that were split: their posts, read one by one, each in the rumour it belongs to now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from sqlalchemy import RowMapping, select

from tocsin.model import Rumour
from tocsin.store import schema
from tocsin.store.regrouping import Grouped, Regrouping, pace_of
from tocsin.store.store import Store, chunks

_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Piece:
    """A post of a rumour that was split.

    Args:
        lang: None where it was not read.
        worded: it has text.
    """

    grouped: Grouped
    known_at: datetime
    lang: str | None
    worded: bool

    @property
    def seq(self) -> int:
        """Its ledger position."""
        return self.grouped.seq


class Divided:
    """The rumours that splits took posts from, and those they made; read when first asked."""

    def __init__(self, store: Store, regrouping: Regrouping) -> None:
        self._store = store
        self._regrouping = regrouping

    def posts(self, rumour: str) -> list[Piece]:
        """All posts now in this rumour, before merges."""
        return self._by_place.get(rumour, [])

    def place_of(self, rumour: str, ref: str) -> str:
        """The rumour in which a post now is that the machine put into ``rumour``."""
        if rumour in self._regrouping.divided():
            for place, pieces in self._by_place.items():
                if any(p.grouped.ref == ref and p.grouped.rumour == rumour for p in pieces):
                    return place
        return rumour

    def part(self, rumour: str, row: Rumour | None) -> Rumour | None:
        """The rumour counted anew from its posts; None if all have left it.

        Args:
            row: as the tables have it; None: no run has seen the split that made it.
        """
        pieces = self.posts(rumour)
        if not pieces:
            return None
        first = min(pieces, key=lambda piece: (piece.known_at, piece.grouped.ref))
        last = max(piece.known_at for piece in pieces)
        return Rumour(
            id=rumour,
            first_seen=first.known_at,
            last_seen=last,
            first_ref=first.grouped.ref,
            posts=len(pieces),
            texts=len({piece.grouped.wording for piece in pieces if piece.worded}),
            live=row.live if row else self._open(rumour),
            revived_at=row.revived_at if row else None,
            pace=pace_of((piece.known_at for piece in pieces), last),
        )

    def _open(self, rumour: str) -> bool:
        """A split that no run has seen yet is as open as the rumour it came from."""
        parting = self._regrouping.parting_of(rumour)
        if parting is None:
            return False
        rows = schema.rumours
        query = select(rows.c.live).where(rows.c.id.in_(parting.members))
        with self._store.reading() as connection:
            found = connection.execute(query).scalars().all()
        return any(found) or any(map(self._open, parting.members))

    @cached_property
    def _by_place(self) -> dict[str, list[Piece]]:
        pieces = self._read()
        found: dict[str, list[Piece]] = {}
        places = self._regrouping.places([piece.grouped for piece in pieces])
        for place, piece in zip(places, pieces, strict=True):
            found.setdefault(place, []).append(piece)
        return found

    def _read(self) -> list[Piece]:
        s, p, r = schema.sightings, schema.posts, schema.readings
        columns = (s.c.seq, s.c.rumour, s.c.digest, p.c.channel, p.c.message_id, p.c.wording)
        worded = (p.c.text != "").label("worded")
        query = select(*columns, p.c.known_at, worded, r.c.lang).join_from(s, p, s.c.seq == p.c.seq)
        query = query.join(r, r.c.seq == s.c.seq, isouter=True).order_by(s.c.seq)
        pieces: list[Piece] = []
        with self._store.reading() as connection:
            for some in chunks(sorted(self._regrouping.divided()), _CHUNK):
                rows = connection.execute(query.where(s.c.rumour.in_(some))).mappings()
                pieces.extend(_piece(row) for row in rows)
        return pieces


def _piece(row: RowMapping) -> Piece:
    ref = f"{row['channel']}/{row['message_id']}"
    grouped = Grouped(row["seq"], row["rumour"], ref, row["digest"] or row["wording"])
    return Piece(grouped, row["known_at"], row["lang"], bool(row["worded"]))
