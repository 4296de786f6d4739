"""A folder: CAP, text and page of each message as files, and an Atom feed of them all.

For whoever serves files to recipients of their own, and for drills. Writing the same message
again changes nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import orjson

from tocsin import system
from tocsin.delivery.atom import Feed, FeedEntry, feed
from tocsin.delivery.carrier import CarrierOptions, Parcel
from tocsin.errors import DeliveryFailed, DeliveryRefused
from tocsin.model import Action, Level, Message

FEED_NAME = "feed.atom"


class FolderCarrier:
    """Writes messages into the folder that is a recipient's address."""

    def __init__(self, options: CarrierOptions) -> None:
        self._options = options

    def send(self, parcel: Parcel) -> str:
        """Write one message, then the feed.

        Raises:
            DeliveryFailed: the folder cannot be written now.
            DeliveryRefused: it is not an absolute path.
        """
        folder = Path(parcel.recipient.address)
        if not folder.is_absolute():
            raise DeliveryRefused("a folder is written as a whole path, from / on")
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._write(folder, parcel)
        except OSError as error:
            raise DeliveryFailed(f"the folder cannot be written: {error.strerror}") from None
        return "written"

    def _write(self, folder: Path, parcel: Parcel) -> None:
        for ending, text in (("cap.xml", parcel.cap), ("html", parcel.html), ("txt", parcel.text)):
            if text:
                replace(folder / f"{parcel.key}.{ending}", text.encode())
        if not parcel.cap:  # a page of the desk itself, in no feed
            return
        form = folder / f"{parcel.key}.json"
        if not form.exists():  # its time is when it came first
            replace(form, _form(parcel))
        made = folder_feed(folder, self._options.desk, parcel.recipient.id)
        replace(folder / FEED_NAME, made.body)


def build(options: CarrierOptions) -> FolderCarrier:
    """The entry point."""
    return FolderCarrier(options)


def folder_feed(folder: Path, desk: str, recipient: str) -> Feed:
    """The feed of what lies in a folder; a server gives it with its ETag and Last-Modified."""
    name = f"urn:uuid:{uuid5(NAMESPACE_URL, f'tocsin-feed:{desk}:{recipient}')}"
    return feed(desk or "tocsin", name, list(_entries(folder, recipient)))


def _form(parcel: Parcel) -> bytes:
    return orjson.dumps(
        {
            "warning": parcel.warning,
            "number": parcel.number,
            "kind": parcel.kind,
            "level": parcel.level.word,
            "language": parcel.language,
            "subject": parcel.subject,
            "text": parcel.text,
            "drill": parcel.drill,
            "at": parcel.at.isoformat(),
        },
        option=orjson.OPT_SORT_KEYS,
    )


def _entries(folder: Path, recipient: str) -> Iterator[FeedEntry]:
    for path in sorted(folder.glob("*.json")):
        form = orjson.loads(path.read_bytes())
        at = datetime.fromisoformat(form.pop("at"))
        level, kind = Level.named(form.pop("level")), Action(form.pop("kind"))
        message = Message(recipient=recipient, level=level, kind=kind, html="", cap="", **form)
        yield FeedEntry(message, at)


def replace(path: Path, data: bytes) -> None:
    """Put a file in place whole, on the disk."""
    beside = path.with_name(f".{path.name}.part")
    fd = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | system.BINARY, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
