"""Telethon behind the few questions that ``telegram_live`` asks (extra ``telegram``).

Only what is public is asked for: a name is looked up, messages are read. Nothing is joined,
nobody is listed, nothing is sent.
"""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tocsin.errors import MissingExtra, UsageError
from tocsin.sources.owned_file import owned_text
from tocsin.sources.telegram_api_message import Message
from tocsin.sources.telegram_live import FloodWait, NotReadable

_UNREADABLE = frozenset(
    {
        "ChannelInvalidError",
        "ChannelPrivateError",
        "ChannelPublicGroupNaError",
        "UsernameInvalidError",
        "UsernameNotOccupiedError",
    }
)
_NOT_LOGGED_IN = frozenset(
    {"AuthKeyUnregisteredError", "SessionRevokedError", "UserDeactivatedBanError"}
)


@dataclass(frozen=True, slots=True)
class Account:
    """The desk's own account: what Telegram gave it, and where its session lies."""

    api_id: int
    api_hash: str
    session: Path


def read_account(path: Path) -> Account:
    """``api_id`` and ``api_hash`` from a TOML file; the session lies beside it.

    Raises:
        UsageError: no such file, others may read it, or something is missing in it.
    """
    try:
        said = tomllib.loads(owned_text(path, "docs/telegram-live.md"))
    except tomllib.TOMLDecodeError:
        raise UsageError(f'{path}: write it as api_id = 123 and api_hash = "…"') from None
    number, secret = said.get("api_id"), said.get("api_hash")
    if not isinstance(number, int) or not isinstance(secret, str) or not secret:
        raise UsageError(f'{path}: it needs api_id = 123 and api_hash = "…"')
    return Account(number, secret, path.with_suffix(".session"))


def load_telethon() -> Any:
    """The package.

    Raises:
        MissingExtra: it is not installed.
    """
    try:
        import telethon
    except ImportError:
        raise MissingExtra("telegram", "reading Telegram live") from None
    return telethon


class TelethonClient:
    """One account; its questions are asked one after another.

    Args:
        telethon: the package, from :func:`load_telethon`.
    """

    def __init__(self, account: Account, telethon: Any) -> None:
        self._account = account
        self._telethon = telethon
        self._open_loop: asyncio.AbstractEventLoop | None = None
        self._client: Any = None

    @property
    def _loop(self) -> asyncio.AbstractEventLoop:
        """Made at the first question: the package binds its client to one."""
        if self._open_loop is None:
            self._open_loop = asyncio.new_event_loop()
        return self._open_loop

    def channel(self, username: str) -> Message:
        """The channel behind a public name."""
        found: Message = self._ask(self._entity(username))
        return found

    def newer(self, username: str, after: int, limit: int) -> list[Message]:
        """Messages after an id, the oldest first."""
        how = {"limit": limit, "min_id": after, "reverse": True}
        found: list[Message] = self._ask(self._messages(username, how))
        return found

    def newest(self, username: str, limit: int) -> list[Message]:
        """The newest messages."""
        found: list[Message] = self._ask(self._messages(username, {"limit": limit}))
        return found

    def by_id(self, username: str, ids: Sequence[int]) -> list[Message | None]:
        """Messages by their ids; None for those that are not there."""
        found: list[Message | None] = self._ask(self._numbered(username, list(ids)))
        return found

    def log_in(self) -> str:
        """Ask for phone number and code in the terminal, once; returns who is logged in."""
        client = self._made()
        self._loop.run_until_complete(_awaited(client.start()))
        me = self._loop.run_until_complete(_awaited(client.get_me()))
        self._account.session.chmod(0o600)
        return str(getattr(me, "id", "unknown"))

    def close(self) -> None:
        """Let go of the connection; a later question opens it again."""
        if self._client is not None:
            self._loop.run_until_complete(_awaited(self._client.disconnect()))
            self._client = None
        if self._open_loop is not None:
            self._open_loop.close()
            self._open_loop = None

    def _made(self) -> Any:
        if self._client is None:
            # flood_sleep_threshold=0: a pause is told to the supervisor, never slept through here
            self._client = self._telethon.TelegramClient(
                str(self._account.session),
                self._account.api_id,
                self._account.api_hash,
                loop=self._loop,
                flood_sleep_threshold=0,
                receive_updates=False,
            )
        return self._client

    def _ask(self, question: Coroutine[Any, Any, Any]) -> Any:
        try:
            return self._loop.run_until_complete(self._connected(question))
        except Exception as error:
            raise _plainly(error) from error

    async def _connected(self, question: Coroutine[Any, Any, Any]) -> Any:
        try:
            await self._log_on(self._made())
        except BaseException:
            question.close()
            raise
        return await question

    async def _log_on(self, client: Any) -> None:
        if not client.is_connected():
            await client.connect()
        if not await client.is_user_authorized():
            raise UsageError("Telegram: not logged in; run: tocsin sources login")

    async def _entity(self, username: str) -> Message:
        found: Message = (await self._client.get_entity(username)).to_dict()
        return found

    async def _messages(self, username: str, how: Mapping[str, Any]) -> list[Message]:
        return [one.to_dict() async for one in self._client.iter_messages(username, **how)]

    async def _numbered(self, username: str, ids: list[int]) -> list[Message | None]:
        found = await self._client.get_messages(username, ids=ids)
        return [None if one is None else one.to_dict() for one in found]


async def _awaited(answer: Any) -> Any:
    """The result of what may be a coroutine, a future or a plain value."""
    return await answer if hasattr(answer, "__await__") else answer


def _plainly(error: Exception) -> Exception:
    """Telethon's errors in our words; by name, so that the package need not be there."""
    kind = type(error).__name__
    seconds = getattr(error, "seconds", None)
    if isinstance(seconds, int):  # FloodWaitError and its kin
        return FloodWait(seconds)
    if kind in _UNREADABLE or (isinstance(error, ValueError) and "username" in str(error)):
        return NotReadable(kind)
    if kind in _NOT_LOGGED_IN:
        return UsageError(
            "Telegram: the account was logged out or banned; see docs/telegram-live.md"
        )
    return error
