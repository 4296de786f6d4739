"""The console of the reconstruction, for whoever looks at it on this machine."""

from __future__ import annotations

import socket
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from tocsin.cli.output import say, show
from tocsin.cli.serve import PORT, run_server
from tocsin.clock import Clock, ShiftedClock
from tocsin.console.accounts import (
    Accounts,
    invited,
    new_link,
    only,
)
from tocsin.console.desk import ConsoleDesk, ConsoleOptions
from tocsin.console.roles import Role
from tocsin.demo.drill import with_examples
from tocsin.engines.desk import desk_box
from tocsin.engines.project import Project
from tocsin.errors import EnvironmentFailed
from tocsin.logs import configure
from tocsin.store.lists import reached

HOST: Final = "127.0.0.1"
VISITOR: Final = "visitor"
_PORTS: Final = 20
OPENS_AT: Final = datetime(2023, 10, 29, 7, 31, tzinfo=UTC)
"""10:31 there: a minute after the main call."""


def serve_demo(folder: Project, clock: Clock) -> None:
    """Serve it until Ctrl-C, to this machine alone, from the last moment of the reconstruction on.

    Raises:
        EnvironmentFailed: no port is free.
    """
    configure(folder.settings)
    desk_box(folder).change(with_examples)
    desk = demo_desk(folder, clock)
    port = free_port()
    link = f"http://{HOST}:{port}/welcome/{visitor_link(desk)}"
    show()
    show(
        "Look around: the console of the reconstruction, as it stood a minute after the call",
        "bold",
    )
    show(f"  {link}", "bold cyan")
    show("  The link works once and on this machine alone. Nothing is sent to anybody.", "")
    say("Ctrl-C ends it")
    try:
        run_server(desk, (HOST, port))
    except KeyboardInterrupt:
        say("ended")
    finally:
        desk.accounts.change(_without_visitor)


def demo_desk(folder: Project, clock: Clock) -> ConsoleDesk:
    """The console of a reconstruction: its clock goes on from the newest post."""
    opens = f"/replay?at={OPENS_AT:%Y-%m-%dT%H:%M:%SZ}"
    with folder.reading() as store:
        last = reached(store) or OPENS_AT
    options = ConsoleOptions(demo=True, visitor=VISITOR, opens_at=opens)
    return ConsoleDesk(folder, ShiftedClock(clock, last), options)


def visitor_link(desk: ConsoleDesk) -> str:
    """The secret of a link that makes the visitor's account at one click, once."""
    secret, made = new_link(Role.ADMIN, desk.clock.now(), VISITOR)
    desk.accounts.change(lambda known: invited(known, made))
    return secret


def _without_visitor(known: Accounts) -> Accounts:
    """A demo that is kept asks for its first admin, as any project does."""
    return replace(
        known,
        accounts=only(known.accounts, lambda one: one.handle != VISITOR),
        invitations=only(known.invitations, lambda one: one.handle != VISITOR),
    )


def free_port(first: int = PORT) -> int:
    """The first port from ``first`` on that nobody listens at here.

    Raises:
        EnvironmentFailed: the next 20 are all taken.
    """
    for port in range(first, first + _PORTS):
        with socket.socket() as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind((HOST, port))
            except OSError:
                continue
            return port
    raise EnvironmentFailed(
        f"ports {first} to {first + _PORTS - 1} are taken; end one of those, or: "
        "tocsin demo --keep DIR, then tocsin serve DIR --port N"
    )
