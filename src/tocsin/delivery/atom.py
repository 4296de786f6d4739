"""An Atom feed (RFC 4287) of what was released, with what a web server needs to say "unchanged"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import sha256
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree as ET

from tocsin.model import Message

_ATOM = "http://www.w3.org/2005/Atom"
_NO_ENTRY = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """A message that was delivered to the feed, and when."""

    message: Message
    at: datetime


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed's bytes with its headers.

    Args:
        etag: in quotes, as HTTP wants it; changes when a byte changes.
        last_modified: as HTTP wants it.
    """

    body: bytes
    etag: str
    last_modified: str


def feed(title: str, feed_id: str, entries: Sequence[FeedEntry], most: int = 100) -> Feed:
    """The newest entries, newest first; the same entries give the same bytes.

    Args:
        feed_id: names the feed for good, such as ``urn:uuid:…`` or a URL.
    """
    newest = sorted(entries, key=lambda one: (one.at, one.message.key), reverse=True)[:most]
    updated = newest[0].at if newest else _NO_ENTRY
    root = ET.Element("feed", xmlns=_ATOM)
    _add(root, "id", feed_id)
    _add(root, "title", title)
    _add(root, "updated", _iso(updated))
    author = ET.SubElement(root, "author")
    _add(author, "name", title)
    for one in newest:
        root.append(_entry(one))
    ET.indent(root)
    body = b'<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="utf-8")
    body = body.replace(b"<?xml version='1.0' encoding='utf-8'?>\n", b"") + b"\n"
    modified = format_datetime(updated.astimezone(UTC).replace(microsecond=0), usegmt=True)
    return Feed(body, f'"{sha256(body).hexdigest()}"', modified)


def entry_id(message: Message) -> str:
    """An id that never changes and tells nothing."""
    return f"urn:uuid:{uuid5(NAMESPACE_URL, f'tocsin:{message.key}')}"


def _entry(one: FeedEntry) -> ET.Element:
    message = one.message
    entry = ET.Element("entry")
    _add(entry, "id", entry_id(message))
    _add(entry, "title", message.subject)
    _add(entry, "updated", _iso(one.at))
    ET.SubElement(entry, "category", term=message.level.word)
    ET.SubElement(entry, "category", term=message.kind.value)
    if message.drill:
        ET.SubElement(entry, "category", term="drill")
    ET.SubElement(
        entry,
        "link",
        rel="alternate",
        type="application/cap+xml",
        href=f"{message.key}.cap.xml",
    )
    summary = ET.SubElement(entry, "content", type="text")
    summary.text = message.text
    return entry


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = text


def _iso(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
