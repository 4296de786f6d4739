"""A second opinion over HTTP, against a server of our own on this machine."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tocsin.errors import UsageError
from tocsin.model import Act, ChannelProfile, Enriched, Frame, Post, Reading, ReadStatus
from tocsin.reading import ReaderOptions, SecondOptions
from tocsin.reading.second import PATIENCE, SecondReader, build_reader

_CONNECT = socket.socket.connect


class _First:
    """A reader that finds every post as alarming as its text says."""

    name = "first"

    def read(self, enriched: Enriched, profile: ChannelProfile | None) -> Reading:
        del profile
        return Reading("c/1", 1, "en", ReadStatus.FULL, float(enriched.text))

    def wants_vector(self, enriched: Enriched, profile: ChannelProfile | None) -> bool:
        del enriched, profile
        return True

    def versions(self) -> dict[str, str]:
        return {"first": "1"}


class _Server:
    """Answers every question with ``answer``, and keeps the questions."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.answer: Callable[[], bytes] = lambda: b""
        self.status = 200
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                size = int(self.headers["Content-Length"])
                outer.asked.append(json.loads(self.rfile.read(size)))
                raw = outer.answer()
                self.send_response(outer.status)
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *args: Any) -> None:
                del args

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}/v1/chat/completions"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def says(self, **answer: Any) -> None:
        content = json.dumps(answer)
        body = {"choices": [{"message": {"content": content}}]}
        self.answer = lambda: json.dumps(body).encode()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[_Server]:
    """The fake endpoint; connections to it alone are let through."""
    fake = _Server()

    def connect(self: socket.socket, address: Any) -> None:
        assert address[0] == "127.0.0.1"
        _CONNECT(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
    yield fake
    fake.close()


def _post(text: str) -> Enriched:
    moment = datetime(2024, 3, 4, tzinfo=UTC)
    return Enriched(Post("t", "c", "1", moment, moment, text), text, None, "en", 1.0, None)


def test_the_opinion_stands_beside_the_reading(server: _Server) -> None:
    server.says(alarm=0.1, acts=["gathering", "nonsense"], frame="peaceful")
    reader = SecondReader(_First(), SecondOptions(server.url, "small"))
    reading = reader.read(_post("0.9"), None)
    assert reading.alarm == 0.9
    assert reading.frame is Frame.OTHER
    [opinion] = reading.opinions
    assert opinion.by == "second:small"
    assert opinion.alarm == 0.1
    assert opinion.acts == (Act.GATHERING,)
    assert opinion.frame is Frame.PEACEFUL
    assert server.asked[0]["messages"][1] == {"role": "user", "content": "0.9"}


def test_a_quiet_post_never_leaves(server: _Server) -> None:
    reader = SecondReader(_First(), SecondOptions(server.url))
    assert reader.read(_post("0.1"), None).opinions == ()
    assert server.asked == []


def test_the_budget_holds(server: _Server) -> None:
    server.says(alarm=1, acts=[], frame="asserted")
    reader = SecondReader(_First(), SecondOptions(server.url, budget=2))
    opinions = [reader.read(_post("0.9"), None).opinions for _ in range(5)]
    assert [len(one) for one in opinions] == [1, 1, 0, 0, 0]
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    "raw",
    [
        b"not json",
        b"{}",
        b'{"choices": [{"message": {"content": "sorry"}}]}',
        json.dumps({"choices": [{"message": {"content": '{"alarm": 7, "acts": []}'}}]}).encode(),
        b"x" * 100_000,
    ],
    ids=["no-json", "no-choices", "prose", "no-probability", "too-long"],
)
def test_a_bad_answer_is_no_answer(server: _Server, raw: bytes) -> None:
    server.answer = lambda: raw
    reading = SecondReader(_First(), SecondOptions(server.url)).read(_post("0.9"), None)
    assert reading.alarm == 0.9
    assert reading.opinions[0].alarm is None
    assert reading.opinions[0].note.startswith("no answer: ")


def test_an_endpoint_that_fails_is_left_alone(server: _Server) -> None:
    server.status = 500
    reader = SecondReader(_First(), SecondOptions(server.url))
    for _ in range(PATIENCE + 3):
        reader.read(_post("0.9"), None)
    assert len(server.asked) == PATIENCE


def test_a_slow_answer_is_given_up(server: _Server) -> None:
    waiting = threading.Event()

    def never() -> bytes:
        waiting.wait(30)
        return b""

    server.answer = never
    reader = SecondReader(_First(), SecondOptions(server.url, timeout_s=0.05))
    reading = reader.read(_post("0.9"), None)
    waiting.set()
    assert reading.opinions[0].note == "no answer: TimeoutError"


def test_without_an_address_there_is_no_such_reader() -> None:
    with pytest.raises(UsageError, match="second_url is not set"):
        build_reader(ReaderOptions(languages=("en",)))
    with pytest.raises(UsageError):
        SecondReader(_First(), SecondOptions("file:///etc/hosts"))


def test_versions_and_vectors_are_the_first_readers() -> None:
    reader = SecondReader(_First(), SecondOptions("http://127.0.0.1:1/"))
    assert reader.versions() == {"first": "1"}
    assert reader.wants_vector(_post("0.9"), None)
