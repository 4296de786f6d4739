"""One row of a 4CAT table → the fields of a post.

``timestamp`` and its like are in the local time of 4CAT's server and are never looked at, nor are
reactions (one emoji for each), names and numbers of contact cards, and lists of connections.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

import orjson

from tocsin.sources.dump_chats import DumpChats
from tocsin.sources.instants import instant
from tocsin.sources.json_records import FOURCAT_COLUMNS
from tocsin.sources.refusals import Unfit
from tocsin.sources.telegram_message import Chat, Part
from tocsin.sources.values import flag, medium, name, reference, words

KNOWN = ("id", "chat", "body", "unix_timestamp", "author_username", "attachment_type")
"""Columns by which the delimiter of a table is told."""

_ID = re.compile(r"(?:(?P<chat>.*)-)?(?P<number>\d{1,18})", re.ASCII | re.DOTALL)
_ADVICE = "export the data set from 4CAT again"
_HIDDEN = frozenset({"redacted", "none", "null", "nan"})
_KINDS = {
    "photo": "photo",
    "image": "photo",
    "video": "video",
    "audio": "audio",
    "voice": "voice",
    "sticker": "sticker",
    "poll": "poll",
    "geo": "location",
    "geo_live": "location",
    "venue": "location",
    "contact": "other",
    "game": "other",
    "invoice": "other",
    "unsupported": "other",
}
_NO_MEDIUM = frozenset({"", "url", "none", "nan"})
_MOST_JSON = 100_000


def check_columns(header: Collection[str]) -> None:
    """Make sure that a table has what a post cannot be without.

    Raises:
        Unfit: naming what is missing.
    """
    missing = ", ".join(sorted(FOURCAT_COLUMNS.difference(header)))
    if missing:
        raise Unfit(f"no column {missing}", "export the data set from 4CAT as CSV again")


def row_part(row: Mapping[str, str], chats: DumpChats) -> Part:
    """The row as a part of a post.

    Raises:
        NotPublic: the chat has no public name.
        Unfit: a value in it is wrong.
    """
    match = _ID.fullmatch(row["id"].strip())
    if match is None:
        raise Unfit("the id holds no message number", _ADVICE)
    chat = chats.chat(_chat_name(row, match["chat"]), None)
    author, forward = _author(row, chat), _forwarded_from(row, chat)
    content = _content(row, chat, int(match["number"]))
    named = {"author": author, "forward_from": forward}
    return Part(
        id=int(match["number"]),
        sender=(author, content["posted_at"], forward),
        message=row,
        content=content,
        persons={key: value for key, value in named.items() if value},
        channel=chat.channel,
    )


def _chat_name(row: Mapping[str, str], prefix: str | None) -> str | None:
    found = row["chat"].strip() or row.get("thread_id", "").strip() or (prefix or "").strip()
    # a chat that goes by its number has no public name
    return None if found.lstrip("-").isdecimal() else name(found, "chat")


def _content(row: Mapping[str, str], chat: Chat, number: int) -> dict[str, Any]:
    posted_at = _moment(row, "unix_timestamp")
    if posted_at is None:
        raise Unfit("unix_timestamp is blank", "the other column is local time and is not used")
    forwarded_at = _moment(row, "unix_timestamp_forwarded_from")
    content = {
        "posted_at": posted_at,
        "text": _text(row, chat.max_text),
        "edited_at": _moment(row, "unix_timestamp_edited"),
        "is_forward": bool(forwarded_at) or any(row.get(one, "").strip() for one in _ORIGIN),
        "forward_posted_at": forwarded_at,
        "reply_to": _reply_to(row),
        "url": chat.names.address(chat.public, chat.channel, number),
        "media": _media(row),
    }
    return {key: value for key, value in content.items() if value is not None}


_ORIGIN = (
    "author_forwarded_from_username",
    "author_forwarded_from_name",
    "author_forwarded_from_id",
)


def _moment(row: Mapping[str, str], column: str) -> str | None:
    text = row.get(column, "").strip()
    if not text or text == "0" or text.lower() in _HIDDEN:
        return None
    try:
        seconds = float(text)
    except ValueError as error:
        raise Unfit(f"{column} is not Unix seconds", _ADVICE) from error
    return instant(seconds)


def _text(row: Mapping[str, str], limit: int) -> str:
    lines = [row["body"], *_poll(row)]
    return words("\n".join(line for line in lines if line), "the text", limit) or ""


def _poll(row: Mapping[str, str]) -> list[str]:
    """Question and answers; of other attachments the data is not looked at: it may be a contact."""
    data = row.get("attachment_data", "")
    if _attachment(row) != "poll" or not 0 < len(data) <= _MOST_JSON:
        return []
    try:
        poll = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise Unfit("attachment_data of a poll is not JSON", _ADVICE) from error
    if not isinstance(poll, dict):
        return []
    answers = poll.get("answers")
    listed = answers if isinstance(answers, list) else []
    found = [poll.get("question"), *(one.get("answer") for one in listed if isinstance(one, dict))]
    plain = (one.get("text") if isinstance(one, dict) else one for one in found)
    return [one for one in plain if isinstance(one, str)]


def _attachment(row: Mapping[str, str]) -> str:
    return row.get("attachment_type", "").strip().lower()


def _media(row: Mapping[str, str]) -> list[dict[str, Any]]:
    kind = _attachment(row)
    found = None if kind in _NO_MEDIUM else medium(_KINDS.get(kind, "document"))
    return [found] if found else []


def _reply_to(row: Mapping[str, str]) -> str | None:
    found = reference(row.get("reply_to"))
    if found is None or found.lower() in _HIDDEN or found == "0":
        return None
    stated = row.get("is_reply", "").strip()
    return None if stated and flag(stated) is False else found


def _author(row: Mapping[str, str], chat: Chat) -> str | None:
    """Who wrote it; None where the channel itself speaks, or where 4CAT has hidden it."""
    username = _said(row, "author_username")
    if username and username.casefold() in (
        chat.channel.casefold(),
        (chat.public or "").casefold(),
    ):
        return None
    number = _said(row, "author")
    if number and number.isdecimal():
        return f"user{number}"
    return number or username or _said(row, "author_name")


def _forwarded_from(row: Mapping[str, str], chat: Chat) -> str | None:
    username, stated, number = (_said(row, one) for one in _ORIGIN)
    if username or (number and number in chat.names.channels):
        return chat.names.channel(username, number)
    return stated or number


def _said(row: Mapping[str, str], column: str) -> str | None:
    found = name(row.get(column), column)
    return None if found is None or found.lower() in _HIDDEN else found
