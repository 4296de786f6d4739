"""What is done differently on Windows, with Windows' own calls played by a stand-in: it was not
tried there.
"""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest

import tocsin
from tocsin import system
from tocsin.archive.disk import WriteLock, put_file
from tocsin.cli.stop import Stop
from tocsin.desk.audit import Look, append, check, head_of
from tocsin.engines import checking
from tocsin.errors import Locked

SOURCE = Path(tocsin.__file__).parent
POSIX_ALONE = {"fcntl", "pwd", "grp", "resource", "termios", "pty", "tty"}
POSIX_CALLS = {
    "fork",
    "pread",
    "pwrite",
    "mkfifo",
    "geteuid",
    "killpg",
    "setsid",
    "statvfs",
    "pipe",
}


class Windows(ModuleType):
    """Locks bytes as ``msvcrt`` does: of a file, at the present position, until it is closed."""

    LK_NBLCK = 2

    def __init__(self) -> None:
        super().__init__("msvcrt")
        self.held: dict[tuple[int, int], int] = {}
        self.tries = 0

    def locking(self, fd: int, mode: int, count: int) -> None:
        assert (mode, count) == (self.LK_NBLCK, 1)
        self.tries += 1
        key = (os.fstat(fd).st_ino, os.lseek(fd, 0, os.SEEK_CUR))
        holder = self.held.get(key)
        if holder is not None and holder != fd and _is_open(holder):
            raise OSError(13, "Permission denied")
        self.held[key] = fd


def _is_open(fd: int) -> bool:
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> Iterator[Windows]:
    """This machine, taken for one with Windows."""
    found = Windows()
    monkeypatch.setitem(sys.modules, "msvcrt", found)
    monkeypatch.setitem(sys.modules, "fcntl", None)
    monkeypatch.setattr(system, "is_windows", lambda: True)
    return found


def test_one_writer_holds_an_archive_there_too(tmp_path: Path, windows: Windows) -> None:
    first = WriteLock(tmp_path / "lock")
    with pytest.raises(Locked, match="another tocsin is writing"):
        WriteLock(tmp_path / "lock")
    first.release()
    WriteLock(tmp_path / "lock").release()
    assert windows.tries == 3


def test_whoever_waits_gets_the_lock_once_it_is_free(
    tmp_path: Path, windows: Windows, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT)
    other = os.open(tmp_path / "lock", os.O_RDWR)
    system.lock(one, wait=True)
    waits = list[float]()

    def rest(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            os.close(one)

    monkeypatch.setattr("tocsin.system.time.sleep", rest)
    system.lock(other, wait=True)
    assert len(waits) == 3
    assert os.lseek(other, 0, os.SEEK_CUR) == 0, "it reads on where it was"
    os.close(other)
    assert windows.tries == 5


@pytest.mark.usefixtures("windows")
def test_the_audit_log_is_written_and_checked_there_too(tmp_path: Path) -> None:
    path = tmp_path / "audit.log"
    for number in range(3):
        append(path, Look("query", (str(number),), "ana", "x", datetime(2024, 1, 1, tzinfo=UTC)))
    assert check(path) == []
    assert head_of(path).lines == 3


@pytest.mark.usefixtures("windows")
def test_small_files_are_put_without_asking_for_their_folder(tmp_path: Path) -> None:
    put_file(tmp_path / "sub" / "file", b"line\r\n")
    assert (tmp_path / "sub" / "file").read_bytes() == b"line\r\n"


def test_being_told_to_stop_waits_for_sockets_alone() -> None:
    """``select`` takes nothing else on Windows."""
    with Stop.on_signals() as stop:
        assert stop._read.fileno() >= 0
        stop.ask(15, None)
        assert stop.wait(timedelta(0))


def test_check_says_what_is_missing_here_and_what_to_do(
    windows: Windows, monkeypatch: pytest.MonkeyPatch
) -> None:
    del windows
    monkeypatch.setattr(checking, "find_spec", lambda _: None)
    monkeypatch.setattr(checking, "is_windows", lambda: True)
    found = {one.what: one for one in checking.check_system()}
    assert len(found) == 7
    assert all(one.ok for one in found.values()), "a desk can do without any"
    for one in found.values():
        assert any(
            next_ in one.says for next_ in ("keep keys", "tocsin verify", "WSL", "pip install")
        )
    assert "tocsin[postgres]" in found["PostgreSQL"].says
    monkeypatch.setattr(checking, "is_windows", lambda: False)
    monkeypatch.setattr(checking, "find_spec", lambda name: name)
    assert list(checking.check_system()) == []


@pytest.mark.parametrize(
    "path", sorted(SOURCE.rglob("*.py")), ids=lambda p: str(p.relative_to(SOURCE))
)
def test_no_part_needs_what_windows_lacks(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    assert not imported & POSIX_ALONE
    called = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "os"
    }
    assert not called & POSIX_CALLS
