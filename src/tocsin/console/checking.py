"""A check of the audit log: it reads log and ledger whole, so it runs aside and is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from threading import Lock, Thread
from typing import Any

from tocsin import wire
from tocsin.engines.audit_check import AuditCheck, check_audit
from tocsin.engines.project import Project
from tocsin.errors import TocsinError
from tocsin.logs import Log

_LOG = Log("tocsin.console.checking")
_PATIENCE_S = 1.0
"""Whoever asks waits so long for a small log, and else looks again."""


@dataclass(slots=True)
class _Asked:
    by: str
    at: datetime
    found: AuditCheck | None = None
    failed: str = ""


class Checking:
    """The newest check of one process, running or done."""

    def __init__(self) -> None:
        self._newest: _Asked | None = None
        self._lock = Lock()

    def start(self, project: Project, by: str, at: datetime) -> None:
        """Begin one, unless one runs."""
        with self._lock:
            if self._newest is not None and self.state()["running"]:
                return
            asked = self._newest = _Asked(by, at)
        thread = Thread(target=_run, args=(project, asked), daemon=True)
        thread.start()
        thread.join(_PATIENCE_S)

    def state(self) -> dict[str, Any]:
        """What is known of it."""
        asked = self._newest
        if asked is None:
            return {"asked": False, "running": False}
        found = asked.found
        return {
            "asked": True,
            "by": asked.by,
            "at": wire.iso(asked.at),
            "running": found is None and not asked.failed,
            "failed": asked.failed,
            "lines": None if found is None else found.head.lines,
            "anchors": None if found is None else found.anchors,
            "troubles": []
            if found is None
            else [{"line": one.line, "problem": one.problem} for one in found.troubles],
        }


def _run(project: Project, asked: _Asked) -> None:
    try:
        asked.found = check_audit(project)
    except TocsinError as error:
        asked.failed = str(error)
    except Exception as error:
        _LOG.crashed(error)
        asked.failed = type(error).__name__
