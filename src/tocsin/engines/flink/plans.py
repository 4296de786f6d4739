"""What a job is told before it begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tocsin.engines.workers import ReadingPlan
from tocsin.model import ChannelProfile
from tocsin.pipeline import PipelineOptions
from tocsin.risk import Sources


@dataclass(frozen=True, slots=True)
class DecidingPlan:
    """What warnings are decided by."""

    profiles: Mapping[str, ChannelProfile]
    options: PipelineOptions
    sources: Sources = field(default_factory=Sources)
    silent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class JobPlan:
    """What a job does.

    Args:
        folder: address of the folder that all its machines read and write.
        store: URL of the store, as those machines reach it.
        rumours, decisions: names of the states that the stages begin with.
    """

    folder: str
    store: str
    reading: ReadingPlan
    options: PipelineOptions
    deciding: DecidingPlan
    rumours: str
    decisions: str
