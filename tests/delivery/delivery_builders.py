"""Warnings, recipients and releases by hand, and an outbox whose clock only tests move."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from tocsin.clock import ReplayClock
from tocsin.delivery import AddressBook, Outbox, OutboxOptions, Parcel, Queued
from tocsin.delivery.cap import CapOptions
from tocsin.delivery.compose import ComposeOptions, compose
from tocsin.delivery.language import load_languages
from tocsin.delivery.wording import Occasion, Town
from tocsin.engines.outbox import StoreQueue
from tocsin.errors import DeliveryFailed
from tocsin.model import (
    Action,
    Level,
    Message,
    Recipient,
    Release,
    SituationKey,
    WarningAction,
)
from tocsin.store import Store

T0 = datetime(2024, 5, 1, 9, 0, tzinfo=UTC)
TOWN = Town("Aford", 43.0123, 47.5678, names=(("ru", "Афорд"),))
KEY = SituationKey("geonames:1", "migrants")


def action(number: int = 1, **more: Any) -> WarningAction:
    """An alert for an airport, called for the evening."""
    at = T0 + timedelta(minutes=10 * (number - 1))
    said: dict[str, Any] = {
        "id": "a1b2c3d4e5f6",
        "action": Action.ISSUE if number == 1 else Action.UPDATE,
        "issued_at": at,
        "level": Level.ALERT,
        "key": KEY,
        "probability": 0.12,
        "interval": (0.06, 0.24),
        "base_rate": 0.002,
        "horizon_h": 24,
        "place": "Aford airport",
        "latitude": 43.0871,
        "longitude": 47.6543,
        "window_start": T0 + timedelta(hours=7),
        "window_end": T0 + timedelta(hours=8),
        "target": "migrants",
        "rumour": "r1",
        "posts": ("town_talk/17", "town_talk/18"),
        "why": ("A call to gather at Aford airport",),
        "called": True,
        "zone": "Europe/Moscow",
        "shares": (("hostile_act", 1.0), ("uptake", 0.5)),
        **more,
    }
    return WarningAction(**said)


def occasion(number: int = 1, **more: Any) -> Occasion:
    return Occasion(number, action(number, **more), TOWN)


def recipient(who: str = "one", **more: Any) -> Recipient:
    said: dict[str, Any] = {"id": who, "name": who, "kind": "test", "address": f"{who}@x.org"}
    return Recipient(**{**said, **more})


def options(**more: Any) -> ComposeOptions:
    cap = CapOptions("desk@example.org", "The desk")
    return ComposeOptions(replace(cap, **more), load_languages())


def message(number: int = 1, to: str = "one", **more: Any) -> Message:
    """A short one, as if composed."""
    said: dict[str, Any] = {
        "recipient": to,
        "warning": "w1",
        "number": number,
        "kind": Action.ISSUE,
        "level": Level.ALERT,
        "language": "en",
        "subject": "s",
        "text": f"text {number}",
        "html": "<p>h</p>",
        "cap": "<alert/>",
    }
    return Message(**{**said, **more})


_LEDGER: dict[str, Release] = {}
"""Digest → the newest release of a message, as the ledger of a project would have it."""


def released(messages: Sequence[Message], **more: Any) -> Release:
    """What two people released, and the ledger knows of."""
    first = messages[0]
    said: dict[str, Any] = {
        "warning": first.warning,
        "number": first.number,
        "level": first.level,
        "released_by": ("ana", "ben"),
        "at": T0,
        "harms": "Those named could be blamed; those who prepare could be seen.",
        "digests": tuple(one.digest for one in messages),
        "drill": first.drill,
    }
    made = Release(**{**said, **more})
    _LEDGER.update((one.digest, made) for one in messages)
    return made


def in_ledger(message: Message) -> Release | None:
    return _LEDGER.get(message.digest)


def composed(number: int = 1, to: Recipient | None = None, **more: Any) -> Message:
    made = compose(occasion(number, **more), to or recipient(), (), options())
    assert made is not None
    return made


@dataclass
class Receiver:
    """Takes what it has not taken before, as a receiver that honours the key does."""

    taken: list[Parcel] = field(default_factory=list)
    tries: int = 0
    _keys: set[str] = field(default_factory=set)

    def send(self, parcel: Parcel) -> str:
        self.tries += 1
        self.take(parcel)
        return "taken"

    def take(self, parcel: Parcel) -> None:
        if parcel.key not in self._keys:
            self._keys.add(parcel.key)
            self.taken.append(parcel)

    def keys(self) -> list[str]:
        return [one.key for one in self.taken]


@dataclass
class Failing(Receiver):
    """Fails as it is told to, in order, then takes everything."""

    plan: list[Exception] = field(default_factory=list)

    def send(self, parcel: Parcel) -> str:
        if self.plan:
            self.tries += 1
            raise self.plan.pop(0)
        return Receiver.send(self, parcel)


def everybody(name: str) -> Recipient:
    return recipient(name)


def book_with(**more: Any) -> AddressBook:
    """Everybody is on every list, and every page is needed."""
    said: dict[str, Any] = {"recipient": everybody, "staff": everybody}
    said |= {"released": in_ledger, "needed": lambda _: True}
    return AddressBook(**{**said, **more})


BOOK = book_with()


@dataclass
class Desk:
    """An outbox over a real store."""

    store: Store
    clock: ReplayClock
    outbox: Outbox
    queue: StoreQueue

    def send_all(self, carrier: Any, book: AddressBook = BOOK, most: int = 100_000) -> list[Queued]:
        """Until nothing waits, the clock moving to whatever is due next."""
        seen: list[Queued] = []
        for _ in range(most):
            done = self.outbox.deliver_one({"test": carrier}, book)
            if done is not None:
                seen.append(done[0])
                continue
            due = self.queue.next_due()
            if due is None:
                return seen
            self.clock.advance(due)
        raise AssertionError("it never came to an end")


@contextmanager
def desk_in(folder: Path, seed: int = 1, **more: Any) -> Iterator[Desk]:
    _LEDGER.clear()
    with Store.at(folder / "store.db") as store:
        queue, clock = StoreQueue(store), ReplayClock(T0)
        outbox = Outbox(queue, clock, OutboxOptions(**more), Random(seed))
        yield Desk(store, clock, outbox, queue)


def failure(retry_after_s: float | None = None) -> DeliveryFailed:
    return DeliveryFailed("not now", retry_after_s)
