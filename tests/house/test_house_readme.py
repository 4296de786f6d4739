"""What README says runs."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

from tocsin.cli.commands import app_with

README = Path(__file__).resolve().parents[2] / "README.md"


def test_the_example_warns() -> None:
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 1
    assert len([line for line in blocks[0].splitlines() if line.strip()]) <= 12
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(blocks[0], "README.md", "exec"), {})
    assert printed.getvalue().startswith("alert Rybinsk")


def test_every_command_named_in_the_readme_exists() -> None:
    app = app_with()
    names = {command.name or command.callback.__name__ for command in app.registered_commands}  # type: ignore[union-attr]
    names |= {group.name for group in app.registered_groups if group.name}
    consoles = re.findall(r"```console\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    said = set(re.findall(r"^tocsin ([a-z]+)", "".join(consoles), re.MULTILINE))
    assert said <= names
    assert said >= {"init", "ingest", "run", "warnings", "verify"}
