"""Structural factors by region, and kernels in files."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from math import exp, log
from pathlib import Path

import pytest

from tocsin.errors import RecordRefused
from tocsin.risk.kernel_file import dump_kernels, read_kernels
from tocsin.risk.kernels import Basis, Kernels, prior_kernels
from tocsin.risk.structure import MOST, Factors, read_factors

HEAD = "region,factor,value,source,year,weight\n"
ROWS = "North,unemployment,14,labour office,2020,0.1\nSouth,unemployment,6,labour office,2020,0.1\n"


def factors(tmp_path: Path, text: str) -> Factors:
    path = tmp_path / "factors.csv"
    path.write_text(text, encoding="utf-8")
    return read_factors(path)


def test_a_factor_moves_a_region_from_the_mean(tmp_path: Path) -> None:
    known = factors(tmp_path, HEAD + ROWS)
    at = datetime(2021, 1, 1, tzinfo=UTC)
    assert known.factor("North", at) == pytest.approx(exp(0.4))
    assert known.factor("South", at) == pytest.approx(exp(-0.4))
    assert known.factor("East", at) == 1
    assert [row.source for row, _ in known.shares("North", at)] == ["labour office"]


def test_a_figure_counts_from_the_year_after(tmp_path: Path) -> None:
    later = "North,unemployment,30,labour office,2021,0.1\n"
    known = factors(tmp_path, HEAD + ROWS + later)
    assert known.factor("North", datetime(2020, 12, 31, tzinfo=UTC)) == 1
    assert known.factor("North", datetime(2021, 6, 1, tzinfo=UTC)) == pytest.approx(exp(0.4))
    assert known.factor("North", datetime(2022, 6, 1, tzinfo=UTC)) == pytest.approx(exp(1.2))


def test_structure_alone_is_bounded(tmp_path: Path) -> None:
    known = factors(tmp_path, HEAD + ROWS.replace(",0.1", ",99"))
    at = datetime(2021, 1, 1, tzinfo=UTC)
    assert log(known.factor("North", at)) == pytest.approx(MOST)
    assert log(known.factor("South", at)) == pytest.approx(-MOST)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("region,factor\n", "line 1: column 'value' is missing"),
        (HEAD + "North,unemployment,14,,2020,0.1\n", "line 2: source is empty"),
        (HEAD + "North,unemployment,many,office,2020,0.1\n", "line 2: value, weight or year"),
        (HEAD + "North,unemployment,nan,office,2020,0.1\n", "line 2: value, weight or year"),
        (HEAD + "North,unemployment,1,office,2020.5,0.1\n", "line 2: value, weight or year"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(RecordRefused, match=says):
        factors(tmp_path, text)


def test_kernels_come_back_from_a_file(tmp_path: Path) -> None:
    kernels = replace(prior_kernels(Basis(level_days=9.0)), intercept=0.25, fitted_on=7)
    path = tmp_path / "kernels.json"
    path.write_bytes(dump_kernels(kernels))
    assert read_kernels(path) == kernels


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 2}', '{"format": 1, "basis": {}}'])
def test_other_files_are_no_kernels(tmp_path: Path, text: str) -> None:
    path = tmp_path / "kernels.json"
    path.write_text(text)
    with pytest.raises(RecordRefused, match="not"):
        read_kernels(path)


def test_kernels_that_cannot_be() -> None:
    good = prior_kernels()
    with pytest.raises(ValueError, match="one weight per term"):
        Kernels(good.basis, good.weights[1:], good.covariance)
    with pytest.raises(ValueError, match="negative"):
        replace(good, weights=(-1.0, *good.weights[1:]))
    with pytest.raises(ValueError, match="positive"):
        Basis(level_days=0.0)
    with pytest.raises(ValueError, match="last kind"):
        Basis(kinds=("riot",))
