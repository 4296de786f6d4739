"""What a line of the list of rumours shows of its posts, from some of them evenly spaced: a list
costs the same whether a rumour has fifty posts or fifty thousand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import Connection, func, select

from tocsin.model import Role
from tocsin.store import schema
from tocsin.store.rumours import Shown, ShownRumours
from tocsin.store.store import chunks

EACH: Final = 60
"""Posts of one rumour that are looked at."""
COUNTED: Final = 2_000
"""Posts of a rumour that are counted one by one; of more, those are taken whose position in the
ledger divides evenly, which an index tells without counting."""
_CHUNK: Final = 400


@dataclass(frozen=True, slots=True)
class Sample:
    """Some posts of a rumour, evenly spaced in the order they came.

    Args:
        moments: when they were known, rising.
        languages: of those posts, the most frequent first.
        towns: that they speak of, but for where something comes from; the most named first.
    """

    moments: tuple[datetime, ...]
    languages: tuple[str, ...]
    towns: tuple[str, ...]


def samples(book: ShownRumours, listed: Sequence[Shown]) -> dict[str, Sample]:
    """By rumour; one that has no posts any more has an empty sample."""
    with book.store.reading() as connection:
        seqs = {one.rumour.id: _spaced(connection, book, one) for one in listed}
        wanted = sorted({seq for some in seqs.values() for seq in some})
        rows = _rows(connection, wanted)
    return {name: _sample(rows[s] for s in some if s in rows) for name, some in seqs.items()}


def _spaced(connection: Connection, book: ShownRumours, shown: Shown) -> list[int]:
    """Ledger positions."""
    s = schema.sightings.c
    step = -(-shown.rumour.posts // EACH) or 1
    found: list[int] = []
    for scope in book.scopes(shown):
        if shown.rumour.posts > COUNTED:
            query = select(s.seq).where(scope, s.seq % step == 0)
        else:
            number = func.row_number().over(order_by=s.seq).label("number")
            counted = select(s.seq, number).where(scope).subquery()
            query = select(counted.c.seq).where((counted.c.number - 1) % step == 0)
        found += connection.execute(query).scalars()
    return found[: 2 * EACH]


def _rows(connection: Connection, seqs: Sequence[int]) -> dict[int, Mapping[str, Any]]:
    p, r = schema.posts, schema.readings
    query = select(p.c.seq, p.c.known_at, r.c.lang, r.c.body)
    query = query.join_from(p, r, r.c.seq == p.c.seq, isouter=True)
    found: dict[int, Mapping[str, Any]] = {}
    for some in chunks(seqs, _CHUNK):
        for row in connection.execute(query.where(p.c.seq.in_(some))).mappings():
            found[row["seq"]] = dict(row)
    return found


def _sample(rows: Iterable[Mapping[str, Any]]) -> Sample:
    moments: list[datetime] = []
    languages: Counter[str] = Counter()
    towns: Counter[str] = Counter()
    for row in rows:
        moments.append(row["known_at"])
        languages.update([row["lang"]] if row["lang"] else [])
        places = orjson.loads(row["body"]).get("places", ()) if row["body"] else ()
        towns.update({place["name"] for place in places if place["role"] != Role.ORIGIN})
    return Sample(tuple(sorted(moments)), _by_count(languages), _by_count(towns))


def _by_count(counts: Counter[str]) -> tuple[str, ...]:
    return tuple(sorted(counts, key=lambda name: (-counts[name], name)))
