"""One message of the Telegram API, as Telethon or 4CAT dump it → the fields of a post."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tocsin.sources.api_media import inside, media_of, place_of, spoken, type_of
from tocsin.sources.channel_names import bare_number
from tocsin.sources.instants import instant
from tocsin.sources.refusals import Unfit
from tocsin.sources.telegram_message import Chat, Part
from tocsin.sources.values import count, name, words

_ADVICE = "make the dump again with message.to_dict()"
_NO_POSTS = frozenset({"MessageService", "MessageEmpty"})
_REDACTED = "REDACTED"


@dataclass(frozen=True, slots=True)
class Peer:
    """Who or where: ``channel``, ``chat`` (a small private group) or ``user``, and its number."""

    kind: str
    number: str


def peer_of(value: Any) -> Peer | None:
    """A peer from its object, or from its number as Telethon marks it; None where it is neither.

    Marked: -100… is a channel, another negative number a private group, a positive one a user.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return _marked(value)
    for kind in ("channel", "chat", "user"):
        number = bare_number(inside(value, f"{kind}_id"))
        if number:
            return Peer(kind, number)
    return None


def _marked(value: int) -> Peer:
    if value > 0:
        return Peer("user", str(value))
    # -100 and the number: marks of channels begin beyond a million millions
    return Peer("channel", str(value)[4:]) if value < -(10**12) else Peer("chat", str(-value))


def is_post(message: Mapping[str, Any]) -> bool:
    """False for service notes and for gaps that the API calls messages."""
    return type_of(message) not in _NO_POSTS and "action" not in message


def message_number(message: Mapping[str, Any]) -> int:
    """The id of a message in its channel.

    Raises:
        Unfit: there is none.
    """
    found = message.get("id")
    if not isinstance(found, int) or isinstance(found, bool):
        raise Unfit("a message without an id", _ADVICE)
    return found


def read_api_message(message: Mapping[str, Any], chat: Chat) -> Part:
    """The message as a part of a post: its words as they are read, without what links lead to, as
    exports have them too, so that a post is the same by whichever way it comes.

    Raises:
        Unfit: a value in it is wrong.
    """
    content = _content(message, chat)
    sender, forward = _author(message, chat), _forwarded_from(message, chat)
    album = message.get("grouped_id")
    return Part(
        id=message_number(message),
        sender=(sender, content["posted_at"], forward),
        message=message,
        content=content,
        persons={
            key: value
            for key, value in (("author", sender), ("forward_from", forward))
            if value is not None
        },
        group="" if album is None else str(album)[:64],
    )


def _content(message: Mapping[str, Any], chat: Chat) -> dict[str, Any]:
    forward, media = message.get("fwd_from"), message.get("media")
    posted_at = instant(message.get("date"))
    if posted_at is None:
        raise Unfit("a message without a date", _ADVICE)
    content = {
        "posted_at": posted_at,
        "text": _text(message, chat.max_text),
        "edited_at": None if message.get("edit_hide") else instant(message.get("edit_date")),
        "is_forward": isinstance(forward, Mapping),
        "forward_posted_at": instant(inside(forward, "date")),
        "reply_to": _reply_to(message),
        "url": chat.names.address(chat.public, chat.channel, message_number(message)),
        "media": media_of(media),
        "venue": place_of(media),
        **_counted(message),
    }
    return {key: value for key, value in content.items() if value is not None}


def _text(message: Mapping[str, Any], limit: int) -> str:
    text = words(message.get("message"), "the text", limit) or ""
    lines = [text, *spoken(message.get("media"))]
    return words("\n".join(line for line in lines if line), "the text", limit) or ""


def _counted(message: Mapping[str, Any]) -> dict[str, Any]:
    """Views, where it is known when they were counted; else they say nothing."""
    counted_at = message.get("captured_at") or inside(message.get("4CAT_metadata"), "collected_at")
    if isinstance(counted_at, str) and not counted_at.endswith(("Z", "+00:00")):
        return {}  # the local time of some server
    moment = instant(counted_at)
    views = count(message.get("views"), "views")
    return {} if moment is None or views is None else {"captured_at": moment, "views": views}


def _reply_to(message: Mapping[str, Any]) -> str | None:
    reply = message.get("reply_to")
    # with reply_to_peer_id the id belongs to another chat and would point to a wrong post here
    if inside(reply, "reply_to_peer_id") is not None:
        return None
    found = inside(reply, "reply_to_msg_id") or message.get("reply_to_msg_id")
    return name(found, "reply_to_msg_id")


def _author(message: Mapping[str, Any], chat: Chat) -> str | None:
    stated = message.get("from_id")
    peer = peer_of(stated)
    sender = f"{peer.kind}{peer.number}" if peer else stated if isinstance(stated, str) else None
    if sender in (None, chat.own_id):
        # the channel itself speaks; a signature under its post is a person's name
        sender = name(message.get("post_author"), "post_author")
    return None if sender == _REDACTED else name(sender, "from_id")


def _forwarded_from(message: Mapping[str, Any], chat: Chat) -> str | None:
    forward = message.get("fwd_from")
    stated = inside(forward, "from_id")
    peer = peer_of(stated)
    username = _resolved_name(stated, peer)
    if username or (peer and peer.kind == "channel"):
        return chat.names.channel(username, peer.number if peer else None)
    stated_name = name(inside(forward, "from_name"), "from_name")
    found = stated_name or (f"user{peer.number}" if peer else None)
    return None if found == _REDACTED else found


def _resolved_name(stated: Any, peer: Peer | None) -> str | None:
    """The @name of an origin, where 4CAT was told to resolve references."""
    listed = inside(stated, "chats")
    for one in listed if isinstance(listed, list) else ():
        if peer and bare_number(inside(one, "id")) == peer.number:
            return name(inside(one, "username"), "username")
    return name(inside(inside(stated, "user"), "username"), "username")
