"""What the posts of a rumour tell, remembered while nothing new comes to it: reading them takes a
tenth of a second and more, and a page of a rumour is opened again and again.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Final
from weakref import WeakKeyDictionary

from sqlalchemy import func, select

from tocsin.engines.rumour_card import Told, told, usual_texts
from tocsin.store import Store, schema
from tocsin.store.rumours import Shown, ShownRumours

MOST_READ: Final = 1_000
"""Posts that are read of one rumour; of more, about so many evenly spaced."""
_REMEMBERED: Final = 16


@dataclass(slots=True)
class _Remembered:
    """What rumours of one store told, and what its posts say in general as of a position.

    Args:
        erased: versions of posts that were erased by then; what is erased is not remembered.
    """

    erased: int
    told: OrderedDict[tuple[Any, ...], Told] = field(default_factory=OrderedDict)
    usual: tuple[int, dict[int, str]] = (-1, {})


_known: WeakKeyDictionary[Store, _Remembered] = WeakKeyDictionary()
_lock = Lock()


def told_of(book: ShownRumours, shown: Shown) -> Told:
    """What its posts tell, remembered while nothing new came to it."""
    one, erased = shown.rumour, _erased(book.store)
    key = (shown.members, one.posts, one.last_seen, book.regrouping.partings)
    with _lock:
        remembered = _known.get(book.store)
        if remembered is None or remembered.erased != erased:
            remembered = _known[book.store] = _Remembered(erased)
        found = remembered.told.get(key)
    if found is None:
        found = told(book, shown, MOST_READ, _usual(book.store, remembered))
        with _lock:
            remembered.told[key] = found
            while len(remembered.told) > _REMEMBERED:
                remembered.told.popitem(last=False)
    return found


def _erased(store: Store) -> int:
    with store.reading() as connection:
        query = select(func.count()).select_from(schema.erased)
        return int(connection.execute(query).scalar_one())


def _usual(store: Store, remembered: _Remembered) -> dict[int, str]:
    """What posts say in general, asked for again when the store has grown by a hundredth."""
    with store.reading() as connection:
        newest = int(connection.execute(select(func.max(schema.posts.c.seq))).scalar() or 0)
    at, texts = remembered.usual
    if newest - at > at // 100:
        texts = usual_texts(store)
        remembered.usual = (newest, texts)
    return texts
