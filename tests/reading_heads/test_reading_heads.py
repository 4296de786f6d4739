"""The trained heads, and what rules and heads decide together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.model import Act, Frame, Identity, Reading
from tocsin.reading import ReaderOptions, build_reader
from tocsin.reading.features import FEATURES
from tocsin.reading.heads import OUTPUTS, Heads, HeadScores, Pooling, Weight, logit
from tocsin.reading.look import Look
from tocsin.reading.reader import PackReader
from tocsin.reading.verdict import of_both, of_rules, with_piece
from tocsin.reading.windows import LONG, pieces
from tocsin.text import Embedder, TextStage, for_encoder, post_from_content

CALL = "Сегодня в 20:00 все к рынку в Рыбинске, будем выгонять мигрантов"
NEWS = "Суд в Рыбинске вынес приговор по делу о прошлогодних беспорядках на рынке"
_EMBEDDER = Embedder()


def _encode(texts: Sequence[str], lang: str) -> npt.NDArray[np.float32]:
    del lang
    return _EMBEDDER.encode_many([for_encoder(text) for text in texts])


@pytest.fixture(scope="module")
def reader() -> PackReader:
    built = build_reader(ReaderOptions(languages=("ru", "en"), encode=_encode))
    assert isinstance(built, PackReader)
    return built


@pytest.fixture(scope="module")
def rules() -> PackReader:
    built = build_reader(ReaderOptions(languages=("ru", "en")))
    assert isinstance(built, PackReader)
    return built


@pytest.fixture(scope="module")
def text() -> TextStage:
    return TextStage(_EMBEDDER)


def _read(reader: PackReader, text: TextStage, said: str, lang: str = "ru") -> Reading:
    content = {"text": said, "posted_at": "2024-05-06T08:00:00+00:00", "lang": lang}
    post = post_from_content(Identity("t", "town", "1", 1), content)
    return reader.read(text.prepare(post, None), None)


def _look(reader: PackReader, text: TextStage, said: str) -> Look:
    content = {"text": said, "posted_at": "2024-05-06T08:00:00+00:00", "lang": "ru"}
    post = post_from_content(Identity("t", "town", "1", 1), content)
    look = reader.look(text.prepare(post, None), None)[1]
    assert look is not None
    return look


def _scores(alarm: float, frame: Frame, **acts: float) -> HeadScores:
    frames = {one: 1.0 if one is frame else 0.0 for one in Frame}
    return HeadScores(alarm, {act: acts.get(act.value, 0.0) for act in Act}, frames)


def test_a_hostile_call_is_alarming_with_and_without_the_heads(
    reader: PackReader, rules: PackReader, text: TextStage
) -> None:
    for one in (reader, rules):
        reading = _read(one, text, CALL)
        assert reading.alarm is not None
        assert reading.alarm >= 0.5
        assert reading.frame is Frame.ASSERTED
        assert reading.target is not None
        assert reading.target.group == "migrants"
        assert Act.GATHERING in reading.acts
        assert sum(reading.frames.values()) == pytest.approx(1)


def test_news_is_not(reader: PackReader, text: TextStage) -> None:
    reading = _read(reader, text, NEWS)
    assert reading.alarm is not None
    assert reading.alarm < 0.5


def test_the_weights_are_named_in_the_versions(reader: PackReader, rules: PackReader) -> None:
    assert len(reader.versions()["reading_screen"]) == 64
    assert "reading_screen" not in rules.versions()


def _arrays(hidden: int = 3) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    n, k = len(FEATURES), len(OUTPUTS)
    return {
        "w1": rng.normal(size=(512 + n, hidden)),
        "b1": rng.normal(size=hidden),
        "w2": rng.normal(size=(hidden, k)),
        "b2": rng.normal(size=k),
        "slope": np.full(k, 0.5),
        "shift": np.full(k, 0.1),
        "mean": np.zeros(n),
        "scale": np.ones(n),
        "vector_scale": np.array(5.0),
    }


def test_what_features_add_sums_to_the_logit() -> None:
    heads = Heads(_arrays(), "")
    rng = np.random.default_rng(1)
    vector = (rng.normal(size=512) / 20).astype(np.float32)
    features = rng.normal(size=len(FEATURES)).tolist()
    weights, bias = heads.explain(vector, features)
    alarm = heads.scores(vector, features).alarm
    total = bias + sum(weight.adds for weight in weights)
    assert 1 / (1 + np.exp(-total)) == pytest.approx(alarm, abs=1e-4)
    assert [abs(w.adds) for w in weights] == sorted((abs(w.adds) for w in weights), reverse=True)


def test_heads_that_know_nothing_give_even_odds() -> None:
    zeros = {name: np.zeros_like(array) for name, array in _arrays().items()}
    scores = Heads({**zeros, "scale": np.ones(len(FEATURES))}, "").scores(
        np.zeros(512, np.float32), [0.0] * len(FEATURES)
    )
    assert scores.alarm == 0.5
    assert all(p == pytest.approx(0.2) for p in scores.frames.values())


def test_an_alarming_post_is_asserted_and_names_what_it_does(
    reader: PackReader, text: TextStage
) -> None:
    look = _look(reader, text, "Таджики, убирайтесь со стройки, пока целы")
    verdict = of_both(look, _scores(0.9, Frame.OTHER, threat=0.3))
    assert verdict.frame is Frame.ASSERTED
    assert verdict.acts == (Act.THREAT,)
    assert verdict.target is not None


def test_a_peaceful_gathering_has_no_target(reader: PackReader, text: TextStage) -> None:
    look = _look(reader, text, "Армянская община приглашает всех на концерт, сбор в 18:00 у ДК")
    verdict = of_both(look, _scores(0.05, Frame.PEACEFUL, gathering=0.9))
    assert verdict.acts == (Act.GATHERING,)
    assert verdict.target is None


def test_where_the_heads_have_looked_they_decide(reader: PackReader, text: TextStage) -> None:
    look = _look(reader, text, CALL)
    assert of_rules(look).alarm >= 0.5
    assert of_both(look, _scores(0.1, Frame.CONDEMNED, gathering=0.8)).alarm == 0.1


def test_the_piece_that_alarms_most_decides(reader: PackReader, text: TextStage) -> None:
    quiet = of_both(_look(reader, text, "Погода ясная"), _scores(0.1, Frame.OTHER))
    loud = of_both(_look(reader, text, CALL), _scores(0.9, Frame.ASSERTED, gathering=0.8))
    both = with_piece(quiet, loud)
    assert both.alarm == 0.9
    assert both.frame is Frame.ASSERTED
    assert both.target == loud.target
    assert with_piece(loud, quiet) == loud


def test_pieces_hold_all_of_a_long_text_and_none_of_a_short_one() -> None:
    sentence = "Сегодня ясно и тепло, ветер слабый. "
    assert pieces(sentence) == []
    cut = pieces(sentence * 20)
    assert len(sentence * 20) > LONG
    assert " ".join(cut).split() == (sentence * 20).split()
    assert len(cut) > 1


def test_a_call_buried_in_a_long_post_is_seen(reader: PackReader, text: TextStage) -> None:
    calm = "Автобус сегодня ходит по расписанию выходного дня. В библиотеке открылась выставка. "
    buried = calm * 5 + CALL + ". " + calm * 5
    assert (_read(reader, text, buried).alarm or 0) > (_read(reader, text, calm * 10).alarm or 0)


def test_an_own_vector_is_wanted_where_nothing_is_masked(
    reader: PackReader, text: TextStage
) -> None:
    def wants(said: str) -> bool:
        content = {"text": said, "posted_at": "2024-05-06T08:00:00+00:00", "lang": "ru"}
        post = post_from_content(Identity("t", "town", "1", 1), content)
        return reader.wants_vector(text.prepare(post, None), None)

    assert not wants("Погода ясная")
    assert wants("Встречаем гостей в 19:00, вынесем их отсюда")
    assert not wants("Выгоним мигрантов отсюда")


@given(st.floats(0.001, 0.999), st.floats(0.001, 0.999))
def test_what_adds_to_both_adds_up_to_their_alarm(judge: float, screen: float) -> None:
    pooling = Pooling(judge=0.4, screen=0.6, shift=-0.3)
    parts = [Weight("meaning", 1.0, logit(judge) - 0.5)]
    weights, bias = pooling.weights((parts, 0.5), screen)
    assert {w.name for w in weights} == {"meaning", "screen"}
    total = bias + sum(w.adds for w in weights)
    assert pooling.both(judge, screen) == pytest.approx(1 / (1 + math.exp(-total)), abs=1e-6)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_more_alarm_of_the_screen_never_lowers_that_of_both(
    judge: float, low: float, high: float
) -> None:
    pooling = Pooling(judge=0.4, screen=0.6, shift=0.0)
    low, high = sorted((low, high))
    assert pooling.both(judge, low) <= pooling.both(judge, high)
