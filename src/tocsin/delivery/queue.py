"""What the outbox keeps of each message, and what a store must offer to keep it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from tocsin.model import DeskPage, Message, Release


class State(StrEnum):
    """Where a message stands."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    DEAD = "dead"
    DROPPED = "dropped"  # a page that nobody needs any more


@dataclass(frozen=True, slots=True)
class Queued:
    """One message or page in the outbox; addresses are not kept, they are looked up when sent.

    Args:
        seq: order of sending for one recipient; 0: not queued yet.
        content: what is sent.
        release: who released it; None for a page of the desk itself, and only there.
        next_try: not before.
        claimed_until: somebody is sending it until then.
        note: why the last try failed, or what the receiver said.
    """

    seq: int
    content: Message | DeskPage
    release: Release | None
    enqueued_at: datetime
    next_try: datetime
    state: State = State.WAITING
    tries: int = 0
    claimed_until: datetime | None = None
    settled_at: datetime | None = None
    note: str = ""

    @property
    def key(self) -> str:
        """The idempotency key."""
        return self.content.key

    @property
    def line(self) -> str:
        """Whose order it is part of; staff and recipients never share one."""
        drill = "drill:" if self.content.drill else ""
        if isinstance(self.content, DeskPage):
            return f"{drill}desk:{self.content.staff}"
        return f"{drill}to:{self.content.recipient}"


class Queue(Protocol):
    """Durable storage of the outbox; every method is one transaction."""

    def add(self, entries: Sequence[Queued]) -> tuple[str, ...]:
        """Keep those whose key is not known yet, durably; returns the keys that were new."""
        ...

    def renew(self, entries: Sequence[Queued]) -> tuple[str, ...]:
        """Put entries of the same key in the place of those that did not go; returns their keys.

        One that was delivered, or is being sent at this moment, is left as it is.
        """
        ...

    def known(self, keys: Sequence[str]) -> dict[str, Queued]:
        """Those of the keys that are in the outbox."""
        ...

    def claim(self, now: datetime, until: datetime, lines: str = "") -> Queued | None:
        """Take one that is due for sending: of each line only the first that waits may be taken.

        A drill stands in a line of its own, so that it never waits for the real thing, or the
        real thing for it.

        Args:
            lines: only of lines that begin so.
        """
        ...

    def settle(self, entry: Queued) -> None:
        """Write down how a try ended; the entry waits again, is delivered, or is dead."""
        ...

    def dead(self) -> list[Queued]:
        """Those that were given up, oldest first."""
        ...

    def later_delivered(self, entry: Queued) -> bool:
        """Whether a later one about the same warning has reached the same line."""
        ...

    def next_due(self) -> datetime | None:
        """When the next one may be sent; None: nothing waits."""
        ...
