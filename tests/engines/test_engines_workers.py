"""Who is given which vector, whether read here or in other processes."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from datetime import UTC, datetime
from typing import Any

import pytest

from tocsin.engines import workers
from tocsin.engines.workers import PostReader, Read, ReadingPlan, may_have_vector
from tocsin.model import Enriched, Post
from tocsin.rumours import Probe, probe_of

NOON = datetime(2022, 5, 1, 12, tzinfo=UTC)
CALL = "Все к рынку сегодня в 18:00, выгоним мигрантов из города"
PLAN = ReadingPlan()


class Here(Executor):
    """Runs at once, in this process."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


@pytest.fixture(scope="module")
def reader() -> PostReader:
    return PostReader(PLAN)


def post(place: int, text: str, lang: str | None = None) -> Post:
    return Post("table", "pier", str(place), NOON, NOON, text, lang=lang)


def test_a_text_told_unsurely_is_read_without_its_vector(reader: PostReader) -> None:
    enriched, _ = reader.read_one(post(1, "ура"))
    assert (enriched.lang, enriched.vector, enriched.vector_model) == ("und", None, "use3")
    assert may_have_vector(enriched)
    done = reader.embed([enriched])[0]
    assert done.vector is not None
    assert not may_have_vector(done)


def test_what_is_read_by_its_own_vector_has_it(reader: PostReader) -> None:
    enriched, _ = reader.read_one(post(1, "Встречаем гостей в 19:00, вынесем их отсюда"))
    assert (enriched.lang, enriched.vector_model) == ("ru", "use3")
    assert enriched.vector is not None


def test_what_names_a_group_is_read_without_it(reader: PostReader) -> None:
    """The encoder is shown another text, so the post's own vector is left for later."""
    assert reader.read_one(post(1, CALL))[0].vector is None


@pytest.mark.parametrize(("lang", "text", "may"), [("uk", "Йде дощ", True), ("ln", "Ojo", False)])
def test_where_there_is_a_model(reader: PostReader, lang: str, text: str, may: bool) -> None:
    assert may_have_vector(reader.read_one(post(1, text, lang))[0]) is may


def test_the_same_text_in_another_language_is_another_vector(
    reader: PostReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "_here", reader)
    text = "Добрий день, сьогодні дощ"
    posts = [post(i, text, lang) for i, lang in enumerate(("ln", "uk", "ru", "uk"))]
    posts.append(post(9, "🙂"))
    found = list(_ahead(posts))
    assert [one.vector_model for one, _ in found] == [None, "e5-mapped", "use3", "e5-mapped", None]
    for (one, _), here in zip(found, workers._read_here(posts, PLAN, Always()), strict=True):
        assert _bits(one) == _bits(here[0])


def test_what_a_text_is_searched_by_is_told_before_it_is_handed_out(
    reader: PostReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "_here", reader)
    posts = [post(1, CALL), post(2, "🙂"), post(3, "да"), post(4, "")]
    always = Always()
    list(workers._read_in(Here(), posts, ReadingPlan(workers=1), always))
    (one, probe), (_, short) = always.known
    assert one.post.id == "1"
    assert short is None
    own = probe_of(one)
    assert probe is not None
    assert own is not None
    sent = pickle.loads(pickle.dumps(probe))
    assert sent.keys == own.keys
    assert sent.signature.tobytes() == own.signature.tobytes()
    assert sent.terms.hashes.tobytes() == own.terms.hashes.tobytes()
    assert sent.terms.often.tobytes() == own.terms.often.tobytes()
    assert (sent.letters, sent.tongue) == (own.letters, own.tongue)


def _ahead(posts: list[Post]) -> Iterator[Read]:
    plan = ReadingPlan(workers=1)
    return workers._read_in(Here(), posts, plan, Always())


class Always:
    """Wants a vector for every text; notes what it is told texts are searched by."""

    def __init__(self) -> None:
        self.known: list[tuple[Enriched, Probe | None]] = []

    def needs_vector(self, _: Enriched) -> bool:
        return True

    def know(self, enriched: Enriched, probe: Probe | None) -> None:
        self.known.append((enriched, probe))


def _bits(one: Enriched) -> bytes | None:
    return None if one.vector is None else one.vector.tobytes()
