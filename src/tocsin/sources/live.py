"""What every live source offers: one look at a time, with the time passed in.

A live source is a plain object. It keeps nothing between two looks but what it hands back as
``state`` (JSON values); whoever calls it stores that once the items it covers are safe.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from tocsin.clock import as_utc
from tocsin.errors import RecordRefused
from tocsin.model import RawItem

State = Mapping[str, Any]
"""Where a source stands, as JSON values; empty before its first look."""

EARLY = timedelta(minutes=5)
"""How far a stated time of publication may lie after the capture: clocks differ."""

DATED_BY_CAPTURE = "capture"
_STEP = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Origin:
    """What was received in one look, for the capture record.

    Args:
        name: what was asked for, without secrets.
        digest: hex SHA-256 of the bytes as received.
    """

    name: str
    digest: str


@dataclass(frozen=True, slots=True)
class Gone:
    """A post that was there at an earlier look and is not now; its evidence stays."""

    channel: str
    message_id: str


@dataclass(frozen=True, slots=True)
class Export:
    """A finished file that a watched folder offers to ``ingest``."""

    path: Path
    channel: str | None = None
    forced: str | None = None


@dataclass(frozen=True, slots=True)
class Polled:
    """What one look brought.

    Args:
        items: posts as found, and records that were refused, in the order found.
        state: where the source stands after it; holds only if all of this was taken in.
        next_at: not to be looked at again before; None: at its usual time.
        notes: what a person should know, a line each.
        origin: of the items; needed where there are any.
        gone: posts that are no longer there.
        exports: files to take in.
    """

    items: tuple[RawItem | RecordRefused, ...]
    state: State
    next_at: datetime | None = None
    notes: tuple[str, ...] = ()
    origin: Origin | None = None
    gone: tuple[Gone, ...] = ()
    exports: tuple[Export, ...] = field(default=())

    @property
    def brings(self) -> bool:
        """Whether there is anything to take in."""
        return bool(self.items or self.gone or self.exports)


class LiveSource(Protocol):
    """A place to look at again and again."""

    name: str
    """As configured; for a feed also the channel of its posts."""
    kind: str
    lane: str
    """Sources of one lane (a host, an account) are looked at one after another."""

    def poll(self, state: State, now: datetime) -> Polled:
        """Look once.

        Args:
            state: as the last look handed it back; of an unknown shape: begin anew.
            now: aware, in UTC.

        Raises:
            SourceFailed: no answer, or not the one asked for; worth another try later.
            UsageError: it can never work as configured.
        """
        ...

    def close(self) -> None:
        """Let go of connections; a later look may open them again."""
        ...


def stamped(
    items: Iterable[RawItem | RecordRefused], at: datetime
) -> list[RawItem | RecordRefused]:
    """Items as captured at ``at``, in the order of their publication; refusals first.

    They became known at the capture, a microsecond after each other so that their order holds.
    An item without a time of publication, or with one later than its capture, counts as published
    when it was captured, and says so (``dated_by``).
    """
    at = as_utc(at)
    refused: list[RawItem | RecordRefused] = []
    found: list[tuple[datetime, RawItem]] = []
    for item in items:
        if isinstance(item, RecordRefused):
            refused.append(item)
        else:
            found.append((_published(item, at) or at, item))
    found.sort(key=lambda pair: pair[0])
    return refused + [_captured(item, at + n * _STEP) for n, (_, item) in enumerate(found)]


def _published(item: RawItem, at: datetime) -> datetime | None:
    stated = item.content.get("posted_at")
    if not isinstance(stated, str):
        return None
    moment = as_utc(datetime.fromisoformat(stated))
    return moment if moment <= at + EARLY else None


def _captured(item: RawItem, at: datetime) -> RawItem:
    content = {**item.content, "captured_at": at.isoformat(), "live": True}
    if _published(item, at) is None:
        content |= {"posted_at": at.isoformat(), "dated_by": DATED_BY_CAPTURE}
    return replace(item, content=content)
