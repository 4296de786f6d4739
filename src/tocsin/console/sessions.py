"""Who is signed in: in memory alone, so that a stopped server or a locked desk ends them all."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

from tocsin.console.accounts import digest_of
from tocsin.model.names import same_person

IDLE: Final = timedelta(hours=2)
LONGEST: Final = timedelta(hours=14)
"""A night's shift with its handover."""
MOST: Final = 2_000


@dataclass(slots=True)
class Session:
    """One browser that is signed in.

    Args:
        csrf: every form of this session carries it.
        looked_at: when its owner last looked at the first page, for "since you looked".
        exposure: what its owner has seen since signing in, shown to them alone.
        said: told on the next page, once.
    """

    handle: str
    csrf: str
    began_at: datetime
    seen_at: datetime
    language: str = ""
    looked_at: datetime | None = None
    exposure: dict[str, int] = field(default_factory=dict)
    said: str = ""

    def take_said(self) -> str:
        """What is to be told once."""
        told, self.said = self.said, ""
        return told


class Sessions:
    """All sessions of one server."""

    def __init__(self) -> None:
        self._open: dict[str, Session] = {}
        self._lock = Lock()

    def begin(self, handle: str, now: datetime, language: str = "") -> str:
        """Sign in; returns the secret of a new session, which only the browser keeps."""
        secret = secrets.token_urlsafe(32)
        session = Session(handle, secrets.token_urlsafe(24), now, now, language)
        with self._lock:
            self._forget(now)
            self._open[digest_of(secret)] = session
        return secret

    def find(self, secret: str, now: datetime, *, asked: bool = True) -> Session | None:
        """The session of a secret, while it holds; being asked for keeps it alive.

        Args:
            asked: by its owner; a stream that only looks whether it still may go on is not.
        """
        with self._lock:
            session = self._open.get(digest_of(secret))
            if session is None or not _holds(session, now):
                return None
            if asked:
                session.seen_at = now
            return session

    def end(self, secret: str) -> None:
        """Sign out."""
        with self._lock:
            self._open.pop(digest_of(secret), None)

    def end_of(self, handle: str) -> None:
        """Sign somebody out everywhere: their role or password was changed."""
        with self._lock:
            others = {k: s for k, s in self._open.items() if not same_person(s.handle, handle)}
            self._open = others

    def end_all(self) -> None:
        """Sign everybody out."""
        with self._lock:
            self._open.clear()

    def _forget(self, now: datetime) -> None:
        held = {key: one for key, one in self._open.items() if _holds(one, now)}
        while len(held) >= MOST:
            held.pop(min(held, key=lambda key: held[key].seen_at))
        self._open = held


def _holds(session: Session, now: datetime) -> bool:
    return now - session.seen_at < IDLE and now - session.began_at < LONGEST
