"""Telethon behind our questions, with a stand-in for the package; never run against Telegram."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tocsin.errors import MissingExtra, UsageError
from tocsin.sources.telegram_client import Account, TelethonClient, load_telethon, read_account
from tocsin.sources.telegram_live import FloodWait, NotReadable


class _Record:
    def __init__(self, number: int) -> None:
        self.id = number

    def to_dict(self) -> dict[str, Any]:
        return {"_": "Message", "id": self.id}


class FloodWaitError(Exception):
    seconds = 90


class ChannelPrivateError(Exception):
    pass


class AuthKeyUnregisteredError(Exception):
    pass


class _Client:
    """What TelethonClient calls of ``telethon.TelegramClient``."""

    def __init__(self, *_: Any, **how: Any) -> None:
        self.how = how
        self.connected = False
        self.known = True
        self.error: Exception | None = None

    def is_connected(self) -> bool:
        return self.connected

    async def connect(self) -> None:
        self.connected = True

    async def is_user_authorized(self) -> bool:
        return self.known

    async def get_entity(self, username: str) -> _Record:
        del username
        if self.error:
            raise self.error
        return _Record(5)

    async def get_messages(self, username: str, ids: list[int]) -> list[_Record | None]:
        del username
        return [_Record(n) if n % 2 else None for n in ids]

    async def iter_messages(self, username: str, **how: Any) -> AsyncIterator[_Record]:
        del username
        for number in range(how["limit"]):
            yield _Record(how.get("min_id", 0) + number + 1)

    async def start(self) -> None:
        self.connected = True

    async def get_me(self) -> _Record:
        return _Record(77)

    async def disconnect(self) -> None:
        self.connected = False


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[tuple[TelethonClient, _Client]]:
    made = _Client()

    def make(*_: Any, **how: Any) -> _Client:
        made.how = how
        return made

    session = tmp_path / "account.session"
    session.write_text("")
    client = TelethonClient(Account(1, "x", session), SimpleNamespace(TelegramClient=make))
    client._made()
    yield client, made
    client.close()
    client.close()
    assert not made.connected


def test_questions_and_answers(opened: tuple[TelethonClient, _Client]) -> None:
    client, made = opened
    assert client.channel("town")["id"] == 5
    assert [one["id"] for one in client.newer("town", 10, 2)] == [11, 12]
    assert len(client.newest("town", 3)) == 3
    assert [one and one["id"] for one in client.by_id("town", [1, 2])] == [1, None]
    assert client.log_in() == "77"
    assert made.how["flood_sleep_threshold"] == 0, "a pause is told, never slept through"
    assert made.how["receive_updates"] is False


@pytest.mark.parametrize(
    ("error", "ours"),
    [
        (FloodWaitError(), FloodWait),
        (ChannelPrivateError(), NotReadable),
        (ValueError('No user has "x" as username'), NotReadable),
        (AuthKeyUnregisteredError(), UsageError),
        (ConnectionError(), ConnectionError),
    ],
)
def test_errors_in_our_words(
    opened: tuple[TelethonClient, _Client], error: Exception, ours: type[Exception]
) -> None:
    client, made = opened
    made.error = error
    with pytest.raises(ours):
        client.channel("town")


def test_not_logged_in_says_what_to_do(opened: tuple[TelethonClient, _Client]) -> None:
    client, made = opened
    made.known = False
    with pytest.raises(UsageError, match="tocsin sources login"):
        client.channel("town")


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "telethon", None)
    with pytest.raises(MissingExtra, match=r"tocsin\[telegram\]"):
        load_telethon()
    monkeypatch.setitem(sys.modules, "telethon", SimpleNamespace())
    assert load_telethon() is sys.modules["telethon"]


def test_the_account_file(tmp_path: Path) -> None:
    path = tmp_path / "account.toml"
    with pytest.raises(UsageError, match="cannot be read"):
        read_account(path)
    path.write_text('api_id = 12\napi_hash = "ab"\n')
    path.chmod(0o644)
    with pytest.raises(UsageError, match="chmod 600"):
        read_account(path)
    path.chmod(0o600)
    assert read_account(path) == Account(12, "ab", tmp_path / "account.session")
    for wrong in ("api_id = 12", "api_id = 'x'\napi_hash = 'y'", "not toml"):
        path.write_text(wrong)
        with pytest.raises(UsageError, match="api_hash"):
            read_account(path)
