"""How each configured live source is doing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from tocsin.engines.project import Project
from tocsin.engines.source_tables import SourceTable, read_tables
from tocsin.engines.watch_plan import SourceState, silence
from tocsin.engines.watch_state import WatchStates


def states_of(desk: Project) -> list[tuple[SourceTable, SourceState]]:
    """Every configured source with where it stands."""
    kept = WatchStates(desk.folder)
    return [(table, kept.load(table.name)) for table in read_tables(desk.folder)]


def said_of(table: SourceTable, state: SourceState, now: datetime) -> str:
    """How a source is doing, in a few words."""
    if state.since is None:
        return "not looked at yet"
    silent = silence(state, table, now)
    if silent is not None:
        return f"{silent}; {state.error}" if state.error else silent
    return state.error or "well"


def source_lines(desk: Project, now: datetime) -> Iterator[tuple[str, bool, str]]:
    """For ``tocsin check``: name, whether it is heard, and what to say of each source."""
    for table, state in states_of(desk):
        heard = silence(state, table, now) is None
        advice = "" if state.since else "; start: tocsin watch"
        yield table.name, heard, f"{table.kind}, {said_of(table, state, now)}{advice}"
