"""A stage with a memory, kept over failures, taking records in one order however they arrive.

Flink tells Python functions nothing of its checkpoints, so a stage that holds a lot (live threads,
trails, situations) cannot hand its state over when one is made. It is kept instead as its last
snapshot, a file, and the records that arrived since, in Flink's own state: what is restored takes
those again, silently, and goes on.

Records are taken in their own order as soon as the watermark has passed them, so that what comes
out depends neither on how many machines there are nor on which of them is quick.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import msgspec

from tocsin.engines.flink.pages import WorkFolder
from tocsin.engines.flink.records import Codec, Order


class Ordered(Protocol):
    """A record with a place among all records, and an event time in milliseconds."""

    @property
    def order(self) -> Order:
        """Where it belongs."""
        ...

    @property
    def millis(self) -> int:
        """When it happened."""
        ...


In = TypeVar("In", bound=Ordered)
Out = TypeVar("Out")
In_contra = TypeVar("In_contra", bound=Ordered, contravariant=True)
Out_co = TypeVar("Out_co", covariant=True)


class Stage(Protocol[In_contra, Out_co]):
    """What is hosted."""

    def take(self, record: In_contra) -> None:
        """Take one record in."""

    def tell(self) -> Iterable[Out_co]:
        """What came of the records taken since the last call."""

    def snapshot(self) -> bytes:
        """Everything that a later record depends on."""

    def restore(self, data: bytes) -> None:
        """Take up a snapshot."""


class Log(Protocol):
    """A list in Flink's state (``pyflink.datastream.state.ListState``)."""

    def get(self) -> Iterable[bytes] | None:
        """All of it."""

    def add(self, value: bytes) -> None:
        """Append."""

    def update(self, values: list[bytes]) -> None:
        """Put these in the place of all."""


class Slot(Protocol):
    """A value in Flink's state (``ValueState``)."""

    def value(self) -> bytes | None:
        """What it holds."""

    def update(self, value: bytes) -> None:
        """Let it hold this."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What Flink keeps of one hosted stage.

    Args:
        log: records that arrived since the snapshot, and those that wait.
        place: where the stage stands (``_Place``).
    """

    log: Log
    place: Slot


class _Arrived(msgspec.Struct, array_like=True):
    """Records that came together, as the log keeps them.

    Args:
        after: the watermark when they came: a late one takes its turn at the moment reached.
    """

    after: int
    data: bytes


_Turn = tuple[int, Order]
"""When a record is taken: a moment in milliseconds, and among those of one its own order."""


class _Place(msgspec.Struct, array_like=True):
    """How far a stage has come.

    Args:
        state: its last snapshot; None: there is none.
        held: the last record that this snapshot holds.
        taken: records taken in all.
        done: the last of them.
    """

    state: str | None = None
    held: _Turn | None = None
    taken: int = 0
    done: _Turn | None = None


@dataclass(frozen=True, slots=True)
class Terms(Generic[In, Out]):
    """On what terms stages are hosted.

    Args:
        make: a new one, as the job begins with it.
        codec: of records that come together.
        folder: where snapshots go.
        every: records between two snapshots.
    """

    make: Callable[[], Stage[In, Out]]
    codec: Codec[list[In]]
    folder: WorkFolder
    every: int


class Hosted(Generic[In, Out]):
    """One stage, of one key.

    What arrived since its last snapshot is held here as well as in Flink's state: to ask Flink for
    it, only to forget what the next snapshot holds, took a fifth of the time of a stage.

    Args:
        name: of its snapshots' folder.
    """

    def __init__(self, terms: Terms[In, Out], name: str, memory: Memory) -> None:
        self._terms, self._name, self._memory = terms, name, memory
        self._waiting: list[tuple[int, Order, int, In]] = []
        self._logged: list[tuple[_Turn, bytes]] = []
        self._arrivals = 0
        self._stage = terms.make()
        self._place = _Place()
        self._saved_at = 0
        self._restore()

    def arrive(self, data: bytes, watermark: int) -> list[In]:
        """Records have come, and are returned; each waits until the watermark has passed it."""
        arrived = _Arrived(watermark, data)
        entry = _ARRIVED.encode(arrived)
        self._memory.log.add(entry)
        return self._wait(entry, arrived)

    @property
    def waits(self) -> bool:
        """Whether records wait for the watermark."""
        return bool(self._waiting)

    def pass_time(self, watermark: int) -> list[Out]:
        """Take what the watermark has passed; what came of it."""
        place, taken = self._place, 0
        done = place.done
        while self._waiting and self._waiting[0][0] <= watermark:
            moment, order, _, record = heapq.heappop(self._waiting)
            self._stage.take(record)
            taken, done = taken + 1, (moment, order)
        if not taken:
            return []
        self._place = _Place(place.state, place.held, place.taken + taken, done)
        told = list(self._stage.tell())
        if self._place.taken - self._saved_at >= self._terms.every:
            self._save()
        self._memory.place.update(_PLACE.encode(self._place))
        return told

    def end(self) -> str:
        """The name of the state that the stage is left in when no record comes any more."""
        place = self._place
        return self._terms.folder.write_state(self._name, place.taken, self._stage.snapshot())

    def _save(self) -> None:
        place = self._place
        name = self._terms.folder.write_state(self._name, place.taken, self._stage.snapshot())
        self._place = _Place(name, place.done, place.taken, place.done)
        self._saved_at = place.taken
        held = place.done
        self._logged = [one for one in self._logged if held is None or one[0] > held]
        self._memory.log.update([entry for _, entry in self._logged])

    def _restore(self) -> None:
        """Go on where Flink's checkpoint says that the stage stood."""
        data = self._memory.place.value()
        place = _Place() if data is None else _PLACE_FROM.decode(data)
        if place.state is not None:
            self._stage.restore(self._terms.folder.state(place.state))
        for entry in self._memory.log.get() or ():
            self._wait(entry, _ARRIVED_FROM.decode(entry), place.held)
        again = 0
        while self._waiting and place.done and self._waiting[0][:2] <= place.done:
            self._stage.take(heapq.heappop(self._waiting)[3])
            again += 1
        for _ in self._stage.tell():
            pass  # it was told before the failure
        self._place = place
        self._saved_at = place.taken - again

    def _wait(self, entry: bytes, arrived: _Arrived, held: _Turn | None = None) -> list[In]:
        """All records of an entry of the log but what the last snapshot holds."""
        turns = list(self._turns(arrived))
        self._logged.append((max(turn for turn, _ in turns), entry))
        for turn, record in turns:
            if held is None or turn > held:
                self._arrivals += 1  # of two equal ones the earlier first
                heapq.heappush(self._waiting, (*turn, self._arrivals, record))
        return [record for _, record in turns]

    def _turns(self, arrived: _Arrived) -> Iterator[tuple[_Turn, In]]:
        for record in self._terms.codec.unpack(arrived.data):
            yield (max(record.millis, arrived.after + 1), record.order), record


_ARRIVED, _PLACE = msgspec.msgpack.Encoder(), msgspec.msgpack.Encoder()
_ARRIVED_FROM = msgspec.msgpack.Decoder(_Arrived)
_PLACE_FROM = msgspec.msgpack.Decoder(_Place)
