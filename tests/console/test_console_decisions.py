"""Decisions: one of two wins, none is lost, and they take effect at once where they can."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import pytest
from cli_support import call
from console_support import Stand, User, stand_on
from console_support_town import NOON, alarm
from engine_support import ingest_file

from posts_support import post_line
from tocsin.console import desk as console_desk
from tocsin.console.desk import ConsoleDesk, patiently, plain, reason_needed
from tocsin.console.roles import Role
from tocsin.engines import lock as keys
from tocsin.engines.desk import decisions, log_decision
from tocsin.engines.project import Project
from tocsin.engines.settling import settle
from tocsin.errors import EnvironmentFailed, Locked, UsageError
from tocsin.model import Decision, DecisionKind
from tocsin.store import Store
from tocsin.store.lists import warnings_now

DISMISSED = {"verb": "dismiss", "reason": "the market is closed today", "seen": 0}


@pytest.fixture
def desk(town: Stand) -> Stand:
    return town


@pytest.fixture
def project(town: Stand) -> Project:
    return town.desk.project


@contextmanager
def another_writes(project: Project) -> Iterator[None]:
    """Somebody else has the archive, as a run has."""
    begun, done = threading.Event(), threading.Event()

    def hold() -> None:
        with project.writing():
            begun.set()
            done.wait(20)

    thread = threading.Thread(target=hold)
    thread.start()
    assert begun.wait(10)
    try:
        yield
    finally:
        done.set()
        thread.join()


def logged(project: Project) -> list[Decision]:
    with Store.at(project.store_path) as store:
        return decisions(store, DecisionKind, alarm(project))


def stands(project: Project) -> str:
    with Store.at(project.store_path) as store:
        (found,) = [row for row in warnings_now(store) if row["id"] == alarm(project)]
    return "stands" if found["action"] in ("stands", "update") else str(found["action"])


def path_of(desk: Stand) -> str:
    return f"/api/v1/warnings/{alarm(desk.desk.project)}"


def decide(user: User, **said: object) -> tuple[int, str]:
    answer = user.send(f"{path_of(user.stand)}/decisions", {**DISMISSED, **said})
    return answer.status, answer.json.get("detail", "")


def test_a_dismissal_cancels_at_once_when_no_post_waits(desk: Stand, project: Project) -> None:
    assert decide(desk.signed_in(Role.ANALYST, "ana"))[0] == 201
    assert stands(project) == "cancel"
    (one,) = logged(project)
    assert (one.kind, one.by, one.at) == (DecisionKind.WARNING_DISMISS, "ana", NOON)


def test_where_posts_wait_a_run_takes_the_decision_with_them(
    desk: Stand, project: Project, tmp_path: Path
) -> None:
    posts = tmp_path / "posts.jsonl"
    posts.write_bytes(orjson.dumps(post_line(90, "the river is high")) + b"\n")
    ingest_file(project, posts)
    assert settle(project) is None
    assert decide(desk.signed_in(Role.ANALYST))[0] == 201
    assert len(logged(project)) == 1
    assert stands(project) == "stands"


def test_by_a_form_too(desk: Stand, project: Project) -> None:
    ana = desk.signed_in(Role.ANALYST)
    assert (
        ana.post(f"/warnings/{alarm(project)}/decide", {**DISMISSED, "reason": " "}).status == 422
    )
    assert stands(project) == "stands"
    answer = ana.post(f"/warnings/{alarm(project)}/decide", DISMISSED)
    assert (answer.status, answer.headers["location"]) == (303, f"/warnings/{alarm(project)}")
    assert stands(project) == "cancel"
    page = ana.get(f"/warnings/{alarm(project)}").text
    assert "Dismissed; the warning is cancelled." in page
    assert "Dismissed; the warning is cancelled." not in ana.get(f"/warnings/{alarm(project)}").text


def test_two_decide_at_once_and_the_other_is_told_by_whom(desk: Stand, project: Project) -> None:
    users = {name: desk.signed_in(Role.ANALYST, name) for name in ("ana", "ben")}
    found: dict[str, tuple[int, str]] = {}
    both = threading.Barrier(2)

    def press(name: str) -> None:
        both.wait()
        found[name] = decide(users[name])

    threads = [threading.Thread(target=press, args=(name,)) for name in users]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (winner,) = [name for name, (status, _) in found.items() if status == 201]
    (loser,) = [name for name, (status, _) in found.items() if status == 409]
    assert found[loser][1].startswith(f"{winner} has decided about {alarm(project)}")
    assert [one.by for one in logged(project)] == [winner]


def test_whoever_looked_before_is_told_and_may_decide_after_looking_again(
    desk: Stand, project: Project
) -> None:
    ana, ben = desk.signed_in(Role.ANALYST, "ana"), desk.signed_in(Role.ANALYST, "ben")
    shown = ben.get(path_of(desk)).json["seen"]
    assert shown == 0
    assert decide(ana, verb="acknowledge", reason="")[0] == 201
    late = ben.post(f"/warnings/{alarm(project)}/decide", {"verb": "confirm", "seen": shown})
    assert late.status == 409
    assert "ana has decided" in late.text
    again = ben.get(path_of(desk)).json["seen"]
    assert decide(ben, verb="confirm", seen=again)[0] == 201


def test_a_decision_waits_for_a_run_that_ends(desk: Stand, project: Project) -> None:
    user, found = desk.signed_in(Role.ANALYST), list[int]()
    with another_writes(project):
        thread = threading.Thread(target=lambda: found.append(decide(user)[0]))
        thread.start()
        thread.join(0.5)
        assert found == []
        assert user.get("/").status == 200, "pages go on meanwhile"
    thread.join()
    assert found == [201]
    assert stands(project) == "cancel"


def test_where_a_run_goes_on_it_is_said_and_nothing_is_lost(
    desk: Stand, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console_desk, "PATIENCE_S", 0.3)
    user = desk.signed_in(Role.ANALYST)
    with another_writes(project):
        answer = user.send(f"{path_of(desk)}/decisions", DISMISSED)
        assert (answer.status, answer.json["title"]) == (503, "Not now")
        assert answer.headers["retry-after"] == "5"
        assert logged(project) == []
    assert decide(user)[0] == 201


def test_a_decision_that_stands_is_never_told_as_failed(
    desk: Stand, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run begins just after it was logged: that run sees to it."""
    monkeypatch.setattr(console_desk, "SETTLING_S", 0.1)
    held = []

    def busy(_: Project) -> None:
        held.append(True)
        raise Locked("another tocsin is writing here")

    monkeypatch.setattr(console_desk, "settle", busy)
    assert decide(desk.signed_in(Role.ANALYST))[0] == 201
    assert len(held) > 1
    assert len(logged(project)) == 1


def test_patience_has_an_end() -> None:
    def locked() -> None:
        raise Locked("busy")

    with pytest.raises(Locked):
        patiently(locked, 0)
    assert patiently(lambda: 7) == 7


@pytest.mark.parametrize(
    ("said", "detail"),
    [
        ({"reason": " \x00 "}, "a dismissal needs its reason"),
        ({"verb": "outcome", "value": "nonsense"}, "outcome 'nonsense': occurred"),
        ({"verb": "erase"}, "verb: "),
        ({"seen": -1}, "seen: "),
        ({"reason": "x" * 2_001}, "reason: "),
        ({"reason": "\ud800"}, ""),
    ],
)
def test_a_decision_that_is_none_is_refused(
    desk: Stand, project: Project, said: dict[str, object], detail: str
) -> None:
    user = desk.signed_in(Role.ANALYST)
    if said.get("reason") == "\ud800":  # half a character, which JSON can say and UTF-8 cannot
        body = b'{"verb": "dismiss", "reason": "\\ud800"}'
        kind = {"content-type": "application/json"}
        status = user.ask("POST", f"{path_of(desk)}/decisions", body, headers=kind).status
        assert status == 422
    else:
        answer = decide(user, **said)
        assert answer[0] == 422
        assert detail in answer[1]
    assert logged(project) == []


def test_null_bytes_go_no_further(desk: Stand, project: Project) -> None:
    assert decide(desk.signed_in(Role.ANALYST), reason=" a\x00b ")[0] == 201
    assert logged(project)[0].reason == "ab"
    assert plain("\0\0") == ""
    assert reason_needed(" x\0 ", "it") == "x"
    with pytest.raises(UsageError, match="it needs its reason"):
        reason_needed("\0", "it")


# -- killed, and locked --------------------------------------------------------------------------

_DIES = """
import os, sys
from pathlib import Path
import console_support as support
from tocsin.console import desk
from tocsin.console.roles import Role
from tocsin.engines.project import Project

setattr(desk, sys.argv[2], lambda *_: os._exit(137))
stand = support.stand_on(Project.open(Path(sys.argv[1])))
path = f"/api/v1/warnings/{sys.argv[3]}/decisions"
user = stand.signed_in(Role.ANALYST, "ana")
user.send(path, {"verb": "dismiss", "reason": "closed"})
"""


@pytest.mark.parametrize(("at", "kept"), [("settle", 1), ("log_decision", 0)])
def test_killed_in_the_middle_it_loses_no_decision(project: Project, at: str, kept: int) -> None:
    """What was logged stands and takes effect with the next run; else it was never said done."""
    path = os.pathsep.join(one for one in sys.path if one)
    killed = subprocess.run(
        [sys.executable, "-c", _DIES, str(project.folder), at, alarm(project)],
        env={**os.environ, "PYTHONPATH": path},
        check=False,
        capture_output=True,
    )
    assert killed.returncode == 137, killed.stderr.decode()
    assert len(logged(project)) == kept
    settle(project)
    assert stands(project) == ("cancel" if kept else "stands")


def test_a_locked_desk_is_shut_for_everybody_by_the_next_request(
    desk: Stand, project: Project
) -> None:
    keys.set_passphrase(project, "five good words of ours")
    browser, software = desk.signed_in(Role.ADMIN, "ana"), desk.software(Role.ADMIN, owner="ana")
    assert browser.get("/").status == 200
    assert keys.lock(project).closed
    for user in (browser, software, desk.nobody()):
        for path in ("/", "/api/v1/now", "/healthz", "/welcome/x"):
            answer = user.get(path)
            assert answer.status == 423, path
            assert str(project.folder) not in answer.text
    assert desk.nobody().post("/sign-in", {"handle": "a", "password": "b"}).status == 423
    keys.unlock(project, "five good words of ours")
    assert browser.get("/").status == 303, "signed out by it"
    assert software.get("/api/v1/now").status == 200


def test_a_desk_opens_its_store_once_for_all_threads(project: Project) -> None:
    desk, found = ConsoleDesk(project), set[int]()
    threads = [threading.Thread(target=lambda: found.add(id(desk.store))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 1
    desk.close()
    desk.close()


def test_without_its_key_the_desk_says_so_and_makes_no_new_one(project: Project) -> None:
    stand = stand_on(project)
    stand.account("ana", Role.ADMIN)
    project.desk_key_path.unlink()
    with pytest.raises(EnvironmentFailed, match=r"console\.box and desk\.box cannot be read"):
        ConsoleDesk(project).accounts.read()
    assert not project.desk_key_path.exists()
    stand.desk.close()


def test_the_command_line_is_overtaken_as_well(desk: Stand, project: Project) -> None:
    """Pages and commands write the same ledger."""
    done = call("warnings", "confirm", alarm(project), "--as", "cem", "--project", project.folder)
    assert done.code == 0, done
    assert decide(desk.signed_in(Role.ANALYST))[0] == 409
    log_decision(
        project, Decision(DecisionKind.WARNING_DISMISS, alarm(project), "dismissed", "ana", NOON)
    )
