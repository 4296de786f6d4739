"""Quality gates: what was reached once is not lost. A floor is only ever raised.

``floors.json`` names for each measure the data it was measured on and the least it may be (or the
most, where ``at_most`` says so). Other data than those make the gate fail rather than pass.
A floor that is lost stays where it is and is named in ``LOST``, as a strict expected failure.
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
LOST = {
    ("hatecheck", "specificity.ident_pos_nh"): (
        ".968 since the training of 2026-11-26: one sentence of kindness in six versions is read "
        "as a threat; 1.0 stands and is to be reached again"
    ),
    ("own", "average_precision.en"): (
        ".753 since the judge is the mean of two trainings, which reads writers it has not seen "
        "better (.895 for .888) and alarms less often where it should not; .76 stands"
    ),
}
ELSEWHERE = 0.002
"""What a figure may move by on another kind of processor, for bits are promised for one kind alone
(ARCHITECTURE): the very commit that held ``false_alarms_overall`` within .05 where it was measured
stood at .051 on another machine, 55 of 1,080 posts instead of 53. Floors stay where they are.
"""
_BENCHMARKS = str(HERE.parents[1] / "benchmarks")


@lru_cache(maxsize=1)
def _reading() -> Any:
    """The benchmark module, which measures the same figures for the README."""
    if _BENCHMARKS not in sys.path:
        sys.path.append(_BENCHMARKS)
    return importlib.import_module("reading")


@lru_cache(maxsize=8)
def _measured(name: str) -> Any:
    measure, path = _reading().MEASURES[name]
    digest = FLOORS[name]["sha256"]
    assert _reading().digest(path) == digest, f"{path.name}: other data than measured"
    return measure()


@pytest.mark.parametrize("name", sorted(FLOORS))
def test_no_measure_falls_below_its_floor(name: str, data_folder: Path) -> None:
    del data_folder
    floor, found = FLOORS[name], _measured(name)
    below = {
        figure: value
        for figure, least in floor["at_least"].items()
        if (name, figure) not in LOST and (value := _value(found, figure)) < least - ELSEWHERE
    }
    above = {
        figure: value
        for figure, most in floor["at_most"].items()
        if (value := _value(found, figure)) > most + ELSEWHERE
    }
    assert not below, below
    assert not above, above


@pytest.mark.parametrize(
    ("name", "figure"),
    [
        pytest.param(*lost, marks=pytest.mark.xfail(strict=True, reason=reason))
        for lost, reason in LOST.items()
    ],
)
def test_a_lost_floor_is_reached_again(name: str, figure: str, data_folder: Path) -> None:
    del data_folder
    assert _value(_measured(name), figure) >= FLOORS[name]["at_least"][figure]


def _value(found: Any, figure: str) -> float:
    """``specificity.counter_quote_nh`` → the share found there."""
    for key in figure.split("."):
        found = found[key]
    return float(found["share"] if isinstance(found, dict) else found)
