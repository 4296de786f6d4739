"""Figures of a project for whoever watches over it, as OpenMetrics: cheap however large the store.

Each comes from an index or from what is counted on: posts are counted once when the first figures
are asked for, and from then on only those that came since.
"""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from sqlalchemy import func, select

from tocsin import __version__
from tocsin.engines.indexing import INDEXED
from tocsin.engines.outbox import state_counts
from tocsin.engines.project import Project
from tocsin.engines.run_times import NewestRun, newest_run
from tocsin.engines.source_health import states_of
from tocsin.engines.source_tables import SourceTable
from tocsin.engines.watch_plan import SourceState, silence
from tocsin.errors import TocsinError
from tocsin.store import Store, schema
from tocsin.store.lists import newest_seq, reached
from tocsin.store.store import count_posts

LONGEST_NAME: Final = 60


@dataclass(slots=True)
class PostCount:
    """Posts with a smaller seq than the one it has come to; counts on from there."""

    upto: int = 0
    number: int = 0
    erased: int | None = None

    def to(self, store: Store, seq: int) -> int:
        """Posts with a smaller seq than this; counted anew where posts went, or it is smaller."""
        table = schema.erasures.c.seq
        with store.reading() as connection:
            erased = connection.execute(select(func.max(table))).scalar()
            if seq < self.upto or erased != self.erased:
                self.upto, self.number, self.erased = 0, 0, erased
            self.number += count_posts(connection, (self.upto, seq))
        self.upto = seq
        return self.number


@dataclass(slots=True)
class ProjectFigures:
    """What is remembered between two looks at one project."""

    project: Project
    _known: PostCount = field(default_factory=PostCount)
    _taken: PostCount = field(default_factory=PostCount)
    _before: PostCount = field(default_factory=PostCount)

    def families(self, store: Store, now: datetime) -> Iterator[Metric]:
        """All of them; without a store that answers, only that it does not, and the sources."""
        yield build_info(store.engine.dialect.name)
        try:
            found = list(self._of_store(store))
        except TocsinError:
            found = []
        yield gauge("tocsin_store_reachable", "1: the working database answers", bool(found))
        yield from found
        yield from _sources(self.project, now)

    def _of_store(self, store: Store) -> Iterator[Metric]:
        run, newest = newest_run(store), reached(store)
        known = self._known.to(store, _next_seq(store))
        yield gauge("tocsin_posts", "posts in the store", known)
        waiting = known - self._done(store, run)
        yield gauge("tocsin_posts_waiting", "posts that no run has read yet", max(waiting, 0))
        yield moment("tocsin_newest_post_timestamp_seconds", "when it was known", newest)
        entries = int(store.meta(INDEXED, "0"))
        yield gauge("tocsin_archive_entries", "ledger entries that the store has", entries)
        if run is not None:
            yield from _of_run(run)
        yield by("tocsin_outbox_messages", "messages; dead: given up", "state", state_counts(store))

    def _done(self, store: Store, run: NewestRun | None) -> int:
        """Posts that runs have read."""
        if run is None:
            return 0
        if run.done:
            return self._taken.to(store, run.boundary)
        return self._before.to(store, run.after) + run.posts


def _next_seq(store: Store) -> int:
    newest = newest_seq(store, schema.posts)
    return 0 if newest is None else newest + 1


def _of_run(run: NewestRun) -> Iterator[Metric]:
    yield gauge("tocsin_run_done", "1: the newest run reached its end", run.done)
    yield gauge("tocsin_run_posts", "posts of the newest run so far", run.posts)
    yield moment("tocsin_run_begun_timestamp_seconds", "begin of the newest run", run.begun_at)
    yield moment("tocsin_run_moved_timestamp_seconds", "its newest checkpoint", run.moved_at)
    ended = run.moved_at if run.done else None
    yield moment("tocsin_run_ended_timestamp_seconds", "its end, if it is done", ended)
    if run.seconds is not None:
        yield gauge("tocsin_run_duration_seconds", "from its begin to its end", run.seconds)


def _sources(project: Project, now: datetime) -> Iterator[Metric]:
    try:
        found = states_of(project)
    except TocsinError:  # told by tocsin check; a table that cannot be read is no figure
        return
    silent = {table.name: silence(state, table, now) is not None for table, state in found}
    yield gauge("tocsin_sources", "live sources that are configured", len(found))
    yield gauge("tocsin_sources_silent", "those that are silent", sum(silent.values()))
    yield by("tocsin_source_silent", "1: this one is silent", "source", silent)
    failures = {table.name: state.failures for table, state in found}
    yield by("tocsin_source_failures", "looks that failed in a row", "source", failures)
    looked = _answered(found)
    yield by("tocsin_source_answered_timestamp_seconds", "last answer", "source", looked)


def _answered(found: Iterable[tuple[SourceTable, SourceState]]) -> dict[str, float]:
    pairs = ((table.name, state.answered_at) for table, state in found)
    return {name: at.timestamp() for name, at in pairs if at is not None}


def build_info(store: str) -> Metric:
    """Versions."""
    said = {"version": __version__, "python": platform.python_version(), "store": store}
    return InfoMetricFamily("tocsin_build", "versions that answer", value=said)


def gauge(name: str, what: str, value: float) -> Metric:
    """One figure."""
    return GaugeMetricFamily(name, what, value=value)


def moment(name: str, what: str, at: datetime | None) -> Metric:
    """Seconds since 1970; without a sample where it is not known."""
    family = GaugeMetricFamily(name, what)
    if at is not None:
        family.add_metric([], at.timestamp())
    return family


def by(name: str, what: str, label: str, values: Mapping[str, float]) -> Metric:
    """One figure for each value of a label."""
    family = GaugeMetricFamily(name, what, labels=(label,))
    for key, value in values.items():
        family.add_metric([key[:LONGEST_NAME]], value)
    return family
