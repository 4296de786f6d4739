"""The trained head and what rules and head decide together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tocsin.model import Act, Frame, Identity, Reading
from tocsin.reading import Reader, ReaderOptions, build_reader
from tocsin.reading.head import Head, HeadScores
from tocsin.reading.head_features import FEATURES
from tocsin.reading.look import Look
from tocsin.reading.reader import PackReader
from tocsin.reading.verdict import of_both, of_rules
from tocsin.text import Embedder, TextStage, post_from_content

SIZE = 512 + len(FEATURES) + 1
CALL = "Сегодня в 20:00 все к рынку в Рыбинске, будем выгонять мигрантов"
NEWS = "Суд в Рыбинске вынес приговор по делу о прошлогодних беспорядках на рынке"


@pytest.fixture(scope="module")
def reader() -> Reader:
    return build_reader(ReaderOptions())


@pytest.fixture(scope="module")
def text() -> TextStage:
    return TextStage(Embedder())


def _read(reader: Reader, text: TextStage, said: str, *, vector: bool = True) -> Reading:
    content = {"text": said, "posted_at": "2024-05-06T08:00:00+00:00", "lang": "ru"}
    enriched = text.prepare(post_from_content(Identity("t", "town", "1", 1), content), None)
    if vector and reader.wants_vector(enriched, None):
        enriched = text.embed([enriched])[0]
    return reader.read(enriched, None)


def _arrays(**changes: Any) -> dict[str, Any]:
    size = len(FEATURES)
    arrays = {
        "alarming": np.zeros(SIZE, np.float32),
        "gather": np.zeros((3, SIZE), np.float32),
        "mean": np.zeros(size, np.float32),
        "scale": np.ones(size, np.float32),
    }
    return {**arrays, **changes}


def test_a_hostile_call_is_alarming_with_and_without_the_head(
    reader: Reader, text: TextStage
) -> None:
    for vector in (True, False):
        reading = _read(reader, text, CALL, vector=vector)
        assert reading.alarm is not None
        assert reading.alarm >= 0.5
        assert reading.frame is Frame.ASSERTED
        assert reading.target is not None
        assert reading.target.group == "migrants"
        assert Act.GATHERING in reading.acts


def test_news_is_not(reader: Reader, text: TextStage) -> None:
    reading = _read(reader, text, NEWS)
    assert reading.alarm is not None
    assert reading.alarm < 0.5


def test_a_post_without_anything_of_ours_costs_no_vector(reader: Reader, text: TextStage) -> None:
    content = {"text": "Погода ясная", "posted_at": "2024-05-06T08:00:00+00:00", "lang": "ru"}
    post = post_from_content(Identity("t", "town", "1", 1), content)
    assert not reader.wants_vector(text.prepare(post, None), None)
    other = post_from_content(Identity("t", "town", "1", 1), {**content, "lang": "de"})
    assert not reader.wants_vector(text.prepare(other, None), None)


def test_the_weights_are_named_in_the_versions(reader: Reader) -> None:
    assert len(reader.versions()["reading_head"]) == 64
    rules = build_reader(ReaderOptions(head=False))
    assert "reading_head" not in rules.versions()


def test_a_head_of_zeros_knows_nothing() -> None:
    scores = Head(_arrays()).scores(np.zeros(512, np.float32), [0.0] * len(FEATURES))
    assert scores.alarming == 0.5
    assert scores.call == pytest.approx(1 / 3)


def test_weights_for_other_features_are_refused() -> None:
    with pytest.raises(ValueError, match="make models"):
        Head(_arrays(alarming=np.zeros(7, np.float32)))


def _look(reader: Reader, said: str) -> Look:
    assert isinstance(reader, PackReader)
    return reader.look(said)


def test_where_no_group_is_named_the_head_alone_raises_nothing(reader: Reader) -> None:
    look = _look(reader, "20:00 у водокачки, все кто писал плюс")
    verdict = of_both(look, HeadScores(alarming=0.9, call=0.9, peaceful=0.0))
    assert verdict.alarm < 0.5
    assert verdict.frame is Frame.ASSERTED
    assert verdict.acts == (Act.GATHERING,)
    assert verdict.called_by_head


def test_a_peaceful_gathering_is_peaceful_and_has_no_target(reader: Reader) -> None:
    look = _look(reader, "Армянская община приглашает всех на концерт, сбор в 18:00 у ДК")
    verdict = of_both(look, HeadScores(alarming=0.05, call=0.1, peaceful=0.85))
    if Act.GATHERING in verdict.acts:
        assert verdict.frame is Frame.PEACEFUL
        assert verdict.target is None


def test_what_the_head_does_not_believe_is_not_asserted(reader: Reader) -> None:
    look = _look(reader, CALL)
    doubted = of_both(look, HeadScores(alarming=0.1, call=0.1, peaceful=0.1))
    assert of_rules(look).frame is Frame.ASSERTED
    assert doubted.frame is not Frame.ASSERTED
    assert doubted.alarm == 0.1


def test_an_alarming_post_names_what_it_does(reader: Reader) -> None:
    look = _look(reader, "Таджики со стройки сегодня узнают, чья это земля")
    verdict = of_both(look, HeadScores(alarming=0.9, call=0.2, peaceful=0.0))
    assert set(verdict.acts) & {Act.THREAT, Act.EXPULSION, Act.INCITEMENT}
    assert verdict.target is not None
