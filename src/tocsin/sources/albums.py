"""Albums: Telegram Desktop writes each picture of one as a message, without saying so.

Consecutive ids, one sender, one second, each with a photo or file, the words on one of them
alone: that is one post. A format that names the album of each message is believed instead. Dumps
run from the newest message back, so the ids may fall as well as rise.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import orjson

from tocsin.errors import RecordRefused
from tocsin.model import RawItem
from tocsin.sources.json_events import Broken
from tocsin.sources.telegram_message import Part

_MAX_PARTS = 10
_IN_ALBUMS = frozenset({"photo", "video", "document", "audio"})


def join_albums(
    parts: Iterable[Part | RecordRefused], source: str, channel: str
) -> Iterator[RawItem | RecordRefused]:
    """Posts in their order, refusals in their place; holds one album at a time.

    Raises:
        Broken: as ``parts`` does, after the last post before it.
    """
    album: list[Part] = []
    try:
        for part in parts:
            if isinstance(part, RecordRefused):
                yield from _joined(album, source, channel)
                album = []
                yield part
            elif album and _belongs(part, album):
                album.append(part)
            else:
                yield from _joined(album, source, channel)
                album = [part]
    except Broken:
        yield from _joined(album, source, channel)
        raise
    yield from _joined(album, source, channel)


def _belongs(part: Part, album: list[Part]) -> bool:
    if part.channel != album[-1].channel:
        return False
    if part.group is not None or album[-1].group is not None:
        return part.group == album[-1].group != "" and len(album) < _MAX_PARTS
    texts = sum(bool(one.content["text"]) for one in (*album, part))
    return (
        part.id - album[-1].id in _steps(album)
        and part.sender == album[-1].sender
        and len(album) < _MAX_PARTS
        and texts <= 1
        and _is_picture(part)
        and _is_picture(album[-1])
    )


def _steps(album: list[Part]) -> tuple[int, ...]:
    return (1, -1) if len(album) == 1 else (album[1].id - album[0].id,)


def _is_picture(part: Part) -> bool:
    media = part.content["media"]
    return len(media) == 1 and media[0]["kind"] in _IN_ALBUMS


def _joined(album: list[Part], source: str, channel: str) -> Iterator[RawItem]:
    if album:
        yield post_of(album, source, channel)


def post_of(album: Sequence[Part], source: str, channel: str) -> RawItem:
    """One post from its parts (one, but for an album), in whatever order.

    Args:
        channel: of parts that do not say theirs.
    """
    album = sorted(album, key=lambda part: part.id)
    first = album[0]
    return RawItem(
        source=source,
        channel=channel if first.channel is None else first.channel,
        message_id=str(first.id),
        raw=_raw(album),
        content=_content(album),
        persons=first.persons,
        record=f"message {first.id}",
    )


def _raw(album: list[Part]) -> bytes:
    messages = [part.message for part in album]
    found = messages[0] if len(messages) == 1 else messages
    return orjson.dumps(found, option=orjson.OPT_SORT_KEYS)


def _content(album: list[Part]) -> dict[str, Any]:
    content = dict(album[0].content)
    content["text"] = "\n".join(part.content["text"] for part in album if part.content["text"])
    content["media"] = [one for part in album for one in part.content["media"]]
    edits = [part.content["edited_at"] for part in album if "edited_at" in part.content]
    venue = next((part.content["venue"] for part in album if "venue" in part.content), None)
    content |= {"venue": venue} if venue else {}
    return content | {"edited_at": max(edits)} if edits else content
