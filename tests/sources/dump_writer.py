"""Writes dumps of the Telegram API from the messages that go into result.json.

``telethon`` gives ``Message.to_dict()`` of Telethon 1.x; ``fourcat`` the item that 4CAT's
``serialize_obj`` makes of the same message (times as floats, bytes as hex, ``_type`` for the type,
``_chat`` beside it); ``row`` the line that its ``map_item`` makes of that.
"""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

NUMBER = 1_234_567_890
COLUMNS = (
    *("id", "thread_id", "chat", "author", "author_username", "author_name", "author_is_bot"),
    *("body", "body_markdown", "is_reply", "reply_to", "views", "reactions"),
    *("restriction_reason", "chat_restriction_reason", "message_noforwards", "chat_noforwards"),
    *("timestamp", "unix_timestamp", "timestamp_edited", "unix_timestamp_edited"),
    *("author_forwarded_from_name", "author_forwarded_from_username", "author_forwarded_from_id"),
    *("entities_linked", "entities_mentioned", "all_connections"),
    *("timestamp_forwarded_from", "unix_timestamp_forwarded_from"),
    *("link_title", "link_description", "link_attached"),
    *("attachment_type", "attachment_data", "attachment_filename"),
)
OLD_COLUMNS = tuple(
    one
    for one in COLUMNS
    if not one.startswith(("body_m", "all_", "restr", "chat_", "message_nof", "entities", "link"))
)


def telethon(one: dict[str, Any], number: int = NUMBER) -> dict[str, Any]:
    """As ``to_dict()`` has it: datetimes, bytes, peers as objects."""
    if one["type"] == "service":
        head = {"_": "MessageService", "id": one["id"], "peer_id": peer("channel", number)}
        return {**head, "date": when(one), "action": {"_": "MessageActionPinMessage"}}
    text, entities = plain(one["text"])
    reply = one.get("reply_to_message_id")
    return {
        "_": "Message",
        "id": one["id"],
        "peer_id": peer("channel", number),
        "date": when(one),
        "message": text,
        "out": False,
        "post": True,
        "from_id": _sender(one, number),
        "fwd_from": _forward(one),
        "via_bot_id": None,
        "reply_to": None
        if reply is None
        else {"_": "MessageReplyHeader", "reply_to_msg_id": reply, "reply_to_top_id": None},
        "media": _media(one),
        "entities": entities,
        "views": 1_200,
        "forwards": 7,
        "edit_date": when(one, "edited_unixtime") if "edited_unixtime" in one else None,
        "edit_hide": False,
        "post_author": one.get("author"),
        "grouped_id": one.get("grouped_id"),
        "reactions": {
            "_": "MessageReactions",
            "results": [{"reaction": {"_": "ReactionEmoji", "emoticon": "🔥"}, "count": 3}],
            "recent_reactions": [{"peer_id": peer("user", 77), "date": when(one)}],
        },
    }


def peer(kind: str, number: int) -> dict[str, Any]:
    return {"_": f"Peer{kind.capitalize()}", f"{kind}_id": number}


def when(one: dict[str, Any], key: str = "date_unixtime") -> datetime:
    return datetime.fromtimestamp(int(one[key]), UTC)


def plain(text: Any) -> tuple[str, list[dict[str, Any]]]:
    """The words, and the entities with their places in UTF-16 code units."""
    pieces = text if isinstance(text, list) else [text]
    whole, entities = "", list[dict[str, Any]]()
    for piece in pieces:
        words = piece if isinstance(piece, str) else piece["text"]
        if not isinstance(piece, str):
            entities.append(_entity(piece, units(whole), units(words)))
        whole += words
    return whole, entities


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _entity(piece: dict[str, Any], offset: int, length: int) -> dict[str, Any]:
    kinds = {"text_link": "TextUrl", "bold": "Bold", "link": "Url", "mention_name": "MentionName"}
    found = {"_": f"MessageEntity{kinds.get(piece['type'], 'Unknown')}"}
    place = {"offset": offset, "length": length}
    return {**found, **place} | ({"url": piece["href"]} if "href" in piece else {})


def _sender(one: dict[str, Any], number: int) -> dict[str, Any] | None:
    kind, digits = one["from_id"].rstrip("0123456789"), one["from_id"].lstrip("chanelustr")
    return None if one["from_id"] == f"channel{number}" else peer(kind, int(digits))


def _forward(one: dict[str, Any]) -> dict[str, Any] | None:
    if "forwarded_from" not in one:
        return None
    earlier = datetime.fromtimestamp(int(one["date_unixtime"]) - 3_600, UTC)
    origin = one.get("origin_number")
    return {
        "_": "MessageFwdHeader",
        "date": earlier,
        "from_id": peer("channel", origin) if origin else None,
        "from_name": None if origin else one["forwarded_from"],
        "channel_post": 5,
    }


def _media(one: dict[str, Any]) -> dict[str, Any] | None:
    if "photo" in one:
        photo = {"_": "Photo", "id": 99, "dc_id": 2, "file_reference": b"\x01\x02"}
        return {"_": "MessageMediaPhoto", "photo": photo, "spoiler": False}
    if "poll" in one:
        return _poll(one["poll"])
    if "contact_information" in one:
        return {"_": "MessageMediaContact", "phone_number": "+0000", "first_name": "Jo"}
    if "location_information" in one:
        return _place(one)
    if "media_type" in one or "file" in one:
        return {"_": "MessageMediaDocument", "document": _document(one)}
    return None


def _poll(poll: dict[str, Any]) -> dict[str, Any]:
    answers = [
        {"_": "PollAnswer", "text": {"_": "TextWithEntities", "text": one["text"]}, "option": b"1"}
        for one in poll["answers"]
    ]
    asked = {"_": "Poll", "question": {"text": poll["question"]}, "answers": answers}
    return {"_": "MessageMediaPoll", "poll": asked, "results": {"total_voters": 3, "results": []}}


def _place(one: dict[str, Any]) -> dict[str, Any]:
    where = one["location_information"]
    geo = {"_": "GeoPoint", "lat": where["latitude"], "long": where["longitude"]}
    if "place_name" in one:
        named = {"title": one["place_name"], "address": one.get("address", "")}
        return {"_": "MessageMediaVenue", "geo": geo, **named}
    live = "Live" if "live_location_period_seconds" in one else ""
    return {"_": f"MessageMediaGeo{live}", "geo": geo}


def _document(one: dict[str, Any]) -> dict[str, Any]:
    kinds: dict[str, list[dict[str, Any]]] = {
        "voice_message": [{"_": "DocumentAttributeAudio", "voice": True}],
        "audio_file": [{"_": "DocumentAttributeAudio", "voice": False}],
        "video_file": [{"_": "DocumentAttributeVideo"}],
        "video_message": [{"_": "DocumentAttributeVideo", "round_message": True}],
        "animation": [{"_": "DocumentAttributeVideo"}, {"_": "DocumentAttributeAnimated"}],
        "sticker": [{"_": "DocumentAttributeSticker", "alt": "🔥"}],
    }
    mime = one.get("mime_type", "application/pdf")
    return {
        "_": "Document",
        "mime_type": mime,
        "attributes": kinds.get(one.get("media_type", ""), []),
    }


def fourcat(one: dict[str, Any], username: str | None = "town_notices") -> dict[str, Any]:
    """The NDJSON item of 4CAT."""
    found: dict[str, Any] = _typed(telethon(one))
    chat = {"_type": "Channel", "id": NUMBER, "title": one["from"], "username": username}
    return found | {"_chat": chat, "_sender": None, "_forward": None}


def _typed(value: Any) -> Any:
    if isinstance(value, dict):
        return {"_type" if key == "_" else key: _typed(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_typed(one) for one in value]
    if isinstance(value, datetime):
        return value.timestamp()
    return value.hex() if isinstance(value, bytes) else value


def row(one: dict[str, Any], username: str = "town_notices") -> dict[str, str]:
    """The CSV row of 4CAT; ``timestamp`` is in the local time of some server."""
    text, _ = plain(one["text"])
    forward = _forward(one)
    kind, data = _attachment(one)
    reply = one.get("reply_to_message_id")
    seconds = int(one["date_unixtime"])
    edited = one.get("edited_unixtime", "")
    values: dict[str, Any] = {
        "id": f"{username}-{one['id']}",
        "thread_id": username,
        "chat": username,
        "author": NUMBER,
        "author_username": username,
        "author_is_bot": "no",
        "body": text,
        "body_markdown": f"**{text}**",
        "is_reply": "no" if reply is None else "yes",
        "reply_to": "" if reply is None else reply,
        "views": 1_200,
        "reactions": "🔥🔥🙏",
        "timestamp": datetime.fromtimestamp(seconds + 7_200, UTC).strftime("%Y-%m-%d %H:%M:%S"),
        "unix_timestamp": seconds,
        "unix_timestamp_edited": edited,
        "author_forwarded_from_name": one.get("forwarded_from", ""),
        "unix_timestamp_forwarded_from": int(forward["date"].timestamp()) if forward else "",
        "attachment_type": kind,
        "attachment_data": data,
    }
    return {column: str(values.get(column, "")) for column in COLUMNS}


def _attachment(one: dict[str, Any]) -> tuple[str, str]:
    media = _media(one)
    if media is None:
        return "", ""
    kinds = {"Photo": "photo", "Poll": "poll", "Contact": "contact", "Venue": "venue"}
    kinds |= {"Geo": "geo", "GeoLive": "geo_live"}
    kind = kinds.get(media["_"].removeprefix("MessageMedia"), "")
    if kind == "contact":
        return kind, json.dumps({"phone_number": "+0000", "first_name": "Jo"})
    if kind == "poll":
        answers = [{"answer": each["text"], "votes": -1} for each in one["poll"]["answers"]]
        asked = {"question": one["poll"]["question"], "voters": 3, "answers": answers}
        return kind, json.dumps(asked)
    return kind or media["document"]["mime_type"].partition("/")[0], ""


def save_lines(path: Path, found: list[Any]) -> Path:
    lines = (json.dumps(one, default=stated, ensure_ascii=False) for one in found)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def save_array(path: Path, found: list[Any]) -> Path:
    path.write_text(json.dumps(found, default=stated, indent=1), encoding="utf-8")
    return path


def stated(value: Any) -> str:
    """How people write what JSON lacks: ``default=str``."""
    return str(value)


def save_rows(path: Path, rows: list[dict[str, str]], columns: tuple[str, ...] = COLUMNS) -> Path:
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, columns, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(stream.getvalue(), encoding="utf-8", newline="")
    return path
