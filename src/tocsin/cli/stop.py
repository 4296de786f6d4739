"""Being told to stop by a signal, for commands that go on until then."""

from __future__ import annotations

import select
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import FrameType

from tocsin.errors import EXIT_INTERRUPTED


class Stop:
    """Whether somebody asked us to end; a round that runs is finished first.

    A pair of sockets and not an event: a signal may come while the main thread holds an event's
    lock. Not a pipe: Windows waits for sockets alone.
    """

    def __init__(self) -> None:
        self.code = 0
        self._asked = False
        self._read, self._write = socket.socketpair()

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
            stop._read.close()
            stop._write.close()

    def ask(self, number: int, frame: FrameType | None) -> None:
        """A signal came."""
        del frame
        if self._asked and number == signal.SIGINT:
            raise KeyboardInterrupt
        self._asked = True
        self.code = EXIT_INTERRUPTED if number == signal.SIGINT else 0
        self._write.send(b"!")

    def wait(self, pause: timedelta) -> bool:
        """Wait, or return at once if somebody asked; whether somebody did."""
        ready, _, _ = select.select([self._read], [], [], pause.total_seconds())
        return bool(ready)
