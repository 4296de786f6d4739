"""``tocsin serve --tips-port``: both in one process, ended by one signal, a taken port named."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from cli_support import project_in
from console_support_staff import bare_desk

from tocsin.cli.serve import run_server
from tocsin.errors import EnvironmentFailed


def free_ports(count: int) -> list[int]:
    taken = [socket.socket() for _ in range(count)]
    for one in taken:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in taken]
    for one in taken:
        one.close()
    return ports


def start(project: Path, *ports: int) -> subprocess.Popen[str]:
    port, tips = map(str, ports)
    command = [sys.executable, "-m", "tocsin", "serve", str(project), "--port", port]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen(
        [*command, "--tips-port", tips],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def get(port: int, path: str) -> httpx.Response:
    """Wait until somebody listens there."""
    until = time.monotonic() + 30
    while True:
        try:
            return httpx.get(f"http://127.0.0.1:{port}{path}")
        except httpx.ConnectError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


@pytest.mark.usefixtures("loopback")
def test_both_are_served_and_one_signal_ends_both(tmp_path: Path) -> None:
    console, tips = free_ports(2)
    running = start(project_in(tmp_path), console, tips)
    try:
        assert get(tips, "/tip").status_code == 200
        assert get(tips, "/sign-in").status_code == 404
        assert get(console, "/sign-in").status_code == 200
        assert get(console, "/tip").status_code == 200
        running.send_signal(signal.SIGTERM)
        said = running.communicate(timeout=20)[1]
    finally:
        running.kill()
        running.communicate()
    assert f"tip form alone: http://127.0.0.1:{tips}/tip" in said
    assert "Traceback" not in said
    assert running.returncode in (0, -signal.SIGTERM)


def test_a_port_of_its_own_that_is_taken_is_named(tmp_path: Path) -> None:
    (console,) = free_ports(1)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        desk = bare_desk(tmp_path).console
        with pytest.raises(EnvironmentFailed, match=f"127.0.0.1:{port}; try another"):
            run_server(desk, ("127.0.0.1", console, port))
