"""A connection that never says what it asks for is ended; one that does is left alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from unittest.mock import MagicMock

import pytest
from uvicorn import Config
from uvicorn.server import ServerState

from tocsin.console.slow import HEADERS_S, PatientProtocol

REQUEST = b"GET / HTTP/1.1\r\nHost: desk\r\n\r\n"


class Timer:
    """What was to be called later; called by the test instead of by time."""

    def __init__(self, after_s: float, call: Callable[[], None]) -> None:
        self.after_s, self.call, self.cancelled = after_s, call, False

    def cancel(self) -> None:
        self.cancelled = True


class Stage:
    """A connection without a network and without a clock."""

    def __init__(self) -> None:
        self.timers: list[Timer] = []
        loop = MagicMock(spec=asyncio.AbstractEventLoop)
        loop.call_later.side_effect = self._later
        loop.create_task.side_effect = self._task
        state = ServerState()
        self.protocol = PatientProtocol(
            Config(MagicMock(), log_config=None), server_state=state, app_state={}, _loop=loop
        )
        self.transport = MagicMock(spec=asyncio.Transport)
        self.transport.is_closing.return_value = False
        self.transport.get_extra_info.return_value = None
        self.protocol.connection_made(self.transport)

    def _later(self, after_s: float, call: Callable[[], None]) -> Timer:
        self.timers.append(Timer(after_s, call))
        return self.timers[-1]

    def _task(self, coroutine: Any, **_: Any) -> Any:
        coroutine.close()
        return MagicMock()

    def running(self) -> list[Timer]:
        """Clocks of ours that run."""
        return [t for t in self.timers if not t.cancelled and t.after_s == HEADERS_S]


@pytest.mark.parametrize("said", [b"", b"GET / HT", REQUEST[:-2]])
def test_who_does_not_say_what_they_ask_for_is_ended(said: bytes) -> None:
    stage = Stage()
    for letter in said:
        stage.protocol.data_received(bytes([letter]))
    (timer,) = stage.running()  # one clock, which a letter now and then does not wind up again
    timer.call()
    stage.transport.close.assert_called_once_with()


def test_who_asks_is_left_alone() -> None:
    stage = Stage()
    stage.protocol.data_received(REQUEST)
    assert stage.running() == []
    stage.transport.close.assert_not_called()


def test_a_further_request_has_a_clock_of_its_own() -> None:
    stage = Stage()
    stage.protocol.data_received(REQUEST)
    stage.protocol.cycle.response_complete = True
    stage.protocol.conn = type(stage.protocol.conn)(stage.protocol.conn.our_role)
    stage.protocol.data_received(b"GET /")
    assert len(stage.running()) == 1
    stage.protocol.connection_lost(None)
    assert stage.running() == []


def test_a_connection_that_is_closing_is_not_closed_again() -> None:
    stage = Stage()
    stage.transport.is_closing.return_value = True
    stage.running()[0].call()
    stage.transport.close.assert_not_called()
