"""What tests share: a data folder that may be absent, and small projects."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from longest_first import longest_first
from posts_support import written
from tocsin import logs

# The same examples on every machine and no clock in them: a slow machine is not a failure.
settings.register_profile(
    "tocsin", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("tocsin")

pytest_plugins = ["console_fixtures", "database_fixtures"]

# Through a real Flink: `make test-cluster`, in an environment of its own.
collect_ignore_glob = [] if find_spec("pyflink") else ["cluster/test_*.py"]

ROOT = Path(__file__).resolve().parent.parent
_CONNECT = socket.socket.connect
_HERE = frozenset({"127.0.0.1", "::1"})


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever was asked for, and in whichever order."""
    longest_first(items)


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing leaves the machine: a connection to anywhere fails the test."""
    connect = socket.socket.connect

    def refused(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            raise AssertionError(f"a test tried to connect to {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", refused)


@pytest.fixture
def loopback(_no_network: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers that the test starts itself on this machine may be reached, nothing else."""

    def here_only(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in _HERE:
            raise AssertionError(f"a test tried to connect to {address}")
        _CONNECT(self, address)

    monkeypatch.setattr(socket.socket, "connect", here_only)


@pytest.fixture
def log_restored() -> Iterator[None]:
    """What a test sets up of the log goes with it: the log of other tests is theirs."""
    root, ours = logging.getLogger(), logging.getLogger(logs.PART)
    before, levels = list(root.handlers), (root.level, ours.level)
    yield
    root.handlers[:] = before
    root.setLevel(levels[0])
    ours.setLevel(levels[1])


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The shared data, or a skip that says what is missing."""
    folder = Path(os.environ.get("TOCSIN_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "posts").is_dir():
        pytest.skip(f"real data not here: set TOCSIN_DATA (looked in {folder})")
    return folder


@pytest.fixture
def write_posts(tmp_path: Path) -> Callable[[Iterable[dict[str, Any]], str], Path]:
    """Write posts as a JSON Lines file in the test's folder."""

    def write(posts: Iterable[dict[str, Any]], name: str = "posts.jsonl") -> Path:
        path = tmp_path / name
        written(path, posts)
        return path

    return write
