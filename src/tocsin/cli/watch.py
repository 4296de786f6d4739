"""``tocsin watch``: all live sources under one supervisor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from tocsin import wire
from tocsin.cli.deliver import show_delivery, show_try
from tocsin.cli.digest import show_digest
from tocsin.cli.gazetteer import load_gazetteer, prepare_gazetteer
from tocsin.cli.options import JsonOption, ProjectOption, WorkersOption, open_project
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
from tocsin.plugins import load_carriers

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
) -> None:
    """Read from the live sources until told to stop, and say what you would be shown.

    Sources are configured with: tocsin sources add. One that fails stops no other; one that is
    silent is told. May be stopped and started again at any time: nothing is lost or doubled.

    Pages for whoever is on duty are put into the outbox. They go out with --deliver, or where
    tocsin deliver runs beside this.
    """
    desk = open_project(folder or project, run__workers=workers or 0)
    tables = read_tables(desk.folder)
    if not tables:
        raise UsageError("no live sources yet; add one, e.g.: tocsin sources add feed NAME URL")
    prepare_gazetteer()
    carriers = load_carriers(carrier_options(desk.settings)) if deliver else None
    code = _watch(desk, tables, RoundOptions(carriers, load_gazetteer), once, as_json)
    if code:
        raise typer.Exit(code)


def _watch(
    desk: Project, tables: Sequence[SourceTable], options: RoundOptions, once: bool, as_json: bool
) -> int:
    with WatchStates(desk.folder).alone(), Stop.on_signals() as stop, desk.reading() as store:
        sources = build_sources(desk, tables)
        watched = [Watched(*pair) for pair in zip(sources, tables, strict=True)]
        supervisor = Watch(desk, watched, SystemClock())
        most = LONGEST_PAUSE if options.carriers is None else LONGEST_REST
        paging = _Paging(Rounds(desk, store, SystemClock(), options), as_json, most)
        try:
            say(f"watching {len(tables)} sources of {desk.folder}")
            if options.carriers is None and desk.lists_path.exists():
                say("pages wait in the outbox until tocsin deliver runs; --deliver sends them here")
            return _rounds(supervisor, paging, stop, once=once, as_json=as_json)
        finally:
            supervisor.close()


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


def _rounds(supervisor: Watch, paging: _Paging, stop: Stop, *, once: bool, as_json: bool) -> int:
    while True:
        found = supervisor.round(everything=once)
        show_round(found, as_json)
        paging.round()
        if once:
            return EXIT_ENVIRONMENT if found.failed else stop.code
        if stop.wait(max(paging.rest(supervisor.pause()), _SHORTEST)):
            say("stopped; what was done is kept, the same command goes on from there")
            return stop.code


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
