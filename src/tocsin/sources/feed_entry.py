"""One entry of a feed, as feedparser hands it over → a RawItem.

Kept: what names the entry, its words, times, address, kinds of what hangs on it, and the author
for a pseudonym. Everything else is left out.
"""

from __future__ import annotations

import calendar
import hashlib
import re
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from tocsin.model import RawItem
from tocsin.sources.instants import from_seconds
from tocsin.sources.plain_html import plain_text
from tocsin.sources.refusals import Unfit
from tocsin.sources.values import MAX_URL, medium, name, words

FEED = "feed"
"""The ``source`` of every post read from a feed."""

Entry = Mapping[str, Any]

_PLAIN_ID = re.compile(r"[\w.:@+=-]{1,64}", re.ASCII)
_ID_DIGITS = 20
_CUT = re.compile(r"\s*(\.\.\.|…|\[…\]|\[\.\.\.\])$")
_FAMILIES = {"image": "photo", "video": "video", "audio": "audio"}
_WEB = ("http://", "https://")


@dataclass(frozen=True, slots=True)
class EntryPlace:
    """Whose entry it is.

    Args:
        channel: the feed's name in ``tocsin.toml``.
        shared: ids that several entries of the document have, so that they name none of them.
        max_text: characters; a longer text is refused.
    """

    channel: str
    shared: frozenset[str]
    max_text: int


def shared_ids(entries: Sequence[Entry]) -> frozenset[str]:
    """Ids that stand on entries with different addresses."""
    pairs = {(_said(entry, "id"), _said(entry, "link")) for entry in entries}
    counts = Counter(said for said, _ in pairs if said)
    return frozenset(said for said, count in counts.items() if count > 1)


def read_entry(entry: Entry, place: EntryPlace, record: str) -> RawItem:
    """The entry as a post.

    Raises:
        Unfit: it has neither id nor address nor words, or its text is too long.
    """
    text = words(_text(entry), "the text", place.max_text) or ""
    content = {
        "text": text,
        "posted_at": _moment(entry, "published_parsed") or _moment(entry, "updated_parsed"),
        "edited_at": _edited(entry),
        "is_forward": False,
        "url": _url(entry),
        "media": _media(entry),
    }
    author = name(_said(entry, "author")[:512].replace("\x00", ""), "author")
    return RawItem(
        source=FEED,
        channel=place.channel,
        message_id=entry_id(entry, text, place.shared),
        raw=_raw(entry),
        content={key: value for key, value in content.items() if value is not None},
        persons={"author": author} if author else {},
        record=record,
    )


def entry_id(entry: Entry, text: str, shared: frozenset[str]) -> str:
    """A stable id: the guid where it is short and plain, else a digest of it.

    Without a guid (or with one that others have too) the digest of the link; without that the
    digest of the words, so that an edit of such an entry is a new post.

    Raises:
        Unfit: there is nothing to name it by.
    """
    guid, link = _said(entry, "id"), _said(entry, "link")
    if guid and guid not in shared:
        return guid if _PLAIN_ID.fullmatch(guid) else _digest("guid", guid)
    if link:
        return _digest("link", link)
    if text:
        return _digest("text", text)
    raise Unfit("an entry without id, address and words", "nothing can be done here")


def _digest(what: str, said: str) -> str:
    return hashlib.sha256(f"{what}\n{said}".encode("utf-8", "replace")).hexdigest()[:_ID_DIGITS]


def _said(entry: Entry, key: str) -> str:
    value = entry.get(key)
    return value.strip() if isinstance(value, str) else ""


def _text(entry: Entry) -> str:
    """Title and body; a title that the body begins with (as bridges write it) is not repeated."""
    title, body = plain_text(_said(entry, "title")), _body(entry)
    start = _CUT.sub("", title)
    if not title or body.startswith(start):
        return body or title
    return f"{title}\n{body}" if body else title


def _body(entry: Entry) -> str:
    parts = [part for part in entry.get("content") or () if isinstance(part, Mapping)]
    if not parts and isinstance(entry.get("summary_detail"), Mapping):
        parts = [entry["summary_detail"]]
    bodies = [_plain(part) for part in parts] or [plain_text(_said(entry, "summary"))]
    return max(bodies, key=len)


def _plain(part: Mapping[str, Any]) -> str:
    value = part.get("value")
    if not isinstance(value, str):
        return ""
    if part.get("type") == "text/plain":
        return value.replace("\x00", "").strip()
    return plain_text(value)


def _moment(entry: Entry, key: str) -> str | None:
    """A time as ISO 8601 in UTC; None where there is none that can be."""
    parsed = entry.get(key)
    if not isinstance(parsed, time.struct_time):
        return None
    try:
        return from_seconds(calendar.timegm(parsed))
    except (Unfit, ValueError, OverflowError):
        return None


def _edited(entry: Entry) -> str | None:
    published = _moment(entry, "published_parsed")
    updated = _moment(entry, "updated_parsed")
    return updated if published and updated and updated > published else None


def _url(entry: Entry) -> str | None:
    link = _said(entry, "link")
    return link if link.startswith(_WEB) and len(link) <= MAX_URL else None


def _media(entry: Entry) -> list[dict[str, str]] | None:
    links = [link for link in entry.get("links") or () if isinstance(link, Mapping)]
    hung = [link for link in links if link.get("rel") == "enclosure"]
    hung += [part for part in entry.get("media_content") or () if isinstance(part, Mapping)]
    found = [_medium(part) for part in hung]
    return [one for one in found if one] or None


def _medium(part: Mapping[str, Any]) -> dict[str, str] | None:
    mime = part.get("type")
    family = mime.partition("/")[0] if isinstance(mime, str) else part.get("medium")
    return medium(_FAMILIES.get(str(family), "document"), mime)


def _raw(entry: Entry) -> bytes:
    """The entry as parsed; the document it came in has its digest in the capture record."""
    return orjson.dumps(
        entry, default=_jsonable, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS
    )


def _jsonable(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else str(value)
