"""``tocsin demo``: the Makhachkala reconstruction, end to end."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.gazetteer import prepare_gazetteer
from tocsin.cli.options import JsonOption
from tocsin.cli.output import err, say, show, show_json
from tocsin.clock import Clock, SystemClock
from tocsin.delivery import State
from tocsin.delivery.carrier import MailServer
from tocsin.demo.drill import CONTACT, DemoAlert, drill, message_about, write_files
from tocsin.demo.report import airport_alert, show_message, show_result
from tocsin.demo.run import DemoResult, package_exports, run_demo
from tocsin.engines.project import Project
from tocsin.errors import EXIT_ENVIRONMENT, UsageError

_LABEL = (
    "RECONSTRUCTION of 11 to 29 October 2023 in the North Caucasus. Times, roles and sizes are "
    "taken from public reporting; every wording is our own. The hour of the main call is not "
    "firm in the reporting (morning): it is placed at 10:30."
)


DrillOption = Annotated[
    str | None,
    typer.Option(
        metavar="HOST:PORT", help="Also send the alert, as a drill, to a mailbox on this machine."
    ),
]


ServeOption = Annotated[
    bool | None,
    typer.Option(
        "--serve/--no-serve",
        help="After printing, serve the console of it to this machine; default: in a terminal.",
    ),
]
KeepOption = Annotated[
    Path | None, typer.Option(help="Keep the demo's project in this new folder.")
]


def demo(
    serve: ServeOption = None,
    keep: KeepOption = None,
    drill_to: DrillOption = None,
    as_json: JsonOption = False,
) -> None:
    """Replay the days before the storming of Makhachkala airport, through the real pipeline.

    Nine exports in Telegram Desktop's format go in; out comes when each rumour was first seen,
    how it grew, what would have been warned when, and how long before the called hour. Nothing
    in the code knows that it is the demo. Works without a network.

    In a terminal its console is then served at 127.0.0.1 until Ctrl-C; a link is printed that
    opens it once, at the replay of the minute after the main call.

    A mailbox to try --drill-to with, in another terminal:

        python -m aiosmtpd -n -l 127.0.0.1:2525

        tocsin demo --drill-to 127.0.0.1:2525
    """
    server = None if drill_to is None else _server(drill_to)
    prepare_gazetteer()
    with tempfile.TemporaryDirectory(prefix="tocsin-demo-") as temporary:
        folder = (keep or Path(temporary) / "project").absolute()
        result = _run(folder)
        if as_json:
            for line in result.warnings:
                show_json(line)
        else:
            show(_LABEL, "italic")
            show()
            show_result(result, show)
            _leaving(folder, result, keep)
        sent = server is None or _drill(folder, result, server)
        _look_around(folder, serve, as_json=as_json)
    if keep is not None:
        say(f"kept: look around with: tocsin warnings --project {keep}, or: tocsin serve {keep}")
    if not sent:
        raise typer.Exit(EXIT_ENVIRONMENT)


def _look_around(folder: Path, serve: bool | None, *, as_json: bool) -> None:
    if serve or (serve is None and not as_json and in_terminal()):
        serve_demo(Project.open(folder), SystemClock())
    elif not as_json:
        say("to look around in a browser: tocsin demo --serve")


def in_terminal() -> bool:
    """Whether a person is there who could end a server."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def serve_demo(project: Project, clock: Clock) -> None:
    """Serve its console, which is loaded only now: every other command starts without it."""
    from tocsin.cli import demo_console

    demo_console.serve_demo(project, clock)


def _leaving(folder: Path, result: DemoResult, keep: Path | None) -> None:
    """What a recipient outside would be told of the airport's alert."""
    line = airport_alert(result.warnings)
    if line is None:
        return
    message = message_about(Project.open(folder), DemoAlert.of(result.warnings, line))
    show_message(message, write_files(message, keep and folder / "told"), show)


def _drill(folder: Path, result: DemoResult, server: MailServer) -> bool:
    """Send it; whether it was taken."""
    line = airport_alert(result.warnings)
    if line is None:
        say("no alert for the airport: nothing to send")
        return False
    alert = DemoAlert.of(result.warnings, line)
    tries = drill(Project.open(folder), alert, server, SystemClock())
    for entry in tries:
        say(f"drill to {CONTACT.address} at {server.host}:{server.port}: {entry.note}")
    return bool(tries) and all(entry.state is State.DELIVERED for entry in tries)


def _server(said: str) -> MailServer:
    host, colon, port = said.rpartition(":")
    if host not in ("127.0.0.1", "localhost") or not colon or not port.isdecimal():
        raise UsageError(
            f"--drill-to {said}: a mailbox on this machine alone, such as 127.0.0.1:2525; to "
            "send a drill elsewhere: tocsin release propose --drill, then tocsin deliver --drill"
        )
    return MailServer(host, int(port), starttls=False)


def _run(folder: Path) -> DemoResult:
    with err.status("starting") as status, package_exports() as exports:
        return run_demo(exports, folder, SystemClock().now(), status.update)
