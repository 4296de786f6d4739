"""Signs from YAML: the starter set that comes with tocsin, and files that people write."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from tocsin.errors import UsageError
from tocsin.indicators.definition import definition_from
from tocsin.model import Indicator

VERSION = 1


@cache
def starter_set() -> tuple[Indicator, ...]:
    """The signs that every project begins with, from public literature."""
    resource = files("tocsin.indicators") / "signs.yaml"
    return _parsed(resource.read_text(encoding="utf-8"), "signs.yaml")


def definitions_in(path: Path) -> tuple[Indicator, ...]:
    """The signs of a file, in its order.

    Raises:
        UsageError: the file cannot be read or is not what it should be.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read ({type(error).__name__}); name a YAML file "
                         "with 'version: 1' and 'indicators:'") from error  # fmt: skip
    return _parsed(text, str(path))


def _parsed(text: str, where: str) -> tuple[Indicator, ...]:
    try:
        form: Any = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}" if mark is not None else "the whole file"
        raise UsageError(f"{where}: {line}: this is not YAML; mend it there") from error
    if not isinstance(form, Mapping) or form.keys() != {"version", "indicators"}:
        raise UsageError(f"{where}: write 'version: 1' and 'indicators:' with a list, no more")
    if form["version"] != VERSION or not isinstance(form["indicators"], list):
        raise UsageError(f"{where}: version must be {VERSION} and indicators a list")
    found: dict[str, Indicator] = {}
    for number, entry in enumerate(form["indicators"], 1):
        if not isinstance(entry, Mapping):
            raise UsageError(f"{where}: indicator {number}: write a mapping with an 'id'")
        one = definition_from(entry, where)
        if one.id in found:
            raise UsageError(f"{where}: indicator '{one.id}' is there twice; rename one")
        found[one.id] = one
    return tuple(found.values())
