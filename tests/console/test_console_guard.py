"""Who asks, whether they mean it, and what becomes of those who may not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from console_support import FORM, JSON, Stand, User, empty_stand

from tocsin.console.accounts import with_account
from tocsin.console.desk import Limits
from tocsin.console.guard import COOKIE, CSRF_HEADER
from tocsin.console.roles import Role
from tocsin.console.sessions import IDLE
from tocsin.console.throttle import Allowance, Throttle
from tocsin.desk.audit import check, entries

SPEAK = {"code": "ru"}


def noted(stand: Stand) -> list[tuple[str, str, tuple[str, ...]]]:
    found = entries(stand.desk.project.audit_path)
    return [(one["by"], one["what"], tuple(one["words"])) for one in found]


def test_a_form_carries_its_sessions_token(stand: Stand) -> None:
    ana, ben = stand.signed_in(Role.ANALYST, "ana"), stand.signed_in(Role.ANALYST, "ben")
    assert ana.post("/language", SPEAK).status == 303
    for csrf in ("", "guessed", ben.csrf):
        assert ana.post("/language", {**SPEAK, "csrf": csrf}).status == 403
    by_script = ana.ask("POST", "/language", b"code=ru", headers=FORM)
    assert by_script.status == 303
    no_form = {**JSON, CSRF_HEADER: ""}
    assert ana.ask("POST", "/language", b'{"csrf": "x"}', headers=no_form).status == 403


def test_a_token_in_a_multipart_form_counts_as_well(stand: Stand) -> None:
    ana = stand.signed_in(Role.ANALYST)
    parts = "".join(
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in (("csrf", ana.csrf), ("code", "ru"))
    )
    kind = {"content-type": "multipart/form-data; boundary=b", CSRF_HEADER: ""}
    assert ana.ask("POST", "/language", f"{parts}--b--\r\n".encode(), headers=kind).status == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"origin": "https://elsewhere.test"},
        {"origin": "null"},
        {"origin": "https://desk.test"},  # TLS elsewhere: not this server
        {"origin": "http://desk.test:81"},
    ],
)
def test_what_comes_from_another_site_is_refused(stand: Stand, headers: dict[str, str]) -> None:
    ana = stand.signed_in(Role.ANALYST)
    assert ana.post("/language", SPEAK, **headers).status == 403
    assert stand.nobody().post("/sign-in", {}, **headers).status == 422
    whole = {"handle": "ana", "password": "x"}
    assert stand.nobody().post("/sign-in", whole, **headers).status == 403


@pytest.mark.parametrize(
    "headers", [{"sec_fetch_site": "same-origin"}, {"sec_fetch_site": "none"}, {"origin": "own"}]
)
def test_what_comes_from_here_is_taken(stand: Stand, headers: dict[str, str]) -> None:
    own = {name: "http://desk.test" if name == "origin" else v for name, v in headers.items()}
    assert stand.signed_in(Role.ANALYST).post("/language", SPEAK, **own).status == 303


def test_behind_a_proxy_the_browser_knows_the_site_by_tls(tmp_path: Path) -> None:
    stand = empty_stand(tmp_path, secure=True)
    stand.scheme = "http"  # as the proxy passes it on
    ana = stand.signed_in(Role.ANALYST)
    assert ana.post("/language", SPEAK, origin="https://desk.test").status == 303
    assert ana.post("/language", SPEAK, origin="http://desk.test").status == 403
    stand.desk.close()


def test_software_shows_a_token_and_no_form(stand: Stand) -> None:
    reads = stand.software(Role.ANALYST, ("read",))
    assert reads.get("/api/v1/now").status == 200
    assert reads.send("/api/v1/warnings/x/calls", {"who": "a", "result": "b"}).status == 403
    writes = stand.software(Role.ANALYST, ("write",))
    assert writes.get("/api/v1/now").status == 403
    assert writes.send("/api/v1/warnings/x/calls", {"who": "a", "result": "b"}).status == 404
    for wrong in ("Bearer", "Bearer ", "Bearer guessed", "bearer " + "x" * 3_000, "Basic YTpi"):
        answer = User(stand, {"authorization": wrong}).get("/api/v1/now")
        assert answer.status == 401
        assert answer.headers["www-authenticate"] == "Bearer"


def test_a_wrong_token_is_not_made_good_by_a_session(stand: Stand) -> None:
    ana = stand.signed_in(Role.ANALYST)
    both = User(stand, {**ana.headers, "authorization": "Bearer guessed"})
    assert both.get("/api/v1/now").status == 401


def test_a_token_decides_in_its_owners_name_and_is_noted_by_its_own(stand: Stand) -> None:
    """Otherwise one person would be two: proposing in a browser, approving by a token."""
    user = stand.software(Role.RELEASER, owner="ana", name="map")
    assert user.get("/api/v1/now").status == 200
    assert noted(stand)[-1][0] == "ana (map)"
    from console_support import scope_of
    from fastapi import Request

    from tocsin.console.guard import who

    scope = scope_of("http", "GET", "/", user.headers)
    caller = who(Request(scope), stand.desk)
    assert caller is not None
    assert caller.handle == "ana"


def test_a_closed_account_is_out_at_once(stand: Stand) -> None:
    browser, token = stand.signed_in(Role.ADMIN, "ana"), stand.software(Role.ADMIN, owner="ana")
    assert (browser.get("/").status, token.get("/").status) == (200, 200)
    account = stand.desk.people().find("ana")
    assert account is not None
    closed = replace(account, disabled=True)
    stand.desk.accounts.change(lambda known: with_account(known, closed))
    assert (browser.get("/").status, token.get("/api/v1/now").status) == (303, 401)


def test_a_new_role_holds_at_once(stand: Stand) -> None:
    stand.account("ana", Role.ANALYST)
    ana = stand.signed_in(Role.ANALYST, "ana")
    path = "/api/v1/warnings/x/call-card"
    assert ana.get(path).status == 404
    stand.account("ana", Role.VIEWER)
    assert ana.get(path).status == 403
    stand.account("ana", Role.ADMIN)
    assert ana.get(path).status == 404


def test_a_session_that_was_idle_is_over(stand: Stand) -> None:
    ana = stand.signed_in(Role.ANALYST)
    stand.clock.advance(stand.clock.now() + IDLE)
    assert ana.get("/").status == 303


def test_whoever_asks_too_often_waits(stand: Stand) -> None:
    stand.desk.limits = Limits(requests=Throttle(Allowance(3, timedelta(minutes=1))))
    ana, ben = stand.signed_in(Role.ANALYST, "ana"), stand.signed_in(Role.ANALYST, "ben")
    assert [ana.get("/").status for _ in range(4)] == [200, 200, 200, 429]
    assert int(ana.get("/").headers["retry-after"]) in range(1, 22)
    assert ben.get("/").status == 200
    stand.clock.advance(stand.clock.now() + timedelta(seconds=21))
    assert ana.get("/").status == 200


def test_every_look_is_noted_and_never_what_was_asked(stand: Stand) -> None:
    ana = stand.signed_in(Role.ANALYST, "ana")
    ana.get("/warnings?level=alarm&cursor=")
    ana.post("/language", SPEAK)
    ana.get("/warnings/x")
    assert noted(stand) == [
        ("ana", "query", ("GET", "/warnings", "level=", "cursor=")),
        ("ana", "change", ("POST", "/language")),
        ("ana", "view", ("GET", "/warnings/x")),
    ]
    assert not check(stand.desk.project.audit_path)


def test_a_part_that_refreshes_itself_is_noted_now_and_then(stand: Stand) -> None:
    ana = stand.signed_in(Role.ANALYST, "ana")
    for _ in range(3):
        assert ana.get("/", hx_request="true").status == 200
    assert len(noted(stand)) == 1
    stand.clock.advance(stand.clock.now() + timedelta(minutes=11))
    ana.get("/", hx_request="true")
    assert len(noted(stand)) == 2
    software = stand.software(Role.ANALYST)
    for _ in range(3):  # software refreshes nothing by itself
        software.get("/", hx_request="true")
    assert len(noted(stand)) == 5


def test_nothing_is_shown_that_cannot_be_noted(stand: Stand) -> None:
    ana = stand.signed_in(Role.ANALYST)
    stand.desk.project.audit_path.mkdir()
    for headers in ({}, {"hx_request": "true"}, {"hx_request": "true"}):
        answer = ana.get("/", **headers)
        assert answer.status == 503
        assert "cannot be logged" in answer.text
    assert ana.post("/language", SPEAK).status == 503
    assert ana.get("/api/v1/now").status == 503
    stand.account("ben", Role.VIEWER)
    told = stand.nobody().post("/sign-in", {"handle": "ben", "password": "four good long words"})
    assert (told.status, "set-cookie" in told.headers) == (503, False)


def test_the_cookie_is_for_this_site_alone(stand: Stand) -> None:
    stand.account("ana", Role.VIEWER)
    enter = {"handle": "ana", "password": "four good long words"}
    answer = stand.nobody().post("/sign-in", enter)
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    for part in ("HttpOnly", "SameSite=strict", "Path=/", "Max-Age=50400"):
        assert part in cookie
    assert "Secure" not in cookie
    assert "Domain" not in cookie
    stand.desk.options = replace(stand.desk.options, secure=True)
    assert "Secure" in stand.nobody().post("/sign-in", enter).headers["set-cookie"]


def test_a_clock_that_is_set_back_shuts_nobody_out() -> None:
    throttle, now = Throttle(Allowance(2, timedelta(minutes=1))), datetime(2024, 1, 1, tzinfo=UTC)
    assert not throttle.wait("ana", now)
    earlier = now - timedelta(hours=1)
    assert not throttle.wait("ana", earlier)
    assert timedelta(0) < throttle.wait("ana", earlier) <= timedelta(minutes=1)
