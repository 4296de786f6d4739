"""Dumps of Telethon's ``Message.to_dict()``: JSON Lines, or one JSON array.

Of the channel a message has its number alone, so it must be known to be public: see
:mod:`tocsin.sources.dump_chats`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from tocsin.errors import RecordRefused
from tocsin.model import RawItem
from tocsin.sources.albums import join_albums
from tocsin.sources.api_media import inside
from tocsin.sources.api_message import is_post, peer_of, read_api_message
from tocsin.sources.dump_chats import PUBLIC_ADVICE, DumpChats
from tocsin.sources.dumps import once_private, read_records
from tocsin.sources.files import is_text, read_head, why_unreadable
from tocsin.sources.json_records import first_keys, is_telethon, json_records
from tocsin.sources.protocol import ReadOptions
from tocsin.sources.refusals import NotPublic, Unfit
from tocsin.sources.telegram_message import Part
from tocsin.sources.values import name


class TelethonDump:
    """Reads messages as Telethon dumps them."""

    name = "telethon"
    summary = "Telethon dumps of Message.to_dict(), as JSON Lines or one array; needs --channel"

    def sniff(self, path: Path, head: bytes) -> bool:
        """Whether the first object has the keys of a message of the Telegram API."""
        del path
        return is_text(head) and is_telethon(head)

    def read(self, path: Path, options: ReadOptions) -> Iterator[RawItem | RecordRefused]:
        """Posts in file order, albums joined; service notes left out, private chats refused.

        Raises:
            RecordRefused: there are no JSON objects in it.
            UsageError: ``--map`` was given.
        """
        options.refuse_map(self.name)
        head = read_head(path)
        if not is_text(head) or not first_keys(head):
            raise why_unreadable(path, head, "a dump of Telethon messages")
        chats = DumpChats(options)
        parts = read_records(path, json_records(path, options), lambda one: _part(one, chats))
        yield from join_albums(once_private(path, parts), self.name, "")


def _part(message: dict[str, Any], chats: DumpChats) -> Part | None:
    peer = peer_of(next((message[key] for key in _PEERS if message.get(key) is not None), None))
    if peer is None:
        advice = "make the dump again with message.to_dict()"
        raise Unfit("a message that does not say where it was posted", advice)
    if peer.kind != "channel":
        raise NotPublic(f"a message of a private chat ({peer.kind}): not read", PUBLIC_ADVICE)
    if not is_post(message):
        return None
    username = name(inside(message.get("chat"), "username"), "username")
    chat = chats.chat(username, peer.number)
    return replace(read_api_message(message, chat), channel=chat.channel)


_PEERS = ("peer_id", "to_id", "chat_id")
