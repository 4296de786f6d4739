"""The house stands as ARCHITECTURE.md draws it."""

from __future__ import annotations

import ast
import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest

import tocsin.model
from tocsin import errors

SOURCE = Path(tocsin.__file__).parent
PYTHON_FILES = sorted(SOURCE.rglob("*.py"))
STAGES = (
    "sources",
    "archive",
    "text",
    "reading",
    "rumours",
    "spread",
    "indicators",
    "risk",
    "warnings",
    "delivery",
    "desk",
    "events",
    "store",
    "bundle",
)


def test_layers_hold() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    root = SOURCE.parent.parent
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", tocsin.model.__all__)
def test_words_are_frozen_and_described(name: str) -> None:
    word = getattr(tocsin.model, name)
    assert not isinstance(word, type) or word.__doc__
    if dataclasses.is_dataclass(word):
        assert vars(word)["__dataclass_params__"].frozen


def test_exported_words_are_sorted_and_complete() -> None:
    exported = tocsin.model.__all__
    assert list(exported) == sorted(exported, key=lambda n: (not n.isupper(), n))
    assert all(hasattr(tocsin.model, name) for name in exported)


@pytest.mark.parametrize("path", [p for s in STAGES for p in sorted((SOURCE / s).rglob("*.py"))])
def test_no_stage_asks_the_environment(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    asked = {
        f"{node.value.id}.{node.attr}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    }
    assert not asked & {"os.environ", "os.getenv", "datetime.now", "time.time", "date.today"}


@pytest.mark.parametrize("path", PYTHON_FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_functions_and_files_stay_small(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert source.count("\n") <= 500
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 45, node.name


@pytest.mark.parametrize("path", PYTHON_FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_no_pickle_in_what_is_kept(path: Path) -> None:
    names = {
        alias.name
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert not names & {"pickle", "marshal", "shelve"}


def test_the_error_tree_gives_the_exit_codes() -> None:
    assert errors.UsageError("x").exit_code == 2
    assert errors.RecordRefused("f", "line 1", "p", "a").exit_code == 2
    assert errors.Finding("x").exit_code == 1
    assert errors.Locked("x").exit_code == 3
    assert (
        str(errors.RecordRefused("f", "line 1", "wrong", "mend it")) == "f: line 1: wrong; mend it"
    )
    assert "tocsin[multilang]" in str(errors.MissingExtra("multilang", "this"))


def test_commands_start_without_the_console() -> None:
    """What serves pages is loaded by the commands that need it: it costs a third of a second."""
    assert _loaded("", "fastapi", "argon2") == "[]"


def test_one_command_loads_no_other() -> None:
    assert _loaded("run", "tocsin.cli.anchor", "tocsin.cli.demo") == "[]"
    assert _loaded("--version", "tocsin.cli.run", "tocsin.cli.demo") == "[]"


def _loaded(command: str, *modules: str) -> str:
    """Which of these are loaded when the command line stands ready for a command; empty: all."""
    asked = (
        f"import sys; from tocsin.cli.commands import app_with; app_with({command!r});"
        f"print([m for m in {modules!r} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    return done.stdout.strip()
