"""The audit log: chained, without free text, and every command writes it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import typer.main
from desk_builders import NIGHT
from hypothesis import given
from hypothesis import strategies as st

from tocsin.cli.commands import app_with
from tocsin.cli.looks import FLAGS, WHAT, noted, what
from tocsin.desk.audit import Look, append, check, entries, head_of
from tocsin.errors import EnvironmentFailed


def look(*words: str) -> Look:
    return Look("query", words, "ana", "desk", NIGHT)


def _log(folder: Path, count: int = 6) -> Path:
    path = folder / "audit.log"
    for number in range(count):
        append(path, look("warnings", str(number)))
    return path


def test_what_is_written_is_read_and_chained(tmp_path: Path) -> None:
    path = _log(tmp_path)
    assert [row["words"][1] for row in entries(path)] == list("012345")
    assert check(path) == []
    assert head_of(path).lines == 6
    assert path.stat().st_mode & 0o077 == 0
    assert check(tmp_path / "none") == []
    assert head_of(tmp_path / "none").lines == 0


@pytest.mark.parametrize("how", ["change", "remove", "swap", "insert", "cut", "rewrite"])
def test_every_tampering_is_found(tmp_path: Path, how: str) -> None:
    path = _log(tmp_path)
    head = head_of(path)
    anchor = {"lines": head.lines, "head": head.digest.hex()}
    lines = path.read_bytes().splitlines(keepends=True)
    if how == "change":
        lines[2] = lines[2].replace(b'"ana"', b'"eva"')
    elif how == "remove":
        del lines[2]
    elif how == "swap":
        lines[2], lines[3] = lines[3], lines[2]
    elif how == "insert":
        lines.insert(2, lines[1])
    elif how == "cut":
        lines = lines[:-1]
    path.write_bytes(b"".join(lines))
    if how == "rewrite":
        path.unlink()
        for _ in range(6):
            append(path, look("nothing"))
        assert check(path) == [], "the chain alone does not see it"
    assert check(path, [anchor])


def test_half_a_line_of_a_killed_writer_is_named_and_the_log_goes_on(tmp_path: Path) -> None:
    path = _log(tmp_path, 2)
    with path.open("ab") as file:
        file.write(b"0000 half")
    append(path, look("after"))
    assert [row["words"][0] for row in entries(path)][-1] == "after"
    (trouble,) = check(path)
    assert (trouble.line, "half-written" in trouble.problem) == (3, True)
    assert head_of(path).lines == 3


def test_many_write_at_once(tmp_path: Path) -> None:
    path = tmp_path / "audit.log"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: append(path, look(str(n))), range(40)))
    assert check(path) == []
    assert head_of(path).lines == 40


def test_many_processes_write_at_once(tmp_path: Path) -> None:
    path = tmp_path / "audit.log"
    code = (
        "import sys; from pathlib import Path; from datetime import *; "
        "from tocsin.desk.audit import *\n"
        "for n in range(10): append(Path(sys.argv[1]), "
        "Look('query', ('x',), 'a', 'b', datetime.now(timezone.utc)))"
    )
    command = [sys.executable, "-c", code, str(path)]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    running = [subprocess.Popen(command, env=env) for _ in range(3)]
    assert [one.wait() for one in running] == [0, 0, 0]
    assert check(path) == []
    assert head_of(path).lines == 30


def test_what_cannot_be_logged_is_not_shown(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailed, match="nothing is shown"):
        append(tmp_path / "none" / "audit.log", look("x"))
    (tmp_path / "audit.log").mkdir()
    with pytest.raises(EnvironmentFailed):
        list(entries(tmp_path / "audit.log"))


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("warnings --level alert --json", "warnings --level alert --json"),
        ("explain town/12 -p desk", "explain town/12 -p"),
        ("explain --text secret words", "explain --text …"),
        ("warnings dismiss ab12 --reason Ivanov --as ana", "warnings dismiss ab12 --reason --as"),
        ("warnings dismiss ab12 --new --reason Ivanov x", "warnings dismiss ab12 --new x"),
        ("warnings dismiss ab12 --reason -Ivanov", "warnings dismiss ab12 --reason"),
        ("warnings dismiss ab12 --reason=Ivanov", "warnings dismiss ab12 --reason"),
        ("recipients add r1 --address a@b.c", "recipients add … --address"),
        ("shift note secret --handover", "shift note … --handover"),
        ("call log ab12 --who elder --result done", "call log ab12 --who --result"),
    ],
)
def test_words_are_kept_and_free_text_is_not(typed: str, kept: str) -> None:
    assert " ".join(noted(typed.split())) == kept


@pytest.mark.parametrize(
    ("typed", "kind"),
    [
        ("warnings", "query"),
        ("outbox --dead", "query"),
        ("outbox retry --all", "change"),
        ("tips --project desk show t1", "view"),
        ("seal open town/1 --as ana --as ben", "view"),
        ("export rumour r1 --as ana", "export"),
        ("cap ab12 --out x.xml", "export"),
        ("deliver --once --drill", "export"),
        ("release approve ab12 --as ben", "change"),
        ("verify", "check"),
    ],
)
def test_what_a_command_does_is_noted(typed: str, kind: str) -> None:
    assert what(noted(typed.split()), typed.split()) == kind


def _commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    yield " ".join(path), command
    for name, below in getattr(command, "commands", {}).items():
        yield from _commands(below, (*path, name))


WRITES_OUT = {"--out", "--html", "--xlsx", "--save-to"}
NO_PROJECT = {"replay", "backtest"}


def test_every_flag_is_known_and_what_writes_a_file_is_a_view_or_an_export() -> None:
    """A flag that is not known hides the id behind it from the log."""
    commands = dict(_commands(typer.main.get_command(app_with())))
    assert set(WHAT) <= set(commands)
    for name, command in commands.items():
        for parameter in command.params:
            options = {*parameter.opts, *parameter.secondary_opts}
            if getattr(parameter, "is_flag", False) and name != "explain":
                assert options <= FLAGS, f"{name}: {options}"
            if options & WRITES_OUT and name not in NO_PROJECT:
                assert WHAT.get(name) in ("view", "export"), name


@given(st.text(min_size=1, max_size=40))
def test_a_sentence_is_never_kept(text: str) -> None:
    sentence = f"{text} and more"
    for typed in (("rumours", "show", sentence), ("warnings", "dismiss", "a", "--reason", text)):
        assert sentence not in noted(typed)
        assert text not in noted(typed)[3:]
