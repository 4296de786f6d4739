"""Quality gates: what was reached once is not lost. A floor is only ever raised.

``floors.json`` names for each measure the data it was measured on and the least it may be (or the
most, where ``at_most`` says so). Other data than those make the gate fail rather than pass.
"""

from __future__ import annotations

import importlib
import json
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
FLOORS: dict[str, dict[str, Any]] = json.loads((HERE / "floors.json").read_text("utf-8"))
_BENCHMARKS = str(HERE.parents[1] / "benchmarks")


@lru_cache(maxsize=1)
def _reading() -> Any:
    """The benchmark module, which measures the same figures for the README."""
    if _BENCHMARKS not in sys.path:
        sys.path.append(_BENCHMARKS)
    return importlib.import_module("reading")


@pytest.mark.parametrize("name", sorted(FLOORS))
def test_no_measure_falls_below_its_floor(name: str, data_folder: Path) -> None:
    del data_folder
    floor = FLOORS[name]
    measure, path = _reading().MEASURES[name]
    assert _reading().digest(path) == floor["sha256"], f"{path.name}: other data than measured"
    found = measure()
    below = {
        figure: value
        for figure, least in floor["at_least"].items()
        if (value := _value(found, figure)) < least
    }
    above = {
        figure: value
        for figure, most in floor["at_most"].items()
        if (value := _value(found, figure)) > most
    }
    assert not below, below
    assert not above, above


def _value(found: Any, figure: str) -> float:
    """``specificity.counter_quote_nh`` → the share found there."""
    for key in figure.split("."):
        found = found[key]
    return float(found["share"] if isinstance(found, dict) else found)
