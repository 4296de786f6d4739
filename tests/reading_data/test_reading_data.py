"""The labelled posts: their form, their labels, and that training and test stay apart."""

from __future__ import annotations

import json
from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tocsin.model import Act, Frame
from tocsin.reading.packs_loader import load_packs
from tocsin.text import digest_text

DATA = Path(__file__).resolve().parents[2] / "data" / "reading"
KEYS = {"id", "lang", "text", "function", "family", "acts", "frame", "target", "alarming"}
ACTS = {act.value for act in Act}
FRAMES = {frame.value for frame in Frame}


def _rows(folder: str) -> list[dict[str, Any]]:
    files = sorted((DATA / folder).glob("*.jsonl"))
    return [json.loads(line) for f in files for line in f.read_text("utf-8").splitlines()]


@lru_cache(maxsize=1)
def _functions() -> dict[str, Any]:
    functions: dict[str, Any] = yaml.safe_load((DATA / "families.yaml").read_text("utf-8"))[
        "functions"
    ]
    return functions


def test_no_family_is_in_both_splits() -> None:
    for name, function in _functions().items():
        assert not set(function["train"]) & set(function.get("test", ())), name


@pytest.mark.parametrize("split", ["train", "test"])
def test_every_post_is_labelled_as_the_scheme_says(split: str) -> None:
    for row in _rows(split):
        function = _functions()[row["function"]]
        assert row.keys() - {"noise"} == KEYS, row["id"]
        assert row["family"] in function.get(split, ()), row["id"]
        assert set(row["acts"]) <= ACTS, row["id"]
        assert row["frame"] in FRAMES, row["id"]
        assert row["alarming"] == function["alarming"], row["id"]
        if row["alarming"]:
            assert row["frame"] == "asserted", row["id"]
            assert row["target"], row["id"]
            assert set(row["acts"]) & {"threat", "expulsion", "incitement"}, row["id"]
        if row["frame"] == "peaceful":
            assert row["target"] is None, row["id"]


def test_ids_and_texts_are_there_once() -> None:
    rows = _rows("train") + _rows("test")
    assert len({row["id"] for row in rows}) == len(rows)
    texts = Counter(digest_text(row["text"]) for row in rows)
    assert [n for n in texts.values() if n > 1] == []


def test_targets_are_names_of_groups() -> None:
    known = {term.group for term in load_packs(("ru", "en")).terms}
    for row in _rows("test") + _rows("train"):
        assert row["target"] is None or row["target"] in known, (row["id"], row["target"])
