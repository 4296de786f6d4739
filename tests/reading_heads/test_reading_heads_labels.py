"""A desk's own labels as rows of training."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import orjson
import pytest

from tocsin.model import PostLabel

MODELS = Path(__file__).resolve().parents[2] / "models"


@pytest.fixture
def reading_posts(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(str(MODELS))
    yield importlib.import_module("reading_posts")
    for name in ("reading_posts", "spoiling"):
        sys.modules.pop(name, None)


def _line(number: int, label: str, by: str = "ana", at: str = "2022-03-01") -> dict[str, Any]:
    return {
        "id": f"town/{number}",
        "posted_at": f"{at}T10:00:00+00:00",
        "text": f"text {number}",
        "lang": "en",
        "label": label,
        "by": by,
        "at": "2022-03-02T10:00:00+00:00",
    }


def _rows(module: ModuleType, folder: Path, lines: list[dict[str, Any]]) -> list[Any]:
    path = folder / "labels.jsonl"
    path.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    return list(module.desk(path))


def test_every_label_says_what_the_scheme_says(reading_posts: ModuleType, tmp_path: Path) -> None:
    labels = [one.value for one in PostLabel]
    rows = _rows(reading_posts, tmp_path, [_line(n, label) for n, label in enumerate(labels)])
    said = {label: row.labels for label, row in zip(labels, rows, strict=True)}
    assert {label for label, one in said.items() if one.get("alarm") == 1.0} == {
        "threat",
        "incitement",
        "expulsion",
    }
    assert "alarm" not in said["gathering"]  # it may be a peaceful one
    assert said["gathering"] == {"threat": 0.0, "incitement": 0.0, "gathering": 1.0}
    assert said["allegation"]["alarm"] == 0.0
    assert said["allegation"]["threat"] == 0.0
    assert said["reported"]["reported"] == 1.0
    assert said["reported"]["asserted"] == 0.0
    assert "threat" not in said["reported"]  # a threat may be what is reported
    assert said["harmless"]["threat"] == 0.0
    assert said["calm"] == {"alarm": 0.0}
    labels_, weights = reading_posts.as_arrays(rows)
    assert labels_.shape == weights.shape
    assert weights[labels.index("gathering"), 0] == 0.0


def test_what_people_read_differently_and_what_came_later_is_left_out(
    reading_posts: ModuleType, tmp_path: Path
) -> None:
    lines = [
        _line(1, "threat"),
        _line(1, "calm", by="ben"),
        _line(2, "calm"),
        _line(2, "calm", by="ben"),
        _line(3, "threat", at="2022-11-01"),
    ]
    assert [row.text for row in _rows(reading_posts, tmp_path, lines)] == ["text 2"]


@pytest.mark.parametrize("bad", [b"no json\n", b'{"id": "town/1"}\n', b"\xff\xfe\n"])
def test_another_file_is_refused_in_one_line(
    reading_posts: ModuleType, tmp_path: Path, bad: bytes
) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_bytes(bad)
    with pytest.raises(SystemExit, match="tocsin review export"):
        list(reading_posts.desk(path))
    with pytest.raises(SystemExit, match="cannot be read"):
        list(reading_posts.desk(tmp_path / "missing.jsonl"))


def test_without_labels_there_are_none(reading_posts: ModuleType) -> None:
    assert list(reading_posts.desk(None)) == []
