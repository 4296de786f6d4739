"""One message as Telegram's API gives it (Telethon's ``Message.to_dict()``) → the fields of a post.

Identities agree with those of a Desktop export of the same channel: the id is the number of the
message, of an album that of its first; persons are named alike, so their pseudonyms agree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

from tocsin.model import RawItem
from tocsin.sources.instants import instant
from tocsin.sources.refusals import Unfit
from tocsin.sources.values import count, kind, medium, name, reference, words

TELEGRAM = "telegram_live"
"""The ``source`` of every post read live from Telegram."""

Message = Mapping[str, Any]

_ADVICE = "tell the makers of tocsin: Telegram may have changed its messages"
_PEERS = {"PeerUser": "user_id", "PeerChannel": "channel_id", "PeerChat": "chat_id"}
_DOCUMENTS = {
    "DocumentAttributeSticker": "sticker",
    "DocumentAttributeCustomEmoji": "sticker",
    "DocumentAttributeAnimated": "animation",
    "DocumentAttributeVideo": "video",
}
_FAMILIES = {"image": "photo", "video": "video", "audio": "audio"}


def is_post(message: Message) -> bool:
    """Whether it is a post, not a service note or an empty place."""
    return message.get("_") == "Message"


def message_number(message: Message) -> int:
    """The id.

    Raises:
        Unfit: there is none.
    """
    found = message.get("id")
    if not isinstance(found, int) or isinstance(found, bool) or found <= 0:
        raise Unfit("a message without an id", _ADVICE)
    return found


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
    first = parts[0]
    number = message_number(first)
    texts = [text for text in (_text(part) for part in parts) if text]
    content = {
        "posted_at": instant(first.get("date")),
        "text": words("\n".join(texts), "the text", max_text) or "",
        "edited_at": max(filter(None, (_edited_at(part) for part in parts)), default=None),
        "is_forward": isinstance(first.get("fwd_from"), Mapping),
        "forward_posted_at": instant(_inside(first, "fwd_from").get("date")),
        "reply_to": _reply_to(first),
        "views": count(first.get("views"), "views"),
        "forwards": count(first.get("forwards"), "forwards"),
        "captured_at": now.isoformat(),
        "url": f"https://t.me/{channel}/{number}",
        "media": [one for part in parts for one in _media(part)],
        "venue": _venue(first),
    }
    kept = {key: value for key, value in content.items() if value is not None}
    raw = orjson.dumps([_jsonable(part) for part in parts], option=orjson.OPT_SORT_KEYS)
    persons = _persons(first)
    return RawItem(TELEGRAM, channel, str(number), raw, kept, persons, f"message {number}")


def edit_mark(parts: Sequence[Message]) -> str:
    """Changes when a message of the album is edited."""
    return "|".join(str(part.get("edit_date") or "") for part in parts)


def _inside(message: Message, key: str) -> Message:
    found = message.get(key)
    return found if isinstance(found, Mapping) else {}


def _edited_at(message: Message) -> str | None:
    # a reaction or a counted vote also moves edit_date, and is then marked as hidden
    return None if message.get("edit_hide") else instant(message.get("edit_date"))


def _text(message: Message) -> str:
    media = _inside(message, "media")
    lines = [_plain(message.get("message")), *_poll(media)]
    lines += [_plain(media.get(key)) for key in ("title", "address") if _is(media, "Venue")]
    return "\n".join(line for line in lines if line)


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        value = value.get("text")
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Unfit("a text that is not as Telegram writes it", _ADVICE)
    return value


def _poll(media: Message) -> list[str]:
    poll = _inside(media, "poll")
    if not poll:
        return []
    answers = poll.get("answers")
    listed = answers if isinstance(answers, list) else []
    spoken = [_plain(answer.get("text")) for answer in listed if isinstance(answer, Mapping)]
    return [_plain(poll.get("question")), *spoken]


def _is(media: Message, what: str) -> bool:
    return media.get("_") == f"MessageMedia{what}"


def _reply_to(message: Message) -> str | None:
    reply = _inside(message, "reply_to")
    # a reply to a post of another chat would point to a wrong post here
    return None if reply.get("reply_to_peer_id") else reference(reply.get("reply_to_msg_id"))


def _media(message: Message) -> list[dict[str, str]]:
    media = _inside(message, "media")
    if not media:
        return []
    if _is(media, "Document"):
        document = _inside(media, "document")
        found = medium(_document_kind(document), document.get("mime_type"))
    else:
        found = medium(kind(str(media.get("_", ""))))
    return [found] if found else []


def _document_kind(document: Message) -> str:
    for attribute in document.get("attributes") or ():
        if not isinstance(attribute, Mapping):
            continue
        if attribute.get("_") == "DocumentAttributeAudio":
            return "voice" if attribute.get("voice") else "audio"
    names = {str(one.get("_")) for one in document.get("attributes") or () if _has_name(one)}
    for known, made in _DOCUMENTS.items():
        if known in names:
            return made
    family = str(document.get("mime_type") or "").partition("/")[0]
    return _FAMILIES.get(family, "document")


def _has_name(attribute: Any) -> bool:
    return isinstance(attribute, Mapping) and "_" in attribute


def _venue(message: Message) -> dict[str, Any] | None:
    """A shared place; a live location is where a person is, and is not kept."""
    media = _inside(message, "media")
    if not (_is(media, "Geo") or _is(media, "Venue")):
        return None
    where = _inside(media, "geo")
    latitude, longitude = where.get("lat"), where.get("long")
    if not (_degrees(latitude, 90) and _degrees(longitude, 180)):
        return None
    venue = {"latitude": latitude, "longitude": longitude}
    title = _plain(media.get("title"))
    return venue | {"name": title[:1_000]} if title else venue


def _degrees(value: Any, limit: int) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= limit


def _persons(message: Message) -> dict[str, str]:
    peer = _inside(message, "peer_id")
    sender = _peer(message.get("from_id"))
    if sender in (None, _peer(peer)):  # the channel itself speaks; a signature names a person
        sender = name(message.get("post_author"), "post_author")
    origin = _inside(message, "fwd_from")
    forwarded = name(origin.get("from_name"), "from_name") or _origin(origin.get("from_id"))
    named = {"author": sender, "forward_from": forwarded}
    return {key: value for key, value in named.items() if value}


def _peer(peer: Any) -> str | None:
    """As Telegram Desktop names a sender: ``user123``, ``channel123``."""
    if not isinstance(peer, Mapping):
        return None
    key = _PEERS.get(str(peer.get("_")))
    number = peer.get(key) if key else None
    return f"{str(key).removesuffix('_id')}{number}" if isinstance(number, int) else None


def _origin(peer: Any) -> str | None:
    """A channel by its number alone, as channels without a name go by in an export."""
    named = _peer(peer)
    return named.removeprefix("channel") if named else None


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
