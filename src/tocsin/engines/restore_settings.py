"""The settings of a restored project: what they named has moved."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tocsin.settings import quoted

Move = Callable[[str], str]


def moves(old: str, new: Path, keys: Mapping[str, str]) -> Move:
    """What becomes of a text of the settings.

    Args:
        old: the project's folder as it was.
        new: as it is now.
        keys: key file as the settings named it → where it lies now.
    """

    def moved(said: str) -> str:
        if said in keys:
            return keys[said]
        if old and (said == old or said.startswith(f"{old}/")):
            return str(new) + said[len(old) :]
        return said

    return moved


def rewritten(text: str, move: Move) -> tuple[str, tuple[str, ...]]:
    """The settings with every text moved, and without ``store.url``; the rest stays as it is.

    Returns:
        The new text, and what could not be moved without writing more than that: a person must.
    """
    before = tomllib.loads(text)
    after = _moved(before, move)
    url = before.get("store", {}).get("url", "")
    if url:
        after["store"]["url"] = ""
    swaps = {said: move(said) for said in _texts(before) if move(said) != said}
    changed = text
    for said, new in swaps.items():
        changed = _swapped(changed, said, new)
    if url:
        changed = _swapped(changed, url, "")
    try:
        fits = tomllib.loads(changed) == after
    except tomllib.TOMLDecodeError:
        fits = False
    if fits:
        return changed, ()
    return text, tuple(swaps) + ((url,) if url else ())


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    return [text for one in value for text in _texts(one)] if isinstance(value, list) else []


def _moved(value: Any, move: Move) -> Any:
    if isinstance(value, str):
        return move(value)
    if isinstance(value, list):
        return [_moved(one, move) for one in value]
    if isinstance(value, dict):
        return {name: _moved(one, move) for name, one in value.items()}
    return value


def _swapped(text: str, old: str, new: str) -> str:
    """In both ways that TOML has of quoting a text on one line."""
    return text.replace(quoted(old), quoted(new)).replace(f"'{old}'", quoted(new))
