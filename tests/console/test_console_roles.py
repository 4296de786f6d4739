"""Who may do what: every route asks for a role, and every role is tried at every route."""

from __future__ import annotations

import re
from html import unescape

import pytest
from console_support import Stand, User, Way, ways
from fastapi import Request
from starlette.exceptions import HTTPException

from tocsin.console import pages
from tocsin.console.app import _routers
from tocsin.console.guard import OPEN, Needs
from tocsin.console.headers import for_software
from tocsin.console.roles import Role

PASSED = 418
"""Stands for whatever a route would have answered: the guard let the request through."""


@pytest.fixture
def _at_the_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Routes end where their guard has let somebody pass, so that nothing is really done."""
    ask = Needs.__call__

    async def stop(self: Needs, request: Request) -> None:
        await ask(self, request)
        raise HTTPException(PASSED)

    monkeypatch.setattr(Needs, "__call__", stop)


def everyone(stand: Stand) -> dict[str, User]:
    """Each kind of caller, by name."""
    people = {role.word: stand.signed_in(role) for role in Role}
    tokens = {
        "token of an admin": stand.software(Role.ADMIN),
        "token of a viewer": stand.software(Role.VIEWER),
        "token to read": stand.software(Role.ADMIN, ("read",)),
        "token to ingest": stand.software(Role.ADMIN, ("ingest",)),
        "token for figures": stand.software(Role.VIEWER, ("metrics",)),
        "token of an analyst for an admin": stand.software(Role.ADMIN, owner=Role.ANALYST.word),
    }
    return {"nobody": stand.nobody(), **people, **tokens}


RANK = {
    "nobody": 0,
    **{role.word: int(role) for role in Role},
    "token of an admin": 4,
    "token of a viewer": 1,
    "token to read": 4,
    "token to ingest": 4,
    "token for figures": 1,
    "token of an analyst for an admin": 2,
}
SCOPE = {
    "token to read": ("read",),
    "token to ingest": ("ingest",),
    "token for figures": ("metrics",),
}


def expected(way: Way, who: str) -> tuple[int, ...]:
    """What a route's guard says that it answers."""
    (guard,) = way.guards
    if who == "nobody":
        return (401,) if for_software(way.path) else (303,)
    scope = guard.scope or ("read" if way.method == "GET" else "write")
    if RANK[who] < guard.role or scope not in SCOPE.get(who, (scope,)):
        return (403,)
    return (PASSED,)


def test_every_route_has_one_guard_or_is_open_on_purpose() -> None:
    for way in ways():
        assert len(way.guards) == (way.path not in OPEN), way.name


def test_what_is_open_is_a_page_to_come_in_by_or_the_tip_form() -> None:
    """Whoever opens another path has to say so here, too."""
    assert {
        "/sign-in",
        "/welcome/{secret}",
        "/static/{name}",
        "/healthz",
        "/readyz",
        "/tip",
        "/tip/answer",
        "/api/v1/openapi.json",
    } == OPEN


def test_the_application_has_these_routes_and_no_others(stand: Stand) -> None:
    """What is registered beside the modules would not be walked here."""
    own = [route for route in stand.app.routes if hasattr(route, "path")]
    known = {way.path for way in ways()}
    assert [route.path for route in own if route.path not in known] == ["/api/v1/openapi.json"]
    assert len(ways()) > 20
    assert len(_routers(pages)) >= 3


@pytest.mark.usefixtures("_at_the_guard")
def test_every_role_at_every_route(stand: Stand) -> None:
    wrong = []
    guarded = [way for way in ways() if way.path not in OPEN]
    for who, user in everyone(stand).items():
        for way in guarded:
            found = user.ask(way.method, way.filled({})).status
            if found not in expected(way, who):
                wrong.append(f"{who}: {way.name}: {found}, not {expected(way, who)}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.usefixtures("_at_the_guard")
def test_no_session_changes_anything_without_its_token(stand: Stand) -> None:
    admin = stand.signed_in(Role.ADMIN)
    bare = User(stand, admin.headers)
    changing = [way for way in ways() if way.method != "GET" and way.path not in OPEN]
    assert len(changing) > 5
    for way in changing:
        assert bare.ask(way.method, way.filled({})).status == 403, way.name
        foreign = {"sec-fetch-site": "cross-site"}
        refused = admin.ask(way.method, way.filled({}), headers=foreign)
        assert refused.status == 403, way.name


def test_no_route_reads_and_changes_by_one_method(stand: Stand) -> None:
    """A GET is never a decision: links, previews and prefetching would decide."""
    viewer = stand.signed_in(Role.VIEWER)
    for way in ways():
        assert way.route.methods, way.name
        assert len(way.route.methods) == 1, way.name
    assert viewer.get("/sign-out").status == 405


PAGES = (
    *("/", "/warnings", "/rumours", "/search?q=%D1%80%D1%8B", "/replay", "/channels", "/places"),
    *("/indicators", "/events", "/backtests", "/health", "/me", "/purpose"),
)


@pytest.mark.parametrize("role", Role)
def test_nobody_is_led_to_a_page_that_refuses_them(town: Stand, role: Role) -> None:
    """Links of every page, and of what they lead to, are open to whoever is shown them."""
    user = town.signed_in(role)
    seen: set[str] = set()
    wanted = list(PAGES)
    while wanted and len(seen) < 80:
        path = wanted.pop(0)
        shape = re.sub(r"[0-9a-f]{12}|\d+|%[0-9A-F]{2}", "*", path.partition("?")[0])
        if shape in seen or path.endswith((".svg", "/brief")):
            continue
        seen.add(shape)
        answer = user.get(path)
        assert answer.status != 403, path
        if "text/html" in answer.headers.get("content-type", ""):
            wanted += [unescape(one) for one in re.findall(r'href="(/[^"#]*)', answer.text)]
    assert len(seen) > 15


def test_a_refusal_is_said_in_the_reader_s_language(town: Stand) -> None:
    page = town.signed_in(Role.VIEWER).get("/review", accept_language="ru")
    assert page.status == 403
    assert "Ваша роль этого не позволяет" in page.text
    assert 'href="/review"' not in page.text
    assert 'href="/warnings"' in page.text  # where they may go on
