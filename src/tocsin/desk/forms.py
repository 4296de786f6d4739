"""Frozen dataclasses ↔ JSON values, by their declared types; nothing is guessed."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping
from datetime import date, datetime, time
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from tocsin.errors import Unfit

Word = TypeVar("Word")


def form_of(word: Any) -> dict[str, Any]:
    """A dataclass as JSON values; times as ISO 8601, tuples as lists."""
    return {field.name: _plain(getattr(word, field.name)) for field in dataclasses.fields(word)}


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return form_of(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, time):
        return value.isoformat("minutes")
    if isinstance(value, tuple | list | frozenset):
        return [_plain(part) for part in value]
    return value


def word_of(kind: type[Word], form: Any) -> Word:
    """The inverse of :func:`form_of`.

    Raises:
        Unfit: a field is unknown, missing or of another type; names it.
    """
    if not isinstance(form, Mapping):
        raise Unfit(f"{form!r} is not an object", "write it as name and value")
    hints: dict[str, Any] = _hints(cast("Any", kind))
    unknown = sorted(set(form) - set(hints))
    if unknown:
        raise Unfit(f"unknown field {unknown[0]!r}", f"use {', '.join(hints)}")
    needed = [field.name for field in _fields(kind) if _needed(field) and field.name not in form]
    if needed:
        raise Unfit(f"{needed[0]} is missing", "add it")
    return kind(**{name: _read(hints[name], value, name) for name, value in form.items()})


def _fields(kind: type[Any]) -> tuple[dataclasses.Field[Any], ...]:
    return dataclasses.fields(kind)


def _needed(field: dataclasses.Field[Any]) -> bool:
    missing = dataclasses.MISSING
    return field.default is missing and field.default_factory is missing


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _read(hint: Any, value: Any, name: str) -> Any:
    if get_origin(hint) in (Union, types.UnionType):
        if value is None or value == "":
            return None
        return _read(next(part for part in get_args(hint) if part is not type(None)), value, name)
    if get_origin(hint) in (tuple, frozenset):
        return _many(hint, value, name)
    if dataclasses.is_dataclass(hint):
        return word_of(hint, value)  # type: ignore[arg-type]
    return _one(hint, value, name)


def _many(hint: Any, value: Any, name: str) -> Any:
    if isinstance(value, str):
        value = value.split()
    if not isinstance(value, list | tuple):
        raise Unfit(f"{name} is not a list", "write it as a list")
    parts = [_read(get_args(hint)[0], part, name) for part in value]
    return get_origin(hint)(parts)


def _one(hint: Any, value: Any, name: str) -> Any:
    try:
        if hint in (datetime, date, time):
            return hint.fromisoformat(value)
        if isinstance(hint, type) and issubclass(hint, Enum):
            return _member(hint, value)
    except (ValueError, TypeError, KeyError):
        raise Unfit(f"{name} is {value!r}", f"write it as {_known(hint)}") from None
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if hint is not Any and (not isinstance(value, hint) or (hint is int and value is True)):
        raise Unfit(f"{name} is {value!r}", f"write it as {hint.__name__}")
    return value


def _member(hint: type[Enum], value: Any) -> Enum:
    """An enum's member by value, or by its name in any case: levels are written as words."""
    try:
        return hint(value)
    except ValueError:
        return hint[str(value).upper()]


def _known(hint: Any) -> str:
    if isinstance(hint, type) and issubclass(hint, Enum):
        return "one of " + ", ".join(_word(member) for member in hint)
    return "ISO 8601, such as 2024-03-01T20:00:00+00:00, 2024-03-01 or 20:00"


def _word(member: Enum) -> str:
    """As people write it: levels are numbers inside."""
    return member.name.lower() if isinstance(member.value, int) else str(member.value)
