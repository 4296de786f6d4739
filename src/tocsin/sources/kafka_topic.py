"""A topic of Apache Kafka: each message is a post, as a line of JSON Lines would be.

Where the source stands (the next offset of each partition) is kept by whoever calls it, once the
posts are safe, and never told to Kafka: so nothing is lost and nothing taken in twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Protocol

from tocsin.errors import RecordRefused, SourceFailed, UsageError
from tocsin.model import RawItem
from tocsin.sources.columns import Plan
from tocsin.sources.json_lines import LineReader
from tocsin.sources.live import Origin, Polled, State
from tocsin.sources.protocol import ReadOptions

_ADDRESS = re.compile(r"kafka://(?P<servers>[^/\s@?#]+)/(?P<topic>[A-Za-z0-9._-]{1,249})")
_SERVER = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:\s\[\]]+):\d{1,5}")
_REQUIRED = ("id", "text")
_ADVICE = "check the address, and that the brokers' own addresses can be reached from here"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a topic is.

    Args:
        servers: HOST:PORT of some brokers, with commas between them.
    """

    servers: str
    topic: str

    def __str__(self) -> str:
        return f"kafka://{self.servers}/{self.topic}"


def kafka_address(url: str) -> Address:
    """``kafka://HOST:PORT,HOST:PORT/TOPIC`` taken apart.

    Raises:
        UsageError: it is no such address.
    """
    found = _ADDRESS.fullmatch(url)
    if found is None or not all(map(_SERVER.fullmatch, found["servers"].split(","))):
        raise UsageError(f"{url!r} is no topic of Kafka; write it as kafka://host:9092/topic")
    return Address(found["servers"], found["topic"])


@dataclass(frozen=True, slots=True)
class Message:
    """One message.

    Args:
        value: None: it only says that an earlier one of its key counts no more.
    """

    partition: int
    offset: int
    value: bytes | None


@dataclass(frozen=True, slots=True)
class Brought:
    """Messages of one look.

    Args:
        reached: by partition, the offset to go on from; those that did not answer are left out.
    """

    messages: tuple[Message, ...]
    reached: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one look brings at most.

    Args:
        seconds: to wait for the next message.
    """

    messages: int = 5_000
    size: int = 8 << 20
    seconds: float = 10.0


class NoAnswer(Exception):
    """The brokers say nothing, or not what was asked for."""


class Brokers(Protocol):
    """What a look asks of Kafka."""

    def held(self, topic: str) -> Mapping[int, tuple[int, int]]:
        """By partition: the first offset held, and that of the next message to come.

        Raises:
            NoAnswer: says why.
        """
        ...

    def read(self, topic: str, starts: Mapping[int, int], bounds: Bounds) -> Brought:
        """Messages from these offsets on, until all are read or ``bounds`` are reached.

        Raises:
            NoAnswer: nothing came.
        """
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


class KafkaTopic:
    """A live source (:class:`tocsin.sources.live.LiveSource`)."""

    kind = "kafka"

    def __init__(
        self, name: str, address: Address, brokers: Brokers, bounds: Bounds | None = None
    ) -> None:
        self.name = name
        self.lane = f"kafka {address.servers}"
        self._address = address
        self._brokers = brokers
        self._bounds = bounds or Bounds()

    def poll(self, state: State, now: datetime) -> Polled:
        """Read what came since the last look; at the first one all that the topic holds."""
        try:
            return self._polled(_offsets(state), now)
        except NoAnswer as error:
            raise SourceFailed(self.name, str(error), _ADVICE) from None

    def close(self) -> None:
        """Let go of connections."""
        self._brokers.close()

    def _polled(self, known: Mapping[int, int], now: datetime) -> Polled:
        held = self._brokers.held(self._address.topic)
        begun = {part: _begin(part, known.get(part), *ends) for part, ends in held.items()}
        offsets = {part: start for part, (start, _) in begun.items()}
        notes = tuple(note for _, note in begun.values() if note)
        starts = {part: start for part, start in offsets.items() if start < held[part][1]}
        if not starts:
            return Polled((), _state(offsets), notes=notes)
        brought = self._brokers.read(self._address.topic, starts, self._bounds)
        offsets |= brought.reached
        more = any(offsets[part] < end for part, (_, end) in held.items())
        origin = Origin(str(self._address), _digest(brought.messages))
        return Polled(
            items=tuple(self._items(brought.messages)),
            state=_state(offsets),
            next_at=now if more and brought.messages else None,
            notes=notes,
            origin=origin,
        )

    def _items(self, messages: Iterable[Message]) -> Iterator[RawItem | RecordRefused]:
        reader = LineReader(Plan(self.name, ReadOptions(), _REQUIRED, self.name))
        for one in messages:
            if one.value is not None and one.value.strip():
                yield reader.read(one.value, f"partition {one.partition}, offset {one.offset}")


def _begin(part: int, known: int | None, first: int, end: int) -> tuple[int, str]:
    """Where to read a partition from, and what a person should know."""
    if known is None:
        return first, ""
    if known > end:
        return first, f"partition {part} was made anew; it is read from its beginning"
    if known < first:
        lost = f"partition {part}: {first - known} messages were gone before they were read"
        return first, f"{lost}; let the topic keep them longer, or look oftener"
    return known, ""


def _offsets(state: State) -> dict[int, int]:
    found = state.get("offsets")
    if not isinstance(found, Mapping):
        return {}
    return {
        int(part): offset
        for part, offset in found.items()
        if str(part).isdecimal() and isinstance(offset, int) and offset >= 0
    }


def _state(offsets: Mapping[int, int]) -> State:
    return {"offsets": {str(part): offset for part, offset in sorted(offsets.items())}}


def _digest(messages: Iterable[Message]) -> str:
    """Of what they say, each with its length before it."""
    digest = sha256()
    for value in (one.value or b"" for one in messages):
        digest.update(b"%d:" % len(value))
        digest.update(value)
    return digest.hexdigest()
