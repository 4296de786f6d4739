"""What is said of a cluster before a job begins, and when one fails."""

from __future__ import annotations

import pytest

from tocsin.engines.flink.cluster import Cluster, cause_of
from tocsin.errors import UsageError


def test_decisions_and_store_get_a_slot_where_one_process_would_fall_behind() -> None:
    assert [Cluster(parallelism=readers).slots for readers in (1, 2, 3, 64)] == [2, 3, 5, 66]


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"address": "flink"}, "HOST:PORT"),
        ({"parallelism": 0}, "--parallelism 0"),
        ({"page_posts": 0}, "flink.page_posts = 0"),
    ],
)
def test_what_cannot_be_is_refused_at_once(wrong: dict[str, object], named: str) -> None:
    with pytest.raises(UsageError, match=named):
        Cluster(**wrong)  # type: ignore[arg-type]


def test_what_our_own_code_raised_is_the_cause() -> None:
    said = """An error occurred while calling o1.hasNext.
: java.lang.RuntimeException: Failed to fetch next result
\tat org.example.Next.hasNext(Next.java:1)
Caused by: java.lang.RuntimeException: Error received: Traceback (most recent call last):
  File "stages.py", line 1, in take
    raise EnvironmentFailed("the disk is full")
tocsin.errors.EnvironmentFailed: the disk is full

\tat org.example.Harness.run(Harness.java:1)
\t... 3 more"""
    assert cause_of(said) == "tocsin.errors.EnvironmentFailed: the disk is full"


def test_else_what_java_names_innermost() -> None:
    said = ": java.lang.A: outer\nCaused by: java.lang.B: middle\nCaused by: java.lang.C: no slots"
    assert cause_of(said) == "java.lang.C: no slots"
    assert cause_of("no more than this") == "no more than this"
