"""The demo's console: one click in, to this machine alone, and never where nobody could end it."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cli_support import call
from console_support_stream import NOW, POSTS, at, client_of, desk_of, project_in
from fastapi.testclient import TestClient

from tocsin.archive import verify
from tocsin.cli import demo, demo_console
from tocsin.cli.demo_console import OPENS_AT, VISITOR, demo_desk, free_port, visitor_link
from tocsin.cli.serve import PORT
from tocsin.clock import ReplayClock, ShiftedClock, SystemClock
from tocsin.console.accounts import Accounts, invited, new_link
from tocsin.console.app import build
from tocsin.console.desk import ConsoleDesk
from tocsin.console.roles import Role
from tocsin.demo.drill import with_examples
from tocsin.demo.run import DemoResult
from tocsin.desk.lists import DeskLists
from tocsin.engines.project import Project
from tocsin.errors import EnvironmentFailed
from tocsin.model import Recipient


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return project_in(tmp_path, POSTS[:5])


@pytest.fixture
def desk(project: Project) -> Iterator[ConsoleDesk]:
    made = demo_desk(project, ReplayClock(NOW))
    yield made
    made.close()


def browser(desk: ConsoleDesk) -> TestClient:
    return TestClient(build(desk), base_url="http://127.0.0.1:8017", follow_redirects=False)


def test_one_click_leads_to_the_replay_of_the_call(desk: ConsoleDesk) -> None:
    visitor, link = browser(desk), f"/welcome/{visitor_link(desk)}"
    page = visitor.get(link)
    assert "Look around" in page.text
    assert "password" not in page.text
    entered = visitor.post(link)
    assert (entered.status_code, entered.headers["location"]) == (
        303,
        "/replay?at=2023-10-29T07:31:00Z",
    )
    shown = visitor.get(entered.headers["location"])
    assert shown.status_code == 200
    assert "2023-10-29 07:31 UTC" in shown.text
    assert "RECONSTRUCTION" in shown.text
    account = desk.people().find(VISITOR)
    assert account is not None
    assert account.role is Role.ADMIN
    assert account.password.startswith("$argon2id$")
    assert browser(desk).post(link).status_code == 404, "the link works once"


def test_another_site_cannot_click_it(desk: ConsoleDesk) -> None:
    link = f"/welcome/{visitor_link(desk)}"
    foreign = browser(desk).post(link, headers={"origin": "https://elsewhere.example"})
    assert foreign.status_code == 403
    assert desk.people().find(VISITOR) is None


def test_elsewhere_a_link_still_asks_for_a_password(project: Project) -> None:
    desk = desk_of(project)
    link = f"/welcome/{visitor_link(desk)}"
    assert "password" in client_of(desk).get(link).text
    assert client_of(desk).post(link).status_code == 422
    desk.close()


def test_its_clock_goes_on_from_the_newest_post(desk: ConsoleDesk) -> None:
    assert desk.clock.now() == at(4)
    real = ReplayClock(NOW)
    shifted = ShiftedClock(real, at(4))
    real.advance(NOW + timedelta(hours=2))
    assert shifted.now() == at(6)


def test_it_opens_a_minute_after_the_call_of_the_reconstruction() -> None:
    local = OPENS_AT.astimezone(demo_zone())
    assert f"{local:%d %H:%M}" == "29 10:31"


def demo_zone() -> Any:
    from tocsin.demo.render import ZONE

    return ZONE


def test_a_taken_port_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert port < free_port(port) <= port + 20
        monkeypatch.setattr(demo_console, "_PORTS", 1)
        with pytest.raises(EnvironmentFailed, match="--port"):
            free_port(port)
    assert PORT == 8017


def test_while_served_it_listens_here_alone_and_leaves_no_account(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    served: list[Any] = []

    def run(desk: ConsoleDesk, where: tuple[str, int]) -> None:
        link = f"/welcome/{shown_secret()}"
        assert browser(desk).post(link).status_code == 303
        served.append((desk.options, where, [one.handle for one in desk.people().accounts]))
        raise KeyboardInterrupt

    said: list[str] = []

    def shown_secret() -> str:
        found = re.search(r"http://127\.0\.0\.1:(\d+)/welcome/([\w-]+)", "\n".join(said))
        assert found
        return found[2]

    monkeypatch.setattr(demo_console, "run_server", run)
    monkeypatch.setattr(demo_console, "show", lambda line="", *_: said.append(line))
    demo_console.serve_demo(project, SystemClock())
    ((options, where, handles),) = served
    assert options.demo
    assert where[0] == "127.0.0.1"
    assert handles == [VISITOR]
    assert ConsoleDesk(project).accounts.read() == Accounts()
    capsys.readouterr()


# -- the command -------------------------------------------------------------------------------


@pytest.fixture
def served(project: Project, monkeypatch: pytest.MonkeyPatch) -> list[Project]:
    """The command without its run; which projects it serves."""
    found: list[Project] = []
    result = DemoResult(5, [], [], [], verify(project.archive_folder))
    monkeypatch.setattr(demo, "prepare_gazetteer", lambda: None)
    monkeypatch.setattr(demo, "_run", lambda _: result)
    monkeypatch.setattr(demo, "serve_demo", lambda desk, _: found.append(desk))
    return found


@pytest.mark.parametrize(
    ("words", "terminal", "times"),
    [
        ((), False, 0),
        ((), True, 1),
        (("--no-serve",), True, 0),
        (("--serve",), False, 1),
        (("--json",), True, 0),
        (("--json", "--serve"), False, 1),
    ],
)
def test_it_is_served_where_a_person_can_end_it(
    project: Project,
    served: list[Project],
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    terminal: bool,
    times: int,
) -> None:
    monkeypatch.setattr(demo, "in_terminal", lambda: terminal)
    done = call("demo", "--keep", project.folder, *words)
    assert (done.code, len(served)) == (0, times), done
    assert ("tocsin demo --serve" in done.err) == (times == 0 and "--json" not in words)


def test_a_test_is_no_terminal() -> None:
    done = call("demo", "--help")
    assert "--no-serve" in done.out
    assert not demo.in_terminal()


def test_a_colleague_who_is_invited_makes_an_account(desk: ConsoleDesk) -> None:
    """Whoever has no password could not come back."""
    secret, made = new_link(Role.VIEWER, desk.clock.now(), "vera")
    desk.accounts.change(lambda known: invited(known, made))
    page = browser(desk).get(f"/welcome/{secret}").text
    assert 'type="password"' in page
    assert browser(desk).post(f"/welcome/{secret}").status_code == 422
    told = {"handle": "vera", "password": "four words nobody connects"}
    assert browser(desk).post(f"/welcome/{secret}", data=told).status_code == 303
    again = browser(desk).post("/sign-in", data=told)
    assert (again.status_code, again.headers["location"]) == (303, "/")
    assert "works once" in browser(desk).get("/sign-in").text


def test_a_demo_has_somebody_to_call_and_somebody_to_warn() -> None:
    lists = with_examples(DeskLists())
    assert {card.community for card in lists.cards} == {"Israelis", "Jews"}
    assert [one.id for one in lists.recipients] == ["contact"]
    own = DeskLists(recipients=(Recipient("r1", "Ana", "mail", "ana@example.org"),))
    assert with_examples(own).recipients == own.recipients
