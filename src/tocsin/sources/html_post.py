"""One message of a Telegram Desktop HTML page → the fields of a post.

The same post exported as JSON gives the same words, media and place, so that one export after the
other adds nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from tocsin.sources.html_messages import Medium, PageMessage
from tocsin.sources.instants import instant
from tocsin.sources.refusals import Unfit
from tocsin.sources.telegram_media import file_medium, venue_of
from tocsin.sources.telegram_message import Chat, Part
from tocsin.sources.values import medium, name, words

_ADVICE = "export the channel again with a current Telegram Desktop"
_TIME = re.compile(
    r"(\d\d)\.(\d\d)\.(\d{4}) (\d\d):(\d\d):(\d\d)(?: UTC(?:([+-])(\d\d):?(\d\d))?)?", re.ASCII
)
_NUMBER = re.compile(r"\d{1,18}", re.ASCII)
_REPLY = re.compile(r"#go_to_message(\d{1,18})$", re.ASCII)
_VIA = re.compile(r" via @\w{1,64}$")
_POINT = re.compile(r"[?&]q=(-?\d{1,3}(?:\.\d{1,20})?),(-?\d{1,3}(?:\.\d{1,20})?)(?:&|$)", re.ASCII)
_WRAPS = {
    "photo_wrap": "photo",
    "sticker_wrap": "sticker",
    "animated_wrap": "animation",
    "video_file_wrap": "video",
    "media_poll": "poll",
    "media_voice_message": "voice",
    "media_audio_file": "audio",
    "media_location": "location",
    "media_live_location": "location",
    "media_venue": "location",
}
# these two classes stand for several kinds, which the title tells apart
_TITLED = {"Sticker": "sticker", "Animation": "animation"}
_PLAIN = {"media_photo": "photo", "media_video": "video"}
_KIND_OF_SUFFIX = {
    **dict.fromkeys(("jpg", "jpeg", "png", "gif", "webp", "bmp", "heic", "tif", "tiff"), "photo"),
    **dict.fromkeys(("mp4", "mov", "avi", "mkv", "webm", "mpeg", "3gp"), "video"),
    **dict.fromkeys(("mp3", "ogg", "oga", "m4a", "wav", "flac", "aac", "opus"), "audio"),
}


class NoZone(Unfit):
    """The export holds local times alone, and nobody said where its exporter was."""


@dataclass(slots=True)
class Speakers:
    """Who spoke last: what a joined message leaves out."""

    sender: str | None = None
    forward: str | None = None


def page_post(found: PageMessage, chat: Chat, last: Speakers) -> Part | None:
    """The message as a part of a post; None for service notes.

    Raises:
        Unfit: something in it is wrong.
    """
    if found.service:
        return None
    if found.fault:
        raise Unfit(found.fault, "leave this message out, or export as machine-readable JSON")
    number = message_number(found)
    _remember(found, last)
    content = _content(found, chat, number)
    forward = last.forward if found.forwarded else None
    return Part(
        id=number,
        sender=(last.sender, content["posted_at"], forward),
        message={"html": found.source},
        content=content,
        persons=_persons(found, chat, last.sender, forward),
    )


def message_number(found: PageMessage) -> int:
    """The id of a message.

    Raises:
        Unfit: there is none.
    """
    if not _NUMBER.fullmatch(found.number):
        raise Unfit("a message without an id", _ADVICE)
    return int(found.number)


def _remember(found: PageMessage, last: Speakers) -> None:
    sender = found.texts.get("from_name")
    if sender or not found.joined:
        last.sender = _VIA.sub("", sender) if sender else None
    if found.forwarded and found.texts.get("forwarded_from"):
        last.forward = _VIA.sub("", found.texts["forwarded_from"].strip())
    elif not found.forwarded or not found.joined:
        last.forward = None


def _content(found: PageMessage, chat: Chat, number: int) -> dict[str, Any]:
    if found.date is None:
        raise Unfit("a message without a date", _ADVICE)
    reply = _REPLY.search(found.reply_to or "")
    content = {
        "posted_at": moment(found.date, chat),
        "text": words("\n".join(_lines(found)), "the text", chat.max_text) or "",
        "is_forward": found.forwarded,
        "forward_posted_at": _forward_date(found, chat),
        "reply_to": reply[1] if reply else None,
        "url": chat.names.address(chat.public, chat.channel, number),
        "media": [one for one in (_medium(each, found, chat) for each in found.media) if one],
        "venue": _venue(found),
        "channel_title": chat.title,
    }
    return {key: value for key, value in content.items() if value is not None}


def _forward_date(found: PageMessage, chat: Chat) -> str | None:
    return moment(found.forward_date, chat) if found.forward_date else None


def moment(stated: str, chat: Chat) -> str:
    """``DD.MM.YYYY HH:MM:SS UTC+03:00`` as ISO 8601 in UTC.

    Raises:
        NoZone: no offset, as before about 2021, and no ``--zone``.
        Unfit: not such a time.
    """
    match = _TIME.fullmatch(stated)
    if match is None:
        raise Unfit("a time that is not as Telegram Desktop writes it", _ADVICE)
    day, month, year, hour, minute, second = map(int, match.groups()[:6])
    zone: Any = _offset(match) if "UTC" in stated else chat.zone
    if zone is None:
        raise NoZone("times without an offset", "say the exporter's zone: --zone Europe/Moscow")
    try:
        found = datetime(year, month, day, hour, minute, second, tzinfo=zone)
    except ValueError as error:
        raise Unfit("a time that is not in the calendar", _ADVICE) from error
    return instant(found) or ""


def _offset(match: re.Match[str]) -> timezone:
    if match[7] is None:
        return UTC
    minutes = int(match[8]) * 60 + int(match[9])
    if minutes >= 24 * 60:
        raise Unfit("a time with an offset of over a day", _ADVICE)
    return timezone(timedelta(minutes=-minutes if match[7] == "-" else minutes))


def _lines(found: PageMessage) -> list[str]:
    answers = [answer.removeprefix("- ").strip() for answer in found.answers]
    lines = [found.texts.get("text", ""), found.texts.get("question", ""), *answers]
    if any(one.kind == "media_venue" for one in found.media):
        lines += [found.texts.get("title", ""), found.texts.get("description", "")]
    return [line for line in lines if line]


def _medium(one: Medium, found: PageMessage, chat: Chat) -> dict[str, Any] | None:
    kind = _kind(one, found.texts.get("title", ""))
    if kind in ("location", "poll", "other"):
        return medium(kind)
    return file_medium(kind, None, one.link, chat.folder)


def _kind(one: Medium, title: str) -> str:
    if one.kind in _PLAIN:
        return _TITLED.get(title, _PLAIN[one.kind])
    if one.kind == "media_file":
        suffix = (one.link or title).rpartition(".")[2].lower()
        return _KIND_OF_SUFFIX.get(suffix, "document")
    return _WRAPS.get(one.kind, "other")


def _venue(found: PageMessage) -> dict[str, Any] | None:
    """A shared place; where a person is at the moment (a live location) is none."""
    for one in found.media:
        point = _POINT.search(one.link) if one.kind in ("media_venue", "media_location") else None
        if point:
            where = {"latitude": float(point[1]), "longitude": float(point[2])}
            title = found.texts.get("title") if one.kind == "media_venue" else None
            return venue_of({"location_information": where, "place_name": title or None})
    return None


def _persons(
    found: PageMessage, chat: Chat, sender: str | None, forward: str | None
) -> dict[str, str]:
    if sender is None or sender == chat.title:
        # the channel itself speaks; a signature under its post is a person's name
        sender = found.texts.get("signature")
    named = {"author": name(sender, "author"), "forward_from": name(forward, "forward_from")}
    return {key: value for key, value in named.items() if value}
