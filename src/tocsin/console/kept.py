"""Answers that take seconds over a large store, made beside the requests and shown as they last
were until a newer one is there.

One thread makes them, one after the other, and rests nine times as long as the last took before it
makes the same again: counting never takes more than a tenth of a processor, however fast a run
writes.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from threading import Lock, Thread
from typing import Any, Final, Generic, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import func, select

from tocsin.console.desk import ConsoleDesk
from tocsin.engines.indexing import INDEXED
from tocsin.store import Store, schema

PATIENCE_S: Final = 0.2
"""Seconds a page waits for an answer before it does with the last one, or without."""
_REST: Final = 9.0
_QUICK_S: Final = 0.05
"""What took no longer is made again without a rest."""
_MOST: Final = 200
"""Answers of one desk that are kept; the one asked for longest ago goes first."""

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Answer(Generic[Found]):
    """What was found, and when.

    Args:
        mark: what it was made from; another mark: it may be old.
        made_at: by the desk's clock.
    """

    value: Found
    mark: Hashable
    made_at: datetime
    took_s: float
    done_s: float


class Shelf:
    """The kept answers of one desk."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._alone = Lock()
        self._answers: OrderedDict[str, Answer[Any]] = OrderedDict()
        self._making: dict[str, Future[Answer[Any]]] = {}

    def ask(
        self, name: str, mark: Hashable, now: datetime, make: Callable[[], Any], patience_s: float
    ) -> Answer[Any] | None:
        """The answer of that name; None where there is none yet. Where there was one, nobody waits
        for the next but where it takes no time to speak of.

        Raises:
            Exception: whatever ``make`` raised while it was waited for.
        """
        with self._lock:
            last = self._answers.get(name)
            if last is not None:
                self._answers.move_to_end(name)
                if last.mark == mark or _rests(last):
                    return last
            coming = self._making.get(name)
            if coming is None:
                coming = self._making[name] = Future()
                asked = (name, mark, now, make, coming)
                Thread(target=self._make, args=asked, name=f"kept {name}", daemon=True).start()
        try:
            return coming.result(patience_s if last is None else _patience_for_a_newer(last))
        except TimeoutError:
            return last

    def _make(
        self,
        name: str,
        mark: Hashable,
        now: datetime,
        make: Callable[[], Any],
        coming: Future[Answer[Any]],
    ) -> None:
        try:
            with self._alone:
                begun = time.monotonic()
                value = make()
                done = time.monotonic()
            answer = Answer(value, mark, now, done - begun, done)
            with self._lock:
                self._answers[name] = answer
                while len(self._answers) > _MOST:
                    self._answers.popitem(last=False)
                del self._making[name]
            coming.set_result(answer)
        except Exception as error:
            with self._lock:
                self._making.pop(name, None)
            coming.set_exception(error)


def _patience_for_a_newer(last: Answer[Any]) -> float:
    """What took no time to speak of may yet stand behind what does: one is made after the other."""
    return 0.0 if last.took_s > _QUICK_S else PATIENCE_S


def _rests(last: Answer[Any]) -> bool:
    return last.took_s > _QUICK_S and time.monotonic() < last.done_s + _REST * last.took_s


_SHELVES: WeakKeyDictionary[ConsoleDesk, Shelf] = WeakKeyDictionary()
_SHELVES_LOCK = Lock()


def kept(
    desk: ConsoleDesk,
    name: str,
    mark: Hashable,
    make: Callable[[], Found],
    patience_s: float = PATIENCE_S,
) -> Answer[Found] | None:
    """A desk's answer of that name, as new as can be had at once; None where there is none yet.

    Args:
        mark: what it would be made from now.
        make: makes it, in another thread.
        patience_s: seconds to wait for the first.
    """
    with _SHELVES_LOCK:
        shelf = _SHELVES.setdefault(desk, Shelf())
    return shelf.ask(name, mark, desk.clock.now(), make, patience_s)


def store_mark(store: Store) -> tuple[Any, ...]:
    """Changes with every entry of the ledger that is indexed, and with every step of a run."""
    runs, erasures = schema.runs.c, schema.erasures.c
    newest = select(runs.seq, runs.posts_done, runs.done).order_by(runs.seq.desc()).limit(1)
    with store.reading() as connection:
        run = connection.execute(newest).first()
        erased = connection.execute(select(func.max(erasures.seq))).scalar()
    return (store.meta(INDEXED, "0"), None if run is None else tuple(run), erased)
