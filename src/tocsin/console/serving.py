"""Listening: the console, and beside it the tip form alone on a port of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import ExitStack, closing, nullcontext
from pathlib import Path
from typing import Any

import uvicorn

from tocsin import __version__
from tocsin.console.app import build
from tocsin.console.desk import ConsoleDesk
from tocsin.console.slow import PatientProtocol
from tocsin.console.tip_app import build_tips
from tocsin.errors import EnvironmentFailed
from tocsin.logs import Log

_LOG = Log("tocsin.console")


def listen(
    desk: ConsoleDesk,
    at: tuple[str, int] | tuple[str, int, int | None],
    cert: Path | None = None,
    key: Path | None = None,
) -> None:
    """Listen until a signal comes.

    Args:
        at: host, port, and a port where the tip form alone is served.

    Raises:
        EnvironmentFailed: a port is taken, or a file cannot be read.
    """
    shared: dict[str, Any] = {
        "host": at[0],
        "ssl_certfile": cert,
        "ssl_keyfile": key,
        "log_config": None,  # through the log of this process, see tocsin.logs
        "log_level": "warning",
        "access_log": False,  # the audit log has who looked at what; addresses are kept nowhere
        "server_header": False,
        "proxy_headers": desk.options.proxies > 0,
        "timeout_keep_alive": 15,
        "timeout_graceful_shutdown": 3,
        "limit_concurrency": 500,
        "http": PatientProtocol,
    }
    ports = [port for port in at[1:] if isinstance(port, int)]
    apps = (build(desk), build_tips(desk))
    servers = [
        uvicorn.Server(uvicorn.Config(app, port=port, **shared))
        for app, port in zip(apps, ports, strict=False)
    ]
    ending: Any = _ending(desk, servers[0].handle_exit)
    servers[0].handle_exit = ending  # type: ignore[method-assign]
    version_told = {"version": __version__, "port": at[1]}
    with ExitStack() as held:
        sockets = [held.enter_context(closing(_bound(server.config))) for server in servers]
        _LOG.info("serving", **version_told)
        with asyncio.Runner(loop_factory=servers[0].config.get_loop_factory()) as runner:
            runner.run(_serve_all(servers, sockets))
    _LOG.info("stopped", **version_told)
    if not all(server.started for server in servers):
        raise EnvironmentFailed(f"cannot listen at {at[0]}; why: the same with --log-level debug")


def _bound(config: Any) -> Any:
    """The port taken before anything starts, so that one that is taken is named alone."""
    try:
        return config.bind_socket()
    except SystemExit:  # it has said why
        where = f"{config.host}:{config.port}"
        raise EnvironmentFailed(f"cannot listen at {where}; try another --port") from None


async def _serve_all(servers: list[Any], sockets: list[Any]) -> None:
    """All of them in one process, so that they share one gate; a signal ends all of them."""
    first, *others = servers
    listening = first.capture_signals
    for one in servers:
        one.capture_signals = nullcontext

    async def until_told() -> None:
        try:
            await first.serve(sockets[:1])
        finally:
            for one in others:
                one.should_exit = True

    with listening():
        aside = (one.serve([at]) for one, at in zip(others, sockets[1:], strict=True))
        await asyncio.gather(until_told(), *aside)


def _ending(desk: ConsoleDesk, stop: Callable[[int, Any], None]) -> Callable[[int, Any], None]:
    """Streams end first: the server would wait for them, since they never end by themselves."""

    def told(number: int, frame: Any) -> None:
        desk.streams.closing = True
        stop(number, frame)

    return told
