"""``tocsin watch``: all live sources under one supervisor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin import __version__, wire
from tocsin.cli.deliver import show_delivery, show_try
from tocsin.cli.digest import show_digest
from tocsin.cli.gazetteer import load_gazetteer, prepare_gazetteer
from tocsin.cli.options import (
    JsonOption,
    LogFormatOption,
    LogLevelOption,
    ProjectOption,
    WorkersOption,
    open_logged,
)
from tocsin.cli.output import say, show, show_json
from tocsin.cli.stop import Stop
from tocsin.clock import SystemClock
from tocsin.engines.delivering import LONGEST_REST, RoundOptions, Rounds, carrier_options
from tocsin.engines.live_sources import build_sources
from tocsin.engines.project import Project
from tocsin.engines.source_tables import SourceTable, read_tables
from tocsin.engines.watch import LONGEST_PAUSE, Round, Told, Watch, Watched
from tocsin.engines.watch_state import WatchStates
from tocsin.errors import EXIT_ENVIRONMENT, DeskLocked, TocsinError, UsageError
from tocsin.logs import Log
from tocsin.plugins import load_carriers
from tocsin.store import Store

if TYPE_CHECKING:
    from tocsin.engines.watch_figures import WatchFigures

MetricsOption = Annotated[
    Path | None,
    typer.Option(
        "--metrics-file",
        metavar="FILE.prom",
        help="Replace this file with figures after each round, for node_exporter.",
    ),
]
_LOG = Log("tocsin.watch")
_SHORTEST = timedelta(seconds=1)
_STYLE = {
    "silent": "bold red",
    "failed": "yellow",
    "waiting": "yellow",
    "refused": "yellow",
    "versions": "yellow",
}


def watch(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="The project's folder; default: here.")
    ] = None,
    project: ProjectOption = Path(),
    once: Annotated[
        bool, typer.Option("--once", help="Look at every source once, then end (for cron).")
    ] = False,
    deliver: Annotated[
        bool, typer.Option("--deliver", help="Also send, as tocsin deliver does.")
    ] = False,
    workers: WorkersOption = None,
    as_json: JsonOption = False,
    metrics_file: MetricsOption = None,
    log_level: LogLevelOption = None,
    log_format: LogFormatOption = None,
) -> None:
    """Read from the live sources until told to stop, and say what you would be shown.

    Sources are configured with: tocsin sources add. One that fails stops no other; one that is
    silent is told. May be stopped and started again at any time: nothing is lost or doubled.

    Pages for whoever is on duty are put into the outbox. They go out with --deliver, or where
    tocsin deliver runs beside this.
    """
    desk = open_logged(folder or project, log_level, log_format, run__workers=workers or 0)
    tables = read_tables(desk.folder)
    if not tables:
        raise UsageError("no live sources yet; add one, e.g.: tocsin sources add feed NAME URL")
    prepare_gazetteer()
    carriers = load_carriers(carrier_options(desk.settings)) if deliver else None
    options = WatchOptions(once, as_json, metrics_file)
    code = _watch(desk, tables, RoundOptions(carriers, load_gazetteer), options)
    if code:
        raise typer.Exit(code)


def _watch(
    desk: Project, tables: Sequence[SourceTable], options: RoundOptions, asked: WatchOptions
) -> int:
    with WatchStates(desk.folder).alone(), Stop.on_signals() as stop, desk.reading() as store:
        sources = build_sources(desk, tables)
        watched = [Watched(*pair) for pair in zip(sources, tables, strict=True)]
        supervisor = Watch(desk, watched, SystemClock())
        most = LONGEST_PAUSE if options.carriers is None else LONGEST_REST
        paging = _Paging(Rounds(desk, store, SystemClock(), options), asked.as_json, most)
        figures = _Figures.of(desk, store, asked.metrics_file)
        try:
            say(f"watching {len(tables)} sources of {desk.folder}")
            _LOG.info("watching", sources=len(tables), version=__version__)
            if options.carriers is None and desk.lists_path.exists():
                say("pages wait in the outbox until tocsin deliver runs; --deliver sends them here")
            return _rounds(supervisor, (paging, figures), stop, asked)
        finally:
            supervisor.close()


@dataclass(frozen=True, slots=True)
class WatchOptions:
    """How a watch was asked for.

    Args:
        once: look at every source once, then end.
        metrics_file: where figures go after each round; None: nowhere.
    """

    once: bool = False
    as_json: bool = False
    metrics_file: Path | None = None


@dataclass(slots=True)
class _Figures:
    """The file with figures, if one is wanted; whatever ails it, the sources are read on."""

    file: WatchFigures | None
    said: str = ""

    @classmethod
    def of(cls, desk: Project, store: Store, path: Path | None) -> _Figures:
        if path is None:
            return cls(None)
        from tocsin.engines.watch_figures import WatchFigures

        return cls(WatchFigures(desk, store, path))

    def write(self, found: Round) -> None:
        if self.file is None:
            return
        try:
            self.file.write(found, SystemClock().now())
            self.said = ""
        except TocsinError as error:
            if str(error) != self.said:
                say(str(error))
            self.said = str(error)
            _LOG.warning("figures not written", error=type(error).__name__)


@dataclass(slots=True)
class _Paging:
    """The desk's own rounds beside the watch: whatever ails them, the sources are read on."""

    rounds: Rounds
    as_json: bool
    longest: timedelta
    said: str = ""

    def round(self) -> None:
        try:
            done = self.rounds.round(lambda entry: show_try(entry, self.as_json))
            show_delivery(done, self.as_json)
            self.said = ""
        except DeskLocked:
            raise
        except TocsinError as error:
            self._say_once(f"NOBODY IS PAGED: {error}")
            _LOG.error("nobody is paged", error=type(error).__name__)

    def rest(self, until_sources: timedelta) -> timedelta:
        longest = min(until_sources, self.longest)
        try:
            return self.rounds.rest(longest)
        except DeskLocked:
            raise
        except TocsinError:  # told by the round
            return longest

    def _say_once(self, line: str) -> None:
        if line != self.said:
            say(line)
        self.said = line


def _rounds(
    supervisor: Watch, beside: tuple[_Paging, _Figures], stop: Stop, asked: WatchOptions
) -> int:
    paging, figures = beside
    while True:
        found = supervisor.round(everything=asked.once)
        show_round(found, asked.as_json)
        _log_round(found)
        paging.round()
        figures.write(found)
        if asked.once:
            return EXIT_ENVIRONMENT if found.failed else stop.code
        if stop.wait(max(paging.rest(supervisor.pause()), _SHORTEST)):
            say("stopped; what was done is kept, the same command goes on from there")
            return stop.code


def _log_round(found: Round) -> None:
    told = Counter(one.what for one in found.told)
    counts = {"looked": found.looked, "failed": found.failed, "posts": found.posts}
    _LOG.info("round ended", **counts, actions=len(found.actions), silent=told["silent"])
    if found.failed:
        _LOG.warning("sources failed", failed=found.failed)
    if any(one.what == "waiting" and not one.source for one in found.told):
        _LOG.warning("not run")


def show_round(found: Round, as_json: bool) -> None:
    """What one round came to: lines about sources, then warnings."""
    lines = [wire.warning_line(action) for action in found.actions]
    at = SystemClock().now()
    for told in found.told:
        if as_json:
            show_json(_form(told) | {"at": wire.iso(at)})
        else:
            show(f"{at:%H:%M:%S}  {told.source}  {told.what}: {told.says}", _STYLE.get(told.what))
    if as_json:
        for line in lines:
            show_json({"what": "warning", **line})
    elif lines:
        show_digest(lines)


def _form(told: Told) -> dict[str, object]:
    return {"what": told.what, "source": told.source, "says": told.says, **told.counts}
