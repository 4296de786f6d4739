"""What was worked out from the store, remembered while what it was made from stands: a page of a
rumour is opened again and again, and reading a thousand posts takes a tenth of a second and more.

Nothing that was erased since is remembered.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Final, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import func, select

from tocsin.store import Store, schema

_SECONDS: Final = 60.0
"""After so long it is worked out again, whatever is known of changes."""

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Kind:
    """What kind of answer.

    Args:
        most: remembered of one store; what was asked for longest ago goes first.
    """

    name: str
    most: int


@dataclass(slots=True)
class _Memory:
    """What is remembered of one store.

    Args:
        erased: versions of posts that were erased by then.
        held: kind → key → until when it holds, and what it is.
        making: what is being made, so that who asks for the same waits.
    """

    erased: int
    held: dict[Kind, OrderedDict[Hashable, tuple[float, Any]]] = field(default_factory=dict)
    making: dict[tuple[Kind, Hashable], Lock] = field(default_factory=dict)


_memories: WeakKeyDictionary[Store, _Memory] = WeakKeyDictionary()
_lock = Lock()


def remembered(store: Store, kind: Kind, key: Hashable, make: Callable[[], Found]) -> Found:
    """What ``make`` gives, or gave within the last minute for the same key. Made once, however many
    ask at a time: the others wait for it.

    Args:
        key: everything that the answer depends on.
    """
    memory = _memory(store)
    with _lock:
        making = memory.making.setdefault((kind, key), Lock())
    try:
        with making:
            return _each(memory, kind, {"": key}, lambda _: {"": make()})[""]
    finally:
        with _lock:
            memory.making.pop((kind, key), None)


def remembered_each(
    store: Store,
    kind: Kind,
    keys: Mapping[str, Hashable],
    make: Callable[[Sequence[str]], Mapping[str, Found]],
) -> dict[str, Found]:
    """The same for several things at once, of which those that are missing are made together.

    Args:
        keys: by name, everything that its answer depends on.
        make: gives the answers of some names.
    """
    return _each(_memory(store), kind, keys, make)


def _each(
    memory: _Memory,
    kind: Kind,
    keys: Mapping[str, Hashable],
    make: Callable[[Sequence[str]], Mapping[str, Found]],
) -> dict[str, Found]:
    with _lock:
        held, now = memory.held.setdefault(kind, OrderedDict()), time.monotonic()
        known = {name: held[key] for name, key in keys.items() if key in held}
        found = {name: value for name, (until, value) in known.items() if now < until}
        for name in found:
            held.move_to_end(keys[name])
    missing = [name for name in keys if name not in found]
    made = make(missing) if missing else {}
    with _lock:
        for name in missing:
            held[keys[name]] = (time.monotonic() + _SECONDS, made[name])
            held.move_to_end(keys[name])
        while len(held) > kind.most:
            held.popitem(last=False)
    return {**found, **{name: made[name] for name in missing}}


def _memory(store: Store) -> _Memory:
    gone = erased(store)
    with _lock:
        memory = _memories.get(store)
        if memory is None or memory.erased != gone:
            memory = _memories[store] = _Memory(gone)
        return memory


def erased(store: Store) -> int:
    """How many versions of posts were erased by now."""
    with store.reading() as connection:
        query = select(func.count()).select_from(schema.erased)
        return int(connection.execute(query).scalar_one())
