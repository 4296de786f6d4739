"""Slow answers: made beside the requests, shown as they last were, never too often."""

from __future__ import annotations

import time
from threading import Event
from typing import Any

import pytest

from posts_support import START
from tocsin.console.kept import Answer, Shelf


@pytest.fixture(autouse=True)
def _slow_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that starts late is no failure here."""
    monkeypatch.setattr("tocsin.console.kept.PATIENCE_S", 5.0)


def _ask(shelf: Shelf, mark: Any, make: Any, patience_s: float = 5.0, name: str = "x") -> Any:
    answer = shelf.ask(name, mark, START, make, patience_s)
    return None if answer is None else answer.value


def test_it_is_made_once_for_one_mark() -> None:
    shelf, made = Shelf(), []
    for _ in range(3):
        assert _ask(shelf, 1, lambda: made.append(1) or "one") == "one"  # type: ignore[func-returns-value]
    assert made == [1]
    assert _ask(shelf, 2, lambda: "two") == "two"


def test_nobody_waits_longer_than_their_patience() -> None:
    shelf, go = Shelf(), Event()
    assert _ask(shelf, 1, lambda: go.wait(10) and "slow", 0.01) is None
    assert _ask(shelf, 1, lambda: "never made", 0.01) is None  # it is being made already
    go.set()
    assert _ask(shelf, 1, lambda: "never made") == "slow"


def test_the_last_answer_is_shown_until_the_new_one_is_there() -> None:
    shelf, go = Shelf(), Event()
    assert _ask(shelf, 1, lambda: "old") == "old"
    assert _ask(shelf, 2, lambda: go.wait(10) and "new", 0.01) == "old"
    go.set()
    assert _ask(shelf, 2, lambda: "never made") == "new"


def test_what_took_long_rests_before_it_is_made_again() -> None:
    shelf = _with_slow(time.monotonic())
    assert _ask(shelf, 2, lambda: "too soon") == "old"
    assert _ask(shelf, 2, lambda: "another", name="y") == "another"
    rested = _with_slow(time.monotonic() - 2_000)
    made = Event()
    assert _ask(rested, 2, made.set) == "old"  # it is being made beside
    assert made.wait(10)


def test_nobody_waits_in_vain() -> None:
    shelf, go = _with_slow(time.monotonic() - 2_000), Event()
    begun = time.monotonic()
    assert _ask(shelf, 2, lambda: go.wait(60) and "new", 30) == "old"
    assert time.monotonic() - begun < 10
    go.set()


def test_nobody_waits_long_for_what_is_quick_but_stands_behind_what_is_slow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shelf, go = Shelf(), Event()
    assert _ask(shelf, 1, lambda: "old") == "old"
    assert _ask(shelf, 1, lambda: go.wait(60), 0.0, name="slow") is None
    monkeypatch.setattr("tocsin.console.kept.PATIENCE_S", 0.01)
    begun = time.monotonic()
    assert _ask(shelf, 2, lambda: "new", 30) == "old"
    assert time.monotonic() - begun < 10
    go.set()


def _with_slow(done_s: float) -> Shelf:
    """A shelf whose answer took 100 seconds."""
    shelf = Shelf()
    shelf._answers["x"] = Answer("old", 1, START, 100.0, done_s)
    return shelf


def test_a_failure_is_told_and_tried_again() -> None:
    shelf = Shelf()

    def fails() -> str:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        _ask(shelf, 1, fails)
    assert _ask(shelf, 1, lambda: "mended") == "mended"


def test_old_answers_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tocsin.console.kept._MOST", 2)
    shelf, made = Shelf(), []
    for name in ("a", "b", "c", "a"):
        _ask(shelf, 1, lambda name=name: made.append(name), name=name)
    assert made == ["a", "b", "c", "a"]
