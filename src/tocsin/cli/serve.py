"""``tocsin serve`` and ``tocsin people``: the console, and who may sign in."""

from __future__ import annotations

import ipaddress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin.cli.options import (
    JsonOption,
    LogFormatOption,
    LogLevelOption,
    ProjectOption,
    before_subcommand,
    open_logged,
    open_project,
)
from tocsin.cli.output import say, show, show_rows
from tocsin.clock import SystemClock
from tocsin.console.roles import WORDS, Role
from tocsin.engines.project import Project
from tocsin.errors import UsageError
from tocsin.wire import iso

if TYPE_CHECKING:
    from tocsin.console.accounts import AccountsBox
    from tocsin.console.desk import ConsoleDesk

people = typer.Typer(help="Who may sign in to the console: list, invite, close.")
PORT = 8017
HostOption = Annotated[str, typer.Option(help="Address to listen at; another than this machine "
    "needs TLS (--cert, --key) or --behind-proxy.")]  # fmt: skip
PortOption = Annotated[int, typer.Option(min=1, max=65_535, help="Port to listen at.")]
CertOption = Annotated[Path | None, typer.Option(help="TLS certificate, PEM.")]
KeyOption = Annotated[Path | None, typer.Option(help="Its key, PEM.")]
ProxyOption = Annotated[
    bool, typer.Option("--behind-proxy", help="A proxy on this network speaks TLS before it.")
]
TipsOption = Annotated[
    int | None,
    typer.Option("--tips-port", min=1, max=65_535, help="Serve the tip form alone here too."),
]
TilesOption = Annotated[
    str, typer.Option(help="Address of map tiles, {z}/{x}/{y}; asked for by the reader's browser.")
]


def serve(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="The project's folder; default: here.")
    ] = None,
    project: ProjectOption = Path(),
    host: HostOption = "127.0.0.1",
    port: PortOption = PORT,
    cert: CertOption = None,
    key: KeyOption = None,
    behind_proxy: ProxyOption = False,
    tiles: TilesOption = "",
    tips_port: TipsOption = None,
    log_level: LogLevelOption = None,
    log_format: LogFormatOption = None,
) -> None:
    """Serve the console and the API of a project until told to stop.

    The first time, a link is printed with which the first admin makes an account; it holds for a
    day and works once. Everybody else is invited from the page of people, or by tocsin people
    invite. Listens on this machine alone unless told otherwise.
    """
    refuse_open(host, cert, key, behind_proxy=behind_proxy)
    desk = open_logged(folder or project, log_level, log_format)
    secure = cert is not None or behind_proxy
    from tocsin.console.desk import ConsoleDesk, ConsoleOptions

    options = ConsoleOptions(secure=secure, tiles=tiles, proxies=int(behind_proxy))
    address = f"{'https' if secure else 'http'}://{host}:{port}"
    link = first_link(desk)
    if link is not None:
        show(f"first admin, within a day and once: {address}/welcome/{link}", "bold")
    say(f"console of {desk.folder}: {address}  (Ctrl-C stops it)")
    if tips_port is not None:
        say(f"tip form alone: {'https' if secure else 'http'}://{host}:{tips_port}/tip")
    run_server(ConsoleDesk(desk, options=options), (host, port, tips_port), cert, key)


def refuse_open(host: str, cert: Path | None, key: Path | None, *, behind_proxy: bool) -> None:
    """Say no to passwords in clear over a network.

    Raises:
        UsageError: says what is missing.
    """
    if (cert is None) != (key is None):
        raise UsageError("--cert and --key go together")
    if cert is None and not behind_proxy and not is_loopback(host):
        raise UsageError(
            f"--host {host}: passwords and posts would go over the network in clear; add --cert "
            "and --key, or --behind-proxy where a proxy speaks TLS"
        )


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches it."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def first_link(desk: Project) -> str | None:
    """The secret of a link for the first admin; None where there are accounts."""
    from tocsin.console.accounts import invited, new_link

    box = _accounts(desk)
    if box.read().accounts:
        return None
    secret, made = new_link(Role.ADMIN, SystemClock().now())
    box.change(lambda known: invited(known, made))
    return secret


def _accounts(desk: Project) -> AccountsBox:
    """Who may sign in; the console is loaded by the commands that need it alone."""
    from tocsin.console.desk import ConsoleDesk

    return ConsoleDesk(desk).accounts


def run_server(
    desk: ConsoleDesk,
    at: tuple[str, int] | tuple[str, int, int | None],
    cert: Path | None = None,
    key: Path | None = None,
) -> None:
    """Listen until a signal comes; see ``console.serving``, which --help need not load."""
    from tocsin.console.serving import listen

    listen(desk, at, cert, key)


@people.callback()
def _before(project: ProjectOption = Path()) -> None:
    before_subcommand(project)


@people.command("list")
def list_people(project: ProjectOption = Path(), as_json: JsonOption = False) -> None:
    """List the accounts."""
    known = _accounts(open_project(project)).read()
    rows = [
        {
            "handle": one.handle,
            "role": one.role.word,
            "created_at": iso(one.created_at),
            "closed": one.disabled,
        }
        for one in known.accounts
    ]
    show_rows(rows, ("handle", "role", "created_at", "closed"), as_json)


@people.command()
def invite(
    role: Annotated[str, typer.Argument(help=", ".join(WORDS))] = "analyst",
    handle: Annotated[str, typer.Option(help="For whom; makes a forgotten password new.")] = "",
    project: ProjectOption = Path(),
) -> None:
    """Make a link with which somebody makes an account, or sets a new password; prints its path."""
    if role not in WORDS:
        raise UsageError(f"{role}: say one of {', '.join(WORDS)}")
    from tocsin.console.accounts import new_link
    from tocsin.console.actions.people import with_invitation

    box = _accounts(open_project(project))
    secret, made = new_link(Role.named(role), SystemClock().now(), handle.strip())
    box.change(lambda known: with_invitation(known, made))
    show(f"/welcome/{secret}")
    say("once, within a day; put it behind the console's address")


@people.command()
def close(
    handle: Annotated[str, typer.Argument(help="Whose account.")], project: ProjectOption = Path()
) -> None:
    """Close an account; what they decided stays. A running console ends their session with it."""
    from tocsin.console.actions.people import with_change

    box = _accounts(open_project(project))
    account = box.read().find(handle)
    if account is None:
        raise UsageError(f"no account {handle}; the list: tocsin people list")
    box.change(lambda known: with_change(known, replace(account, disabled=True)))
    show(f"{account.handle}: closed")
