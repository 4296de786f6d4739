"""What hangs on a message of the Telegram API: kinds, places, the words of polls and venues.

Fields as in the API's schema, which Telethon and 4CAT dump as they are: the type of an object is
its ``_`` (Telethon) or ``_type`` (4CAT).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tocsin.sources.telegram_media import KIND_OF_MIME, venue_of
from tocsin.sources.values import medium

_KINDS = {
    "MessageMediaPhoto": "photo",
    "MessageMediaPoll": "poll",
    "MessageMediaGeo": "location",
    "MessageMediaGeoLive": "location",
    "MessageMediaVenue": "location",
}
_NONE = frozenset({"", "MessageMediaEmpty", "MessageMediaWebPage"})
_PLACES = frozenset({"MessageMediaGeo", "MessageMediaVenue"})


def type_of(value: Any) -> str:
    """The API type of an object; "" where it has none."""
    if not isinstance(value, Mapping):
        return ""
    stated = value.get("_") or value.get("_type")
    return stated if isinstance(stated, str) else ""


def inside(value: Any, key: str) -> Any:
    """``value[key]`` of an object; None of anything else."""
    return value.get(key) if isinstance(value, Mapping) else None


def media_of(media: Any) -> list[dict[str, Any]]:
    """The medium of a message, as a list; contacts, prices and games are "other" and not read."""
    kind = type_of(media)
    if kind in _NONE:
        return []
    if kind == "MessageMediaDocument":
        document = inside(media, "document")
        found = medium(_document_kind(document), inside(document, "mime_type"))
    else:
        found = medium(_KINDS.get(kind, "other"))
    return [found] if found else []


def _document_kind(document: Any) -> str:
    listed = inside(document, "attributes")
    said = {type_of(one): one for one in listed} if isinstance(listed, list) else {}
    if "DocumentAttributeSticker" in said or "DocumentAttributeCustomEmoji" in said:
        return "sticker"
    if "DocumentAttributeAnimated" in said:
        return "animation"
    if "DocumentAttributeVideo" in said:
        return "video"
    if "DocumentAttributeAudio" in said:
        return "voice" if inside(said["DocumentAttributeAudio"], "voice") else "audio"
    mime = inside(document, "mime_type")
    family = mime.partition("/")[0] if isinstance(mime, str) else ""
    return KIND_OF_MIME.get(family, "document")


def place_of(media: Any) -> dict[str, Any] | None:
    """The place a message shares; a live location is where a person is, and is not kept.

    Raises:
        Unfit: the coordinates are not on Earth.
    """
    geo = inside(media, "geo")
    if type_of(media) not in _PLACES or not isinstance(geo, Mapping) or geo.get("lat") is None:
        return None
    where = {"latitude": geo.get("lat"), "longitude": geo.get("long")}
    return venue_of({"location_information": where, "place_name": inside(media, "title")})


def spoken(media: Any) -> list[str]:
    """Words that are part of what is said: a poll's question and answers, a venue's name."""
    if type_of(media) == "MessageMediaVenue":
        found = [inside(media, "title"), inside(media, "address")]
    else:
        poll = inside(media, "poll")
        answers = inside(poll, "answers")
        listed = answers if isinstance(answers, list) else []
        found = [inside(poll, "question"), *(inside(one, "text") for one in listed)]
    # newer layers of the API write {text, entities} where older ones write a string
    plain = (inside(one, "text") if isinstance(one, Mapping) else one for one in found)
    return [one for one in plain if isinstance(one, str) and one]
