"""The unit is rumour, channel and place: nothing lists, counts or finds posts by who wrote them."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
import typer.main

import tocsin
from tocsin.cli.app import app

SOURCE = Path(tocsin.__file__).parent
ASKING = [
    path
    for folder in ("cli", "engines", "store", "desk", "delivery", "console")
    for path in sorted((SOURCE / folder).rglob("*.py"))
]
PERSON = ("author", "sender", "poster", "user_id", "username", "from_id")


def _parameters(command: Any) -> list[str]:
    found = [str(name) for one in command.params for name in (one.name, *one.opts)]
    for below in getattr(command, "commands", {}).values():
        found += _parameters(below)
    return found


def test_no_option_of_any_command_names_a_person_who_posted() -> None:
    names = _parameters(typer.main.get_command(app))
    assert len(names) > 200
    assert not [name for name in names if any(word in name.lower() for word in PERSON)]


@pytest.mark.parametrize("path", ASKING, ids=lambda p: str(p.relative_to(SOURCE)))
def test_no_function_asks_by_who_wrote(path: Path) -> None:
    """Neither a name, nor a parameter, nor a column or key that a query could select by."""
    named: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            named += [node.name, *(argument.arg for argument in node.args.args)]
        elif isinstance(node, ast.Attribute):
            named.append(node.attr)
        elif isinstance(node, ast.Constant) and " " not in str(node.value):
            named.append(str(node.value))
    assert not [name for name in named if any(word in name.lower() for word in PERSON)]


def test_no_table_has_a_column_for_a_person() -> None:
    from tocsin.store.schema import metadata

    columns = [f"{table.name}.{column.name}" for table in metadata.tables.values()
               for column in table.columns]  # fmt: skip
    assert not [name for name in columns if any(word in name for word in PERSON)]
