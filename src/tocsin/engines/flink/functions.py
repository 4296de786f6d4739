"""What Flink calls: each hosts a part of the pipeline and adds nothing to what it decides."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator
from typing import Any

from pyflink.common import Types
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream.functions import KeyedProcessFunction, MapFunction, RuntimeContext
from pyflink.datastream.state import ListStateDescriptor, ValueStateDescriptor

from tocsin.engines.flink.hosting import Hosted, Memory, Terms
from tocsin.engines.flink.pages import WorkFolder, first_moment
from tocsin.engines.flink.plans import JobPlan
from tocsin.engines.flink.reading import PageReader
from tocsin.engines.flink.records import (
    END,
    READ_POSTS,
    SIGHTED,
    TOLD,
    ReadPost,
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
    """One stage for each key, see :mod:`tocsin.engines.flink.hosting`."""

    def __init__(self, name: str, every: int, folder: str) -> None:
        self._name, self._every, self._url = name, every, folder
        self._hosted: dict[int, Hosted[Any, Any]] = {}
        self._asked: dict[int, int] = {}

    @abstractmethod
    def _terms(self) -> Terms[Any, Any]:
        """On what terms its stages are hosted."""

    @abstractmethod
    def _out(self, told: Any) -> Item:
        """What a stage tells, as it flows."""

    def open(self, runtime_context: RuntimeContext) -> None:
        """Flink's hook."""
        log = runtime_context.get_list_state(ListStateDescriptor("log", BYTES))
        place = runtime_context.get_state(ValueStateDescriptor("place", BYTES))
        self._memory = Memory(log, place)
        self._folder = WorkFolder(self._url)
        self._kept = self._terms()

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
            yield self._last(hosted.end())
        elif hosted.waits:
            self._asked.pop(key, None)
            self._ask(key, watermark, ctx)

    @abstractmethod
    def _last(self, state: str) -> Item:
        """What is told when the last record has been taken."""

    def _of(self, key: int, ctx: KeyedProcessFunction.Context) -> Hosted[Any, Any]:
        if key not in self._hosted:
            self._hosted[key] = Hosted(self._kept, f"{self._name}-{key}", self._memory)
            ctx.timer_service().register_event_time_timer(END)
        return self._hosted[key]

    def _ask(self, key: int, watermark: int, ctx: KeyedProcessFunction.Context) -> None:
        """To be called when the watermark moves; once is enough for all records between."""
        if self._asked.get(key) != watermark:
            self._asked[key] = watermark
            ctx.timer_service().register_event_time_timer(watermark + 1)


class FollowRumours(Hosting):
    """Read posts → batches of sightings."""

    def __init__(self, plan: JobPlan, every: int) -> None:
        super().__init__("rumours", every, plan.folder)
        self._options, self._start = plan.options, plan.rumours

    def _terms(self) -> Terms[ReadPost, SightedBatch]:
        make = _begun(lambda: RumourStage(self._options), self._folder, self._start)
        return Terms(make, READ_POSTS, self._folder, self._every)

    def _out(self, told: SightedBatch) -> Item:
        return 0, told.millis, SIGHTED.pack([told])

    def _last(self, state: str) -> Item:
        return 0, END, TOLD.pack(Told(ended=state))


class Decide(Hosting):
    """Batches of sightings → rows in the store, and warning actions."""

    def __init__(self, plan: JobPlan, every: int) -> None:
        super().__init__("decisions", max(1, every // BATCH_POSTS), plan.folder)
        self._plan = plan

    def open(self, runtime_context: RuntimeContext) -> None:
        """Flink's hook."""
        super().open(runtime_context)
        self._sink = StoreSink(self._plan.store)

    def close(self) -> None:
        """Flink's hook."""
        self._sink.close()

    def _arrived(self, records: list[SightedBatch]) -> None:
        for batch in records:
            self._sink.write(batch)

    def _terms(self) -> Terms[SightedBatch, Told]:
        deciding, start = self._plan.deciding, self._plan.decisions
        make = _begun(lambda: DecidingStage(deciding()), self._folder, start)
        return Terms(make, SIGHTED, self._folder, self._every)

    def _out(self, told: Told) -> Item:
        return 0, 0, TOLD.pack(told)

    def _last(self, state: str) -> Item:
        return 0, END, TOLD.pack(Told(ended=state))


def _begun(make: Callable[[], Any], folder: WorkFolder, start: str) -> Callable[[], Any]:
    """Makes stages that begin with the state ``start``."""

    def begun() -> Any:
        stage = make()
        stage.restore(folder.state(start))
        return stage

    return begun
