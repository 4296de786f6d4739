"""Setting values in ``tocsin.toml`` line by line, so that all else in the file stays as it is."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tocsin.errors import UsageError
from tocsin.settings import FILE_NAME, SETTINGS, Settings, put_text

_HEADER = re.compile(r"\s*\[([^\[\]]+)\]\s*(#.*)?$")
_ANY_HEADER = re.compile(r"\s*\[")
_DEFAULTS = {setting.name: setting.default for setting in SETTINGS}


def put_settings(project: Path, values: Mapping[str, Any]) -> tuple[str, ...]:
    """Write these values into the project's ``tocsin.toml``; returns the names that changed.

    A value that is the default is taken out. The file is read again before it is put in place.

    Raises:
        UsageError: it could not be done without touching more; says what to write by hand.
    """
    path = project / FILE_NAME
    text = path.read_text(encoding="utf-8")
    now = json.loads(Settings.load(project).deciding())
    wanted = {name: value for name, value in values.items() if now.get(name) != value}
    changed = text
    for name, value in wanted.items():
        table, _, key = name.partition(".")
        is_default = _plain(_DEFAULTS.get(name)) == value
        changed = _with(changed, table, key, None if is_default else value)
    if not _only_these(text, changed, wanted):
        lines = "; ".join(f"{name} = {_written(value)}" for name, value in sorted(wanted.items()))
        raise UsageError(f"{path}: set by hand, then try again: {lines}")
    if wanted:
        put_text(path, changed)
    return tuple(sorted(wanted))


def _with(text: str, table: str, key: str, value: Any) -> str:
    lines = text.splitlines(keepends=True)
    header = _header_of(lines, table)
    if header is None:
        end = "" if not text or text.endswith("\n") else "\n"
        added = "" if value is None else f"{end}\n[{table}]\n{key} = {_written(value)}\n"
        return text + added
    start, end_of_table = header + 1, _end(lines, header + 1)
    for number in range(start, end_of_table):
        if re.match(rf"\s*{re.escape(key)}\s*=", lines[number]):
            del lines[number : _entry_end(lines, number, end_of_table)]
            break
    if value is not None:
        if not lines[header].endswith("\n"):
            lines[header] += "\n"
        lines.insert(start, f"{key} = {_written(value)}\n")
    return "".join(lines)


def _header_of(lines: list[str], table: str) -> int | None:
    for number, line in enumerate(lines):
        match = _HEADER.match(line)
        if match and match.group(1).strip() == table:
            return number
    return None


def _end(lines: list[str], start: int) -> int:
    return next((n for n in range(start, len(lines)) if _ANY_HEADER.match(lines[n])), len(lines))


def _entry_end(lines: list[str], start: int, most: int) -> int:
    """Behind the last line of an entry: a list may go over several."""
    for end in range(start + 1, most + 1):
        try:
            tomllib.loads("".join(lines[start:end]))
        except tomllib.TOMLDecodeError:
            continue
        return end
    return start + 1


def _only_these(before: str, after: str, wanted: Mapping[str, Any]) -> bool:
    """Whether the new text says what is wanted, and else what it said before."""
    try:
        old, new = _flat(tomllib.loads(before)), _flat(tomllib.loads(after))
    except tomllib.TOMLDecodeError:
        return False
    for name, value in wanted.items():
        old.pop(name, None)
        if new.pop(name, _plain(_DEFAULTS.get(name))) != value:
            return False
    return old == new


def _flat(tables: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in tables.items():
        if isinstance(value, dict):
            flat.update({f"{name}.{key}": one for key, one in value.items()})
        else:
            flat[name] = value
    return flat


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _written(value: Any) -> str:
    """As TOML: JSON's numbers, lists and texts are, ``true`` and ``false`` too."""
    return json.dumps(value, ensure_ascii=False)
