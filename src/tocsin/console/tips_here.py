"""Tips as one process of the console holds them: one gate for all requests, tips once opened."""

from __future__ import annotations

import ipaddress
import os
from datetime import datetime, timedelta
from typing import Final

from tocsin.engines.project import Project, filing
from tocsin.engines.tip_box import KeptTip, TipBox, TipsReader
from tocsin.engines.tips import TipAnswer, TipDesk
from tocsin.sources.tips import Gate, TipForm

_PURGED_EVERY: Final = timedelta(hours=1)


class TipsHere:
    """The gate and the box of a project, shared by the desk's pages and the public form."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._gate: Gate | None = None
        self._reader: TipsReader | None = None
        self._purged_at: datetime | None = None

    def desk(self) -> TipDesk:
        """All that can be done with tips, behind the gate of this process."""
        if self._gate is None:
            settings = self._project.settings
            counts = settings.whole("tips.per_day"), settings.whole("tips.per_day_in_all")
            self._gate = Gate(*counts, os.urandom)
        return TipDesk(self._project, self._gate)

    def submit(self, form: TipForm, now: datetime, remote: str) -> str:
        """Take a tip in, and delete what is due; returns its code.

        Raises:
            UsageError: no consent, over a limit, or too many today.
            EnvironmentFailed: it could not be written.
        """
        self.purge_due(now)
        with filing(self._project.folder):
            return self.desk().submit(form, now, remote)

    def ask(self, code: str, now: datetime, remote: str) -> TipAnswer | None:
        """What came of the tip with this code; None where no tip has it.

        Raises:
            UsageError: too many today.
        """
        with filing(self._project.folder):
            return self.desk().ask(code, now, remote)

    def all(self) -> list[KeptTip]:
        """Every tip, the newest first; an empty list where there is no box."""
        if not self._project.tips_folder.is_dir():
            return []
        if self._reader is None:
            project = self._project
            self._reader = TipsReader(TipBox(project.tips_folder, project.tips_key_path))
        with filing(self._project.folder):
            return self._reader.all()

    def purge_due(self, now: datetime) -> None:
        """Delete what is due, once an hour at most."""
        if self._purged_at is not None and now - self._purged_at < _PURGED_EVERY:
            return
        self._purged_at = now
        if self._project.tips_folder.is_dir():
            with filing(self._project.folder):
                TipDesk(self._project).purge(now)

    def forget(self) -> None:
        """Hold no tip in memory any more."""
        if self._reader is not None:
            self._reader.forget()


def place_of(host: str) -> str:
    """What the gate tells one remote place from another by.

    What comes from this machine is a proxy that does not say for whom, or an onion service: there
    all senders look alike, and only the limit for all together can hold.
    """
    try:
        near = ipaddress.ip_address(host).is_loopback
    except ValueError:
        near = False
    return os.urandom(16).hex() if near else host
