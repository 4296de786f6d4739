"""Structural factors: what makes a region more or less prone, from a table that people keep.

Off unless a table is given. Columns: ``region``, ``factor``, ``value``, ``source``, ``year``,
``weight``. A factor adds weight · (value − mean of the regions) to the log of the base rate; the
weight is a person's judgement, so every row names its source, and the sum is bounded.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import exp, isfinite
from pathlib import Path

from tocsin.clock import as_utc
from tocsin.errors import RecordRefused

COLUMNS = ("region", "factor", "value", "source", "year", "weight")
MOST = 1.4
"""Bound of the sum on the log scale: structure alone makes no region four times the mean, nor
less than a quarter of it."""


@dataclass(frozen=True, slots=True)
class Factor:
    """One figure about one region.

    Args:
        weight: change of the log base rate per unit of ``value``.
        year: the figure's own; it is used from the year after.
    """

    region: str
    factor: str
    value: float
    source: str
    year: int
    weight: float


class Factors:
    """Structural factors by region.

    Args:
        rows: any number of years; the latest that was known counts.
    """

    def __init__(self, rows: Iterable[Factor] = ()) -> None:
        self._rows = sorted(rows, key=lambda row: (row.year, row.region, row.factor))

    def factor(self, region: str, as_of: datetime) -> float:
        """What the base rate of ``region`` is multiplied by; 1 where nothing is known."""
        total = sum(share for _, share in self.shares(region, as_of))
        return exp(max(-MOST, min(MOST, total)))

    def shares(self, region: str, as_of: datetime) -> tuple[tuple[Factor, float], ...]:
        """Each figure about ``region`` with what it adds to the log base rate, for "why"."""
        latest = self._latest(as_of)
        return tuple(
            (row, row.weight * (row.value - _mean(latest, row.factor)))
            for (name, _), row in latest.items()
            if name == region
        )

    def _latest(self, as_of: datetime) -> dict[tuple[str, str], Factor]:
        known = (row for row in self._rows if row.year < as_utc(as_of).year)
        return {(row.region, row.factor): row for row in known}


def _mean(latest: Mapping[tuple[str, str], Factor], factor: str) -> float:
    values = [row.value for (_, name), row in latest.items() if name == factor]
    return sum(values) / len(values)


def read_factors(path: Path) -> Factors:
    """The factors of a CSV file in UTF-8.

    Raises:
        RecordRefused: a column is missing, a figure is not a number, or a row has no source.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            problem = f"column {missing[0]!r} is missing"
            raise RecordRefused(str(path), "line 1", problem, f"give {', '.join(COLUMNS)}")
        return Factors([_factor(row, str(path), reader.line_num) for row in reader])


def _factor(row: Mapping[str, str | None], file: str, line: int) -> Factor:
    cells = {name: (row[name] or "").strip() for name in COLUMNS}
    empty = [name for name in COLUMNS if not cells[name]]
    if empty:
        raise RecordRefused(file, f"line {line}", f"{empty[0]} is empty", "fill in every column")
    try:
        value, weight, year = float(cells["value"]), float(cells["weight"]), int(cells["year"])
    except ValueError:
        value = weight = float("nan")
        year = 0
    if not (isfinite(value) and isfinite(weight)):
        problem = "value, weight or year is not a number"
        raise RecordRefused(file, f"line {line}", problem, "write figures like 12.5 and 2021")
    return Factor(cells["region"], cells["factor"], value, cells["source"], year, weight)
