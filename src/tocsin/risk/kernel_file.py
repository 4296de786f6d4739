"""Fitted kernels as JSON, so that a desk can use what was fitted elsewhere."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from tocsin.errors import RecordRefused
from tocsin.risk.kernels import Basis, Kernels

FORMAT = 1


def dump_kernels(kernels: Kernels) -> bytes:
    """The kernels as indented JSON with sorted keys."""
    state = {"format": FORMAT, **asdict(kernels)}
    return orjson.dumps(state, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)


def read_kernels(path: Path) -> Kernels:
    """The kernels of a file that ``dump_kernels`` made.

    Raises:
        RecordRefused: the file is not one of those.
    """
    advice = "fit the kernels anew with this version"
    try:
        state: dict[str, Any] = orjson.loads(path.read_bytes())
        if state.pop("format") != FORMAT:
            problem = f"not kernels of format {FORMAT}"
            raise RecordRefused(str(path), "the whole file", problem, advice)
        return _kernels(state)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RecordRefused(str(path), "the whole file", "not fitted kernels", advice) from error


def _kernels(state: dict[str, Any]) -> Kernels:
    basis: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in state["basis"].items()
    }
    return Kernels(
        basis=Basis(**basis),
        weights=tuple(state["weights"]),
        covariance=tuple(tuple(row) for row in state["covariance"]),
        weekday=tuple(state["weekday"]),
        intercept=float(state["intercept"]),
        slope=float(state["slope"]),
        fitted_on=int(state["fitted_on"]),
    )
