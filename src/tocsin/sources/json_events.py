"""One large JSON document as a stream of events, with no part of it kept.

Built on the push interface of ijson: unlike its file interface it hands out every event
before a fault, so the records before a cut are all saved.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import ijson

from tocsin.sources.files import HEAD_BYTES, UTF8_MARK

Event = tuple[str, Any]
"""(``start_map`` | ``map_key`` | ``string`` | …, value)."""

MAX_DEPTH = 32
"""Levels inside one record; Telegram Desktop writes at most six."""

MAX_VALUE_BYTES = 1 << 26
"""Bytes of one string: many times the longest text that is taken in."""

_OPENING = frozenset({"start_map", "start_array"})
_CLOSING = frozenset({"end_map", "end_array"})


class Broken(Exception):
    """The document cannot be read further.

    Args:
        problem: why, in words that follow "the file".
        cut: it simply ends too early; else something in it is wrong.
    """

    def __init__(self, problem: str, *, cut: bool = False) -> None:
        super().__init__(problem)
        self.problem = problem
        self.cut = cut


class Readable(Protocol):
    """Anything bytes can be read from."""

    def read(self, size: int, /) -> bytes:
        """The next ``size`` bytes, fewer at the end, b"" after it."""
        ...


def events(stream: Readable) -> Iterator[Event]:
    """All events of the document in ``stream``.

    Raises:
        Broken: after the last event before the fault.
    """
    found: list[Event] = ijson.sendable_list()
    # plain C numbers: with Decimal an integer of thousands of digits ends the interpreter
    parser = ijson.basic_parse_coro(found, use_float=True)
    size = HEAD_BYTES
    while chunk := stream.read(size):
        try:
            parser.send(chunk)
        except (ijson.JSONError, UnicodeDecodeError) as error:  # half a surrogate pair, escaped
            yield from found
            raise Broken("is not valid JSON from here on") from error
        # the parser scans an unfinished string anew with each chunk: doubling keeps that linear
        size = HEAD_BYTES if found else size * 2
        if size > MAX_VALUE_BYTES:
            raise Broken(f"holds a single value of over {MAX_VALUE_BYTES >> 20} MiB")
        yield from found
        found.clear()
    try:
        parser.close()
    except ijson.JSONError as error:
        yield from found
        raise Broken("is cut off here", cut=True) from error
    yield from found


def fields(stream: Iterator[Event]) -> Iterator[tuple[str, str, Any]]:
    """(key, event, value) of the object just begun; the taker consumes what an event opens."""
    for event, key in stream:
        if event == "end_map":
            return
        yield (key, *next(stream))


def elements(stream: Iterator[Event]) -> Iterator[Event]:
    """(event, value) of the array just begun; the taker consumes what an event opens."""
    for event, value in stream:
        if event == "end_array":
            return
        yield event, value


def build(stream: Iterator[Event], event: str, value: Any, depth: int = 0) -> Any:
    """The value that begins with ``event``, as Python dicts, lists and scalars.

    Raises:
        Broken: it is nested deeper than :data:`MAX_DEPTH`.
    """
    if event not in _OPENING:
        return value
    if depth == MAX_DEPTH:
        raise Broken("is nested too deep")
    if event == "start_array":
        return [build(stream, opened, first, depth + 1) for opened, first in elements(stream)]
    return {key: build(stream, opened, first, depth + 1) for key, opened, first in fields(stream)}


def skip(stream: Iterator[Event], event: str) -> None:
    """Pass over the value that begins with ``event``."""
    depth = 1 if event in _OPENING else 0
    while depth:
        event, _ = next(stream)
        depth += (event in _OPENING) - (event in _CLOSING)


def top_level_keys(head: bytes) -> frozenset[str]:
    """Keys of the outermost object, as far as the first bytes of a document show them."""
    keys, depth = set(), 0
    try:
        for event, value in events(_Bytes(head.removeprefix(UTF8_MARK))):
            depth += (event in _OPENING) - (event in _CLOSING)
            if event == "map_key" and depth == 1:
                keys.add(value)
    except Broken:
        pass
    return frozenset(keys)


class _Bytes:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def read(self, size: int, /) -> bytes:
        chunk, self._content = self._content[:size], self._content[size:]
        return chunk
