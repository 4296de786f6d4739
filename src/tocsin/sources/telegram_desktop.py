"""Telegram Desktop's ``result.json``: one channel, or a whole account.

Public channels and public groups are read. Everything else in the file (private chats, contacts,
sessions) is passed over without being built in memory. The export names no @channel, so the
channel goes by its id unless the operator names it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tocsin.errors import PrivateChat, RecordRefused, UsageError
from tocsin.model import RawItem
from tocsin.sources.albums import join_albums
from tocsin.sources.escapes import RepairedEscapes
from tocsin.sources.files import is_text, read_head, why_unreadable
from tocsin.sources.json_events import (
    Broken,
    Event,
    build,
    elements,
    events,
    fields,
    skip,
    top_level_keys,
)
from tocsin.sources.protocol import ReadOptions
from tocsin.sources.refusals import WHOLE_FILE, Unfit, refuse, refuse_file
from tocsin.sources.telegram_message import Chat, Part, message_id, read_message

PUBLIC = frozenset({"public_channel", "public_supergroup"})
PRIVATE = frozenset(
    {
        "saved_messages",
        "replies",
        "verification_codes",
        "personal_chat",
        "bot_chat",
        "private_group",
        "private_supergroup",
        "private_channel",
    }
)
_ACCOUNT_KEYS = frozenset({"chats", "left_chats", "personal_information"})
_HEADER = frozenset({"name", "type", "id"})
_PUBLIC_ADVICE = "tocsin reads public channels and public groups only"
_AGAIN = "export it again, and let the export finish"


class TelegramDesktop:
    """Reads the JSON export of Telegram Desktop ("machine-readable JSON")."""

    name = "telegram_desktop"
    summary = "Telegram Desktop export (result.json): one public channel, or the public ones in it"

    def sniff(self, path: Path, head: bytes) -> bool:
        """Whether the outermost object has the keys of a chat or of an account."""
        del path
        keys = top_level_keys(head)
        return bool(keys & _ACCOUNT_KEYS) or {"type", "messages"} <= keys

    def read(self, path: Path, options: ReadOptions) -> Iterator[RawItem | RecordRefused]:
        """Posts in file order, albums joined; service notes and unreadable media left out.

        Raises:
            PrivateChat: an export of one chat, and it is not public.
            RecordRefused: not such an export, or cut off before its first chat.
            UsageError: a channel is named for an export of several.
        """
        head = read_head(path)
        if not is_text(head):
            raise why_unreadable(path, head, "a Telegram Desktop export")
        with path.open("rb") as stream:
            yield from _Export(path, head, options).read(events(RepairedEscapes(stream)))


class _Export:
    """One pass over one export: where it is, for the message when it breaks off."""

    def __init__(self, path: Path, head: bytes, options: ReadOptions) -> None:
        self._path = path
        self._head = head
        self._options = options
        self._chats = 0
        self._within = ""
        self._last = ""

    def read(self, stream: Iterator[Event]) -> Iterator[RawItem | RecordRefused]:
        try:
            yield from self._root(stream)
        except Broken as broken:
            if not self._chats:
                raise self._not_an_export(broken) from broken
            yield self._breaks_off(broken)
            return
        if not self._chats:
            raise refuse_file(self._path, "there are no messages in it", "export a channel")

    def _root(self, stream: Iterator[Event]) -> Iterator[RawItem | RecordRefused]:
        event, _ = next(stream)
        if event != "start_map":
            skip(stream, event)
        else:
            yield from self._chat(stream, alone=True)
        for _ in stream:  # only to notice what follows the end
            pass

    def _chat(self, stream: Iterator[Event], *, alone: bool) -> Iterator[RawItem | RecordRefused]:
        """One object of the shape of a chat: the whole export, or one of an account's."""
        header: dict[str, Any] = {}
        for key, event, value in fields(stream):
            if key == "messages" and event == "start_array":
                self._chats += 1
                yield from self._messages(stream, header, alone=alone)
            elif alone and key in ("chats", "left_chats") and event == "start_map":
                yield from self._account(stream)
            elif key in _HEADER and event in ("string", "number", "null"):
                header.setdefault(key, value)
            else:
                skip(stream, event)

    def _account(self, stream: Iterator[Event]) -> Iterator[RawItem | RecordRefused]:
        if self._options.channel is not None:
            raise UsageError(
                f"{self._path}: a whole account holds several channels, so none can be named for "
                "it; leave the channel out, or export one channel"
            )
        for key, event, _ in fields(stream):
            if key == "list" and event == "start_array":
                yield from self._chat_list(stream)
            else:
                skip(stream, event)

    def _chat_list(self, stream: Iterator[Event]) -> Iterator[RawItem | RecordRefused]:
        for event, _ in elements(stream):
            if event == "start_map":
                yield from self._chat(stream, alone=False)
            else:
                skip(stream, event)

    def _messages(
        self, stream: Iterator[Event], header: dict[str, Any], *, alone: bool
    ) -> Iterator[RawItem | RecordRefused]:
        self._within, self._last = "" if alone else f"chat {self._chats}, ", ""
        if header.get("type") not in PUBLIC:
            yield self._private(stream, header.get("type"), alone=alone)
            return
        try:
            chat = self._public_chat(header)
        except Unfit as unfit:
            refusal = refuse(str(self._path), self._place(alone=alone), unfit)
            if alone:
                raise refusal from unfit
            _count(stream)
            yield refusal
            return
        yield from join_albums(self._parts(stream, chat), TelegramDesktop.name, chat.channel)

    def _parts(self, stream: Iterator[Event], chat: Chat) -> Iterator[Part | RecordRefused]:
        for number, (event, value) in enumerate(elements(stream), 1):
            message = build(stream, event, value)
            record = self._within + _record(message, number)
            try:
                part = read_message(message, chat)
            except Unfit as unfit:
                yield refuse(str(self._path), record, unfit)
            else:
                if part is not None:
                    yield part
            self._last = record

    def _public_chat(self, header: dict[str, Any]) -> Chat:
        number, title = header.get("id"), header.get("name")
        known = isinstance(number, int) and number > 0
        if not known and self._options.channel is None:
            raise Unfit("the channel has no id", "name the public @channel")
        names, said = self._options.names, self._options.channel
        own = str(number) if known else None
        return Chat(
            channel=names.channel(said, own) or str(number),
            own_id=f"channel{number}",
            title=title if isinstance(title, str) and "\x00" not in title else None,
            folder=self._path.parent,
            max_text=self._options.max_text,
            public=said,
            names=names,
            zone=self._options.clock_zone,
        )

    def _private(self, stream: Iterator[Event], stated: Any, *, alone: bool) -> PrivateChat:
        # the name of a private chat is a person's or a group's: it is not repeated, anywhere
        kind = stated if stated in PRIVATE else "a chat that does not say that it is public"
        file, place = str(self._path), self._place(alone=alone)
        if alone:
            raise PrivateChat(file, place, f"{kind}: not read", _PUBLIC_ADVICE)
        count = _count(stream)
        return PrivateChat(file, place, f"{kind}, {count} messages: not read", _PUBLIC_ADVICE)

    def _place(self, *, alone: bool) -> str:
        return WHOLE_FILE if alone else f"chat {self._chats}"

    def _breaks_off(self, broken: Broken) -> RecordRefused:
        place = f"after {self._last}" if self._last else f"chat {self._chats}"
        problem = f"the file {broken.problem}; what came before is kept"
        return RecordRefused(str(self._path), place, problem, _AGAIN)

    def _not_an_export(self, broken: Broken) -> RecordRefused:
        if broken.cut:
            return refuse_file(self._path, "the file is cut off before its first message", _AGAIN)
        return why_unreadable(self._path, self._head, "a Telegram Desktop export")


def _record(message: Any, number: int) -> str:
    try:
        return f"message {message_id(message)}"
    except (Unfit, AttributeError):
        return f"message number {number} of its chat"


def _count(stream: Iterator[Event]) -> int:
    """How many messages are left in a list; none of them is built."""
    count = 0
    for count, (event, _) in enumerate(elements(stream), 1):  # noqa: B007 (the last is the count)
        skip(stream, event)
    return count
