"""What finding places and times has reached is not lost; see ``test_gates.py``.

The own test families are in the project; the others are read from the data folder, whose digest
must be the one that was measured on.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import sys
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from tocsin.reading import WhereWhen

HERE = Path(__file__).resolve().parent
FLOORS: dict[str, dict[str, Any]] = json.loads((HERE / "floors_where_when.json").read_text("utf-8"))
BENCHMARKS = HERE.parents[1] / "benchmarks"


def _module(name: str) -> Any:
    if str(BENCHMARKS) not in sys.path:
        sys.path.append(str(BENCHMARKS))
    return importlib.import_module(name)


@lru_cache(maxsize=1)
def _finder() -> WhereWhen:
    return WhereWhen.build()


def _own() -> tuple[dict[str, float], str]:
    module = _module("where_when")
    places = module.places([row for row in module._rows("places") if row["split"] == "test"])
    times = module.times([row for row in module._rows("times") if row["split"] == "test"])
    every = {**places["all"], **times["all"]}
    right, sure = every["right_of_sure"]
    found = {name: every[name] for name in ("f1", "roles", "day", "day_and_hour")}
    return {**found, "sure": right / sure}, _digest(sorted(module.OURS.glob("*.jsonl")))


def _recognition() -> tuple[dict[str, float], str]:
    found = _module("geoparsing").recognition(_finder())
    return {lang: found[lang]["f1"] for lang in ("en", "ar")}, _digest(_idrisi("LMR"))


def _tweets() -> tuple[dict[str, float], str]:
    found = _module("geoparsing").tweets(_finder())
    cities = {lang: found[lang]["city/town"]["share"] for lang in ("en", "ar")}
    return cities, _digest(_idrisi("LMD"))


def _news() -> tuple[dict[str, float], str]:
    module = _module("geoparsing")
    found = module.news(_finder())
    return {name: one["share"] for name, one in found.items()}, _digest(
        sorted(module.NEWS.glob("*.xml"))
    )


def _idrisi(task: str) -> list[Path]:
    return sorted((_module("idrisi").IDRISI / task).rglob("dev.jsonl"))


def _digest(paths: Iterable[Path]) -> str:
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()


MEASURES = {"own": _own, "recognition": _recognition, "tweets": _tweets, "news": _news}


@pytest.mark.parametrize("name", sorted(FLOORS))
def test_no_measure_falls_below_its_floor(name: str, data_folder: Path) -> None:
    del data_folder
    found, digest = MEASURES[name]()
    assert digest == FLOORS[name]["sha256"], "other data than measured"
    below = {
        figure: found[figure]
        for figure, least in FLOORS[name]["at_least"].items()
        if found[figure] < least
    }
    assert not below, below
