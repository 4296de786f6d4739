"""Every failure as one clear answer: a page for people, problem+json for software."""

from __future__ import annotations

from typing import Any

import pytest
from console_support import JSON, Stand, ways

from tocsin.console.problems import MEDIA_TYPE, NotThere, responses
from tocsin.console.roles import Role
from tocsin.errors import (
    ArchiveDamaged,
    DeskLocked,
    EnvironmentFailed,
    Locked,
    NotReleased,
    Overtaken,
    RecordRefused,
    StoreUnavailable,
    TocsinError,
    UsageError,
)

ERRORS: list[tuple[TocsinError, int, str]] = [
    (DeskLocked("/a/secret/path: locked"), 423, "The desk is locked"),
    (Overtaken("ben has decided"), 409, "Somebody was faster"),
    (NotReleased("these words were not"), 403, "This cannot be done"),
    (UsageError("an <b>odd</b> value"), 422, "This cannot be done"),
    (NotThere("no such thing"), 404, "Not there"),
    (RecordRefused("f", "line 1", "empty", "fill it"), 422, "This cannot be done"),
    (Locked("another tocsin writes"), 503, "Not now"),
    (EnvironmentFailed("disk full"), 503, "Not now"),
    (StoreUnavailable("no database"), 503, "Not now"),
    (ArchiveDamaged("item 7"), 500, "This cannot be done"),
]


@pytest.fixture
def failing(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The first page and its facts fail with this."""

    def fail(error: Exception) -> Stand:
        def broken(*_: Any) -> None:
            raise error

        monkeypatch.setattr("tocsin.console.api.desk.now", broken)
        monkeypatch.setattr("tocsin.console.pages.now.now", broken)
        return stand

    return fail


@pytest.mark.parametrize(("error", "status", "title"), ERRORS, ids=lambda one: type(one).__name__)
def test_each_error_as_problem_json(
    failing: Any, error: TocsinError, status: int, title: str
) -> None:
    answer = failing(error).software(Role.VIEWER).get("/api/v1/now")
    assert answer.status == status
    assert answer.headers["content-type"].startswith(MEDIA_TYPE)
    said = answer.json
    assert set(said) == {"type", "title", "status", "detail"}
    assert (said["status"], said["title"]) == (status, title)
    assert status == 423 or said["detail"] == str(error)
    assert ("retry-after" in answer.headers) == (status == 503)
    assert "secret" not in answer.text


@pytest.mark.parametrize(("error", "status", "title"), ERRORS, ids=lambda one: type(one).__name__)
def test_each_error_as_a_page(failing: Any, error: TocsinError, status: int, title: str) -> None:
    user = failing(error).signed_in(Role.VIEWER)
    page, part = user.get("/"), user.get("/", hx_request="true")
    for answer in (page, part):
        assert answer.status == status
        assert answer.headers["content-type"].startswith("text/html")
        assert title in answer.text
        assert "<b>odd" not in answer.text
        assert "secret" not in answer.text
    assert "<!doctype html>" in page.text
    assert "<!doctype html>" not in part.text


def test_pages_say_it_in_the_readers_language(stand: Stand) -> None:
    answer = stand.nobody().get("/nowhere", accept_language="ru")
    assert answer.status == 404
    assert "Такого нет" in answer.text


def test_what_is_not_there_and_what_is_not_done_there(stand: Stand) -> None:
    ana = stand.signed_in(Role.ADMIN)
    assert ana.get("/api/v1/nowhere").json["title"] == "Not there"
    wrong = ana.ask("DELETE", "/api/v1/now")
    assert (wrong.status, wrong.headers["allow"]) == (405, "GET")
    assert wrong.json["title"] == "This cannot be done"
    assert ana.ask("PUT", "/warnings").status == 405


def test_a_wrong_value_is_named_and_not_repeated(stand: Stand) -> None:
    ana = stand.signed_in(Role.ANALYST)
    answer = ana.get("/api/v1/warnings?limit=0&level=<script>")
    assert answer.status == 422
    assert "limit: " in answer.json["detail"]
    assert "level: " in answer.json["detail"]
    assert "script" not in answer.text
    page = ana.get("/warnings?level=<script>alert(1)</script>")
    assert page.status == 422
    assert "<script>alert" not in page.text
    long = {"verb": "confirm", "value": "x" * 3_000_000}
    assert len(ana.send("/api/v1/warnings/x/decisions", long).body) < 3_000


def test_nobody_is_led_to_the_door_and_back(stand: Stand) -> None:
    user = stand.nobody()
    answer = user.get("/warnings/x?secret=1")
    assert (answer.status, answer.headers["location"]) == (303, "/sign-in?after=/warnings/x")
    posted = user.post("/warnings/x/decide", {"verb": "confirm"})
    assert posted.headers["location"] == "/sign-in?after=/", "nobody comes back to a form's target"
    part = user.get("/", hx_request="true")
    assert (part.status, part.headers["hx-redirect"]) == (401, "/sign-in?after=/")
    assert user.get("/api/v1/now").json["title"] == "Not signed in"


def test_every_api_route_declares_what_it_may_answer(stand: Stand) -> None:
    form = stand.app.openapi()
    for way in ways():
        if not way.path.startswith("/api/") or not way.route.include_in_schema:
            continue
        declared = form["paths"][way.shape][way.method.lower()]["responses"]
        missing = {str(code) for code in responses()} - set(declared)
        assert not missing, f"{way.name}: responses(...) is missing ({sorted(missing)})"
        if "{" in way.path:
            assert "404" in declared, f"{way.name}: responses(404, ...)"
        assert way.route.tags, f"{way.name}: has no tag"
        assert way.route.description, f"{way.name}: says nothing of what it does"
        for code in responses():
            assert list(declared[str(code)]["content"]) == [MEDIA_TYPE], way.name


def test_the_description_says_how_to_show_who_asks(stand: Stand) -> None:
    form = stand.nobody().get("/api/v1/openapi.json").json
    assert form["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    assert form["security"] == [{"token": []}]
    assert form["info"]["title"] == "tocsin"
    assert not [path for path in form["paths"] if not path.startswith("/api/v1/")]


def test_a_body_in_another_form_is_refused(stand: Stand) -> None:
    ana = stand.signed_in(Role.ANALYST)
    broken = {"content-type": "multipart/form-data"}
    assert ana.ask("POST", "/language", b"x", headers=broken).status == 400
    text = {**JSON, "content-type": "text/plain"}
    assert ana.ask("POST", "/api/v1/warnings/x/decisions", b"{}", headers=text).status == 422
