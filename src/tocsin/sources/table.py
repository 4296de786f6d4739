"""Tables of posts: JSON Lines, CSV, Parquet, with the columns of DESIGN.md section 5."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import orjson

from tocsin.errors import RecordRefused
from tocsin.model import RawItem
from tocsin.sources.columns import Plan
from tocsin.sources.delimited import read_delimited, split_header
from tocsin.sources.files import (
    PARQUET_MAGIC,
    UTF8_MARK,
    bounded_lines,
    is_text,
    read_head,
    why_unreadable,
)
from tocsin.sources.json_events import top_level_keys
from tocsin.sources.json_lines import line_limit, read_json_lines
from tocsin.sources.json_records import is_dump
from tocsin.sources.protocol import ReadOptions
from tocsin.sources.refusals import WHOLE_FILE, Unfit, refuse
from tocsin.sources.rows import TABLE

_JSON_SUFFIXES = frozenset({".jsonl", ".ndjson"})
_CSV_SUFFIXES = frozenset({".csv", ".tsv"})
_EXPORT_KEYS = frozenset({"messages", "chats"})
_MAX_COLUMN_NAME = 64


class Table:
    """Reads JSON Lines, CSV and Parquet; which of them is told by the content."""

    name = TABLE
    summary = "posts as JSON Lines, CSV or Parquet; --map ours=theirs names other columns"

    def sniff(self, path: Path, head: bytes) -> bool:
        """Whether this is Parquet, lines of JSON objects, or lines under a CSV header.

        Messages as programs dump them are lines too, and have readers of their own.
        """
        return _shape(path, head) is not None and not is_dump(head)

    def read(self, path: Path, options: ReadOptions) -> Iterator[RawItem | RecordRefused]:
        """Posts in file order; a wrong line or row comes out as its refusal.

        Raises:
            RecordRefused: not a table, or a required or mapped column is missing.
        """
        head = read_head(path)
        plan = Plan(str(path), options, channel=options.channel)
        shape = _shape(path, head)
        if shape == "parquet":
            from tocsin.sources.parquet import read_parquet

            yield from read_parquet(path, plan)
        elif shape == "csv":
            yield from read_delimited(path, plan)
        elif shape == "json_lines":
            yield from _read_json_lines(path, head, plan)
        else:
            raise why_unreadable(path, head, "a table (JSON Lines, CSV or Parquet)")


def _read_json_lines(path: Path, head: bytes, plan: Plan) -> Iterator[RawItem | RecordRefused]:
    found = {key: None for row in _rows_in(head) for key in row}
    if found:
        try:
            # an optional column may first appear further down; the reader says so at the end
            needed = plan.needed()
            plan.check(found, [ours for ours in plan.options.column_map if ours in needed])
        except Unfit as unfit:
            raise refuse(plan.file, WHOLE_FILE, unfit) from unfit
    with path.open("rb") as stream:
        yield from read_json_lines(bounded_lines(stream, line_limit(plan.options)), plan)


def _shape(path: Path, head: bytes) -> str | None:
    if head.startswith(PARQUET_MAGIC):
        return "parquet"
    if not is_text(head):
        return None
    if any(True for _ in _rows_in(head)) or _is_long_row(head):
        return "json_lines"
    suffix = path.suffix.lower()
    if suffix in _JSON_SUFFIXES:
        return "json_lines"
    return "csv" if _is_csv(head, named_so=suffix in _CSV_SUFFIXES) else None


def _rows_in(head: bytes) -> Iterator[dict[str, object]]:
    for line in head.removeprefix(UTF8_MARK).splitlines():
        if line.lstrip().startswith(b"{"):
            try:
                row = orjson.loads(line)
            except orjson.JSONDecodeError:
                continue
            if row and _EXPORT_KEYS.isdisjoint(row):
                yield row


def _is_long_row(head: bytes) -> bool:
    """Whether the head is the beginning of one line with an object longer than that."""
    start = head.removeprefix(UTF8_MARK).lstrip()
    keys = top_level_keys(start) if start.startswith(b"{") and b"\n" not in start else None
    return bool(keys) and _EXPORT_KEYS.isdisjoint(keys or ())


def _is_csv(head: bytes, *, named_so: bool) -> bool:
    first = head.removeprefix(UTF8_MARK).lstrip().partition(b"\n")[0]
    try:
        header, _ = split_header(first.decode(), set())
    except (UnicodeDecodeError, Unfit):
        return False
    if named_so:
        return True
    short = all(0 < len(field) <= _MAX_COLUMN_NAME for field in header)
    plain = not first.startswith((b"{", b"[", b"<"))
    return plain and short and 1 < len(header) == len(set(header))
