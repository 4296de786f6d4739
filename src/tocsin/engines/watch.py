"""One supervisor over all live sources: look, archive, remember, run; round after round.

Nothing here sleeps or asks for the time but of the clock it is given. Order of writes: what a
look brought is durable in the archive before the state of its source is; killed in between, the
next start looks again at what it has and takes in nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from tocsin.archive import Archive
from tocsin.clock import Clock, next_tick
from tocsin.engines.heads import sign
from tocsin.engines.live_intake import TakenIn, observe, take_in
from tocsin.engines.local import RunSummary, RunWatch, run_project
from tocsin.engines.project import Project
from tocsin.engines.source_tables import SourceTable
from tocsin.engines.watch_plan import (
    Answer,
    SourceState,
    after_answer,
    after_failure,
    due,
    held,
    in_time,
    lanes,
    silence,
    wake_at,
)
from tocsin.engines.watch_state import WatchStates
from tocsin.errors import (
    EnvironmentFailed,
    SourceFailed,
    TocsinError,
    UsageError,
    VersionsNotAccepted,
)
from tocsin.model import WarningAction
from tocsin.sources.live import LiveSource, Polled
from tocsin.store.observations import HEARD, SILENT, silent_sources

AT_ONCE = 8
"""Lanes that are looked at side by side."""
LONGEST_PAUSE = timedelta(minutes=5)
"""Between two rounds, so that silence is noticed in time."""
_NOT_TAKEN = timedelta(minutes=1)

Look = Polled | Exception


@dataclass(frozen=True, slots=True)
class Told:
    """One thing to tell whoever watches.

    Args:
        what: taken, failed, waiting, note, refused, gone, silent, heard, versions.
        source: its name; empty for what concerns all.
        counts: numbers that go with it.
    """

    what: str
    source: str
    says: str
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Round:
    """What one round came to."""

    told: list[Told] = field(default_factory=list)
    actions: list[WarningAction] = field(default_factory=list)
    posts: int = 0
    looked: int = 0
    failed: int = 0

    def tell(self, what: str, source: str, says: str, **counts: int) -> None:
        """Add one thing to tell."""
        self.told.append(Told(what, source, says, counts))


@dataclass(frozen=True, slots=True)
class Watched:
    """A source with its table."""

    source: LiveSource
    table: SourceTable


class Watch:
    """The supervisor of one project.

    Args:
        run: the pipeline over what came; tests count its calls.
    """

    def __init__(
        self,
        project: Project,
        watched: Sequence[Watched],
        clock: Clock,
        run: Callable[..., RunSummary] = run_project,
    ) -> None:
        self._project = project
        self._watched = {one.table.name: one for one in watched}
        self._clock = clock
        self._run = run
        self._kept = WatchStates(project.folder)
        self._to_run = True  # what an earlier watch or ingest left
        self._to_sign = False
        self._ran_at: datetime | None = None
        self._versions_told = ""
        self.states = {name: self._kept.load(name) for name in self._watched}
        with project.reading() as store:
            self._silent = set(silent_sources(store))

    def round(self, *, everything: bool = False) -> Round:
        """Look at every source that is due, take in what came, and run the pipeline on it.

        Args:
            everything: also at those that are not due.

        Raises:
            DeskLocked: the desk was locked; nothing was looked at.
        """
        self._project.refuse_if_locked()
        now = self._clock.now()
        found = Round()
        self._heed_clock(now, found)
        names = tuple(self.states) if everything else due(self.states, now)
        for name, look in self._look(names, now).items():
            found.looked += 1
            if isinstance(look, Polled):
                self._answered(name, look, now, found)
            else:
                self._failed(name, look, now, found)
        self._finish(now, found)
        return found

    def _heed_clock(self, now: datetime, found: Round) -> None:
        """Where the clock was set back nothing waits for it to catch up."""
        states = {name: in_time(state, now) for name, state in self.states.items()}
        if states != self.states:
            found.tell("note", "", "the clock was set back; sources are looked at as if it was not")
            self.states = states
        if self._ran_at is not None:
            self._ran_at = min(self._ran_at, now)

    def pause(self) -> timedelta:
        """How long nothing is due; at most LONGEST_PAUSE."""
        now = self._clock.now()
        next_at = wake_at(self.states, now) or now + LONGEST_PAUSE
        return min(next_at - now, LONGEST_PAUSE)

    def close(self) -> None:
        """Let go of all connections."""
        for one in self._watched.values():
            one.source.close()

    # -- looking -------------------------------------------------------------------------------

    def _look(self, names: Sequence[str], now: datetime) -> dict[str, Look]:
        """Each source's answer or error, in the order of ``names``."""
        lane_of = {name: one.source.lane for name, one in self._watched.items()}
        groups = lanes(names, lane_of)
        if not groups:
            return {}
        with ThreadPoolExecutor(min(AT_ONCE, len(groups))) as pool:
            parts = pool.map(lambda group: dict(self._look_along(group, now)), groups)
            looks = {name: look for part in parts for name, look in part.items()}
        return {name: looks[name] for name in names if name in looks}

    def _look_along(self, names: Sequence[str], now: datetime) -> Iterator[tuple[str, Look]]:
        """One lane; where its other side demands a pause, the rest is not asked."""
        for name in names:
            look = self._look_at(name, now)
            yield name, look
            if isinstance(look, SourceFailed) and look.not_before is not None:
                return

    def _look_at(self, name: str, now: datetime) -> Look:
        try:
            return self._watched[name].source.poll(self.states[name].cursor, now)
        except Exception as error:  # whatever ails one source, the others go on
            return error

    # -- taking in -----------------------------------------------------------------------------

    def _answered(self, name: str, polled: Polled, now: datetime, found: Round) -> None:
        one = self._watched[name]
        taken = TakenIn()
        if polled.brings:
            try:
                taken = take_in(self._project, one.source, polled, self._clock)
                self._to_sign = True
            except EnvironmentFailed as error:  # ours, not the source's: look again soon
                self._postpone(name, now)
                found.tell("waiting", name, f"not taken in: {error}")
                return
            except Exception as error:
                self._failed(name, error, now, found)
                return
        self._to_run = self._to_run or bool(taken.added or taken.versions)
        answer = Answer(polled.state, polled.next_at, taken.new)
        if self._keep(name, after_answer(self.states[name], answer, one.table, now), found):
            _tell_taken(name, polled, taken, found)

    def _postpone(self, name: str, now: datetime) -> None:
        self.states[name] = replace(self.states[name], next_at=now + _NOT_TAKEN)

    def _failed(self, name: str, error: Exception, now: datetime, found: Round) -> None:
        found.failed += 1
        said = str(error) if isinstance(error, TocsinError) else _crash(name, error)
        not_before = error.not_before if isinstance(error, SourceFailed) else None
        table = self._watched[name].table
        state = after_failure(self.states[name], said, not_before, table, now)
        self._keep(name, state, found)
        assert state.next_at is not None
        says = f"{said} (failed {state.failures} in a row; next at {state.next_at:%H:%M:%S} UTC)"
        found.tell("failed", name, says, failures=state.failures)
        if not_before is not None:
            self._hold_lane(name, not_before, found)

    def _hold_lane(self, name: str, until: datetime, found: Round) -> None:
        lane = self._watched[name].source.lane
        for other, one in self._watched.items():
            if other != name and one.source.lane == lane:
                self._keep(other, held(self.states[other], until), found)

    def _keep(self, name: str, state: SourceState, found: Round) -> bool:
        """Keep a state on the disk; where that fails the old one stands, and the look again."""
        try:
            self._kept.save(name, state)
        except EnvironmentFailed as error:
            self._postpone(name, self._clock.now())
            found.tell("waiting", name, str(error))
            return False
        self.states[name] = state
        return True

    # -- after the looks -----------------------------------------------------------------------

    def _finish(self, now: datetime, found: Round) -> None:
        """Note what fell silent or was heard again, then run the pipeline."""
        observed = list(self._changes(now))
        # Time passes for what stands, and people decide, although no post comes.
        self._to_run = self._to_run or self._ran_at is None or next_tick(self._ran_at) <= now
        if not (observed or self._to_run or self._to_sign):
            return
        try:
            with self._project.writing() as (archive, store):
                observe(archive, store, observed, self._clock)
                for what, name, says in observed:
                    (self._silent.add if what == SILENT else self._silent.discard)(name)
                    found.tell(what, name, says)
                if self._to_run:
                    self._run_on(found, (archive, store))
                self._sign(archive, found)
        except EnvironmentFailed as error:
            found.tell("waiting", "", f"not run: {error}")

    def _run_on(self, found: Round, opened: tuple[Any, Any]) -> None:
        now = self._clock.now()
        telling = RunWatch(say=lambda line: self._tell_versions(line, found))
        try:
            summary = self._run(self._project, *opened, telling, until=now)
        except VersionsNotAccepted as error:  # posts are taken in all the same
            self._tell_versions(str(error), found)
            return
        self._ran_at = now
        found.actions += summary.actions
        found.posts += summary.posts
        self._to_run = False

    def _tell_versions(self, line: str, found: Round) -> None:
        """Once, not at every round."""
        if line != self._versions_told:
            found.tell("versions", "", line)
        self._versions_told = line

    def _sign(self, archive: Archive, found: Round) -> None:
        """Sign what the round wrote; it is safe already, so a missing key is only told."""
        self._to_sign = False
        try:
            sign(self._project, archive, self._clock.now())
        except (UsageError, EnvironmentFailed) as error:
            found.tell("note", "", f"not signed: {error}")

    def _changes(self, now: datetime) -> Iterator[tuple[str, str, str]]:
        for name, one in self._watched.items():
            says = silence(self.states[name], one.table, now)
            if says is not None and name not in self._silent:
                yield SILENT, name, says
            elif says is None and name in self._silent:
                yield HEARD, name, f"source {name} is heard again"
        for name in sorted(self._silent - set(self._watched)):
            yield HEARD, name, f"source {name} is no longer watched"


def _tell_taken(name: str, polled: Polled, taken: TakenIn, found: Round) -> None:
    for note in polled.notes:
        found.tell("note", name, note)
    for line in taken.refused:
        found.tell("refused", name, line)
    for ref in taken.gone:
        found.tell("gone", name, f"{ref} is no longer there; its evidence stays")
    if taken.added or taken.versions:
        says = f"{taken.added} new, {taken.versions} edited"
        found.tell("taken", name, says, added=taken.added, versions=taken.versions)


def _crash(name: str, error: Exception) -> str:
    return f"{name}: crashed ({type(error).__name__}: {error}); please report it"
