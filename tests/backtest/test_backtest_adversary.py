"""Somebody who plays the system: twenty fresh channels fake an alarm, then try to suppress one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tocsin.backtest.replay import Replay, ReplayOptions
from tocsin.model import ChannelProfile, Level, RawItem, WarningAction

START = datetime(2024, 5, 14, 6, tzinfo=UTC)
FRESH = [f"fresh_{number}" for number in range(20)]
CALL = "Рыбинск, сегодня в 20:00 все к рынку, выгоним узбеков из города"
WORDINGS = (
    CALL,
    "Рыбинск! Собираемся сегодня в 20:00 у рынка, узбеков надо выгнать",
    "Сегодня в 20:00 рынок, Рыбинск. Узбекам здесь не место, гоним их вместе",
)
COMING = ("Иду! Кто со мной?", "Буду, беру друзей", "Выезжаем, скоро будем")
CALMING = (
    "Рыбинск: это фейк, никакого сбора у рынка нет, узбеков никто не трогает",
    "Сохраняйте спокойствие, не ходите к рынку, не поддавайтесь на провокации",
    "Опровержение: слухи об узбеках в Рыбинске ложь",
    "В Рыбинске сегодня у рынка концерт и ярмарка, приходите семьями",
)


def item(channel: str, number: int, minute: float, text: str, **more: Any) -> RawItem:
    at = (START + timedelta(minutes=minute)).isoformat()
    return RawItem("table", channel, str(number), b"", {"posted_at": at, "text": text, **more})


def fresh_profiles() -> dict[str, ChannelProfile]:
    """Made two days before, as the platform itself says of a public channel."""
    born = START - timedelta(days=2)
    return {name: ChannelProfile(name, created_at=born, languages=("ru",)) for name in FRESH}


def told(items: Sequence[RawItem], profiles: dict[str, ChannelProfile]) -> list[WarningAction]:
    with Replay(profiles) as replay:
        replay.add(items)
        return list(replay.actions(ReplayOptions(end=START + timedelta(hours=20))))


def fake_alarm() -> Iterator[RawItem]:
    """Every fresh channel calls, and cheers the others on."""
    for number, channel in enumerate(FRESH):
        yield item(channel, 1, number * 3, WORDINGS[number % 3])
        for again, text in enumerate(COMING):
            yield item(channel, 2 + again, 70 + number + again, text, reply_to="1")


def real_alarm() -> list[RawItem]:
    """Two channels of long standing, and people who say they are coming."""
    return [
        item("town_talk", 1, 0, WORDINGS[0]),
        item("town_board", 1, 10, WORDINGS[1]),
        item("town_talk", 2, 20, COMING[0], reply_to="1"),
    ]


def highest(actions: Sequence[WarningAction]) -> Level:
    raised = [a.level for a in actions if a.action.value in ("issue", "update")]
    return max(raised, default=Level.NONE)


def test_fresh_channels_cannot_raise_an_alarm() -> None:
    actions = told(list(fake_alarm()), fresh_profiles())
    assert highest(actions) <= Level.ALERT


def test_newcomers_of_unknown_age_cannot_raise_one_either() -> None:
    """In a stream that is older than they are; nothing is said of when they were opened."""
    days = range(40)
    paper = [item("town_paper", n, -1440 * (40 - n), f"Рыбинск: погода на день {n}") for n in days]
    assert highest(told([*paper, *fake_alarm()], {})) <= Level.ALERT
    assert highest(told([*paper, *real_alarm()], {})) <= Level.ALERT
    town = [
        item(f"town_{name}", 100 + n, -1440 * (40 - n), f"Рыбинск: новости, день {n}")
        for n in days
        for name in ("talk", "board")
    ]
    assert highest(told([*paper, *town, *real_alarm()], {})) is Level.ALARM


def test_the_same_words_from_channels_of_long_standing_do() -> None:
    assert highest(told(real_alarm(), {})) is Level.ALARM


@pytest.mark.parametrize("posts_each", [1, 30])
def test_a_flood_of_calm_cannot_lower_an_alarm(posts_each: int) -> None:
    flood = [
        item(channel, 10 + n, 30 + n + at / 20, CALMING[(n + at) % 4])
        for at, channel in enumerate(FRESH)
        for n in range(posts_each)
    ]
    actions = told([*real_alarm(), *flood], fresh_profiles())
    called = datetime(2024, 5, 14, 17, tzinfo=UTC)  # 20:00 there
    reached = min(a.issued_at for a in actions if a.level is Level.ALARM)
    until_then = [a for a in actions if reached <= a.issued_at < called]
    assert {a.level for a in until_then} == {Level.ALARM}
    assert all(a.action.value in ("issue", "update") for a in until_then)


def test_another_hour_by_fresh_channels_does_not_take_the_first_away() -> None:
    moved = [
        item(
            channel,
            5,
            40 + at,
            "Рыбинск, сбор у рынка теперь в субботу в 12:00, узбеков выгоним",
        )
        for at, channel in enumerate(FRESH)
    ]
    actions = told([*real_alarm(), *moved], fresh_profiles())
    called = datetime(2024, 5, 14, 17, tzinfo=UTC)
    before = [a for a in actions if a.issued_at < called]
    assert not [a for a in before if a.action.value in ("expire", "cancel")]
    assert before[-1].level is Level.ALARM
    assert before[-1].window_start == called
