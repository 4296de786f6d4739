"""A cluster of processes on this machine, as a site would start it: one may be killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

import httpx
import pyflink

_HOME = Path(pyflink.__file__).parent
_PATIENCE_S = 90
_CONFIG = """
env.java.opts.all: {opens}
jobmanager.rpc.address: localhost
jobmanager.rpc.port: {rpc}
rest.address: localhost
rest.port: {rest}
taskmanager.host: localhost
taskmanager.numberOfTaskSlots: 1
taskmanager.memory.process.size: 1400m
jobmanager.memory.process.size: 1000m
cluster.registration.error-delay: 1000
cluster.registration.refused-registration-delay: 1000
heartbeat.interval: 1000
heartbeat.timeout: 6000
"""
_OPENED = ("util", "lang", "time", "nio", "lang.reflect", "text", "util.concurrent")


class StandingCluster:
    """A JobManager and task managers of one slot each."""

    def __init__(self, folder: Path, task_managers: int) -> None:
        self._folder, self._wanted = folder, task_managers
        self._started: list[subprocess.Popen[bytes]] = []
        self._task_managers: list[subprocess.Popen[bytes]] = []
        self._rest = _free_port()
        self.address = f"localhost:{self._rest}"

    def __enter__(self) -> Self:
        conf = self._folder / "conf"
        conf.mkdir(parents=True)
        for name in ("log4j-console.properties", "log4j.properties"):
            (conf / name).write_bytes((_HOME / "conf" / name).read_bytes())
        opens = " ".join(f"--add-opens=java.base/java.{name}=ALL-UNNAMED" for name in _OPENED)
        text = _CONFIG.format(opens=opens, rpc=_free_port(), rest=self._rest)
        (conf / "config.yaml").write_text(text)
        self._start("jobmanager.sh")
        for _ in range(self._wanted):
            self.start_task_manager()
        self._wait_for(self._wanted)
        return self

    def __exit__(self, *exception: object) -> None:
        for process in self._started:
            _kill(process)

    def start_task_manager(self) -> None:
        self._task_managers.append(self._start("taskmanager.sh"))

    def kill_task_manager(self) -> None:
        """As a machine dies: at once, with its workers."""
        _kill(self._task_managers.pop(0))

    def _start(self, script: str) -> subprocess.Popen[bytes]:
        named = {"FLINK_CONF_DIR": self._folder / "conf", "FLINK_LOG_DIR": self._folder}
        log = (self._folder / f"{script}-{len(self._started)}.log").open("wb")
        with log:
            process = subprocess.Popen(
                [str(_HOME / "bin" / script), "start-foreground"],
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=os.environ | {key: str(path) for key, path in named.items()},
            )
        self._started.append(process)
        return process

    def _wait_for(self, task_managers: int) -> None:
        last = time.monotonic() + _PATIENCE_S
        while time.monotonic() < last:
            try:
                there = httpx.get(f"http://{self.address}/overview").json()["taskmanagers"]
            except (httpx.HTTPError, ValueError, KeyError):
                there = 0
            if there >= task_managers:
                return
            time.sleep(0.5)
        raise TimeoutError(f"no cluster after {_PATIENCE_S} s; see {self._folder}")


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port: int = probe.getsockname()[1]
        return port
