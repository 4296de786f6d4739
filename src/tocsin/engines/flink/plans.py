"""What a job is told before it begins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tocsin.engines.workers import ReadingPlan
from tocsin.pipeline import Deciding, PipelineOptions


@dataclass(frozen=True, slots=True)
class JobPlan:
    """What a job does.

    Args:
        folder: address of the folder that all its machines read and write.
        store: URL of the store, as those machines reach it.
        deciding: makes what warnings are decided by.
        rumours, decisions: names of the states that the stages begin with.
    """

    folder: str
    store: str
    reading: ReadingPlan
    options: PipelineOptions
    deciding: Callable[[], Deciding]
    rumours: str
    decisions: str
