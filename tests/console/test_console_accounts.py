"""Accounts, invitations, tokens, sessions, and how often something may be tried."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from console_support import MORNING, PASSWORD, SHIPPED, kept_password

from tocsin.console import accounts as people
from tocsin.console import sessions as signed
from tocsin.console.accounts import (
    INVITED_FOR,
    Account,
    Accounts,
    AccountsBox,
    Invitation,
    Token,
    accepted,
    checked_password,
    digest_of,
    hashed,
    invitation_for,
    invited,
    only,
    sign_in,
    token_for,
    with_account,
)
from tocsin.console.roles import WORDS, Role
from tocsin.console.sessions import IDLE, LONGEST, Sessions
from tocsin.console.throttle import Allowance, Throttle
from tocsin.errors import EnvironmentFailed, UsageError

KEY = b"k" * 32
HOUR = timedelta(hours=1)


def account(handle: str = "ana", role: Role = Role.ANALYST, **more: Any) -> Account:
    return Account(handle, role, kept_password(), MORNING, **more)


def token(secret: str, owner: str = "ana", role: Role = Role.ADMIN) -> Token:
    digest = digest_of(secret)
    return Token(digest[:8], digest, "map", owner, role, ("read",), MORNING, MORNING + HOUR)


def invitation(secret: str, handle: str = "", hours: float = 24) -> Invitation:
    return Invitation(digest_of(secret), Role.ANALYST, MORNING + hours * HOUR, handle)


def test_the_box_keeps_everything_and_shows_nothing(tmp_path: Path) -> None:
    box = AccountsBox(tmp_path / "console.box", KEY)
    assert box.read() == Accounts()
    kept = Accounts((account(),), (token("s"),), (invitation("i", "ben"),))
    assert box.change(lambda _: kept) == kept
    assert box.read() == kept
    raw = (tmp_path / "console.box").read_bytes()
    assert b"ana" not in raw
    assert b"argon2" not in raw
    assert (tmp_path / "console.box").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b'{"version": 9}', "later version"),
        (b'{"version": 1, "accounts": [{"handle": 7}]}', "restore it from its copy"),
        (b'{"version": 1, "unknown": []}', "restore it from its copy"),
        (b"[]", "restore it from its copy"),
        (b"no json", "restore it from its copy"),
    ],
)
def test_a_box_that_is_none_of_ours_is_named(tmp_path: Path, data: bytes, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        AccountsBox(tmp_path / "console.box", KEY).from_bytes(data, "console.box")


def test_a_box_that_cannot_be_read_or_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "console.box").mkdir()
    with pytest.raises(EnvironmentFailed, match="check the disk"):
        AccountsBox(tmp_path / "console.box", KEY).read()
    lost = AccountsBox(tmp_path / "no such folder" / "console.box", KEY)
    with pytest.raises(EnvironmentFailed, match="check the disk"):
        lost.change(lambda known: known)


def test_two_who_change_the_box_at_once_lose_nothing(tmp_path: Path) -> None:
    names = [f"p{number}" for number in range(12)]

    def add(name: str) -> None:
        box = AccountsBox(tmp_path / "console.box", KEY)
        box.change(lambda known: with_account(known, account(name)))

    threads = [threading.Thread(target=add, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = AccountsBox(tmp_path / "console.box", KEY).read()
    assert sorted(one.handle for one in kept.accounts) == sorted(names)


def test_a_change_that_fails_leaves_the_box_as_it_was(tmp_path: Path) -> None:
    box = AccountsBox(tmp_path / "console.box", KEY)
    box.change(lambda known: with_account(known, account()))

    def fails(_: Accounts) -> Accounts:
        raise UsageError("not so")

    with pytest.raises(UsageError):
        box.change(fails)
    assert box.read().find("ana") is not None


@pytest.mark.parametrize("password", ["", "x" * 11, "x" * 257])
def test_a_password_is_long_but_not_absurdly(password: str) -> None:
    with pytest.raises(UsageError, match="12 to 256"):
        hashed(password)
    assert checked_password("x" * 12) == "x" * 12


def test_signing_in(monkeypatch: pytest.MonkeyPatch) -> None:
    known = Accounts((account(), account("ben", disabled=True)))
    found = sign_in(known, "ANA", PASSWORD)
    assert found is not None
    assert found.handle == "ana"
    assert sign_in(known, "ana", PASSWORD + "!") is None
    assert sign_in(known, "ben", PASSWORD) is None
    asked: list[str] = []
    verify = people._HASHER.verify

    class Hasher:
        def verify(self, kept: str, password: str) -> bool:
            asked.append(kept)
            return verify(kept, password)

        hash = staticmethod(people._HASHER.hash)

    monkeypatch.setattr(people, "_HASHER", Hasher())
    assert sign_in(known, "nobody at all", PASSWORD) is None
    assert asked[0].startswith("$argon2id$"), "as slow as for a handle that there is"


def test_passwords_are_kept_as_argon2id_at_its_usual_strength() -> None:
    """These tests hash faster; what is shipped must not."""
    usual = PasswordHasher()
    strength = (SHIPPED.type, SHIPPED.time_cost, SHIPPED.memory_cost)
    assert strength == (usual.type, usual.time_cost, usual.memory_cost)
    assert SHIPPED.memory_cost >= 19_456, "OWASP's least, in KiB"


def test_an_account_keeps_its_place_however_it_is_spelt() -> None:
    known = Accounts((account("ana"), account("ben")))
    closed = with_account(known, replace(account("Аna"), disabled=True))  # a Cyrillic letter
    assert [one.disabled for one in closed.accounts] == [True, False]
    assert len(with_account(known, account("cem")).accounts) == 3


def test_an_invitation_holds_once_and_for_a_day() -> None:
    known = invited(Accounts((account("ben"),)), invitation("secret"))
    assert invitation_for(known, "another", MORNING) is None
    assert invitation_for(known, "secret", MORNING + INVITED_FOR) is None
    made = accepted(known, "secret", account("cem"), MORNING)
    assert [one.handle for one in made.accounts] == ["ben", "cem"]
    assert made.invitations == ()
    with pytest.raises(UsageError, match="holds no more"):
        accepted(made, "secret", account("dan"), MORNING)


def test_an_invitation_is_not_for_somebody_elses_handle() -> None:
    known = invited(Accounts((account("ben"),)), invitation("secret"))
    with pytest.raises(UsageError, match="taken"):
        accepted(known, "secret", account("Ben"), MORNING)
    own = invited(known, invitation("new password", "ben"))
    again = accepted(own, "new password", account("ben", Role.VIEWER), MORNING)
    assert [one.role for one in again.accounts] == [Role.VIEWER]


def test_two_can_be_invited_at_once_and_one_again() -> None:
    known = invited(Accounts((account("ben"),)), invitation("one"))
    known = invited(known, invitation("other"))
    assert len(known.invitations) == 2
    known = invited(known, invitation("for cem", "cem"))
    known = invited(known, invitation("for cem again", "Cem"))
    assert invitation_for(known, "for cem", MORNING) is None
    assert invitation_for(known, "for cem again", MORNING) is not None
    assert invitation_for(known, "one", MORNING) is not None
    later = replace(invitation("later", "dan"), expires_at=MORNING + 2 * INVITED_FOR)
    assert len(invited(known, later).invitations) == 1, "what holds no more is forgotten"


def test_there_is_one_link_for_the_first_admin() -> None:
    known = invited(invited(Accounts(), invitation("first")), invitation("second"))
    assert invitation_for(known, "first", MORNING) is None
    assert invitation_for(known, "second", MORNING) is not None


def test_a_token_is_never_more_than_its_owner() -> None:
    known = Accounts((account("ana"), account("ben", disabled=True)), (token("t"),))
    found = token_for(known, "t", MORNING)
    assert found is not None
    assert found.role is Role.ANALYST
    assert token_for(known, "u", MORNING) is None
    assert token_for(known, "t", MORNING + HOUR) is None
    assert token_for(replace(known, tokens=(token("t", "ben"),)), "t", MORNING) is None
    assert token_for(replace(known, tokens=(token("t", "gone"),)), "t", MORNING) is None
    assert only(known.tokens, lambda one: one.name != "map") == ()


def test_roles_go_by_their_words() -> None:
    assert WORDS == ("viewer", "analyst", "releaser", "admin")
    assert Role.named("releaser") is Role.RELEASER
    with pytest.raises(KeyError):
        Role.named("root")


# -- sessions ----------------------------------------------------------------------------------


def test_a_session_ends_when_nobody_uses_it_and_after_a_shift() -> None:
    sessions = Sessions()
    secret = sessions.begin("ana", MORNING)
    assert sessions.find("guessed", MORNING) is None
    moment = MORNING
    while moment - MORNING + HOUR < LONGEST:
        moment += HOUR
        assert sessions.find(secret, moment) is not None
    assert sessions.find(secret, MORNING + LONGEST) is None
    idle = sessions.begin("ana", MORNING)
    assert sessions.find(idle, MORNING + IDLE) is None


def test_sessions_end_one_by_one_by_person_and_all() -> None:
    sessions = Sessions()
    ana, again, ben = (sessions.begin(name, MORNING) for name in ("ana", "ana", "ben"))
    sessions.end(ana)
    sessions.end("unknown")
    assert sessions.find(ana, MORNING) is None
    assert sessions.find(again, MORNING) is not None
    sessions.end_of("Ana")
    assert sessions.find(again, MORNING) is None
    assert sessions.find(ben, MORNING) is not None
    sessions.end_all()
    assert sessions.find(ben, MORNING) is None


def test_sessions_do_not_grow_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signed, "MOST", 3)
    sessions = Sessions()
    first, *rest = [sessions.begin("ana", MORNING + timedelta(seconds=n)) for n in range(4)]
    now = MORNING + timedelta(seconds=5)
    assert sessions.find(first, now) is None
    assert all(sessions.find(one, now) for one in rest)
    assert sessions.begin("ana", MORNING + LONGEST)
    assert len(sessions._open) == 1


def test_what_is_said_is_said_once() -> None:
    sessions = Sessions()
    found = sessions.find(sessions.begin("ana", MORNING), MORNING)
    assert found is not None
    found.said = "said.done"
    assert (found.take_said(), found.take_said()) == ("said.done", "")


# -- how often ---------------------------------------------------------------------------------


def test_a_throttle_refills_evenly() -> None:
    throttle = Throttle(Allowance(5, timedelta(minutes=15)))
    assert not any(throttle.wait("ana", MORNING) for _ in range(5))
    assert throttle.wait("ana", MORNING) == timedelta(minutes=3)
    assert throttle.wait("ben", MORNING) == timedelta(0)
    later = MORNING + timedelta(minutes=1)
    assert throttle.wait("ana", later) == timedelta(minutes=2)
    assert throttle.wait("ana", later + timedelta(minutes=2)) == timedelta(0)
    assert throttle.wait("ana", later + timedelta(minutes=2)) > timedelta(0)
    throttle.forget("ana")
    throttle.forget("never seen")
    assert throttle.wait("ana", later) == timedelta(0)


def test_a_throttle_forgets_whom_it_heard_longest_ago(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tocsin.console.throttle._MOST_KEYS", 2)
    throttle = Throttle(Allowance(1, HOUR))
    for name in ("ana", "ben", "ana", "cem"):
        throttle.wait(name, MORNING)
    assert throttle.wait("ana", MORNING) > timedelta(0)
    assert throttle.wait("ben", MORNING) == timedelta(0)
