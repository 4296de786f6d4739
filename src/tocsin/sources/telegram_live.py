"""Public Telegram channels, live, with an account of the desk's own.

Updates that Telegram pushes are not relied on: they skip messages, edits and deletions. Messages
are asked for by their ids: what is newer than the last, what is missing in between, and the recent
ones again. Those that are no longer there are observed as gone; their evidence stays.

Never run against Telegram itself, only against a fake of its answers (docs/telegram-live.md).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

import orjson

from tocsin.errors import RecordRefused, SourceFailed, UsageError
from tocsin.model import RawItem
from tocsin.sources.api_message import message_number
from tocsin.sources.live import Gone, Origin, Polled, State
from tocsin.sources.protocol import INVITE_LINK
from tocsin.sources.refusals import Unfit, refuse
from tocsin.sources.telegram_api_message import Message, albums, edit_mark, is_post, read_album

PAGE = 100
"""Messages in one request; Telegram gives no more."""
_PAGES = 5
_MAX_GAP = 500
_USERNAME = re.compile(r"[A-Za-z]\w{3,31}", re.ASCII)
_LINK = re.compile(r"^(https?://)?(t\.me|telegram\.me)/(s/)?", re.IGNORECASE)
_MORE = timedelta(seconds=30)


class FloodWait(Exception):
    """Telegram allows the next request only after some seconds."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"wait {seconds} s")
        self.seconds = seconds


class NotReadable(Exception):
    """There is no such channel, it is not public, or the account may not read it."""


class TelegramClient(Protocol):
    """What of Telegram is asked; every answer as ``to_dict()`` writes it.

    All raise FloodWait, NotReadable, or OSError without a network.
    """

    def channel(self, username: str) -> Message:
        """The channel: ``_``, ``id``, ``username``, ``usernames``, ``broadcast``, ``megagroup``."""
        ...

    def newer(self, username: str, after: int, limit: int) -> list[Message]:
        """At most ``limit`` messages with larger ids than ``after``, the smallest first."""
        ...

    def newest(self, username: str, limit: int) -> list[Message]:
        """The newest messages."""
        ...

    def by_id(self, username: str, ids: Sequence[int]) -> list[Message | None]:
        """For each id its message, or None where there is none (any more)."""
        ...

    def close(self) -> None:
        """Let go of the connection."""
        ...


@dataclass(frozen=True, slots=True)
class TelegramOptions:
    """How a channel is followed.

    Args:
        first: posts taken at the first look.
        again: of the newest posts, how many are looked at again for edits and deletions.
        max_text: characters; a longer text is refused.
    """

    first: int = 100
    again: int = 200
    max_text: int = 1_000_000


def public_username(given: str) -> str:
    """The @name of a public channel, without "@".

    Raises:
        UsageError: an invite link, a private id, a phone number, or no name at all.
    """
    said = given.strip()
    bare = _LINK.sub("", said).lstrip("@").rstrip("/")
    if INVITE_LINK.search(said) or bare.startswith("+"):
        raise UsageError("an invite link is not a public channel; name the public @channel")
    if bare.lower().startswith("c/") or bare.lstrip("-").isdigit():
        raise UsageError(f"{given!r} is the id of a private chat; name a public @channel")
    if not _USERNAME.fullmatch(bare):
        raise UsageError(f"{given!r} is not the name of a public channel; write it as @channel")
    return bare


@dataclass(slots=True)
class _Look:
    """What one look has found so far."""

    last: int
    found: list[Message] = field(default_factory=list)
    more: bool = False
    absent: int = 0


class TelegramLive:
    """One public channel or public group, by its @name."""

    kind = "telegram"
    lane = "telegram"

    def __init__(
        self, name: str, channel: str, client: TelegramClient, options: TelegramOptions
    ) -> None:
        self.name = name
        self._channel = public_username(channel)
        self._client = client
        self._options = options

    def poll(self, state: State, now: datetime) -> Polled:
        """New posts, gaps filled, recent posts looked at again.

        Raises:
            SourceFailed: no network, a wait that Telegram demands, or no such public channel.
        """
        try:
            return self._poll(_checked(state, self._channel), now)
        except FloodWait as wait:
            until = now + timedelta(seconds=wait.seconds)
            problem = f"Telegram demands a pause of {wait.seconds} seconds"
            raise SourceFailed(self.name, problem, "it is kept", until) from wait
        except NotReadable as error:
            problem = f"@{self._channel} is not a public channel that can be read"
            raise SourceFailed(self.name, problem, "check its name") from error
        except OSError as error:
            problem = f"Telegram cannot be reached ({type(error).__name__})"
            raise SourceFailed(self.name, problem, "check the network") from error

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()

    def _poll(self, state: dict[str, Any], now: datetime) -> Polled:
        if not state["channel_id"]:
            state["channel_id"] = self._public_id()
        look = self._new(state["last_id"])
        recent: dict[str, dict[str, Any]] = state["recent"]
        again, gone = self._again(recent)
        new = albums([message for message in look.found if is_post(message)])
        items = [self._item(parts, now) for parts in (*again, *new)]
        for parts in (*again, *new):
            ids = [message_number(part) for part in parts]
            recent[str(ids[0])] = {"parts": ids, "edit": edit_mark(parts)}
        newest = sorted(recent, key=int)[-self._options.again :]
        after = {**state, "last_id": look.last, "recent": {key: recent[key] for key in newest}}
        return Polled(
            items=tuple(items),
            state=after,
            next_at=now + _MORE if look.more else None,
            notes=self._notes(look, gone),
            origin=self._origin([*(one for parts in again for one in parts), *look.found]),
            gone=tuple(Gone(self._channel, number) for number in gone),
        )

    def _public_id(self) -> int:
        about = self._client.channel(self._channel)
        others = [one.get("username") for one in about.get("usernames") or () if one]
        names = {str(one).lower() for one in (about.get("username"), *others) if one}
        number = about.get("id")
        if about.get("_") != "Channel" or self._channel.lower() not in names:
            raise NotReadable
        if not isinstance(number, int):
            raise NotReadable
        return number

    def _new(self, last: int) -> _Look:
        """Everything after ``last``, by pages; a first look takes the newest alone."""
        look = _Look(last)
        if not last:
            look.found = self._client.newest(self._channel, self._options.first)
            look.last = max(map(message_number, look.found), default=0)
            return look
        for _ in range(_PAGES):
            page = self._client.newer(self._channel, look.last, PAGE)
            look.more = len(page) >= PAGE
            self._take(look, _without_open_album(page) if look.more else page)
            if not look.more:
                break
        return look

    def _take(self, look: _Look, page: Sequence[Message]) -> None:
        """A page, and by their ids the messages that it should have held and does not."""
        if not page:
            return
        there = set(map(message_number, page))
        missing = [n for n in range(look.last + 1, max(there) + 1) if n not in there][-_MAX_GAP:]
        filled = self._by_id(missing)
        look.absent += len(missing) - len(filled)
        look.found += [*page, *filled.values()]
        look.last = max(there)

    def _by_id(self, ids: Sequence[int]) -> dict[int, Message]:
        found: dict[int, Message] = {}
        for start in range(0, len(ids), PAGE):
            asked = ids[start : start + PAGE]
            for message in self._client.by_id(self._channel, asked):
                if message is not None and message.get("_") != "MessageEmpty":
                    found[message_number(message)] = message
        return found

    def _again(self, recent: dict[str, dict[str, Any]]) -> tuple[list[list[Message]], list[str]]:
        """Recent posts that changed, and the numbers of those that are gone (taken out)."""
        there = self._by_id([number for one in recent.values() for number in one["parts"]])
        changed, gone = [], []
        for number in sorted(recent, key=int):
            known = recent[number]
            parts = [there[n] for n in known["parts"] if n in there and is_post(there[n])]
            if not parts:
                gone.append(number)
            elif len(parts) == len(known["parts"]) and edit_mark(parts) != known["edit"]:
                changed.append(parts)
        for number in gone:
            del recent[number]
        return changed, gone

    def _item(self, parts: Sequence[Message], now: datetime) -> RawItem | RecordRefused:
        try:
            return read_album(parts, self._channel, now, self._options.max_text)
        except Unfit as unfit:
            return refuse(self.name, f"message {parts[0].get('id')}", unfit)

    def _notes(self, look: _Look, gone: Sequence[str]) -> tuple[str, ...]:
        notes = []
        if look.absent:
            notes.append(f"{look.absent} messages were gone before they could be read")
        if gone:
            notes.append(f"{len(gone)} posts are gone: {', '.join(gone[:10])}")
        if look.more:
            notes.append("there is more; it goes on shortly")
        return tuple(notes)

    def _origin(self, messages: Sequence[Message]) -> Origin:
        body = orjson.dumps(
            list(messages), default=_plainly, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS
        )
        return Origin(f"@{self._channel}", hashlib.sha256(body).hexdigest())


def _plainly(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else str(value)


def _without_open_album(page: list[Message]) -> list[Message]:
    """A full page without the album at its end, whose other pictures may come on the next."""
    group = page[-1].get("grouped_id")
    if group is None:
        return page
    kept = [message for message in page if message.get("grouped_id") != group]
    return kept or page


def _checked(state: State, channel: str) -> dict[str, Any]:
    """The state as the last look left it; anything else begins anew."""
    fresh: dict[str, Any] = {"channel": channel, "channel_id": 0, "last_id": 0, "recent": {}}
    if state.get("channel") != channel or not isinstance(state.get("last_id"), int):
        return fresh
    recent = state.get("recent")
    if not isinstance(recent, Mapping):
        return fresh
    kept = {str(number): dict(one) for number, one in recent.items()}
    return {**fresh, **state, "recent": kept}
