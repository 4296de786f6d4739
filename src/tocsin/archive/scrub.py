"""What of an item is kept: a whitelist, with persons pseudonymised."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterable, Mapping
from typing import Any, Final

from tocsin.archive.format import canonical
from tocsin.archive.pseudonym import Pseudonymiser
from tocsin.model import RawItem

CONTENT_FIELDS: Final = frozenset(
    {
        "captured_at",
        "dated_by",
        "edited_at",
        "forward_posted_at",
        "forwards",
        "is_forward",
        "lang",
        "live",
        "media",
        "posted_at",
        "reply_to",
        "subscribers",
        "text",
        "url",
        "venue",
        "views",
    }
)
"""The post fields of the interface that name no person; nothing else of ``content`` is kept."""

_MEDIA_FIELDS: Final = ("digest", "kind", "mime", "picture", "picture_quality")
_VENUE_FIELDS: Final = ("latitude", "longitude", "name")
_DIGEST_BYTES: Final = 16


def scrub(item: RawItem, pseudonymiser: Pseudonymiser, known_channels: Container[str]) -> bytes:
    """The item as it is archived: canonical JSON.

    It names its source, channel and id, so that a commitment binds the words to where they
    stood. ``author`` becomes a pseudonym; so does ``forward_from``, unless it is a known
    channel, whose name is then given as ``known_channels`` spells it, without "@". Other
    persons, and what is unknown (None), are left out.
    """
    kept = {name: _kept(name, item.content.get(name)) for name in CONTENT_FIELDS}
    kept |= {"channel": item.channel, "id": item.message_id, "source": item.source}
    author, origin = item.persons.get("author"), item.persons.get("forward_from")
    if author:
        kept["author"] = pseudonymiser.pseudonym(item.channel, author)
    if origin:
        known = known_name(origin, known_channels)
        kept["forward_from"] = known or pseudonymiser.pseudonym(item.channel, origin)
    return canonical({name: value for name, value in kept.items() if value is not None})


def _kept(name: str, value: Any) -> Any:
    if name == "media" and value is not None:
        return [_only(medium, _MEDIA_FIELDS) for medium in value]
    if name == "venue" and value is not None:
        return _only(value, _VENUE_FIELDS)
    return value


def _only(value: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: value[name] for name in names if value.get(name) is not None}


def known_name(name: str, known_channels: Container[str]) -> str | None:
    """The known channel that ``name`` is, without "@"; None if it is none.

    Letter case and a leading "@" make no difference.
    """
    bare = name.strip().removeprefix("@")
    for spelling in (bare, f"@{bare}", bare.casefold(), f"@{bare.casefold()}"):
        if spelling in known_channels:
            return spelling.removeprefix("@")
    if not isinstance(known_channels, Iterable):
        return None
    wanted = bare.casefold()
    spellings = (known.removeprefix("@") for known in known_channels)
    return min((known for known in spellings if known.casefold() == wanted), default=None)


def wording_digest(content: Mapping[str, Any]) -> bytes:
    """16 bytes that are equal for equal text, media (kind and file digest) and venue.

    ``edited_at``, counts and picture hashes do not enter: an item exported again with the same
    wording is no edit, whatever was installed to look at its pictures. Absent, None and empty
    are the same.
    """
    media = [_only(medium, ("digest", "kind")) for medium in content.get("media") or ()]
    wording = {
        "media": media,
        "text": content.get("text") or "",
        "venue": _only(content.get("venue") or {}, _VENUE_FIELDS),
    }
    return hashlib.sha256(canonical(wording)).digest()[:_DIGEST_BYTES]
