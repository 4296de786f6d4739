"""No post of ours is a case of a public test suite, and no training post is worded like one."""

from __future__ import annotations

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from tocsin.text import digest_text

DATA = Path(__file__).resolve().parents[2] / "data" / "reading"
LIKE = 0.55
"""Shared threes of letters, of all that either text has, from which two texts are worded alike."""

LONGEST = 160
"""Characters; the suites hold single sentences."""


def test_no_post_of_a_public_test_suite_is_among_ours(data_folder: Path) -> None:
    theirs = {digest_text(case) for case in _cases(data_folder / "labels")}
    assert theirs
    ours = {digest_text(text) for split in ("train", "test") for _, text in _ours(split)}
    assert ours
    assert not ours & theirs


def test_no_training_post_is_worded_like_one_of_a_public_suite(data_folder: Path) -> None:
    cases = list(dict.fromkeys(_cases(data_folder / "labels")))
    suites = [_threes(case) for case in cases]
    where: dict[str, list[int]] = defaultdict(list)
    for i, threes in enumerate(suites):
        for three in threes:
            where[three].append(i)
    assert len(suites) > 10_000
    assert _nearest(_threes(cases[0]), suites, where) == 1
    short = [(name, text) for name, text in _ours("train") if len(text) <= LONGEST]
    alike = [name for name, text in short if _nearest(_threes(text), suites, where) >= LIKE]
    assert alike == []


def _nearest(
    mine: frozenset[str], suites: list[frozenset[str]], where: dict[str, list[int]]
) -> float:
    shared = Counter(i for three in mine for i in where.get(three, ()))
    return max((n / (len(mine) + len(suites[i]) - n) for i, n in shared.items()), default=0.0)


def _ours(split: str) -> Iterator[tuple[str, str]]:
    for path in sorted((DATA / split).glob("*.jsonl")):
        for row in map(json.loads, path.read_text("utf-8").splitlines()):
            yield row["id"], row["text"]


def _cases(labels: Path) -> Iterator[str]:
    for path in [
        *(labels / "hatecheck").glob("test_suite_cases.csv"),
        *(labels / "multilingual_hatecheck").rglob("*.csv"),
    ]:
        with path.open(encoding="utf-8", newline="") as file:
            yield from (case["test_case"] for case in csv.DictReader(file))


def _threes(text: str) -> frozenset[str]:
    words = "".join(c if c.isalnum() else " " for c in text.lower()).split()
    line = f" {' '.join(words)} "
    return frozenset(line[i : i + 3] for i in range(len(line) - 2))
