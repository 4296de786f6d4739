"""A fake of Telegram: a channel whose messages are records as ``Message.to_dict()`` writes them.

Faithful in what the source relies on: ids of a channel count up without gaps, deleted ids come
back as None, a page holds at most what was asked for, and pushed pages may lack messages.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tocsin.sources.telegram_live import FloodWait, NotReadable

START = datetime(2024, 3, 4, 9, 0, tzinfo=UTC)
CHANNEL_ID = 1_234_567_890


def message(number: int, text: str, **more: Any) -> dict[str, Any]:
    """One record."""
    return {
        "_": "Message",
        "id": number,
        "peer_id": {"_": "PeerChannel", "channel_id": CHANNEL_ID},
        "from_id": None,
        "post": True,
        "post_author": None,
        "message": text,
        "date": START + timedelta(minutes=number),
        "edit_date": None,
        "edit_hide": False,
        "views": 100 + number,
        "forwards": number,
        "fwd_from": None,
        "reply_to": None,
        "media": None,
        "grouped_id": None,
        "entities": [],
        **more,
    }


class FakeTelegram:
    """One public channel; ``hidden`` ids are left out of pages, as updates are lost."""

    def __init__(self, *messages: dict[str, Any], username: str = "Town_News") -> None:
        self.messages = {one["id"]: one for one in messages}
        self.about: dict[str, Any] = {
            "_": "Channel",
            "id": CHANNEL_ID,
            "username": username,
            "usernames": [],
            "broadcast": True,
        }
        self.hidden: set[int] = set()
        self.flood = 0
        self.offline = False
        self.asked: list[str] = []

    def post(self, *messages: dict[str, Any]) -> None:
        """New or edited messages."""
        self.messages |= {one["id"]: one for one in messages}

    def channel(self, username: str) -> dict[str, Any]:
        self._ask(f"channel {username}")
        if not self.about:
            raise NotReadable
        return self.about

    def newer(self, username: str, after: int, limit: int) -> list[Any]:
        self._ask(f"newer {username} {after}")
        return [self.messages[n] for n in sorted(self._shown()) if n > after][:limit]

    def newest(self, username: str, limit: int) -> list[Any]:
        self._ask(f"newest {username}")
        return [self.messages[n] for n in sorted(self._shown(), reverse=True)][:limit]

    def by_id(self, username: str, ids: Sequence[int]) -> list[Any]:
        self._ask(f"by_id {username} {len(ids)}")
        assert len(ids) <= 100
        return [self.messages.get(number) for number in ids]

    def close(self) -> None:
        self.asked.append("close")

    def _shown(self) -> set[int]:
        return self.messages.keys() - self.hidden

    def _ask(self, question: str) -> None:
        self.asked.append(question)
        if self.offline:
            raise ConnectionError
        if self.flood:
            raise FloodWait(self.flood)
