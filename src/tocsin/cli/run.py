"""``tocsin run``: everything archived and not yet processed goes through the pipeline."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.digest import show_digest
from tocsin.cli.gazetteer import prepare_gazetteer
from tocsin.cli.heads import sign_at_end
from tocsin.cli.options import (
    JsonOption,
    LogFormatOption,
    LogLevelOption,
    ProjectOption,
    WorkersOption,
    open_logged,
)
from tocsin.cli.output import progress, say, show, show_json
from tocsin.engines.flink.cluster import cluster_of, flink_engine
from tocsin.engines.indexing import Indexer
from tocsin.engines.local import Engine, Run, RunWatch, run_project
from tocsin.errors import UsageError
from tocsin.settings import Settings
from tocsin.wire import warning_line


def run(
    project: ProjectOption = Path(),
    workers: WorkersOption = None,
    engine: Annotated[
        str, typer.Option(metavar="NAME", help="local, or flink: a job (docs/cluster.md).")
    ] = "local",
    cluster: Annotated[
        str,
        typer.Option(metavar="HOST:PORT", help="flink: a cluster; default: one in this process."),
    ] = "",
    parallelism: Annotated[
        int | None, typer.Option(min=1, help="flink: slots of the job; default: one per core.")
    ] = None,
    as_json: JsonOption = False,
    log_level: LogLevelOption = None,
    log_format: LogFormatOption = None,
) -> None:
    """Read what was ingested, follow its rumours, and say what you would have been shown.

    May be stopped and started again at any time; it goes on where it was. Doing it again with
    nothing new does nothing. Ends with a digest, day by day.
    """
    count = cores() if workers is None else workers
    desk = open_logged(project, log_level, log_format, run__workers=count)
    chosen = _engine(desk.settings, engine, cluster, parallelism)
    prepare_gazetteer()
    with desk.writing() as (archive, store), watched("run") as watch:
        summary = run_project(desk, archive, store, watch, engine=chosen)
        sign_at_end(desk, archive)
        Indexer(store).catch_up(archive)
    if as_json:
        for action in summary.actions:
            show_json(warning_line(action))
        return
    if not summary.runs:
        show("nothing new: everything archived has been processed")
        return
    show(f"{summary.posts:,} posts processed")
    show_digest([warning_line(action) for action in summary.actions])


def _engine(settings: Settings, name: str, address: str, parallelism: int | None) -> Engine:
    """What takes posts through the pipeline."""
    if name == "flink":
        return flink_engine(cluster_of(settings, address, parallelism or cores()))
    if name != "local":
        raise UsageError(f"--engine {name}: there are two: local, flink")
    if address or parallelism:
        raise UsageError("--cluster and --parallelism are for --engine flink")
    return Run


def cores() -> int:
    """Reading processes by default: one per core that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def watched(what: str) -> Iterator[RunWatch]:
    """A progress bar as the run's watch."""
    with progress(what) as (bar, task):

        def started(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        def moved(done: int) -> None:
            bar.update(task, completed=done)

        tell: Callable[[int], None] = moved
        yield RunWatch(started=started, progress=tell, say=say)
