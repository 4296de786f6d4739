"""Pages as a job reads them: what one process would read, and each text encoded once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from tocsin.engines.flink import reading
from tocsin.engines.flink.pages import WorkFolder
from tocsin.engines.flink.reading import PageReader
from tocsin.engines.flink.records import ReadPost
from tocsin.engines.workers import PostReader, ReadingPlan
from tocsin.model import Enriched, Post

_AT = datetime(2023, 10, 29, 7, tzinfo=UTC)
_PLAN = ReadingPlan(reader="")
_TEXTS = (
    "The bridge by the old mill is closed until the river falls again, says the town",
    "",
    "Bread will be given out at the school on Saturday for whoever needs it, all day long",
    "The bridge by the old mill is closed until the river falls again, says the town",
)


def _pages(folder: Path, texts: Sequence[str], size: int) -> list[bytes]:
    posts = [
        Post("table", f"c{n}", str(n), _AT + timedelta(minutes=n), _AT, text)
        for n, text in enumerate(texts)
    ]
    work = WorkFolder(str(folder / "work"))
    return [work.page(number) for number in range(work.write_pages(posts, size).count)]


@pytest.fixture
def encoded(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Texts that were encoded together, as they come."""
    asked: list[list[str]] = []
    embed = PostReader.embed

    def noted(self: PostReader, batch: list[Enriched]) -> list[Enriched]:
        asked.append([one.text for one in batch])
        return embed(self, batch)

    monkeypatch.setattr(PostReader, "embed", noted)
    return asked


def test_copies_get_one_vector_and_posts_without_words_none(
    tmp_path: Path, encoded: list[list[str]]
) -> None:
    (page,) = _pages(tmp_path, _TEXTS, size=9)
    read = PageReader(_PLAN).read(page)
    assert [len(texts) for texts in encoded] == [2]
    assert [one.enriched.post.id for one in read] == ["0", "1", "2", "3"]
    assert read[1].enriched.vector is None
    assert read[1].probe is None
    assert np.array_equal(_vector(read[0]), _vector(read[3]))
    assert read[0].enriched.vector_model == read[3].enriched.vector_model is not None


def test_a_vector_is_what_the_text_alone_would_get(tmp_path: Path) -> None:
    (page,) = _pages(tmp_path, _TEXTS, size=9)
    reader = PostReader(_PLAN)
    for one in PageReader(_PLAN).read(page):
        alone = replace(one.enriched, vector=None)
        if one.probe is not None:
            (made,) = reader.embed([alone])
            assert np.array_equal(_vector(one), _vector(replace(one, enriched=made)))


@pytest.mark.parametrize(
    ("kept", "made"),
    [(1, [_TEXTS[0], _TEXTS[2], _TEXTS[0], _TEXTS[2]]), (2, [_TEXTS[0], _TEXTS[2]])],
)
def test_a_text_that_came_lately_is_known_and_one_long_unseen_is_made_again(
    tmp_path: Path,
    encoded: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    kept: int,
    made: list[str],
) -> None:
    monkeypatch.setattr(reading, "_VECTORS_KEPT", kept)
    reader = PageReader(_PLAN)
    for page in _pages(tmp_path, [*_TEXTS, _TEXTS[2]], size=1):
        reader.read(page)
    assert [texts[0] for texts in encoded if texts] == made


def _vector(one: ReadPost) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    assert one.enriched.vector is not None
    return one.enriched.vector
