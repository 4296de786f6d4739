"""Pairs of rumours that may be one: kept by a run, listed until a person decides about them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from sqlalchemy import Connection, RowMapping, or_, text

from tocsin.model import Suggestion
from tocsin.store import schema
from tocsin.store.rumours import Shown, ShownRumours
from tocsin.store.store import Rows, chunks

_LIKELIEST = """
INSERT INTO suggestions (rumour, other, ref, probability)
VALUES (:rumour, :other, :ref, :probability)
ON CONFLICT (rumour, other) DO UPDATE SET ref = excluded.ref, probability = excluded.probability
WHERE excluded.probability > suggestions.probability
"""
_ORDER = (
    schema.suggestions.c.probability.desc(),
    schema.suggestions.c.rumour,
    schema.suggestions.c.other,
)


def keep_likeliest(connection: Connection, rows: Rows) -> None:
    """Insert rows of ``suggestions``; of those about one pair the likeliest stays, the first one
    of equals.
    """
    if rows:
        connection.execute(text(_LIKELIEST), list(rows))


def likeliest(book: ShownRumours, limit: int) -> list[Suggestion]:
    """Suggestions nobody has decided about, each pair once, the likeliest first.

    Both ids are those under which the rumours are shown now.
    """
    table = schema.suggestions
    with book.store.reading() as connection:
        rows = connection.execute(table.select().order_by(*_ORDER)).mappings()
        return list(islice(_undecided(book, rows), limit))


def suggestions_about(book: ShownRumours, shown: Shown, limit: int) -> list[Suggestion]:
    """The same for one rumour."""
    table = schema.suggestions
    rows: list[RowMapping] = []
    with book.store.reading() as connection:
        for some in chunks(sorted({*shown.members, *_sources(book, shown)}), 500):
            about = or_(table.c.rumour.in_(some), table.c.other.in_(some))
            rows += connection.execute(table.select().where(about)).mappings()
    rows.sort(key=lambda row: (-row["probability"], row["rumour"], row["other"]))
    name = shown.rumour.id
    found = (one for one in _undecided(book, rows) if name in (one.rumour, one.other))
    return list(islice(found, limit))


def _sources(book: ShownRumours, shown: Shown) -> set[str]:
    """Rumours whose posts a split brought here: the machine noted suggestions under their ids."""
    partings = book.regrouping.partings
    return {name for p in partings if p.new in shown.members for name in p.members}


def _undecided(book: ShownRumours, rows: Iterable[RowMapping]) -> Iterator[Suggestion]:
    """Rows as suggestions about rumours as they are shown, without pairs that are merged, were
    taken apart, or came before.
    """
    shown_as = book.regrouping.shown_as
    passed = {_pair(*map(shown_as, pair)) for pair in book.regrouping.apart}
    for row in rows:
        rumour = book.place_of(row["rumour"], row["ref"])
        other = book.place_of(row["other"], row["ref"])
        pair = _pair(rumour, other)
        if rumour != other and pair not in passed:
            passed.add(pair)
            yield Suggestion(rumour, other, row["ref"], row["probability"])


def _pair(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one < other else (other, one)
