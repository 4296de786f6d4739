"""One message of a Telegram Desktop export → the fields of a post.

What is kept is named here; reactions, members, contacts, phone numbers, bots and buttons are
never looked at. Fields as written by ``export_output_json.cpp`` of Telegram Desktop.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tocsin.sources.channel_names import ChannelNames
from tocsin.sources.instants import from_seconds, instant
from tocsin.sources.refusals import Unfit
from tocsin.sources.telegram_media import media_of, venue_of
from tocsin.sources.values import name, words

_NOT_POSTS = frozenset({"service", "unsupported"})
_UNIX = re.compile(r"-?\d{1,18}")
# exporters before 2019 wrote the epoch for "never edited"
_NEVER = re.compile(r"0|1970-01-01T.*|1969-12-31T.*")
_ADVICE = "export the channel again with a current Telegram Desktop"


@dataclass(frozen=True, slots=True)
class Chat:
    """One public chat of an export.

    Args:
        channel: the name its posts go by: the operator's @channel, else the id as text.
        own_id: how the chat itself appears as a sender, e.g. ``channel1234567890``.
        title: the public title, if any.
        folder: where the export lies, with the media files in it.
        max_text: characters; a longer text is refused.
        public: the public @name, so posts have a public address; None: unknown.
        names: what known channels are called.
        zone: of times without an offset; None: UTC.
    """

    channel: str
    own_id: str
    title: str | None
    folder: Path
    max_text: int
    public: str | None = None
    names: ChannelNames = field(default_factory=ChannelNames)
    zone: ZoneInfo | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One message as read: a post, or a part of an album.

    Args:
        sender: what all parts of one album share (sender, second, forward origin).
        message: the parsed message, whole, for the commitment to the original.
        group: the album it says it is in, "" for none; None where the format does not say.
        channel: which it is in, where a file holds several.
    """

    id: int
    sender: tuple[Any, ...]
    message: Mapping[str, Any]
    content: dict[str, Any]
    persons: dict[str, str]
    group: str | None = None
    channel: str | None = None


def read_message(message: Any, chat: Chat) -> Part | None:
    """The message as a :class:`Part`; None for service notes and for what Telegram could not say.

    Raises:
        Unfit: it is not a message as Telegram Desktop writes it, or a value in it is wrong.
    """
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise Unfit("this is not a message", _ADVICE)
    if message["type"] in _NOT_POSTS:
        return None
    if message["type"] != "message":
        raise Unfit("a message of a type this version does not know", _ADVICE)
    return Part(
        id=message_id(message),
        sender=(message.get("from_id"), _posted_at(message, chat), message.get("forwarded_from")),
        message=message,
        content=_content(message, chat),
        persons=_persons(message, chat),
    )


def message_id(message: Mapping[str, Any]) -> int:
    """The id, a whole number.

    Raises:
        Unfit: there is none.
    """
    found = message.get("id")
    if not isinstance(found, int) or isinstance(found, bool):
        raise Unfit("a message without an id", _ADVICE)
    return found


def _content(message: Mapping[str, Any], chat: Chat) -> dict[str, Any]:
    content = {
        "posted_at": _posted_at(message, chat),
        "text": _text(message, chat.max_text),
        "edited_at": _edited_at(message, chat),
        "is_forward": "forwarded_from" in message,
        "reply_to": _reply_to(message),
        "url": chat.names.address(chat.public, chat.channel, message_id(message)),
        "media": media_of(message, chat.folder),
        "venue": venue_of(message),
        "channel_title": chat.title,
    }
    return {key: value for key, value in content.items() if value is not None}


def _posted_at(message: Mapping[str, Any], chat: Chat) -> str:
    moment = _moment(message, "date", chat)
    if moment is None:
        raise Unfit("a message without a date", _ADVICE)
    return moment


def _edited_at(message: Mapping[str, Any], chat: Chat) -> str | None:
    stated = message.get("edited_unixtime", message.get("edited"))
    if stated is None or _NEVER.fullmatch(str(stated)):
        return None
    return _moment(message, "edited", chat)


def _moment(message: Mapping[str, Any], key: str, chat: Chat) -> str | None:
    # exports before about 2021 hold only the exporter's local time, without its offset: unless
    # the operator said the zone it is taken as UTC, like any moment without an offset
    unix = message.get(f"{key}_unixtime")
    if unix is None:
        return instant(_in_zone(message.get(key), chat.zone))
    if isinstance(unix, bool) or not _UNIX.fullmatch(str(unix)):
        raise Unfit("a time that is not Unix seconds", _ADVICE)
    return from_seconds(int(unix))


def _in_zone(stated: Any, zone: ZoneInfo | None) -> Any:
    if zone is None or not isinstance(stated, str):
        return stated
    try:
        moment = datetime.fromisoformat(stated)
    except ValueError:
        return stated
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _text(message: Mapping[str, Any], limit: int) -> str:
    lines = [_plain(message.get("text") or message.get("text_entities")), *_poll(message)]
    lines += [_plain(message.get(key)) for key in ("place_name", "address")]
    text = "\n".join(line for line in lines if line)
    return words(text, "the text", limit) or ""


def _poll(message: Mapping[str, Any]) -> list[str]:
    poll = message.get("poll")
    if not isinstance(poll, dict):
        return []
    answers = poll.get("answers")
    listed = answers if isinstance(answers, list) else []
    spoken = [_plain(answer.get("text")) for answer in listed if isinstance(answer, dict)]
    return [_plain(poll.get("question")), *spoken]


def _plain(text: Any) -> str:
    """Text as words alone: a string, or a list of strings and of {type, text, …}."""
    if text is None:
        return ""
    pieces = text if isinstance(text, list) else [text]
    try:
        return "".join(piece["text"] if isinstance(piece, dict) else piece for piece in pieces)
    except (KeyError, TypeError) as error:
        raise Unfit("a text that is not as Telegram Desktop writes it", _ADVICE) from error


def _reply_to(message: Mapping[str, Any]) -> str | None:
    # with reply_to_peer_id the id belongs to another chat and would point to a wrong post here
    if "reply_to_peer_id" in message:
        return None
    return name(message.get("reply_to_message_id"), "reply_to_message_id")


def _persons(message: Mapping[str, Any], chat: Chat) -> dict[str, str]:
    sender = message.get("from_id")
    if sender in (None, chat.own_id):
        # the channel itself speaks; a signature under its post is a person's name
        sender = message.get("author") or (message.get("from") if sender is None else None)
    named = {"author": sender, "forward_from": message.get("forwarded_from")}
    found = {key: name(value, key) for key, value in named.items()}
    return {key: value for key, value in found.items() if value}
