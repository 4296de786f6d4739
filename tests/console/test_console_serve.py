"""``tocsin serve`` and ``tocsin people``: where it listens, who may come in."""

from __future__ import annotations

import socket
import threading
from pathlib import Path
from typing import Any

import pytest
from cli_support import call, project_in
from console_support import PASSWORD, Stand

from tocsin.cli import serve as command
from tocsin.cli.serve import first_link, is_loopback, refuse_open, run_server
from tocsin.console.accounts import INVITED_FOR, Account, accepted, invitation_for, with_account
from tocsin.console.desk import ConsoleDesk
from tocsin.console.roles import Role
from tocsin.engines.project import Project
from tocsin.errors import EnvironmentFailed, UsageError

PEM = Path("/etc/ssl/desk.pem")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "desk.example.org", ""])
def test_it_does_not_listen_to_a_network_in_clear(host: str) -> None:
    with pytest.raises(UsageError, match="in clear"):
        refuse_open(host, None, None, behind_proxy=False)
    refuse_open(host, PEM, PEM, behind_proxy=False)
    refuse_open(host, None, None, behind_proxy=True)


@pytest.mark.parametrize(("cert", "key"), [(PEM, None), (None, PEM)])
def test_a_certificate_comes_with_its_key(cert: Path | None, key: Path | None) -> None:
    with pytest.raises(UsageError, match="go together"):
        refuse_open("127.0.0.1", cert, key, behind_proxy=True)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.5.0.1", "::1", "localhost"])
def test_this_machine_is_this_machine(host: str) -> None:
    assert is_loopback(host)
    refuse_open(host, None, None, behind_proxy=False)


def test_the_first_link_makes_an_admin_and_there_is_no_other(stand: Stand) -> None:
    project = stand.desk.project
    old, secret = first_link(project), first_link(project)
    assert old is not None
    assert secret is not None
    known = stand.desk.people()
    assert len(known.invitations) == 1
    now = known.invitations[0].expires_at - INVITED_FOR
    assert invitation_for(known, old, now) is None, "a link on an older screen is dead"
    made = Account("ana", known.invitations[0].role, "x", now)
    stand.desk.accounts.change(lambda people: accepted(people, secret, made, now))
    assert [one.role for one in stand.desk.people().accounts] == [Role.ADMIN]
    assert first_link(project) is None


def test_serving_prints_the_link_and_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, served = project_in(tmp_path), list[Any]()
    monkeypatch.setattr(command, "run_server", lambda *about: served.append(about))
    done = call("serve", path, "--port", "8123")
    assert done.code == 0, done
    assert "first admin, within a day and once: http://127.0.0.1:8123/welcome/" in done.out
    (desk, at, cert, key) = served[0]
    assert (at[:2], cert, key, desk.options.secure) == (("127.0.0.1", 8123), None, None, False)
    proxied = call("serve", "--project", path, "--host", "0.0.0.0", "--behind-proxy")
    assert proxied.code == 0
    assert "https://0.0.0.0:8017/welcome/" in proxied.out
    assert (served[1][0].options.secure, served[1][0].options.proxies) == (True, 1)
    assert call("serve", path, "--host", "0.0.0.0").code == 2
    assert len(served) == 2


def test_people_are_invited_listed_and_closed(tmp_path: Path) -> None:
    path = project_in(tmp_path)
    made = call("people", "invite", "releaser", "--handle", "ana", "--project", path)
    assert made.code == 0, made
    secret = made.out.strip().removeprefix("/welcome/")
    desk = ConsoleDesk(Project.open(path))
    invitation = desk.people().invitations[0]
    assert (invitation.role, invitation.handle) == (Role.RELEASER, "ana")
    now = invitation.expires_at - INVITED_FOR
    account = Account("ana", invitation.role, "x", now)
    desk.accounts.change(lambda known: accepted(known, secret, account, now))
    listed = call("people", "list", "--json", "--project", path).out
    assert '"handle":"ana"' in listed.replace(" ", "")
    assert '"closed":false' in listed.replace(" ", "")
    lead = Account("lead", Role.ADMIN, "x", now)  # one admin must stay
    desk.accounts.change(lambda known: with_account(known, lead))
    assert call("people", "close", "Ana", "--project", path).out.strip() == "ana: closed"
    assert desk.people().accounts[0].disabled
    assert call("people", "close", "nobody", "--project", path).code == 2
    assert call("people", "invite", "root", "--project", path).code == 2
    assert PASSWORD not in listed


@pytest.mark.usefixtures("loopback")
def test_a_port_that_is_taken_is_named(stand: Stand) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        found: list[BaseException] = []

        def serve() -> None:
            try:
                run_server(stand.desk, ("127.0.0.1", port))
            except EnvironmentFailed as error:
                found.append(error)

        thread = threading.Thread(target=serve)
        thread.start()
        thread.join(20)
    assert "try another --port" in str(found[0])
