"""Summaries: in the posts' own words, whatever order they come in, with bounded work."""

from __future__ import annotations

import random
import time
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rumour_samples import START

from tocsin.model import Stance
from tocsin.rumours import summary as module
from tocsin.rumours.summary import SightedText, summarise

BACKGROUND = [f"The market opens at nine on day {n}, and the bus is late" for n in range(50)]


def post(
    name: str,
    text: str,
    hours: float = 0,
    *,
    lang: str = "en",
    stance: Stance | None = None,
    late: bool = False,
) -> SightedText:
    return SightedText(f"north/{name}", text, lang, START + timedelta(hours=hours), stance, late)


BRIDGE = [
    post("1", "The old bridge is closed because of poison in the river", 0),
    post("2", "Poison in the river, they closed the bridge", 1, stance=Stance.SUPPORT),
    post("3", "Poison in the river! They closed the bridge!", 2),
    post("4", "My cousin says that the bridge smells of poison", 30, stance=Stance.QUERY),
]


def test_the_most_central_wording_is_the_earliest_of_its_copies() -> None:
    found = summarise(BRIDGE, BACKGROUND)
    assert found.central is not None
    assert found.central.ref == "north/2"
    assert found.first is not None
    assert found.first.ref == "north/1"


def test_terms_are_frequent_here_and_rare_elsewhere() -> None:
    more = [post(str(n), f"The bus to the bridge is late {n}") for n in range(10, 13)]
    terms = summarise([*BRIDGE, *more], BACKGROUND).terms
    assert set(terms) >= {"bridge", "poison", "river"}
    assert not {"the", "bus", "late", "and"} & set(terms)
    assert len(terms) <= module.MOST_TERMS


def test_no_addresses_numbers_or_stop_words_among_terms() -> None:
    text = (
        "Because 112 2024 https://example.org/river/water @somebody t.me/channel/7 www.a.b bridge"
    )
    assert summarise([post("1", text)], []).terms == ("bridge",)


def test_one_word_in_several_forms_is_one_term() -> None:
    texts = ["аэропорт закрыт", "едем в аэропорту", "у аэропорта люди", "аэропорт полон"]
    posts = [post(str(n), text, n, lang="ru") for n, text in enumerate(texts)]
    assert summarise(posts, BACKGROUND).terms == ("аэропорт",)


def test_scripts_without_spaces_have_terms_too() -> None:
    posts = [post("1", "机场关闭了", lang="zh"), post("2", "机场今天关闭", 1, lang="zh")]
    assert "机场" in summarise(posts, BACKGROUND).terms


def test_of_several_languages_the_most_frequent_speaks() -> None:
    russian = [post(f"r{n}", f"Мост закрыт, в реке яд, день {n}", n, lang="ru") for n in range(3)]
    found = summarise([*BRIDGE[:2], *russian], BACKGROUND)
    assert found.central is not None
    assert found.central.lang == "ru"
    assert found.languages == (("ru", 3), ("en", 2))


def test_days_and_stances_are_counted_over_all_posts() -> None:
    late = post("5", "", 31, late=True)
    found = summarise([*BRIDGE, late], BACKGROUND)
    assert [(day.posts, day.late) for day in found.days] == [(3, 0), (2, 1)]
    assert found.stances == ((Stance.SUPPORT, 1), (Stance.QUERY, 1), (None, 3))


def test_posts_without_words_have_no_wording() -> None:
    found = summarise([post("1", ""), post("2", "🔥🔥")], BACKGROUND)
    assert found.central is None
    assert found.terms == ()
    assert summarise([], []).first is None


@given(st.randoms(use_true_random=False))
def test_the_order_of_posts_changes_nothing(shuffle: random.Random) -> None:
    mixed = [*BRIDGE, post("9", "Мост закрыт, в реке яд", 3, lang="ru")]
    shuffled = mixed.copy()
    shuffle.shuffle(shuffled)
    assert summarise(shuffled, BACKGROUND) == summarise(mixed, BACKGROUND)


def test_work_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_WORDINGS", 10)
    looked_at = module._distinct([post(str(n), f"bridge number n{n}", n) for n in range(95)])
    assert len(looked_at) == 10
    assert looked_at[0].post.ref == "north/0"
    assert looked_at[-1].post.known_at > START + timedelta(hours=80)


def test_thousands_of_wordings_take_seconds_at_most() -> None:
    words = [f"word{n}" for n in range(3000)]
    chance = random.Random(7)
    posts = [post(str(n), " ".join(chance.choices(words, k=25)), n) for n in range(5000)]
    began = time.perf_counter()
    summarise(posts, BACKGROUND)
    assert time.perf_counter() - began < 10
