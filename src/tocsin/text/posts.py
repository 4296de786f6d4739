"""Evidence content → Post: dates made aware, counts kept only with the time they were taken."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tocsin.clock import as_utc
from tocsin.errors import RecordRefused
from tocsin.model import TIP_SOURCE, Identity, Media, Post, Venue

_TOLD_LATER = frozenset({TIP_SOURCE, "transcript", "ocr"})
"""Sources whose words came to the desk at ``captured_at``, whenever the post itself was made."""

_PICTURE = re.compile(r"[0-9a-f]{64}")


def post_from_content(
    identity: Identity, content: Mapping[str, Any], *, seq: int = -1, live: bool = False
) -> Post:
    """The post that an archived item says.

    Args:
        content: the scrubbed fields of DESIGN.md section 5; what is not known there is ignored.
        seq: ledger position.
        live: the item was taken from a live source: it became known when it was captured, not
            when the platform says it was published. What was archived so says it itself, in its
            field ``live``.

    Raises:
        RecordRefused: a date is missing or unreadable, a count is no number.
    """
    fields = _Fields(identity, content)
    live = live or content.get("live") is True or identity.source in _TOLD_LATER
    posted_at = fields.required_moment("posted_at")
    edited_at = fields.moment("edited_at")
    captured_at = fields.required_moment("captured_at") if live else fields.moment("captured_at")
    counted = captured_at is not None
    return Post(
        source=identity.source,
        channel=identity.channel,
        id=identity.message_id,
        posted_at=posted_at,
        known_at=_known_at(posted_at, edited_at, captured_at, live=live, version=identity.version),
        text=fields.text("text") or "",
        version=identity.version,
        captured_at=captured_at,
        lang=fields.text("lang"),
        views=fields.count("views") if counted else None,
        subscribers=fields.count("subscribers") if counted else None,
        is_forward=bool(content.get("is_forward")) or bool(content.get("forward_from")),
        forward_from=fields.text("forward_from"),
        forward_posted_at=fields.moment("forward_posted_at"),
        reply_to=fields.text("reply_to"),
        edited_at=edited_at,
        url=fields.text("url"),
        media=_media(content.get("media")),
        venue=_venue(content.get("venue")),
        retrospective=edited_at is not None and identity.version == 1,
        seq=seq,
        origin=fields.text("origin"),
    )


def _known_at(
    posted_at: datetime,
    edited_at: datetime | None,
    captured_at: datetime | None,
    *,
    live: bool,
    version: int,
) -> datetime:
    """When a desk could have known this wording.

    A later version without its time of edit was known, for all we can say, when it was captured.
    """
    if live and captured_at is not None:
        return captured_at
    if edited_at is not None:
        return max(posted_at, edited_at)
    if version > 1 and captured_at is not None:
        return captured_at
    return posted_at


class _Fields:
    """Typed access to the content of one item; says which field of which post is wrong."""

    def __init__(self, identity: Identity, content: Mapping[str, Any]) -> None:
        self._identity = identity
        self._content = content

    def text(self, name: str) -> str | None:
        value = self._content.get(name)
        return None if value is None or value == "" else str(value)

    def moment(self, name: str) -> datetime | None:
        value = self._content.get(name)
        if value is None or value == "":
            return None
        try:
            return as_utc(value if isinstance(value, datetime) else datetime.fromisoformat(value))
        except (TypeError, ValueError, OverflowError):
            raise self._refused(f"{name} is not a date", "write it as ISO 8601") from None

    def required_moment(self, name: str) -> datetime:
        found = self.moment(name)
        if found is None:
            raise self._refused(f"{name} is missing", "every post needs it, as ISO 8601")
        return found

    def count(self, name: str) -> int | None:
        value = self._content.get(name)
        if value is None or value == "":
            return None
        try:
            return int(value)
        except (TypeError, ValueError, OverflowError):
            raise self._refused(f"{name} is not a number", "leave it out if unknown") from None

    def _refused(self, problem: str, advice: str) -> RecordRefused:
        who = self._identity
        return RecordRefused(who.source, f"{who.channel}/{who.message_id}", problem, advice)


def _media(value: object) -> tuple[Media, ...]:
    """Media of a post: a list of mappings as sources write them, or a bare kind from a table."""
    if not value:
        return ()
    if isinstance(value, str):
        return (Media(value),)
    if isinstance(value, Mapping):
        return (_medium(value),)
    if isinstance(value, list | tuple):
        return tuple(medium for part in value for medium in _media(part))
    return (Media("other"),)


def _medium(value: Mapping[str, Any]) -> Media:
    """One medium; a picture hash that could not be compared is none."""
    kind, digest, mime = str(value.get("kind") or "other"), value.get("digest"), value.get("mime")
    picture, quality = value.get("picture"), value.get("picture_quality")
    if not isinstance(picture, str) or not _PICTURE.fullmatch(picture):
        return Media(kind, digest, mime)
    return Media(kind, digest, mime, picture, quality if isinstance(quality, int) else None)


def _venue(value: object) -> Venue | None:
    """A shared place; without usable coordinates there is none."""
    if not isinstance(value, Mapping):
        return None
    try:
        latitude, longitude = float(value["latitude"]), float(value["longitude"])
    except (KeyError, TypeError, ValueError):
        return None
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return None
    return Venue(latitude, longitude, value.get("name"))
