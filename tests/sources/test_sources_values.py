"""Single values: moments, flags, counts."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.sources import values
from tocsin.sources.instants import END_SECONDS, from_seconds, instant
from tocsin.sources.refusals import Unfit


@pytest.mark.parametrize(
    ("value", "iso"),
    [
        (None, None),
        (" ", None),
        (float("nan"), None),
        (datetime(2023, 10, 11, 9, tzinfo=UTC), "2023-10-11T09:00:00+00:00"),
        (datetime(2023, 10, 11, 9), "2023-10-11T09:00:00+00:00"),  # noqa: DTZ001 (naive is UTC)
        (date(2023, 10, 11), "2023-10-11T00:00:00+00:00"),
        ("1697014800", "2023-10-11T09:00:00+00:00"),
        ("20231011", "2023-10-11T00:00:00+00:00"),
        (1, "1970-01-01T00:00:01+00:00"),
        (20231399, "1970-08-23T03:49:59+00:00"),
    ],
)
def test_moments(value: Any, iso: str | None) -> None:
    assert instant(value) == iso


@pytest.mark.parametrize(
    "value", [0, END_SECONDS, float("inf"), -float("inf"), 20231011, "20231399", "1e9", b"x", True]
)
def test_what_is_no_moment(value: Any) -> None:
    with pytest.raises(Unfit):
        instant(value)


@given(st.integers(30_000_000, END_SECONDS - 1))
def test_seconds_go_there_and_back(seconds: int) -> None:
    iso = from_seconds(seconds)
    assert datetime.fromisoformat(iso).timestamp() == seconds
    assert instant(iso) == iso


@pytest.mark.parametrize(
    ("value", "meant"),
    [("yes", True), (1, True), ("No", False), (0, False), ("", None), (float("nan"), None)],
)
def test_flags(value: Any, meant: bool | None) -> None:
    assert values.flag(value) is meant


@pytest.mark.parametrize(
    ("value", "count"),
    [("12 ", 12), ("", None), (12.0, 12), (float("nan"), None), (0, 0), ("٣", 3)],
)
def test_counts(value: Any, count: int | None) -> None:
    assert values.count(value, "views") == count


@pytest.mark.parametrize("value", ["9" * 20, float("inf"), 1e300, 1.5, -0.5, "-1", {}])
def test_what_is_no_count(value: Any) -> None:
    with pytest.raises(Unfit):
        values.count(value, "views")
