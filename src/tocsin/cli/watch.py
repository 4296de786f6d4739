"""``tocsin watch``: all live sources under one supervisor."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from tocsin import wire
from tocsin.cli.digest import show_digest
from tocsin.cli.gazetteer import prepare_gazetteer
from tocsin.cli.options import JsonOption, ProjectOption, WorkersOption, open_project
from tocsin.cli.output import say, show, show_json
from tocsin.clock import SystemClock
from tocsin.engines.live_sources import build_sources
from tocsin.engines.project import Project
from tocsin.engines.source_tables import SourceTable, read_tables
from tocsin.engines.watch import Round, Told, Watch, Watched
from tocsin.engines.watch_state import WatchStates
from tocsin.errors import EXIT_ENVIRONMENT, EXIT_INTERRUPTED, UsageError

_SHORTEST = timedelta(seconds=1)
_STYLE = {"silent": "bold red", "failed": "yellow", "waiting": "yellow", "refused": "yellow"}


def watch(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="The project's folder; default: here.")
    ] = None,
    project: ProjectOption = Path(),
    once: Annotated[
        bool, typer.Option("--once", help="Look at every source once, then end (for cron).")
    ] = False,
    workers: WorkersOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read from the live sources until told to stop, and say what you would be shown.

    Sources are configured with: tocsin sources add. One that fails stops no other; one that is
    silent is told. May be stopped and started again at any time: nothing is lost or doubled.
    """
    desk = open_project(folder or project, run__workers=workers or 0)
    tables = read_tables(desk.folder)
    if not tables:
        raise UsageError("no live sources yet; add one, e.g.: tocsin sources add feed NAME URL")
    prepare_gazetteer()
    code = _watch(desk, tables, once=once, as_json=as_json)
    if code:
        raise typer.Exit(code)


def _watch(desk: Project, tables: Sequence[SourceTable], *, once: bool, as_json: bool) -> int:
    with WatchStates(desk.folder).alone(), Stop.on_signals() as stop:
        sources = build_sources(desk, tables)
        watched = [Watched(*pair) for pair in zip(sources, tables, strict=True)]
        supervisor = Watch(desk, watched, SystemClock())
        try:
            say(f"watching {len(tables)} sources of {desk.folder}")
            return _rounds(supervisor, stop, once=once, as_json=as_json)
        finally:
            supervisor.close()


def _rounds(supervisor: Watch, stop: Stop, *, once: bool, as_json: bool) -> int:
    while True:
        found = supervisor.round(everything=once)
        show_round(found, as_json)
        if once:
            return EXIT_ENVIRONMENT if found.failed else stop.code
        if stop.wait(max(supervisor.pause(), _SHORTEST)):
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


class Stop:
    """Whether somebody asked us to end; a round that runs is finished first.

    A pipe and not an event: a signal may come while the main thread holds an event's lock.
    """

    def __init__(self) -> None:
        self.code = 0
        self._asked = False
        self._read, self._write = os.pipe()

    @classmethod
    @contextmanager
    def on_signals(cls) -> Iterator[Stop]:
        """SIGTERM ends with 0, SIGINT with 130; a second SIGINT breaks off at once."""
        stop = cls()
        before = {one: signal.signal(one, stop.ask) for one in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield stop
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)
            os.close(stop._read)
            os.close(stop._write)

    def ask(self, number: int, frame: FrameType | None) -> None:
        """A signal came."""
        del frame
        if self._asked and number == signal.SIGINT:
            raise KeyboardInterrupt
        self._asked = True
        self.code = EXIT_INTERRUPTED if number == signal.SIGINT else 0
        os.write(self._write, b"!")

    def wait(self, pause: timedelta) -> bool:
        """Wait, or return at once if somebody asked; whether somebody did."""
        ready, _, _ = select.select([self._read], [], [], pause.total_seconds())
        return bool(ready)
