"""Calling the command line in this process, as a person would."""

from __future__ import annotations

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tocsin.cli.app import run_main


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


def call(*arguments: Any, stdin: bytes = b"") -> Outcome:
    """Run one command."""
    out, err = _Stream(), _Stream()
    before = sys.stdin
    sys.stdin = io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")
    try:
        with redirect_stdout(out), redirect_stderr(err):
            code = run_main([str(argument) for argument in arguments])
    finally:
        sys.stdin = before
    return Outcome(code, out.text(), err.text())


class _Stream(io.TextIOWrapper):
    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", write_through=True)

    def text(self) -> str:
        """All that was written."""
        buffer = self.buffer
        assert isinstance(buffer, io.BytesIO)
        return buffer.getvalue().decode()


def project_in(folder: Path) -> Path:
    """A new project made by ``tocsin init`` with its key in ``folder``."""
    project = folder / "desk"
    done = call("init", project, "--key-file", folder / "desk.key")
    assert done.code == 0, done
    return project
