"""CSV in UTF-8: comma, semicolon or tab, with a header. Rows are counted from 1 after it."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, TypeVar

import orjson

from tocsin.errors import RecordRefused
from tocsin.model import RawItem
from tocsin.sources.columns import Plan
from tocsin.sources.files import UTF8_MARK, bounded_lines
from tocsin.sources.json_lines import line_limit
from tocsin.sources.protocol import POST_COLUMNS, ReadOptions
from tocsin.sources.refusals import Unfit, refuse
from tocsin.sources.rows import assemble, converters, read_row

_DELIMITERS = ",;\t"

Made = TypeVar("Made")


class _TextLines:
    """Lines as text; a bad one raises where it stands and the next call goes on after it."""

    def __init__(self, lines: Iterator[bytes], limit: int) -> None:
        self._lines = lines
        self._limit = limit

    def __iter__(self) -> _TextLines:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        if len(line) > self._limit:
            raise Unfit(f"a line of over {self._limit:,} bytes", "split it, or leave it out")
        try:
            return line.decode()
        except UnicodeDecodeError as error:
            raise Unfit("not valid UTF-8", "save the table as UTF-8") from error


def read_delimited(path: Path, plan: Plan) -> Iterator[RawItem | RecordRefused]:
    """Posts and refusals in row order.

    Raises:
        RecordRefused: the header lacks a required column, or cannot be read.
    """
    convert = converters(plan.options)

    def made(row: dict[str, str], record: str) -> RawItem:
        raw = orjson.dumps(row, option=orjson.OPT_SORT_KEYS)
        return assemble(read_row(row, convert, plan), raw, record, plan)

    with path.open("rb") as stream:
        try:
            rows, header = open_rows(stream, plan.options, set(plan.options.column_map.values()))
            _check(header, plan)
        except Unfit as unfit:
            raise refuse(plan.file, "the whole file", unfit) from unfit
        yield from read_rows(rows, header, plan.file, made)


def _without_mark(stream: BinaryIO) -> BinaryIO:
    if stream.read(len(UTF8_MARK)) != UTF8_MARK:
        stream.seek(0)
    return stream


def open_rows(
    stream: BinaryIO, options: ReadOptions, known: set[str]
) -> tuple[Iterator[list[str]], list[str]]:
    """The rows of a table as lists of fields, and its columns.

    Args:
        known: columns by which the delimiter is told, beside those of a post.

    Raises:
        Unfit: the first line is not a header.
    """
    limit = line_limit(options)
    lines = _TextLines(bounded_lines(_without_mark(stream), limit), limit)
    first = next((line for line in lines if line.strip()), "")
    header, delimiter = split_header(first, known)
    # the limit belongs to the interpreter; it is only ever raised, to what one text may hold
    csv.field_size_limit(max(csv.field_size_limit(), options.max_text))
    return csv.reader(lines, delimiter=delimiter, strict=True), header


def _check(header: list[str], plan: Plan) -> None:
    plan.check(header, plan.options.column_map)
    doubled = [theirs for theirs in plan.resolve(header).values() if header.count(theirs) > 1]
    if doubled:
        raise Unfit(f"two columns are called {doubled[0]!r}", "rename one of them")


def split_header(line: str, mapped: set[str]) -> tuple[list[str], str]:
    """The columns, and the delimiter under which most of them are known, else are many.

    Raises:
        Unfit: it is not one line of a CSV file.
    """
    known = mapped.union(POST_COLUMNS)
    try:
        found = [
            ([field.strip() for field in next(csv.reader([line], delimiter=delimiter))], delimiter)
            for delimiter in _DELIMITERS
        ]
    except (csv.Error, StopIteration) as error:
        raise Unfit("the first line is not a header", "write the column names there") from error
    return max(found, key=lambda split: (len(known.intersection(split[0])), len(split[0])))


def read_rows(
    rows: Iterator[list[str]],
    header: list[str],
    file: str,
    make: Callable[[dict[str, str], str], Made],
) -> Iterator[Made | RecordRefused]:
    """What ``make`` makes of each row and its record ("row 3"), or the refusal of it."""
    number, torn = 0, False
    for fields in _each(rows):
        if fields == []:
            continue
        number += 1
        record = f"row {number}"
        try:
            yield make(_named(header, fields), record)
            torn = False
        except Unfit as unfit:
            # the rest of a torn row looks like many broken rows: one refusal stands for all
            if not torn:
                yield refuse(file, record, unfit)
            torn = torn or isinstance(fields, Unfit)


def _each(rows: Iterator[list[str]]) -> Iterator[list[str] | Unfit]:
    while True:
        try:
            yield next(rows)
        except StopIteration:
            return
        except Unfit as unfit:
            yield unfit
        except csv.Error as error:
            advice = "check its quotes; rows up to the next readable one are left out with it"
            yield Unfit(f"not a row of a CSV file ({error})", advice)


def _named(header: list[str], fields: list[str] | Unfit) -> dict[str, str]:
    if isinstance(fields, Unfit):
        raise fields
    if len(fields) != len(header):
        raise Unfit(
            f"{len(fields)} fields under {len(header)} columns",
            "put texts with delimiters or line breaks in double quotes",
        )
    return dict(zip(header, fields, strict=True))
