"""Rows of the outbox are each taken by one, whoever asks at the same time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from tocsin.store import Store, outbox

NOW = datetime(2024, 3, 4, tzinfo=UTC)


def _row(number: int) -> dict[str, Any]:
    return {
        "key": f"k{number}",
        "line": f"line {number}",
        "warning": "w",
        "urgency": number % 3,
        "state": outbox.WAITING,
        "tries": 0,
        "next_try": NOW,
        "claimed_until": None,
        "enqueued_at": NOW,
        "settled_at": None,
        "note": "",
        "body": "{}",
        "logged": False,
    }


def test_many_at_once_take_each_row_once(any_store: Store) -> None:
    outbox.add(any_store, [_row(number) for number in range(24)])

    def all_there_are(_: int) -> list[str]:
        taken = []
        while (row := outbox.claim(any_store, NOW, NOW + timedelta(minutes=5))) is not None:
            taken.append(row["key"])
        return taken

    with ThreadPoolExecutor(4) as threads:
        taken = [key for keys in threads.map(all_there_are, range(4)) for key in keys]
    assert sorted(taken) == sorted(f"k{number}" for number in range(24))


def test_of_a_line_only_the_first_is_taken(any_store: Store) -> None:
    outbox.add(any_store, [{**_row(number), "line": "same"} for number in range(2)])
    until = NOW + timedelta(minutes=5)
    first = outbox.claim(any_store, NOW, until)
    assert first is not None
    assert first["key"] == "k0"
    assert outbox.claim(any_store, NOW, until) is None
    outbox.settle(any_store, "k0", {"state": outbox.DELIVERED, "settled_at": NOW})
    second = outbox.claim(any_store, NOW, until)
    assert second is not None
    assert second["key"] == "k1"
