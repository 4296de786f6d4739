"""A job without Flink: its parts one after the other in this process, as a mini-cluster would."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tocsin.engines.flink.engine import FlinkRun
from tocsin.engines.flink.hosting import Hosted, Memory, Terms
from tocsin.engines.flink.pages import Pages, WorkFolder, first_moment
from tocsin.engines.flink.plans import JobPlan
from tocsin.engines.flink.reading import PageReader
from tocsin.engines.flink.records import END, READ_POSTS, SIGHTED, Told
from tocsin.engines.flink.sink import StoreSink
from tocsin.engines.flink.stages import DecidingStage, RumourStage

EVERY = 50
"""Posts between two snapshots: few, so that short runs have some."""


@dataclass
class KeptLog:
    """A list in Flink's state."""

    entries: list[bytes] = field(default_factory=list)

    def get(self) -> list[bytes] | None:
        return list(self.entries) or None

    def add(self, value: bytes) -> None:
        self.entries.append(value)

    def update(self, values: list[bytes]) -> None:
        self.entries = list(values)


@dataclass
class KeptSlot:
    """A value in Flink's state."""

    held: bytes | None = None

    def value(self) -> bytes | None:
        return self.held

    def update(self, value: bytes) -> None:
        self.held = value


def new_memory() -> Memory:
    return Memory(KeptLog(), KeptSlot())


class PlayedJob:
    """The operators of ``tocsin.engines.flink.job``, each in this process."""

    def __init__(self, plan: JobPlan) -> None:
        folder = WorkFolder(plan.folder)
        self._folder = folder

        def begun(stage: Any, state: str) -> Any:
            stage.restore(folder.state(state))
            return stage

        def rumours() -> RumourStage:
            found: RumourStage = begun(RumourStage(plan.options), plan.rumours)
            return found

        def decisions() -> DecidingStage:
            found: DecidingStage = begun(DecidingStage(plan.deciding()), plan.decisions)
            return found

        self._reader = PageReader(plan.reading)
        self._sink = StoreSink(plan.store)
        self._rumours = (Terms(rumours, READ_POSTS, folder, EVERY), "rumours-0", new_memory())
        self._decisions = (Terms(decisions, SIGHTED, folder, 1), "decisions-0", new_memory())
        self.fail()

    def fail(self) -> None:
        """Lose what is in memory; what Flink keeps is there still."""
        self._following, self._deciding = Hosted(*self._rumours), Hosted(*self._decisions)

    def play(self, pages: Pages) -> Iterator[Told]:
        """Page by page; the watermark follows behind the first post of each."""
        moment = -END
        for number in range(pages.count):
            page = self._folder.page(number)
            moment = first_moment(page) - 1
            self._following.arrive(READ_POSTS.pack(self._reader.read(page)), moment)
            yield from self._pass(moment)
        yield from self._pass(END)
        yield Told(ended=self._following.end())
        yield Told(ended=self._deciding.end())
        self._sink.close()

    def _pass(self, moment: int) -> Iterable[Told]:
        for batch in self._following.pass_time(moment):
            for arrived in self._deciding.arrive(SIGHTED.pack([batch]), moment - 1):
                self._sink.write(arrived)
        return self._deciding.pass_time(moment)


class PlayedRun(FlinkRun):
    """A run by a played job.

    Args:
        fails_after: pages after which all that is in memory is lost, once; None: never.
        dies_after: what the driver hears, of all jobs, before it dies; None: it does not.
    """

    fails_after: int | None = None
    dies_after: int | None = None
    _heard = 0

    def _job(self, plan: JobPlan, pages: Pages) -> Iterator[Told]:
        job = PlayedJob(plan)
        for told in job.play(pages):
            if self._heard == self.dies_after:
                raise KeyboardInterrupt
            if self._heard == self.fails_after:
                job.fail()
            self._heard += 1
            yield told
