"""Coming in: signing in and out, invitations, the language, static files."""

from __future__ import annotations

import gzip
import re
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from console_support import MORNING, PASSWORD, Answer, Stand, User

from tocsin.console.accounts import INVITED_FOR, Invitation, digest_of, invited
from tocsin.console.desk import Limits
from tocsin.console.forms import local
from tocsin.console.guard import COOKIE
from tocsin.console.pages.static import bundle
from tocsin.console.roles import Role
from tocsin.desk.audit import entries

HOSTILE = "<script>alert(1)</script>"


def enter(stand: Stand, handle: str = "ana", password: str = PASSWORD, **more: str) -> Answer:
    return stand.nobody().post("/sign-in", {"handle": handle, "password": password, **more})


def cookie_of(answer: Answer) -> str:
    found = re.match(rf"{COOKIE}=([^;]*)", answer.headers.get("set-cookie", ""))
    assert found is not None
    return found[1]


def browser(stand: Stand, answer: Answer) -> User:
    return User(stand, {"cookie": f"{COOKIE}={cookie_of(answer)}"})


def link(stand: Stand, role: Role = Role.ADMIN, handle: str = "") -> str:
    made = Invitation(digest_of("link"), role, stand.clock.now() + INVITED_FOR, handle)
    stand.desk.accounts.change(lambda known: invited(known, made))
    return "/welcome/link"


def join(stand: Stand, handle: str, password: str = PASSWORD) -> Answer:
    return stand.nobody().post("/welcome/link", {"handle": handle, "password": password})


# -- signing in ----------------------------------------------------------------------------------


def test_signing_in_and_out(stand: Stand) -> None:
    stand.account("ana", Role.ANALYST)
    assert 'name="handle"' in stand.nobody().get("/sign-in").text
    answer = enter(stand, after="/warnings?level=alarm")
    assert (answer.status, answer.headers["location"]) == (303, "/warnings?level=alarm")
    ana = browser(stand, answer)
    page = ana.get("/")
    assert "ana (analyst)" in page.text
    csrf = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert csrf is not None
    out = replace(ana, csrf=csrf[1]).post("/sign-out")
    assert (out.status, out.headers["location"]) == (303, "/sign-in")
    assert 'tocsin_session=""' in out.headers["set-cookie"]
    assert ana.get("/").status == 303


def test_a_wrong_password_says_no_more_than_that(stand: Stand) -> None:
    stand.account("ana", Role.ANALYST)
    stand.account("ben", Role.ANALYST, disabled=True)
    answers = [enter(stand, name, "not the password") for name in ("ana", "ben", "nobody")]
    answers.append(enter(stand, "ben"))
    assert {answer.status for answer in answers} == {401}
    assert len({answer.body for answer in answers}) == 1
    assert "set-cookie" not in answers[0].headers
    noted = [(one["by"], one["what"]) for one in entries(stand.desk.project.audit_path)]
    assert noted == [("ana", "refused"), ("ben", "refused"), ("?", "refused"), ("ben", "refused")]


def test_a_password_typed_as_a_handle_is_not_kept(stand: Stand) -> None:
    enter(stand, "correct horse battery staple", "x" * 12)
    assert b"horse" not in stand.desk.project.audit_path.read_bytes()


def test_after_five_wrong_passwords_a_handle_waits_however_it_is_spelt(stand: Stand) -> None:
    stand.desk.limits = Limits()
    stand.account("ana", Role.ANALYST)
    stand.account("ben", Role.ANALYST)
    tries = ["ana", "ANA", "a.n.a", "Аna", " ana "]
    assert [enter(stand, name, "wrong wrong wrong").status for name in tries] == [401] * 5
    closed = enter(stand)
    assert (closed.status, closed.headers["retry-after"]) == (429, "181")
    assert enter(stand, "ben").status == 303
    stand.clock.advance(MORNING + timedelta(minutes=3, seconds=1))
    assert enter(stand).status == 303, "and the right one opens it again"
    assert enter(stand, password="wrong wrong wrong").status == 401


def test_one_address_cannot_try_every_handle(stand: Stand) -> None:
    stand.desk.limits = replace(Limits(), attempts=stand.desk.limits.attempts)
    statuses = [enter(stand, f"guess{number}", "short").status for number in range(31)]
    assert statuses == [401] * 30 + [429]
    assert stand.nobody().post("/welcome/x", {"handle": "a", "password": PASSWORD}).status == 429


def test_a_session_begins_anew_whatever_the_browser_brings(stand: Stand) -> None:
    """Nobody can be made to sign in into a session that somebody else knows."""
    stand.account("ana", Role.ANALYST)
    planted = User(stand, {"cookie": f"{COOKIE}=planted"})
    form = {"handle": "ana", "password": PASSWORD}
    assert cookie_of(planted.post("/sign-in", form)) != "planted"
    assert planted.get("/").status == 303
    own = stand.signed_in(Role.ANALYST, "ana")
    assert own.get("/").status == 200
    again = own.post("/sign-in", form)
    assert own.get("/").status == 303, "the old session has ended"
    assert browser(stand, again).get("/").status == 200


@pytest.mark.parametrize(
    "after",
    [
        "https://elsewhere.test",
        "//elsewhere.test",
        "/\\elsewhere.test",
        "\\\\elsewhere.test",
        "/\t/elsewhere.test",
        "/\n//elsewhere.test",
        "/a\\..\\b",
        "javascript:alert(1)",
        "elsewhere.test",
        "",
        " //elsewhere.test",
        "/\u2028/elsewhere.test",
        "/\x00",
    ],
)
def test_nobody_is_led_elsewhere(stand: Stand, after: str) -> None:
    assert local(after) == "/"
    stand.account("ana", Role.ANALYST)
    assert enter(stand, after=after).headers["location"] == "/"
    ana = stand.signed_in(Role.ANALYST, "ana")
    assert ana.post("/language", {"code": "ru", "after": after}).headers["location"] == "/"


def test_a_form_leads_on_within_the_desk() -> None:
    assert local("/warnings/x?a=b#c") == "/warnings/x?a=b#c"


# -- invitations ---------------------------------------------------------------------------------


def test_an_invitation_makes_one_account_and_signs_it_in(stand: Stand) -> None:
    path = link(stand)
    assert "admin" in stand.nobody().get(path).text
    answer = join(stand, "  ana   b ")
    assert (answer.status, answer.headers["location"]) == (303, "/")
    assert "ana b (admin)" in browser(stand, answer).get("/").text
    assert stand.nobody().get(path).status == 404
    assert join(stand, "ben").status == 404
    assert [one.handle for one in stand.desk.people().accounts] == ["ana b"]


@pytest.mark.parametrize(
    ("handle", "password", "says"),
    [
        ("ana", "too short", "12 to 256"),
        ("ana", "x" * 290, "12 to 256"),
        ("   ", PASSWORD, "a handle has"),
        ("x" * 61, PASSWORD, "a handle has"),
        ("a\u202eb", PASSWORD, "a handle has"),
        ("a\x00b", PASSWORD, "a handle has"),
        ("Ben", PASSWORD, "taken"),
    ],
)
def test_what_cannot_be_an_account_is_said(
    stand: Stand, handle: str, password: str, says: str
) -> None:
    stand.account("ben", Role.VIEWER)
    link(stand)
    answer = join(stand, handle, password)
    assert (answer.status, says in answer.text) == (422, True)
    assert len(stand.desk.people().accounts) == 1
    assert stand.nobody().get("/welcome/link").status == 200, "the link is not used up"


def test_a_link_for_a_handle_sets_a_new_password_and_ends_old_sessions(stand: Stand) -> None:
    old = stand.signed_in(Role.ANALYST, "ana")
    path = link(stand, Role.ANALYST, "Ana")
    assert "readonly" in stand.nobody().get(path).text
    answer = join(stand, "somebody else", "another four good words")
    assert answer.status == 303
    assert old.get("/").status == 303
    assert enter(stand).status == 401
    assert enter(stand, password="another four good words").status == 303
    assert [one.handle for one in stand.desk.people().accounts] == ["Ana"]


def test_two_take_one_link_up_at_once_and_one_gets_it(stand: Stand) -> None:
    link(stand)
    answers: list[int] = []
    both = threading.Barrier(2)

    def take(name: str) -> None:
        both.wait()
        answers.append(join(stand, name).status)

    threads = [threading.Thread(target=take, args=(name,)) for name in ("ana", "ben")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(stand.desk.people().accounts) == 1
    assert min(answers) == 303
    assert max(answers) in (404, 422)


def test_a_handle_is_shown_as_text(stand: Stand) -> None:
    link(stand)
    page = browser(stand, join(stand, HOSTILE)).get("/")
    assert HOSTILE not in page.text
    assert "&lt;script&gt;" in page.text


# -- language, static files, health --------------------------------------------------------------


def test_the_language_is_chosen_for_the_session(stand: Stand) -> None:
    ana = stand.signed_in(Role.ANALYST, "ana")
    assert '<html lang="en"' in ana.get("/").text
    assert ana.post("/language", {"code": "ru", "after": "/warnings"}).status == 303
    assert '<html lang="ru"' in ana.get("/").text
    ana.post("/language", {"code": "../en"})
    assert '<html lang="ru"' in ana.get("/", accept_language="en").text
    with_token = stand.software(Role.ANALYST, owner="ana")
    assert with_token.ask("POST", "/language", b"code=ru", headers=_FORM).status == 303
    stand.account("cem", Role.VIEWER, language="ru")
    assert '<html lang="ru"' in browser(stand, enter(stand, "cem")).get("/").text


_FORM = {"content-type": "application/x-www-form-urlencoded"}


def test_static_files_are_kept_and_compressed(stand: Stand) -> None:
    assert {"desk.js", "desk.css"} <= set(bundle()), "python web/build.py makes them"
    plain = stand.nobody().get("/static/desk.js")
    assert plain.headers["content-type"].startswith("text/javascript")
    assert plain.headers["cache-control"] == "public, max-age=300"
    squeezed = stand.nobody().get("/static/desk.js", accept_encoding="gzip, br")
    assert squeezed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(squeezed.body) == plain.body
    again = stand.nobody().get("/static/desk.js", if_none_match=plain.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    other = stand.nobody().get("/static/desk.css", if_none_match=plain.headers["etag"])
    assert other.status == 200


@pytest.mark.parametrize(
    "name",
    [
        "../app.py",
        "..%2Fapp.py",
        "%2e%2e%2fapp.py",
        "..%5capp.py",
        "%2Fetc%2Fpasswd",
        "desk.js%00",
        "sources.sha256",
        "desk",
        ".",
        "%2e%2e",
        "desk.js%2F..%2F..%2Fapp.py",
    ],
)
def test_nothing_else_is_served_as_a_static_file(stand: Stand, name: str) -> None:
    answer = stand.nobody().get(f"/static/{name}")
    assert answer.status == 404
    assert b"import" not in answer.body


def test_it_says_that_it_is_there(stand: Stand) -> None:
    assert stand.nobody().get("/healthz").text == "ok\n"
