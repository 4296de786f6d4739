"""Accounts, tokens and passwords."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from console_support_staff import NOW, PASSWORD, Desk, bare_desk
from fastapi.testclient import TestClient

from tocsin.console.guard import COOKIE
from tocsin.console.roles import Role

LINK = re.compile(r"/welcome/([\w-]{20,})")
SECRET = re.compile(r"<textarea[^>]*>([\w-]{40,})</textarea>")
NEW = "other four long words"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return bare_desk(tmp_path)


def welcome(desk: Desk, secret: str, handle: str = "-") -> Any:
    form = {"handle": handle, "password": NEW}
    return desk.nobody().post(f"/welcome/{secret}", data=form)


# -- accounts


def test_a_role_is_given_and_ends_that_persons_sessions(desk: Desk) -> None:
    adm, ana = desk.by("adm"), desk.by("ana")
    assert ana.get("/tips").status_code == 200
    assert adm.post("/people/role", handle="Ana", role="viewer").status_code == 303
    assert desk.account("ana").role is Role.VIEWER
    assert ana.get("/me").headers["location"].startswith("/sign-in"), "signed out"
    assert desk.by("ana").get("/tips").status_code == 403
    assert adm.get("/people").status_code == 200, "nobody else is"
    assert b'"words":["people","ana","viewer"]' in desk.project.audit_path.read_bytes()
    assert adm.post("/people/role", handle="ana", role="root").status_code == 422
    assert adm.post("/people/role", handle="zoe", role="viewer").status_code == 404


def test_a_closed_account_is_out_at_once_and_comes_back_when_it_is_opened(desk: Desk) -> None:
    adm, rea = desk.by("adm"), desk.by("rea")
    token = desk.software("rea", Role.RELEASER)
    assert adm.post("/people/close", handle="rea", closed="true").status_code == 303
    assert rea.get("/me").status_code == 303
    assert token.get("/api/v1/now").status_code == 401
    assert desk.by("rea").get("/me").status_code == 303, "a session alone does not let it in"
    assert adm.post("/people/close", handle="rea", closed="false").status_code == 303
    assert desk.by("rea").get("/me").status_code == 200


def test_one_admin_stays(desk: Desk) -> None:
    adm = desk.by("adm")
    for path, form in (
        ("/people/role", {"role": "viewer"}),
        ("/people/close", {"closed": "true"}),
    ):
        answer = adm.post(path, handle="adm", **form)
        assert (answer.status_code, "one admin must stay" in answer.text) == (422, True)
    assert (desk.account("adm").role, desk.account("adm").disabled) == (Role.ADMIN, False)
    assert adm.post("/people/role", handle="rea", role="admin").status_code == 303
    assert adm.post("/people/role", handle="adm", role="viewer").status_code == 303
    last = desk.by("rea").post("/people/close", handle="rea", closed="true")
    assert last.status_code == 422


def test_a_link_is_shown_once_and_an_old_one_gives_no_old_role_back(desk: Desk) -> None:
    adm = desk.by("adm")
    shown = adm.post("/people/invite", handle="new", role="analyst")
    (secret,) = LINK.findall(shown.text)
    page = adm.get("/people").text
    assert secret not in page
    assert "new (analyst)" in page
    assert desk.files_with(secret.encode()) == []
    assert welcome(desk, secret).status_code == 303
    assert desk.account("new").role is Role.ANALYST
    assert welcome(desk, secret).status_code == 404, "once"

    (for_rea,) = LINK.findall(adm.post("/people/invite", handle="REA", role="admin").text)
    assert desk.console.people().invitations[-1].role is Role.RELEASER, "a password, no promotion"
    adm.post("/people/role", handle="rea", role="viewer")
    assert welcome(desk, for_rea).status_code == 404
    assert desk.account("rea").role is Role.VIEWER
    adm.post("/people/close", handle="rea", closed="true")
    assert adm.post("/people/invite", handle="rea", role="viewer").status_code == 422


def test_a_new_password_by_link_ends_old_sessions(desk: Desk) -> None:
    old = desk.by("ana")
    (secret,) = LINK.findall(
        desk.by("adm").post("/people/invite", handle="ana", role="viewer").text
    )
    assert welcome(desk, secret).status_code == 303
    assert old.get("/me").status_code == 303
    assert desk.account("ana").role is Role.ANALYST


def test_people_tokens_and_audit_log_are_for_admins(desk: Desk) -> None:
    pages = ("/people", "/audit", "/api/v1/tokens", "/api/v1/audit")
    posts = ("role", "close", "invite", "tokens", "tokens/revoke")
    for who in ("vic", "ana", "rea"):
        browser = desk.by(who)
        assert [browser.get(page).status_code for page in pages] == [403] * 4, who
        assert browser.post("/audit/check").status_code == 403
        for path in posts:
            assert browser.post(f"/people/{path}", handle="adm").status_code == 403, (who, path)
    assert [desk.by("adm").get(page).status_code for page in pages] == [200] * 4
    assert desk.by("adm").client.post("/people/role", data={"handle": "ana"}).status_code == 403


# -- tokens


def test_a_token_does_what_its_scopes_say_until_it_is_revoked(desk: Desk) -> None:
    adm = desk.by("adm")
    form = {"name": "wall", "role": "analyst", "scope": ["read"], "days": "2"}
    shown = adm.post("/people/tokens", **form)
    (secret,) = SECRET.findall(shown.text)
    assert secret not in adm.get("/people").text
    assert desk.files_with(secret.encode()) == []
    client = TestClient(desk.app, headers={"authorization": f"Bearer {secret}"})
    assert client.get("/api/v1/tips").status_code == 200
    assert client.get("/api/v1/tokens").status_code == 403, "an analyst's"
    writing = client.post("/api/v1/tips/abc/decision", json={"verb": "accept"})
    assert (writing.status_code, "token" in writing.json()["detail"]) == (403, True)
    assert adm.post("/people/tokens", **form).status_code == 422, "the name is taken"
    (row,) = desk.software("adm", Role.ADMIN).get("/api/v1/tokens").json()["items"][:1]
    assert (row["name"], row["owner"], row["scopes"]) == ("wall", "adm", ["read"])
    assert "digest" not in row
    assert adm.post("/people/tokens/revoke", id=row["id"]).status_code == 303
    assert client.get("/api/v1/tips").status_code == 401
    assert adm.post("/people/tokens/revoke", id=row["id"]).status_code == 404


def test_a_token_ends_by_itself_and_sinks_with_its_owner(desk: Desk) -> None:
    client = desk.software("adm", Role.ADMIN)
    made = client.post("/api/v1/tokens", json={"name": "x", "role": "admin", "days": 300})
    assert made.status_code == 201
    parent_ends = (NOW + timedelta(days=2)).isoformat()
    assert made.json()["expires_at"] == parent_ends, "what a token makes does not outlive it"
    assert made.json()["owner"] == "adm"
    child = TestClient(desk.app, headers={"authorization": f"Bearer {made.json()['secret']}"})
    assert child.get("/api/v1/audit").status_code == 200
    adm = desk.by("adm")
    adm.post("/people/role", handle="rea", role="admin")
    adm.post("/people/role", handle="adm", role="viewer")
    assert child.get("/api/v1/audit").status_code == 403
    assert child.get("/api/v1/purpose").status_code == 200
    desk.clock.advance(NOW + timedelta(days=3))
    assert child.get("/api/v1/purpose").status_code == 401


def test_nobody_makes_a_token_that_may_more_than_they(desk: Desk) -> None:
    narrow = desk.software("adm", Role.ADMIN, "read", "write")
    more = narrow.post("/api/v1/tokens", json={"name": "x", "scopes": ["read", "ingest"]})
    assert more.status_code == 403
    for wrong in ({"name": ""}, {"name": "x", "scopes": []}, {"name": "x", "days": 0}):
        assert narrow.post("/api/v1/tokens", json=wrong).status_code == 422, wrong
    made = narrow.post("/api/v1/tokens", json={"name": "x"}).json()
    assert narrow.delete(f"/api/v1/tokens/{made['id']}").status_code == 204
    assert narrow.delete(f"/api/v1/tokens/{made['id']}").status_code == 404
    reader = desk.software("adm", Role.ADMIN, "read")
    assert reader.post("/api/v1/tokens", json={"name": "y"}).status_code == 403
    assert reader.delete("/api/v1/tokens/x").status_code == 403
    assert desk.software("rea", Role.RELEASER).get("/api/v1/tokens").status_code == 403


# -- one's own


def test_a_new_password_needs_the_old_one_and_signs_out_elsewhere(desk: Desk) -> None:
    here, elsewhere = desk.by("vic"), desk.by("vic")
    wrong = here.post("/me/password", old="not this one at all", new=NEW)
    assert (wrong.status_code, "old password is not right" in wrong.text) == (422, True)
    assert here.post("/me/password", old=PASSWORD, new="short").status_code == 422
    assert elsewhere.get("/me").status_code == 200
    done = here.post("/me/password", old=PASSWORD, new=NEW)
    assert done.headers["location"] == "/me?done=password"
    fresh = TestClient(desk.app, cookies={COOKIE: done.cookies[COOKIE]}, follow_redirects=False)
    assert "password is changed" in fresh.get("/me?done=password").text
    assert elsewhere.get("/me").status_code == 303
    sign_in = {"handle": "vic", "password": NEW}
    assert desk.nobody().post("/sign-in", data=sign_in).status_code == 303


def test_wrong_old_passwords_are_counted(desk: Desk) -> None:
    vic = desk.by("vic")
    tries = [vic.post("/me/password", old="wrong", new=NEW).status_code for _ in range(6)]
    assert tries == [422] * 5 + [429]
    assert vic.post("/me/password", old=PASSWORD, new=NEW).status_code == 429


def test_a_language_is_kept_beyond_the_session(desk: Desk) -> None:
    vic = desk.by("vic")
    assert vic.post("/me/language", code="ru").status_code == 303
    assert "Моя учётная запись" in vic.get("/me").text
    assert vic.post("/me/language", code="xx").status_code == 422
    entered = desk.nobody().post("/sign-in", data={"handle": "vic", "password": PASSWORD})
    later = TestClient(desk.app, cookies={COOKIE: entered.cookies[COOKIE]})
    assert "Моя учётная запись" in later.get("/me", headers={"accept-language": "en"}).text


def test_signing_out_everywhere_ends_all_of_ones_sessions(desk: Desk) -> None:
    one, two, other = desk.by("vic"), desk.by("vic"), desk.by("ana")
    assert one.post("/me/sign-out").headers["location"] == "/sign-in"
    assert (two.get("/me").status_code, other.get("/me").status_code) == (303, 200)
    token = desk.software("vic", Role.VIEWER)
    assert token.post("/me/sign-out").status_code == 403, "a token signs nobody out"
