"""What hangs on a message of a Telegram Desktop export: kinds, digests, pictures, the venue."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tocsin.sources.pictures import picture_hash
from tocsin.sources.refusals import Unfit
from tocsin.sources.values import medium, words

_KIND_OF_MEDIA_TYPE = {
    "sticker": "sticker",
    "video_message": "video",
    "voice_message": "voice",
    "animation": "animation",
    "video_file": "video",
    "audio_file": "audio",
}
KIND_OF_MIME = {"image": "photo", "video": "video", "audio": "audio"}
# what else can hang on a message; its content (a phone number, a price) is not kept
_OTHER = ("contact_information", "game_title", "invoice_information", "giveaway_information")


def media_of(message: Mapping[str, Any], folder: Path) -> list[dict[str, Any]]:
    """The media of ``message``; with digest and picture hash where the file lies in ``folder``."""
    found = []
    if "photo" in message:
        found.append(file_medium("photo", None, message["photo"], folder))
    if "file" in message or "media_type" in message:
        kind, file = _file_kind(message), message.get("file")
        found.append(file_medium(kind, message.get("mime_type"), file, folder))
    if "location_information" in message or "place_name" in message:
        found.append(medium("location"))
    if "poll" in message:
        found.append(medium("poll"))
    if any(key in message for key in _OTHER):
        found.append(medium("other"))
    return [one for one in found if one]


def file_medium(kind: str, mime: Any, relative: Any, folder: Path) -> dict[str, Any] | None:
    """One medium, with the digest of its file where that lies in ``folder``.

    A photo, or an image sent as a file, has the hash of what it shows as well.
    """
    path = _present(folder, relative)
    digest = _digest(path) if path else None
    kept = medium(kind, mime, digest)
    hashed = picture_hash(path) if path and digest and kind == "photo" else None
    if kept is None or hashed is None:
        return kept
    return {**kept, "picture": hashed[0], "picture_quality": hashed[1]}


def _file_kind(message: Mapping[str, Any]) -> str:
    media_type = message.get("media_type")
    if isinstance(media_type, str) and media_type in _KIND_OF_MEDIA_TYPE:
        return _KIND_OF_MEDIA_TYPE[media_type]
    mime = message.get("mime_type")
    family = mime.partition("/")[0] if isinstance(mime, str) else ""
    return KIND_OF_MIME.get(family, "document")


def _present(folder: Path, relative: Any) -> Path | None:
    """A file the export names; None if it is not there, or not inside ``folder``.

    Where a file was not exported its place holds a sentence, which names no file either.
    """
    if not isinstance(relative, str) or not relative:
        return None
    try:
        path = (folder / relative).resolve()
        return path if path.is_relative_to(folder.resolve()) and path.is_file() else None
    except (OSError, ValueError):
        return None


def _digest(path: Path) -> str | None:
    """Hex SHA-256 of a file; None if it cannot be read."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return None


def venue_of(message: Mapping[str, Any]) -> dict[str, Any] | None:
    """The place a message shares as data.

    A live location is where a person is at the moment, not a venue, and is not kept.

    Raises:
        Unfit: the coordinates are not on Earth.
    """
    where = message.get("location_information")
    if not isinstance(where, dict) or "live_location_period_seconds" in message:
        return None
    venue: dict[str, Any] = {
        "latitude": _degrees(where.get("latitude"), 90),
        "longitude": _degrees(where.get("longitude"), 180),
    }
    name = words(message.get("place_name"), "place_name", 1_000)
    return venue | {"name": name} if name else venue


def _degrees(value: Any, limit: int) -> float:
    fits = isinstance(value, int | float) and not isinstance(value, bool)
    if not fits or abs(value) > limit:
        raise Unfit("a shared location is not on Earth", "check this message in Telegram")
    return float(value)
