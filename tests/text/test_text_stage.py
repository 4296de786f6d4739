from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tocsin.model import ChannelProfile, Post
from tocsin.text import EMBED_CHARS, Embedder, TextOptions, TextStage, Vectors
from tocsin.text.stage import embedding_text

NOON = datetime(2022, 5, 1, 12, tzinfo=UTC)
CLAIM = "People are asked to meet at the airport tonight"


def post(text: str, lang: str | None = None) -> Post:
    return Post("table", "townnews", "1", NOON, NOON, text, lang=lang)


@pytest.fixture
def stage(embedder: Embedder) -> TextStage:
    return TextStage(embedder)


def test_prepare_gives_all_but_the_vector(stage: TextStage) -> None:
    found = stage.prepare(post(f"  {CLAIM}\u200b!  "), None)
    assert found.text == f"{CLAIM}!"
    assert found.lang == "en"
    assert found.vector is None
    assert found.digest == stage.prepare(post(CLAIM.upper()), None).digest


def test_declared_language_comes_first_then_the_channels(stage: TextStage) -> None:
    profile = ChannelProfile("townnews", languages=("ru",))
    assert stage.prepare(post(CLAIM, "UK"), profile).lang == "uk"
    assert stage.prepare(post(CLAIM, "zh_TW"), profile).lang == "zh-tw"
    assert stage.prepare(post("да"), profile).lang == "ru"
    assert stage.prepare(post(CLAIM, "und"), profile).lang == "en"


def test_vectors_where_there_is_text_in_a_known_language(stage: TextStage) -> None:
    texts = [CLAIM, "🙂", "", "Це дуже гарне слово і день", CLAIM]
    batch = [stage.prepare(post(text), None) for text in texts]
    found = stage.embed(batch)
    assert [one.vector is not None for one in found] == [True, False, False, False, True]
    assert found[1] is batch[1]
    assert found[0].vector is not None
    assert not found[0].vector.flags.writeable
    assert not found[0].truncated
    assert stage.embed([]) == []


def test_a_vector_does_not_depend_on_company_or_history(embedder: Embedder) -> None:
    texts = [CLAIM, CLAIM + "!!", CLAIM.upper(), "Another quiet day in the harbour town", CLAIM]
    fresh = TextStage(embedder, TextOptions(vectors_kept=1))
    batch = [fresh.prepare(post(text, "en"), None) for text in texts]
    together = [one.vector for one in fresh.embed(batch)]
    again = [one.vector for one in fresh.embed(batch[::-1])][::-1]
    alone = [TextStage(embedder).embed([one])[0].vector for one in batch]
    for one, two, three in zip(together, again, alone, strict=True):
        assert one is not None
        assert two is not None
        assert three is not None
        assert one.tobytes() == two.tobytes() == three.tobytes()
    assert len(fresh._kept) == 1


def test_equal_texts_are_encoded_once(embedder: Embedder, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    encode = embedder.encode_many

    def counted(texts: list[str]) -> object:
        seen.extend(texts)
        return encode(texts)

    monkeypatch.setattr(embedder, "encode_many", counted)
    stage = TextStage(embedder)
    with_address = f"{CLAIM} https://example.org/1 @townnews"
    batch = [stage.prepare(post(text, "en"), None) for text in (CLAIM, with_address, CLAIM)]
    stage.embed(batch)
    stage.embed(batch)
    assert seen == [CLAIM]


def test_the_model_is_named_with_the_vector_and_before(embedder: Embedder) -> None:
    stage = TextStage(Vectors(embedder, multilingual=True))
    said = [CLAIM, "Це дуже гарне слово і день", "Ẹ kú àárọ̀ o, báwo ni ilé", "🙂"]
    batch = [stage.prepare(post(text), None) for text in said[:2]]
    batch += [stage.prepare(post(said[2], "ln"), None), stage.prepare(post(said[3]), None)]
    models = ["use3", "e5-mapped", None, None]
    assert [one.vector_model for one in batch] == models
    found = stage.embed(batch)
    assert [one.vector_model for one in found] == models
    assert [one.vector is not None for one in found] == [True, True, False, False]


def test_texts_told_unsurely_are_compared_and_not_read(embedder: Embedder) -> None:
    vectors = Vectors(embedder, multilingual=True)
    stage = TextStage(vectors)
    one = replace(stage.prepare(post(CLAIM), None), lang="tl", lang_confidence=0.2)
    assert stage.embed([one]) == [one]
    compared = stage.embed([one], unsure=True)[0]
    assert compared.vector_model == "use3"
    assert compared.lang == "tl"
    assert compared.vector is not None
    assert compared.vector.tobytes() == embedder.encode(CLAIM).tobytes()
    short = stage.prepare(post("pier"), None)
    assert (short.lang, short.vector_model) == ("und", "use3")
    assert vectors._e5 is None


def test_long_texts_are_marked(stage: TextStage) -> None:
    long = stage.prepare(post("one more word " * 100, "en"), None)
    short = stage.prepare(post("one more word", "en"), None)
    assert len(long.text) > EMBED_CHARS
    assert [one.truncated for one in stage.embed([long, short])] == [True, False]


def test_without_an_embedder_nothing_is_lost() -> None:
    stage = TextStage(None, TextOptions(max_chars=10))
    batch = [stage.prepare(post(CLAIM), None)]
    assert batch[0].text == "People are"
    assert stage.embed(batch) == batch


def test_what_the_encoder_sees() -> None:
    assert embedding_text("go\nto https://example.org/x now @townnews") == "go to now"
    assert embedding_text("mail me@example.org") == "mail me@example.org"
    assert embedding_text("@townnews") == "@townnews"
