"""Language files: read, and compared with the reference, so that none lacks a sentence."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from tocsin.errors import UsageError

Phrases = Mapping[str, Any]

REFERENCE = "en"
_OPEN = frozenset({"groups"})
"""A table that may hold what it likes; names that it lacks stay in English."""

_FREE_LENGTH = frozenset({"community", "partner"})


def load_languages(folders: Sequence[Path] = ()) -> dict[str, Phrases]:
    """All languages by their code; a file in ``folders`` goes before the built-in one.

    Raises:
        UsageError: a file lacks a sentence, has one too many, or a field nobody fills.
    """
    built_in = files("tocsin.delivery") / "languages"
    texts = {
        entry.name: (entry.name, entry.read_text(encoding="utf-8"))
        for entry in built_in.iterdir()
        if entry.name.endswith(".yaml")
    }
    reference = yaml.safe_load(texts[f"{REFERENCE}.yaml"][1])
    for folder in folders:
        if not folder.is_dir():
            raise UsageError(f"{folder}: no such folder; see delivery.wording_folders")
        for path in sorted(folder.glob("*.yaml")):
            texts[path.name] = (str(path), path.read_text(encoding="utf-8"))
    found = [_read(name, text, reference) for name, text in sorted(texts.values())]
    return {phrases["language"]: phrases for phrases in found}


def _read(name: str, text: str, reference: Phrases) -> Phrases:
    try:
        phrases = yaml.safe_load(text)
    except yaml.YAMLError as error:
        where = getattr(error, "problem_mark", None)
        line = f"line {where.line + 1}: " if where is not None else ""
        raise UsageError(f"{name}: {line}not valid YAML; compare it with en.yaml") from None
    problems = differences(reference, phrases)
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise UsageError(f"{name}: {problems[0]}{more}; compare it with en.yaml")
    return dict(phrases)


def differences(reference: Any, other: Any, where: str = "") -> list[str]:
    """What keeps ``other`` from being used in the place of ``reference``, in plain words."""
    name = where or "the file"
    if isinstance(reference, str):
        return _text_differences(reference, other, name)
    if isinstance(reference, list):
        return _list_differences(reference, other, name)
    if not isinstance(other, dict):
        return [f"{name} must be a table"]
    if where in _OPEN:
        return [] if all(isinstance(v, str) for v in other.values()) else [f"{name}: texts only"]
    found = [f"{name} lacks {key!r}" for key in reference if key not in other]
    found += [f"{name} has {key!r}, which nobody uses" for key in other if key not in reference]
    for key in reference:
        if key in other:
            found += differences(reference[key], other[key], f"{where}.{key}".lstrip("."))
    return found


def _text_differences(reference: str, other: Any, name: str) -> list[str]:
    if not isinstance(other, str) or not other.strip():
        return [f"{name} must be a text"]
    try:
        more = _fields(other) - _fields(reference)
    except ValueError:
        return [f"{name} has a brace that is not closed"]
    return [f"{name} has the field {{{field}}}, which nobody fills" for field in sorted(more)]


def _list_differences(reference: list[Any], other: Any, name: str) -> list[str]:
    """Advice may be longer or shorter in another language; months and the like may not."""
    if not isinstance(other, list) or not all(isinstance(v, str) and v for v in other):
        return [f"{name} must be a list of texts"]
    free = bool(_FREE_LENGTH & set(name.split("."))) and bool(other)
    same = len(other) == len(reference)
    return [] if free or same else [f"{name} must have {len(reference)} entries"]


def _fields(text: str) -> set[str]:
    return {field for _, field, _, _ in string.Formatter().parse(text) if field is not None}
