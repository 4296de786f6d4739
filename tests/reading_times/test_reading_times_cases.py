"""Ways to say a time, language by language, as people write them (``times_cases``)."""

from __future__ import annotations

from typing import Any

import pytest

from times_support import LANGUAGES, cases, local, read


@pytest.mark.parametrize("lang", LANGUAGES)
def test_there_are_many_ways(lang: str) -> None:
    assert len(cases(lang)) >= 60
    assert {case["kind"] for case in cases(lang)} == {
        "event", "past", "deadline", "repeated", "none",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("lang", "case"),
    [pytest.param(lang, c, id=f"{lang}-{c['text']}") for lang in LANGUAGES for c in cases(lang)],
)
def test_times(lang: str, case: dict[str, Any]) -> None:
    event, term = read(case, lang)
    if case["kind"] == "none":
        assert event is None
        return
    told = term if case["kind"] == "deadline" else event
    assert told is not None
    assert local(told.start, case) == case["start"]
    if case["kind"] == "deadline":
        assert event is None
        return
    assert told.granularity.value == case["granularity"]
    if "end" in case:
        assert local(told.end, case) == case["end"]
    if case["kind"] != "repeated":
        assert told.past is (case["kind"] == "past")
