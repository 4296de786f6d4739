"""What every answer carries; what is too long, too large and too slow."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from console_support import FORM, JSON, Answer, Stand, User, scope_of

from tocsin.console import headers as limits
from tocsin.console.app import Console
from tocsin.console.headers import LONGEST_PATH, MOST_BYTES, content_policy
from tocsin.console.roles import Role

ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


def pieces(stand: Stand, user: User, parts: Sequence[bytes | None], **headers: str) -> Answer:
    """A body that comes piece by piece; None: the rest never comes."""
    sent: list[Any] = []

    async def run() -> None:
        waiting = list(parts)

        async def receive() -> dict[str, Any]:
            part = waiting.pop(0)
            await asyncio.sleep(0)  # as a server that waits for the network
            if part is None:
                await asyncio.Event().wait()
            return {"type": "http.request", "body": part, "more_body": bool(waiting)}

        async def send(message: Any) -> None:
            sent.append(message)

        named = {name.replace("_", "-"): value for name, value in headers.items()}
        scope = scope_of("http", "POST", "/language", {**user.headers, **user.meant, **named})
        await stand.app(scope, receive, send)

    asyncio.run(run())
    start, *rest = sent
    named = [(name.decode(), value.decode()) for name, value in start["headers"]]
    return Answer(start["status"], dict(named), b"".join(one["body"] for one in rest))


@pytest.mark.parametrize("path", ["/", "/sign-in", "/nowhere", "/api/v1/now", "/healthz"])
def test_every_answer_carries_the_headers(stand: Stand, path: str) -> None:
    for user in (stand.nobody(), stand.signed_in(Role.VIEWER)):
        answer = user.get(path)
        for name, value in ALWAYS.items():
            assert answer.headers[name] == value
        assert "script-src 'self'" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
        assert "strict-transport-security" not in answer.headers


def test_what_crashed_carries_them_too_and_says_nothing(
    stand: Stand, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError("a secret of the desk")

    monkeypatch.setattr("tocsin.console.api.desk.now", broken)
    monkeypatch.setattr("tocsin.console.pages.now.now", broken)
    user = stand.signed_in(Role.VIEWER)
    for path, kind in (("/", "text/html"), ("/api/v1/now", "application/problem+json")):
        answer = _crash(user, path)
        assert answer.status == 500
        assert "secret" not in answer.text
        assert answer.headers["content-type"].startswith(kind)
        for name, value in ALWAYS.items():
            assert answer.headers[name] == value
    assert "secret" not in caplog.text
    told = [record.__dict__["tocsin_fields"]["error"] for record in caplog.records]
    assert told == ["ZeroDivisionError"] * 2


def _crash(user: User, path: str) -> Answer:
    """The server's outermost layer raises again what it has answered."""
    inner = user.stand.app

    async def kept(scope: Any, receive: Any, send: Any) -> None:
        with pytest.raises(ZeroDivisionError):
            await inner(scope, receive, send)

    app: Any = kept
    return User(replace(user.stand, app=app), user.headers).get(path)


def test_over_tls_browsers_are_told_to_stay_with_it(stand: Stand) -> None:
    stand.desk.options = replace(stand.desk.options, secure=True)
    assert "max-age" in stand.nobody().get("/sign-in").headers["strict-transport-security"]


def test_the_policy_allows_nothing_inline_and_nobody_else() -> None:
    policy = dict(part.strip().split(" ", 1) for part in content_policy().split(";"))
    assert policy["default-src"] == "'none'"
    for name in ("script-src", "style-src", "connect-src", "form-action"):
        assert policy[name] == "'self'", name
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    with_tiles = content_policy("https://tiles.test/{z}/{x}/{y}.png")
    assert "img-src 'self' data: blob: https://tiles.test;" in with_tiles
    assert "connect-src 'self' https://tiles.test;" in with_tiles
    assert "{z}" not in with_tiles
    assert "unsafe" not in with_tiles


def test_a_long_address_is_turned_away(stand: Stand) -> None:
    assert stand.nobody().get("/sign-in?after=" + "x" * LONGEST_PATH).status == 414
    assert stand.nobody().get("/" + "x" * LONGEST_PATH).text == "the address is too long\n"
    told = stand.nobody().get("/api/v1/now?x=" + "x" * LONGEST_PATH)
    assert told.json["status"] == told.status == 414
    assert told.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("length", [str(MOST_BYTES + 1), "-1", "many", ""])
def test_a_large_body_is_turned_away_before_it_comes(stand: Stand, length: str) -> None:
    answer = stand.nobody().ask("POST", "/sign-in", headers={"content-length": length, **FORM})
    assert answer.status == 413
    assert answer.headers["connection"] == "close"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_body_without_a_length_is_counted(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_BYTES", 10)
    user = stand.signed_in(Role.ANALYST)
    large = [b"code=", b"x" * 6, b"y"]
    assert pieces(stand, user, large, content_type=FORM["content-type"]).status == 413
    small = [b"code=", b"ru"]
    assert pieces(stand, user, small, content_type=FORM["content-type"]).status == 303


def test_a_body_that_does_not_come_is_given_up(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "SLOWEST_S", 0.05)
    user = stand.signed_in(Role.ANALYST)
    answer = pieces(stand, user, [b"code=", None], content_type=FORM["content-type"])
    assert (answer.status, answer.headers["connection"]) == (408, "close")


def test_a_body_that_comes_drop_by_drop_is_given_up(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "LONGEST_S", -1.0)
    user = stand.signed_in(Role.ANALYST)
    answer = pieces(stand, user, [b"code=", b"r", b"u"], content_type=FORM["content-type"])
    assert answer.status == 408


def test_software_is_told_of_it_in_its_own_form(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MOST_BYTES", 10)
    answer = stand.software(Role.ANALYST).send("/api/v1/warnings/x/calls", {"who": "x" * 20})
    assert answer.status == 413


def test_text_is_compressed_and_streams_are_not(stand: Stand) -> None:
    ana = stand.signed_in(Role.ANALYST)
    plain, squeezed = ana.get("/"), ana.get("/", accept_encoding="gzip")
    assert "content-encoding" not in plain.headers
    assert squeezed.headers["content-encoding"] == "gzip"
    assert "accept-encoding" in squeezed.headers["vary"].lower()
    assert len(squeezed.body) < len(plain.body) / 2
    assert b"<!doctype html>" in gzip.decompress(squeezed.body)
    short = ana.get("/healthz", accept_encoding="gzip")
    assert "content-encoding" not in short.headers
    stream = ana.get("/api/v1/stream", accept_encoding="gzip")
    if stream.status == 200:
        assert "content-encoding" not in stream.headers


def test_what_is_no_request_goes_through() -> None:
    seen: list[str] = []

    async def inner(scope: Any, *_: Any) -> None:
        seen.append(scope["type"])

    async def nothing(*_: Any) -> Any:
        raise AssertionError

    shield = limits.Shield(inner)
    asyncio.run(shield({"type": "lifespan"}, nothing, nothing))
    assert seen == ["lifespan"]


def test_an_answer_that_has_begun_is_not_begun_again() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def run() -> None:
        sending = limits._Sending(send, [])
        await sending({"type": "http.response.start", "status": 200, "headers": []})
        await sending.refuse(413, "too late")

    asyncio.run(run())
    assert len(sent) == 1


def test_the_desk_is_closed_when_the_server_ends(stand: Stand) -> None:
    ana = stand.signed_in(Role.ANALYST)

    async def run(app: Console) -> None:
        async with app.router.lifespan_context(app):
            pass

    asyncio.run(run(stand.app))
    assert ana.get("/").status == 303


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[" * 100_000, b'"\\ud800"', b"null", b""])
def test_a_body_that_is_no_json_is_named(stand: Stand, body: bytes) -> None:
    ana = stand.software(Role.ANALYST)
    answer = ana.ask("POST", "/api/v1/warnings/x/decisions", body, headers=JSON)
    assert answer.status in (400, 422)
    assert answer.json["status"] == answer.status
