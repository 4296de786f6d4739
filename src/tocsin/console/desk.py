"""One project as the console holds it: its store, its people, its sessions, its audit log."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Final, TypeVar

from tocsin.clock import Clock, SystemClock
from tocsin.console.accounts import FILE_NAME, Accounts, AccountsBox
from tocsin.console.checking import Checking
from tocsin.console.idempotency import Answers
from tocsin.console.sessions import Sessions
from tocsin.console.streams import Streams
from tocsin.console.throttle import Allowance, Throttle
from tocsin.console.tips_here import TipsHere
from tocsin.desk.audit import Look, append
from tocsin.desk.kept import Reread
from tocsin.desk.lists import DeskLists
from tocsin.engines.desk import ListsReader, desk_key, log_decision
from tocsin.engines.project import Project
from tocsin.engines.settling import settle
from tocsin.errors import DeskLocked, Locked, UsageError
from tocsin.model import Decision, DecisionKind
from tocsin.store import Store

PATIENCE_S: Final = 8.0
"""Seconds a decision waits for another tocsin that is writing, before it says so."""
SETTLING_S: Final = 2.0
"""The same for what was decided to take effect; the next run sees to it otherwise."""
_STEP_S: Final = 0.1
_QUIET: Final = timedelta(minutes=10)
"""A part that refreshes itself is noted in the audit log once in this time."""
ACCOUNT: Final = "console"
"""What the audit log calls the account of uses through the console."""

Done = TypeVar("Done")


@dataclass(frozen=True, slots=True)
class ConsoleOptions:
    """How a console is served.

    Args:
        secure: over TLS, or behind a proxy that speaks it: cookies are kept to it.
        tiles: address of map tiles; empty: the built-in map alone.
        proxies: how many proxies in front are trusted to say who asks.
        demo: the reconstruction is shown, and a notice says so.
        visitor: handle of whoever comes into the demo by its link and needs no password.
        opens_at: the page on which whoever comes by a link begins.
    """

    secure: bool = False
    tiles: str = ""
    proxies: int = 0
    demo: bool = False
    visitor: str = ""
    opens_at: str = "/"


@dataclass(frozen=True, slots=True)
class Limits:
    """How often callers may come."""

    attempts: Throttle = field(
        default_factory=lambda: Throttle(Allowance(5, timedelta(minutes=15)))
    )
    """To sign in as one handle."""
    addresses: Throttle = field(
        default_factory=lambda: Throttle(Allowance(30, timedelta(minutes=15)))
    )
    """To sign in or to use a link, from one place."""
    requests: Throttle = field(
        default_factory=lambda: Throttle(Allowance(600, timedelta(minutes=1)))
    )
    """Of one session or token, of whatever kind."""


class ConsoleDesk:
    """What every page and route works on."""

    def __init__(
        self,
        project: Project,
        clock: Clock | None = None,
        options: ConsoleOptions | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.project = project
        self.clock: Clock = clock or SystemClock()
        self.options = options or ConsoleOptions()
        self.limits = limits or Limits()
        self.sessions = Sessions()
        self.streams = Streams()
        self.answers = Answers()
        self.tips = TipsHere(project)
        self.checking = Checking()
        self._store: Store | None = None
        self._opening = Lock()
        self._lists = ListsReader(project)
        self._people = Reread(project.folder / FILE_NAME, self._open_people, AccountsBox.empty)
        self._noted: dict[tuple[str, ...], datetime] = {}

    @property
    def store(self) -> Store:
        """The working database, opened once."""
        with self._opening:
            if self._store is None:
                self._store = self.project.store()
            return self._store

    @property
    def accounts(self) -> AccountsBox:
        """The people who may sign in."""
        return AccountsBox(self.project.folder / FILE_NAME, desk_key(self.project))

    def _open_people(self) -> Accounts:
        return self.accounts.read()

    def people(self) -> Accounts:
        """The accounts as they are now; opened again only where the file has changed."""
        return self._people.read()

    def lists(self) -> DeskLists:
        """The desk's own lists as they are now."""
        return self._lists.read()

    def close(self) -> None:
        """Let go of the database, and sign everybody out."""
        self.sessions.end_all()
        self.tips.forget()
        self._people.forget()
        with self._opening:
            store, self._store = self._store, None
        if store is not None:
            store.close()

    def refuse_if_locked(self) -> None:
        """Say no while ``tocsin lock`` holds; everybody is signed out by it.

        Raises:
            DeskLocked: it does.
        """
        try:
            self.project.refuse_if_locked()
        except DeskLocked:
            self.close()
            raise

    def note(self, by: str, what: str, words: Sequence[str], *, refresh: bool = False) -> None:
        """Write one line to the audit log, before anything is shown.

        Args:
            refresh: the page asked by itself: the same within ten minutes is noted once.

        Raises:
            EnvironmentFailed: it cannot be written; then nothing is shown.
        """
        now, key = self.clock.now(), (by, what, *words)
        if refresh:
            before = self._noted.get(key)
            if before is not None and now - before < _QUIET:
                return
        append(self.project.audit_path, Look(what, tuple(words), by, ACCOUNT, now))
        if refresh:  # only now: what could not be written was not noted
            if len(self._noted) > 10_000:
                self._noted.clear()
            self._noted[key] = now

    def decide(
        self,
        kind: DecisionKind,
        about: tuple[str, str],
        who: tuple[str, str],
        seen: int | None = None,
    ) -> Decision:
        """Log a decision in the ledger.

        Args:
            about: the subject, and the new value.
            who: the handle and the reason.
            seen: newest decision about the subject that was shown; see ``log_decision``.

        Raises:
            Overtaken: somebody else was first.
            Locked: another tocsin has been writing for too long; nothing was decided.
        """
        decision = Decision(kind, *about, who[0], self.clock.now(), plain(who[1]))
        patiently(lambda: log_decision(self.project, decision, seen))
        return decision

    def settle(self) -> None:
        """Let what was decided take effect at once, where no post waits to be read.

        Where another tocsin writes for long, it is left to that one: what was decided stands in
        the ledger already, and whoever decided must not be told that it failed.
        """
        with suppress(Locked):
            patiently(lambda: settle(self.project), SETTLING_S)


def patiently(action: Callable[[], Done], patience_s: float | None = None) -> Done:
    """Do what needs the archive alone; where another tocsin writes just now, wait a little.

    Args:
        patience_s: how long; None: ``PATIENCE_S``.

    Raises:
        Locked: for too long.
    """
    until = time.monotonic() + (PATIENCE_S if patience_s is None else patience_s)
    while True:
        try:
            return action()
        except Locked:
            if time.monotonic() >= until:
                raise
            time.sleep(_STEP_S)


def plain(text: str) -> str:
    """What somebody wrote, without space around it and null bytes, which PostgreSQL refuses."""
    return text.replace("\0", "").strip()


def reason_needed(reason: str, what: str) -> str:
    """The reason, stripped.

    Raises:
        UsageError: there is none.
    """
    if not plain(reason):
        raise UsageError(f"{what} needs its reason")
    return plain(reason)
