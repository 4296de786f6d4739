"""Live change: what is told, to whom, for how long; and that nothing waits for it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from console_support_stream import (
    NOW,
    TOKENS,
    action,
    at,
    client_of,
    desk_of,
    project_in,
    signed_in,
)
from joined_support import put_actions, say_so

from tocsin.client.listening import parsed
from tocsin.console import streams as live
from tocsin.console.app import build
from tocsin.console.desk import ConsoleDesk
from tocsin.console.serving import _ending
from tocsin.console.streams import MOST_OF_ONE, Mark, Streams, changed_since, events, mark_of
from tocsin.errors import StoreUnavailable
from tocsin.model import Action, DecisionKind, Level

WATCH = action("aaaaaaaaaaaa", 1, Level.WATCH, Action.ISSUE)
ALERT = action("bbbbbbbbbbbb", 2, Level.ALERT, Action.ISSUE)

SOON_S = 8.0
"""A second is meant; a machine that is busy takes longer, and what does not end lasts for 40."""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[ConsoleDesk]:
    project = project_in(tmp_path)
    put_actions(project, WATCH)
    made = desk_of(project)
    yield made
    made.close()


def text_of(
    desk: ConsoleDesk, seen: Mark | None, until: Callable[[str], bool], act: Callable[[], Any]
) -> str:
    """What a stream says until it says enough, while something is done."""

    async def listen() -> str:
        said = ""
        ends = time.monotonic() + 30
        pieces: AsyncIterator[bytes] = events(
            desk.streams, lambda: desk.store, lambda: time.monotonic() < ends, seen
        )
        async for piece in pieces:
            said += piece.decode()
            if said.endswith("open\n\n"):
                done = asyncio.get_running_loop().run_in_executor(None, act)
            if until(said):
                break
        await done
        return said

    return asyncio.run(listen())


def test_a_change_tells_the_position_and_the_warnings(desk: ConsoleDesk) -> None:
    before = mark_of(desk.store)

    def decide() -> None:
        while desk.streams._seen is None:  # the stream begins where the desk is now
            time.sleep(0.02)
        put_actions(desk.project, ALERT)

    said = text_of(desk, None, lambda text: "event:" in text, decide)
    (change,) = parsed([*said.splitlines(), ""])
    assert change.warnings == ("bbbbbbbbbbbb",)
    assert change.position == mark_of(desk.store).position > before.position
    assert Mark.read(change.id) == mark_of(desk.store)


def test_last_event_id_goes_on_where_it_was(desk: ConsoleDesk) -> None:
    seen = mark_of(desk.store)
    put_actions(desk.project, ALERT)
    say_so(desk.project, DecisionKind.WARNING_CONFIRM, WATCH.id, "confirmed", "ana", at(3))
    client = client_of(desk, "viewer")
    told = client.get(
        "/api/v1/stream", params={"seconds": 0.3}, headers={"last-event-id": str(seen)}
    )
    assert told.headers["content-type"].startswith("text/event-stream")
    (change,) = parsed([*told.text.splitlines(), ""])
    assert change.warnings == ("aaaaaaaaaaaa", "bbbbbbbbbbbb")
    again = client.get(
        "/api/v1/stream", params={"seconds": 0.3}, headers={"last-event-id": change.id}
    )
    assert "event:" not in again.text


@pytest.mark.parametrize("said", ["", "x", "1.2", "1.2.3.4", "-1.0.0", "9" * 40 + ".0.0"])
def test_an_id_that_is_not_ours_begins_anew(desk: ConsoleDesk, said: str) -> None:
    assert Mark.read(said) is None
    client = client_of(desk, "viewer")
    told = client.get("/api/v1/stream", params={"seconds": 0.1}, headers={"last-event-id": said})
    assert (told.status_code, "event:" in told.text) == (200, False)


def test_posts_alone_change_the_position_and_name_no_warning(desk: ConsoleDesk) -> None:
    before = mark_of(desk.store)
    client = client_of(desk, "analyst")
    one = {"id": "1", "channel": "town", "posted_at": at(1).isoformat(), "text": "words"}
    assert client.post("/api/v1/posts", json=[one]).status_code == 200
    assert mark_of(desk.store).position > before.position
    assert changed_since(desk.store, before.position) == []


def test_it_beats_while_nothing_happens(desk: ConsoleDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "BEAT_S", 0.2)
    monkeypatch.setattr(live, "LOOK_S", 0.05)
    said = text_of(desk, None, lambda text: text.count("still here") == 2, lambda: None)
    assert "event:" not in said
    assert said.startswith("retry: ")


def ends_within(desk: ConsoleDesk, act: Callable[[], Any], client: Any = None) -> float:
    """Seconds from what is done to the end of a stream that is open meanwhile."""
    client = client or signed_in(desk)
    ended: list[float] = []

    def listen() -> None:
        client.get("/api/v1/stream", params={"seconds": 40})
        ended.append(time.monotonic())

    thread = threading.Thread(target=listen)
    thread.start()
    until = time.monotonic() + 15
    while desk.streams.count == 0 and time.monotonic() < until:
        time.sleep(0.02)
    assert desk.streams.count == 1
    begun = time.monotonic()
    act()
    thread.join(60)
    assert desk.streams.count == 0
    return ended[0] - begun


def test_it_ends_with_the_session(desk: ConsoleDesk) -> None:
    assert ends_within(desk, lambda: desk.sessions.end_of("analyst")) < SOON_S


def test_it_ends_when_the_desk_is_locked(desk: ConsoleDesk) -> None:
    assert ends_within(desk, desk.project.locked_path.mkdir) < SOON_S


def test_it_ends_when_the_token_is_taken_back(desk: ConsoleDesk) -> None:
    def take_back() -> None:
        desk.accounts.change(lambda known: type(known)(known.accounts, (), ()))

    assert ends_within(desk, take_back, client_of(desk, "viewer")) < SOON_S


def test_it_ends_when_the_server_stops(desk: ConsoleDesk) -> None:
    assert ends_within(desk, lambda: _ending(desk, lambda *_: None)(2, None)) < SOON_S


def test_it_ends_when_the_store_is_gone() -> None:
    def gone() -> Any:
        raise StoreUnavailable("gone")

    async def listen() -> list[bytes]:
        return [piece async for piece in events(Streams(), gone, lambda: True, None)]

    assert len(asyncio.run(listen())) == 1


def test_listening_keeps_no_session_alive(desk: ConsoleDesk) -> None:
    client = signed_in(desk)
    (session,) = desk.sessions._open.values()
    client.get("/api/v1/stream", params={"seconds": 0})
    session.seen_at = NOW.replace(year=2000)
    assert client.get("/api/v1/stream", params={"seconds": 0}).status_code == 401


def test_a_caller_has_so_many_and_no_more(desk: ConsoleDesk) -> None:
    for _ in range(MOST_OF_ONE):
        assert desk.streams.admit("viewer (viewer) ")
    refused = client_of(desk, "viewer").get("/api/v1/stream", params={"seconds": 0})
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    other = client_of(desk, "analyst").get("/api/v1/stream", params={"seconds": 0})
    assert other.status_code == 200
    desk.streams.leave("viewer (viewer) ")
    assert client_of(desk, "viewer").get("/api/v1/stream?seconds=0").status_code == 200


def test_nobody_hears_nothing_and_reloading_fills_no_log(desk: ConsoleDesk) -> None:
    assert client_of(desk).get("/api/v1/stream").status_code == 401
    client = client_of(desk, "viewer")
    for _ in range(3):
        client.get("/api/v1/stream", params={"seconds": 0})
    assert desk.project.audit_path.read_text(encoding="utf-8").count("/api/v1/stream") == 1


@contextmanager
def served(desk: ConsoleDesk) -> Iterator[tuple[uvicorn.Server, threading.Thread, str]]:
    """Over a real socket, as ``tocsin serve`` runs it."""
    config = uvicorn.Config(
        build(desk), host="127.0.0.1", port=0, log_level="warning", timeout_graceful_shutdown=30
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.02)
        yield server, thread, f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        desk.streams.closing = server.should_exit = True
        thread.join(10)


@contextmanager
def other_software(url: str) -> Iterator[httpx.Client]:
    head = {"authorization": f"Bearer {TOKENS['viewer']}"}
    with httpx.Client(base_url=url, headers=head, trust_env=False) as client:
        yield client


@pytest.mark.usefixtures("loopback")
def test_a_server_with_open_streams_stops_at_once(desk: ConsoleDesk) -> None:
    with (
        served(desk) as (server, thread, url),
        other_software(url) as client,
        client.stream("GET", "/api/v1/stream") as answer,
    ):
        lines = answer.iter_lines()
        assert next(lines).startswith("retry:")
        assert client.get("/api/v1/coverage").status_code == 200, "others are answered meanwhile"
        begun = time.monotonic()
        _ending(desk, server.handle_exit)(15, None)
        list(lines)
        thread.join(20)
        assert not thread.is_alive()
        assert time.monotonic() - begun < SOON_S
        assert desk.streams.count == 0


@pytest.mark.usefixtures("loopback")
def test_who_leaves_is_not_counted_on(desk: ConsoleDesk) -> None:
    with served(desk) as (_, _, url), other_software(url) as client:
        for _ in range(MOST_OF_ONE + 1):
            with client.stream("GET", "/api/v1/stream") as answer:
                lines = answer.iter_lines()
                assert next(lines).startswith("retry:")
                assert desk.streams.count == 1
            until = time.monotonic() + 15
            while desk.streams.count and time.monotonic() < until:
                time.sleep(0.02)
            assert desk.streams.count == 0
