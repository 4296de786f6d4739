"""What Flink calls: each hosts a part of the pipeline and adds nothing to what it decides."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import Any

from pyflink.common import Types
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream.functions import KeyedProcessFunction, MapFunction, RuntimeContext
from pyflink.datastream.state import ListStateDescriptor, ValueStateDescriptor

from tocsin.engines.flink.hosting import Hosted, Memory, Stage, Terms
from tocsin.engines.flink.pages import WorkFolder, first_moment
from tocsin.engines.flink.plans import JobPlan
from tocsin.engines.flink.reading import PageReader
from tocsin.engines.flink.records import (
    END,
    READ_POSTS,
    SIGHTED,
    TOLD,
    Codec,
    SightedBatch,
    Told,
)
from tocsin.engines.flink.sink import StoreSink
from tocsin.engines.flink.stages import BATCH_POSTS, DecidingStage, RumourStage
from tocsin.engines.workers import ReadingPlan

BYTES = Types.PRIMITIVE_ARRAY(Types.BYTE())
ITEM = Types.TUPLE([Types.LONG(), Types.LONG(), BYTES])
"""What flows between operators: a key, an event time in milliseconds, a record as bytes."""

Item = tuple[int, int, bytes]


class OpenPages(MapFunction):  # type: ignore[misc]
    """Page numbers → pages, each with the moment of its first post."""

    def __init__(self, folder: str) -> None:
        self._url = folder

    def open(self, runtime_context: RuntimeContext) -> None:
        """Flink's hook."""
        del runtime_context
        self._folder = WorkFolder(self._url)

    def map(self, value: int) -> Item:
        """Flink's hook."""
        page = self._folder.page(value)
        return value, first_moment(page), page


class EventTime(TimestampAssigner):  # type: ignore[misc]
    """When the first post of a page was known: nothing older comes after it."""

    def extract_timestamp(self, value: Item, record_timestamp: int) -> int:
        """Flink's hook."""
        del record_timestamp
        return value[1]


class ReadPosts(MapFunction):  # type: ignore[misc]
    """Pages → posts read, by the cell of rumours they go to: there is one."""

    def __init__(self, plan: ReadingPlan) -> None:
        self._plan = plan

    def open(self, runtime_context: RuntimeContext) -> None:
        """Flink's hook."""
        del runtime_context
        self._reader = PageReader(self._plan)

    def map(self, value: Item) -> Item:
        """Flink's hook."""
        return 0, value[1], READ_POSTS.pack(self._reader.read(value[2]))


class Hosting(KeyedProcessFunction):  # type: ignore[misc]
    """One stage for each key, see :mod:`tocsin.engines.flink.hosting`.

    Args:
        start: name of the state that its stages begin with.
    """

    _codec: Codec[list[Any]]
    """Of what comes to its stages."""

    def __init__(self, name: str, every: int, folder: str, start: str) -> None:
        self._name, self._every, self._url, self._start = name, every, folder, start
        self._hosted: dict[int, Hosted[Any, Any]] = {}
        self._asked: dict[int, int] = {}

    @abstractmethod
    def _stage(self) -> Stage[Any, Any]:
        """A new one."""

    @abstractmethod
    def _out(self, told: Any) -> Item:
        """What a stage tells, as it flows."""

    def open(self, runtime_context: RuntimeContext) -> None:
        """Flink's hook."""
        log = runtime_context.get_list_state(ListStateDescriptor("log", BYTES))
        place = runtime_context.get_state(ValueStateDescriptor("place", BYTES))
        self._memory = Memory(log, place)
        self._folder = WorkFolder(self._url)
        self._terms = Terms(self._begun, self._codec, self._folder, self._every)

    def process_element(self, value: Item, ctx: KeyedProcessFunction.Context) -> Iterator[Item]:
        """Flink's hook."""
        if value[1] == END:  # that the stage before has ended is for the driver
            yield value
            return
        watermark = ctx.timer_service().current_watermark()
        self._arrived(self._of(value[0], ctx).arrive(value[2], watermark))
        self._ask(value[0], watermark, ctx)

    def _arrived(self, records: list[Any]) -> None:
        """To be done with records as they come, again after a failure."""

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterator[Item]:
        """Flink's hook."""
        key = ctx.get_current_key()
        hosted = self._of(key, ctx)
        watermark = ctx.timer_service().current_watermark()
        for told in hosted.pass_time(watermark):
            yield self._out(told)
        if timestamp == END:
            yield 0, END, TOLD.pack(Told(ended=hosted.end()))
        elif hosted.waits:
            self._asked.pop(key, None)
            self._ask(key, watermark, ctx)

    def _of(self, key: int, ctx: KeyedProcessFunction.Context) -> Hosted[Any, Any]:
        if key not in self._hosted:
            self._hosted[key] = Hosted(self._terms, f"{self._name}-{key}", self._memory)
            ctx.timer_service().register_event_time_timer(END)
        return self._hosted[key]

    def _ask(self, key: int, watermark: int, ctx: KeyedProcessFunction.Context) -> None:
        """To be called when the watermark moves; once is enough for all records between."""
        if self._asked.get(key) != watermark:
            self._asked[key] = watermark
            ctx.timer_service().register_event_time_timer(watermark + 1)

    def _begun(self) -> Stage[Any, Any]:
        stage = self._stage()
        stage.restore(self._folder.state(self._start))
        return stage


class FollowRumours(Hosting):
    """Read posts → batches of sightings."""

    _codec = READ_POSTS

    def __init__(self, plan: JobPlan, every: int) -> None:
        super().__init__("rumours", every, plan.folder, plan.rumours)
        self._options = plan.options

    def _stage(self) -> RumourStage:
        return RumourStage(self._options)

    def _out(self, told: SightedBatch) -> Item:
        return 0, told.millis, SIGHTED.pack([told])


class Decide(Hosting):
    """Batches of sightings → rows in the store, and warning actions."""

    _codec = SIGHTED

    def __init__(self, plan: JobPlan, every: int) -> None:
        super().__init__("decisions", max(1, every // BATCH_POSTS), plan.folder, plan.decisions)
        self._deciding, self._store = plan.deciding, plan.store

    def open(self, runtime_context: RuntimeContext) -> None:
        """Flink's hook."""
        super().open(runtime_context)
        self._sink = StoreSink(self._store)

    def close(self) -> None:
        """Flink's hook."""
        self._sink.close()

    def _arrived(self, records: list[SightedBatch]) -> None:
        for batch in records:
            self._sink.write(batch)

    def _stage(self) -> DecidingStage:
        return DecidingStage(self._deciding())

    def _out(self, told: Told) -> Item:
        return 0, 0, TOLD.pack(told)
