"""Messages as Telethon hands them over live → posts, read as a dump of them is.

Identities agree with those of a Desktop export of the same channel: the id is the number of the
message, of an album that of its first; persons are named alike, so their pseudonyms agree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from tocsin.model import RawItem
from tocsin.sources.albums import post_of
from tocsin.sources.api_message import message_number, peer_of, read_api_message
from tocsin.sources.telegram_message import Chat, Part
from tocsin.sources.values import count

TELEGRAM = "telegram_live"
"""The ``source`` of every post read live from Telegram."""

Message = Mapping[str, Any]


def is_post(message: Message) -> bool:
    """Whether it is a post, not a service note or an empty place."""
    return message.get("_") == "Message"


def albums(messages: Sequence[Message]) -> list[list[Message]]:
    """Messages of one album together, the others alone; by ascending id."""
    found: list[list[Message]] = []
    for message in sorted(messages, key=message_number):
        group = message.get("grouped_id")
        if found and group is not None and found[-1][0].get("grouped_id") == group:
            found[-1].append(message)
        else:
            found.append([message])
    return found


def read_album(parts: Sequence[Message], channel: str, now: datetime, max_text: int) -> RawItem:
    """One post from its messages (one, but for an album).

    Args:
        channel: the public name, without "@".
        now: when views were counted.

    Raises:
        Unfit: a value is not as Telegram writes it.
    """
    item = post_of([_part(part, channel, max_text) for part in parts], TELEGRAM, channel)
    first = min(parts, key=message_number)
    counted = {name: count(first.get(name), name) for name in ("views", "forwards")}
    known = {name: number for name, number in counted.items() if number is not None}
    return replace(item, content={**item.content, **known, "captured_at": now.isoformat()})


def edit_mark(parts: Sequence[Message]) -> str:
    """Changes when a message of the album is edited."""
    return "|".join(str(part.get("edit_date") or "") for part in parts)


def _part(message: Message, channel: str, max_text: int) -> Part:
    peer = peer_of(message.get("peer_id"))
    own = f"{peer.kind}{peer.number}" if peer else ""
    chat = Chat(channel, own, None, Path(), max_text, public=channel)
    return read_api_message(_jsonable(message), chat)


def _jsonable(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _jsonable(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_jsonable(one) for one in value]
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, datetime):
        return value.isoformat()
    if value is None or isinstance(value, str | bool | float) or abs(int(value)) < 1 << 63:
        return value
    return str(value)
