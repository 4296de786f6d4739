"""The unit is rumour, channel and place: nothing lists, counts or finds posts by who wrote them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

import tocsin
from tocsin.cli.commands import app_with

SOURCE = Path(tocsin.__file__).parent
ASKING = [
    path
    for folder in ("cli", "engines", "store", "desk", "delivery", "console", "bundle")
    for path in sorted((SOURCE / folder).rglob("*.py"))
]
_WORD = re.compile(r"[a-z]+(?:_(?:id|ids))?")


def _of_persons(names: Iterable[str]) -> list[str]:
    """Those among names, parameters and keys that speak of who wrote something."""
    return [name for name in names if PERSON & set(_words(name))]


def _words(name: str) -> Iterator[str]:
    plain = re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()
    yield plain.strip("_-")
    yield from re.split(r"[^a-z]+", plain)
    yield from _WORD.findall(plain)


PERSON = {"author", "authors", "sender", "senders", "poster", "posters", "user_id", "username"}
PERSON |= {"from_id"}
NOT_WHO_WROTE = {
    "delivery": "its sender is the desk itself, which CAP, mail and feeds have to name",
    "engines/delivering.py": "the same",
    "engines/wording.py": "the same",
    "engines/selection.py": "erasure at somebody's request, by pseudonym: counts alone",
}


def _parameters(command: Any) -> list[str]:
    found = [str(name) for one in command.params for name in (one.name, *one.opts)]
    for below in getattr(command, "commands", {}).values():
        found += _parameters(below)
    return found


def test_no_option_of_any_command_names_a_person_who_posted() -> None:
    names = _parameters(typer.main.get_command(app_with()))
    assert len(names) > 200
    assert not _of_persons(names)


@pytest.mark.parametrize("path", ASKING, ids=lambda p: str(p.relative_to(SOURCE)))
def test_no_function_asks_by_who_wrote(path: Path) -> None:
    """Neither a name, nor a parameter, nor a column or key that a query could select by."""
    where = path.relative_to(SOURCE)
    if {where.parts[0], where.as_posix()} & NOT_WHO_WROTE.keys():
        return
    named: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            named += [node.name, *(argument.arg for argument in node.args.args)]
        elif isinstance(node, ast.Attribute):
            named.append(node.attr)
        elif isinstance(node, ast.Constant) and " " not in str(node.value):
            named.append(str(node.value))
    assert not _of_persons(named)


def test_words_of_persons_are_told_from_their_likes() -> None:
    assert _of_persons(["author", "by_author", "postsByAuthor", "--sender", "user_id"])
    assert _of_persons(["authority", "authorities", "archive.authorities"]) == []


def test_no_table_has_a_column_for_a_person() -> None:
    from tocsin.store.schema import metadata

    columns = [f"{table.name}.{column.name}" for table in metadata.tables.values()
               for column in table.columns]  # fmt: skip
    assert not _of_persons(columns)
