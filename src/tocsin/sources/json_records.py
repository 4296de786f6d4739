"""JSON objects one after the other, as lines or as one array; and which of them are messages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from tocsin.sources.delimited import split_header
from tocsin.sources.files import HEAD_BYTES, UTF8_MARK, bounded_lines
from tocsin.sources.json_events import Broken, build, elements, events, top_level_keys
from tocsin.sources.json_lines import line_limit, parse_line
from tocsin.sources.protocol import ReadOptions
from tocsin.sources.refusals import Unfit

FOURCAT_COLUMNS = frozenset({"id", "chat", "body", "unix_timestamp"})
"""By which a 4CAT table is known; they are in all its versions."""

_FOURCAT_KEYS = frozenset({"_chat", "_chat_peer", "4CAT_metadata"})
_MESSAGE_KEYS = frozenset({"id", "date"})
_PEER_KEYS = frozenset({"peer_id", "to_id", "chat_id"})


@dataclass(frozen=True, slots=True)
class Record:
    """One object, or why there is none.

    Args:
        place: "line 3", "element 3", or "after element 3" for a break.
    """

    place: str
    found: Any


def json_records(path: Path, options: ReadOptions) -> Iterator[Record]:
    """The objects of a file in its order; of an array that breaks off, those before the break."""
    with path.open("rb") as stream:
        array = _begins_array(stream)
        yield from _elements(stream) if array else _lines(stream, options)


def _begins_array(stream: BinaryIO) -> bool:
    head = stream.read(HEAD_BYTES)
    marked = head.startswith(UTF8_MARK)
    stream.seek(len(UTF8_MARK) if marked else 0)
    return head.removeprefix(UTF8_MARK).lstrip().startswith(b"[")


def _lines(stream: BinaryIO, options: ReadOptions) -> Iterator[Record]:
    limit = line_limit(options)
    for number, line in enumerate(bounded_lines(stream, limit), 1):
        if not line.strip():
            continue
        try:
            yield Record(f"line {number}", parse_line(line, limit))
        except Unfit as unfit:
            yield Record(f"line {number}", unfit)


def _elements(stream: BinaryIO) -> Iterator[Record]:
    number = 0
    try:
        parts = events(stream)
        next(parts)
        for event, value in elements(parts):
            found = build(parts, event, value)
            number += 1
            yield Record(f"element {number}", found)
        for _ in parts:  # only to notice what follows the end
            pass
    except Broken as broken:
        problem = f"the file {broken.problem}; what came before is kept"
        yield Record(f"after element {number}", Unfit(problem, "make the dump again"))


def first_keys(head: bytes) -> frozenset[str]:
    """Keys of the first object in the file, as far as its first bytes show them."""
    start = head.removeprefix(UTF8_MARK).lstrip().removeprefix(b"[").lstrip()
    return top_level_keys(start) if start.startswith(b"{") else frozenset()


def is_fourcat(head: bytes) -> bool:
    """Whether the file begins as a 4CAT table or its JSON Lines do."""
    return bool(first_keys(head) & _FOURCAT_KEYS) or _header(head) >= FOURCAT_COLUMNS


def is_telethon(head: bytes) -> bool:
    """Whether the file begins with a message as Telethon dumps it."""
    keys = first_keys(head)
    return keys >= _MESSAGE_KEYS and bool(keys & _PEER_KEYS) and not keys & _FOURCAT_KEYS


def is_dump(head: bytes) -> bool:
    """Whether another reader than that of tables knows these records."""
    return is_fourcat(head) or is_telethon(head)


def _header(head: bytes) -> frozenset[str]:
    line = head.removeprefix(UTF8_MARK).lstrip().partition(b"\n")[0][:4096]
    try:
        columns, _ = split_header(line.decode().strip(), set(FOURCAT_COLUMNS))
    except (UnicodeDecodeError, Unfit):
        return frozenset()
    return frozenset(columns)
