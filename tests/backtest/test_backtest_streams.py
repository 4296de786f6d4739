"""Streams written by somebody who had not seen the packs: calls raise, ordinary life does not."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import streams_support as streams
from tocsin.backtest.replay import Replay, ReplayOptions
from tocsin.model import Level, RawItem, WarningAction
from tocsin.plugins import load_sources
from tocsin.settings import Settings
from tocsin.sources import ReadOptions

AT_LEAST = 15
_THURSDAY = 3


def raw(posts: Iterable[dict[str, Any]]) -> list[RawItem]:
    """Posts as a source gives them."""
    return [
        RawItem(
            "table",
            post["channel"],
            post["id"],
            b"",
            {k: v for k, v in post.items() if k not in ("id", "channel", "forward_from")},
            {"forward_from": post["forward_from"]} if post.get("forward_from") else {},
        )
        for post in posts
    ]


def replayed(items: Iterable[RawItem], **settings: Any) -> list[WarningAction]:
    """All actions of a replay."""
    named = {name.replace("__", "."): value for name, value in settings.items()}
    with Replay({}) as replay:
        replay.add(items)
        return list(replay.actions(ReplayOptions(settings=Settings(named))))


@pytest.mark.parametrize("name", streams.CONTROLS)
def test_peaceful_streams_raise_nothing(name: str) -> None:
    posts = streams.as_posts(streams.lines(f"control_{name}"))
    assert len(posts) >= 20
    assert replayed(raw(posts)) == []


def test_no_decoy_raises_anything() -> None:
    assert replayed(raw(streams.as_posts(streams.lines("decoys_ru")))) == []


Mixed = tuple[list[WarningAction], dict[str, set[str]]]


@pytest.fixture(scope="module")
def mixed(data_folder: Path) -> Mixed:
    """What the background with the calls in it raises, and the refs of each call's posts."""
    background = _background(data_folder)
    assert len(background) == 8944
    injected, called = _injected(background)
    return replayed([*background, *injected], run__workers=2), called


@pytest.mark.data
def test_ordinary_news_is_left_in_peace(mixed: Mixed) -> None:
    """The quiet background of 8,944 posts with 20 calls put in: no alert of its own, and at most
    3 watches."""
    actions, called = mixed
    ours = {ref for refs in called.values() for ref in refs}
    other = [a for a in actions if not ours & set(a.posts)]
    assert not [a for a in other if a.level >= Level.ALERT]
    assert len({a.id for a in other}) <= 3


@pytest.mark.data
@pytest.mark.xfail(
    strict=True,
    reason="13 of 20 since the judge is trained on hard posts of real channels, which it leaves in "
    "peace; the floor of 15 stands and is to be reached again",
)
def test_calls_among_ordinary_news_are_seen(mixed: Mixed) -> None:
    """Of the 20 calls at least 15 raise an alert before their hour."""
    actions, called = mixed
    alerts = [a for a in actions if a.level >= Level.ALERT]
    raised = {name for name, refs in called.items() if _alerted(alerts, refs)}
    missed = sorted(set(called) - raised)
    assert len(raised) >= AT_LEAST, f"{len(raised)} of {len(called)}; missed: {missed}"


def _alerted(alerts: list[WarningAction], refs: set[str]) -> bool:
    return any(refs & set(action.posts) for action in alerts)


def _background(data_folder: Path) -> list[RawItem]:
    path = data_folder / "posts" / "ru-news-2023-2024.parquet"
    options = ReadOptions(column_map={"id": "msg_id", "posted_at": "date"})
    items = load_sources()["table"].read(path, options)
    return [item for item in items if isinstance(item, RawItem)]


def _injected(background: list[RawItem]) -> tuple[list[RawItem], dict[str, set[str]]]:
    """The calls, spread over the background's Thursdays; each with the refs of its posts.

    Some texts name a weekday, and they were written for a Thursday.
    """
    dates = {datetime.fromisoformat(str(item.content["posted_at"])).date() for item in background}
    thursdays = sorted(day for day in dates if day.weekday() == _THURSDAY)
    items: list[RawItem] = []
    called: dict[str, set[str]] = {}
    for number, name in enumerate(call["id"] for call, _ in streams.calls()):
        day = thursdays[number * len(thursdays) // 20]
        at = datetime(day.year, day.month, day.day, tzinfo=UTC)
        posts = {call["id"]: posts for call, posts in streams.calls(at)}[name]
        items.extend(raw(posts))
        called[name] = {f"{post['channel']}/{post['id']}" for post in posts}
    return items, called
