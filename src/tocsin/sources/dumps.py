"""Dumps of many messages → posts: what Telethon's and 4CAT's files have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from tocsin.errors import PrivateChat, RecordRefused
from tocsin.sources.json_records import Record
from tocsin.sources.refusals import NotPublic, Unfit, refuse
from tocsin.sources.telegram_message import Part

Read = Callable[[dict[str, Any]], Part | None]


def read_records(
    path: Path, records: Iterable[Record], read: Read
) -> Iterator[Part | RecordRefused]:
    """The parts of posts and the refusals, in their order."""
    for record in records:
        try:
            part = read(_object(record.found))
        except Unfit as unfit:
            yield refuse(str(path), record.place, unfit)
        else:
            if part is not None:
                yield part


def _object(found: Any) -> dict[str, Any]:
    if isinstance(found, Unfit):
        raise found
    if not isinstance(found, dict):
        raise Unfit("this is not a message", "write one JSON object for each message")
    return found


def once_private(
    path: Path, found: Iterable[Part | RecordRefused]
) -> Iterator[Part | RecordRefused]:
    """The same, with one refusal for the first message that is not public and one for the rest.

    A dump of a private chat would otherwise be refused a million times over.
    """
    hidden = 0
    for one in found:
        hidden += isinstance(one, PrivateChat)
        if hidden < 2 or not isinstance(one, PrivateChat):
            yield one
    if hidden > 1:
        problem = f"{hidden - 1:,} more messages that are not public: not read"
        yield refuse(str(path), "further on", NotPublic(problem, "leave them out of the dump"))
