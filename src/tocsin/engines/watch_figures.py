"""Figures of ``tocsin watch`` in a file, for the textfile collector of node_exporter.

A file, because a watch then listens nowhere, and because the age of the file (which node_exporter
tells) shows that the watch is dead, which nothing that it says itself could.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from prometheus_client import CollectorRegistry, write_to_textfile
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from tocsin.engines.figures import ProjectFigures, moment
from tocsin.engines.project import Project
from tocsin.engines.watch import Round
from tocsin.errors import EnvironmentFailed
from tocsin.store import Store


class WatchFigures(Collector):
    """What a watch did since it was started, and how its project stands.

    Args:
        path: of the file; node_exporter reads names that end in ``.prom``.
    """

    def __init__(self, project: Project, store: Store, path: Path) -> None:
        self._figures = ProjectFigures(project)
        self._store = store
        self._path = path
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)
        self._now: datetime | None = None
        self._counts = dict.fromkeys(("rounds", "looks", "failed_looks", "posts", "actions"), 0)

    def write(self, found: Round, now: datetime) -> None:
        """Replace the file, as a whole.

        Raises:
            EnvironmentFailed: it could not be written.
        """
        self._now = now
        counted = (1, found.looked, found.failed, found.posts, len(found.actions))
        for name, number in zip(self._counts, counted, strict=True):
            self._counts[name] += number
        try:
            write_to_textfile(str(self._path), self._registry)
        except OSError as error:
            raise EnvironmentFailed(
                f"{self._path}: {error.strerror}; the watch goes on without figures"
            ) from error

    def collect(self) -> Iterator[Metric]:
        """All of them; nothing before the first round."""
        if self._now is None:
            return
        yield from self._figures.families(self._store, self._now)
        yield moment("tocsin_watch_round_timestamp_seconds", "end of its last round", self._now)
        for name, number in self._counts.items():
            says = f"{name.replace('_', ' ')} since it was started"
            yield CounterMetricFamily(f"tocsin_watch_{name}", says, value=number)
