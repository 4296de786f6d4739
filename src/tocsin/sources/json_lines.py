"""JSON Lines: one object per line, each answered before the next line is read."""

from __future__ import annotations

import io
import json
from collections.abc import Collection, Iterable, Iterator
from typing import Any

import orjson

from tocsin.errors import RecordRefused
from tocsin.model import RawItem
from tocsin.sources.columns import Plan
from tocsin.sources.files import UTF8_MARK, bounded_lines
from tocsin.sources.protocol import ReadOptions
from tocsin.sources.refusals import WHOLE_FILE, Unfit, refuse
from tocsin.sources.rows import assemble, converters, read_row

_BYTES_PER_CHARACTER = 16
# JSON spends at most twelve bytes on a character (two \uXXXX); the rest is for other fields
_LEAST_LIMIT = 1 << 20


def line_limit(options: ReadOptions) -> int:
    """Bytes of the longest line that may be held in memory."""
    return max(_LEAST_LIMIT, _BYTES_PER_CHARACTER * options.max_text)


def read_posts_stream(
    lines: Iterable[bytes],
    options: ReadOptions,
    required: Collection[str] = ("id", "text"),
    file: str = "standard input",
) -> Iterator[RawItem | RecordRefused]:
    """Posts from standard input; each one comes out before the next line is read.

    Args:
        lines: lines as bytes; a binary stream is read in lines of bounded length.
        required: our columns that each line must have; ``posted_at`` need not be among them.
        file: what messages call the stream.

    Posts without a channel are given ``options.channel``, else "stdin".
    """
    if isinstance(lines, io.BufferedIOBase | io.RawIOBase):
        lines = bounded_lines(lines, line_limit(options))  # type: ignore[arg-type]
    plan = Plan(file, options, required, options.channel or "stdin")
    return read_json_lines(lines, plan)


def read_json_lines(lines: Iterable[bytes], plan: Plan) -> Iterator[RawItem | RecordRefused]:
    """Posts and refusals, one for each line that is not blank."""
    reader = LineReader(plan)
    for number, found in enumerate(lines, 1):
        line = (found.removeprefix(UTF8_MARK) if number == 1 else found).rstrip(b"\r\n")
        if line.strip():
            yield reader.read(line, f"line {number}")
    yield from _never_seen(reader.unseen, plan)


class LineReader:
    """One object at a time, wherever it comes from.

    Args:
        plan: how they become posts.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._convert = converters(plan.options)
        self._limit = line_limit(plan.options)
        self.unseen = set(plan.options.column_map)
        """Mapped columns that no object had so far."""

    def read(self, line: bytes, record: str) -> RawItem | RecordRefused:
        """The post of one object, or why it is none.

        Args:
            record: what messages call it.
        """
        plan = self._plan
        try:
            row = parse_line(line, self._limit)
            self.unseen -= {ours for ours in self.unseen if plan.options.column_map[ours] in row}
            return assemble(read_row(row, self._convert, plan), line, record, plan)
        except Unfit as unfit:
            return refuse(plan.file, record, unfit)


def _never_seen(unseen: Collection[str], plan: Plan) -> Iterator[RecordRefused]:
    for ours in sorted(unseen):
        theirs = plan.options.column_map[ours]
        problem = f"--map {ours}={theirs}: no line has a field {theirs!r}"
        yield RecordRefused(plan.file, WHOLE_FILE, problem, "correct the name, or drop this --map")


def parse_line(line: bytes, limit: int) -> dict[str, Any]:
    """The object on one line.

    Raises:
        Unfit: too long, not UTF-8, not JSON, not an object, or with one key twice.
    """
    if len(line) > limit:
        raise Unfit(f"a line of over {limit:,} bytes", "split it, or leave it out")
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise Unfit(f"not valid JSON ({error.msg})", "write one JSON object per line") from error
    if not isinstance(row, dict):
        raise Unfit("not a JSON object", "write one JSON object per line")
    _refuse_doubled_keys(line)
    return row


def _refuse_doubled_keys(line: bytes) -> None:
    # orjson keeps the last of two equal keys without a word: one line could say two things
    try:
        json.loads(line, object_pairs_hook=_once)
    except RecursionError as error:
        raise Unfit("nested too deep", "write posts as flat objects") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unfit("one key stands twice in it", "write each field once")
    return found
