"""Event files → rows of text, with the number of the line each begins on.

A row whose quotes do not close is refused alone, and reading goes on at the line after it: one
stray quote must not swallow the rest of a file.
"""

from __future__ import annotations

import csv
import gzip
import zlib
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from tocsin.errors import EnvironmentFailed, RecordRefused
from tocsin.events.unfit import WHOLE_FILE, Unfit, refusal

MARK = b"\xef\xbb\xbf"
_GZIP = b"\x1f\x8b"
_OTHERWISE_PACKED = (b"PK\x03\x04", b"\x28\xb5\x2f\xfd", b"BZh", b"\xfd7zXZ")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_LINE_BYTES = 1 << 20
_ROW_LINES = 200
"""More line breaks than any note holds: a row that is longer has a stray quote."""

_TOO_LONG = Unfit(f"a line of over {_LINE_BYTES:,} bytes", "shorten it, or leave it out")
_CUT_OFF = Unfit("the file ends in the middle of its compressed data", "download it again")
_OPEN_QUOTE = Unfit("a quote is opened and not closed", "close it")

Row = tuple[int, list[str] | Unfit]


def file_lines(path: Path) -> Iterator[bytes]:
    """Lines without their ends, unpacked where the file is gzipped; none is ever over a megabyte.

    A longer line comes out cut to one byte more than that.

    Raises:
        RecordRefused: no file, empty, packed otherwise, UTF-16, or its gzip data are broken.
        EnvironmentFailed: the system will not let us read it.
    """
    try:
        with path.open("rb") as raw:
            head = raw.read(8)
            raw.seek(0)
            yield from _lines(_opened(path, raw, head))
    except (FileNotFoundError, IsADirectoryError) as error:
        unfit = Unfit("there is no such file", "check the name")
        raise refusal(path, WHOLE_FILE, unfit) from error
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise refusal(path, "its end", _CUT_OFF) from error
    except OSError as error:
        raise EnvironmentFailed(f"{path}: cannot be read: {error.strerror}") from error


def _opened(path: Path, raw: BinaryIO, head: bytes) -> BinaryIO:
    problem = None
    if not head:
        problem = Unfit("the file is empty", "download it again")
    elif head.startswith(_OTHERWISE_PACKED):
        problem = Unfit("the file is packed", "unpack it first, or pack it with gzip")
    elif head.startswith(_UTF16) or head[1::2].count(0) > len(head) // 4:
        problem = Unfit("the text is UTF-16, not UTF-8", "save the table as UTF-8")
    if problem is not None:
        raise refusal(path, WHOLE_FILE, problem)
    return gzip.GzipFile(fileobj=raw) if head.startswith(_GZIP) else raw  # type: ignore[return-value]


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    first = True
    while line := stream.readline(_LINE_BYTES + 1):
        if len(line) > _LINE_BYTES and not line.endswith(b"\n"):
            while (rest := stream.readline(_LINE_BYTES)) and not rest.endswith(b"\n"):
                pass
        yield (line.removeprefix(MARK) if first else line).rstrip(b"\r\n")
        first = False


def text_of(line: bytes) -> str:
    """One line as text.

    Raises:
        Unfit: too long, not UTF-8, or with zero bytes.
    """
    if len(line) > _LINE_BYTES:
        raise _TOO_LONG
    if b"\0" in line:
        raise Unfit("a zero byte in it", "download the file again: it is damaged")
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        raise Unfit("not valid UTF-8", "save the table as UTF-8") from error


def fields_of(text: str, delimiter: str) -> list[str]:
    """The fields of one whole row.

    Raises:
        Unfit: its quotes are wrong.
    """
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True), [])
    except csv.Error as error:
        raise Unfit(f"not a row of a CSV file ({error})", "check its quotes") from error


class CsvRows:
    """Rows of a CSV file, of which the first lines may have been read already.

    Args:
        lines: lines as bytes, without their ends.
        first: the number of the first of them in the file.
    """

    def __init__(self, lines: Iterator[bytes], delimiter: str, first: int) -> None:
        self._lines = lines
        self._delimiter = delimiter
        self._number = first
        self._waiting: deque[bytes] = deque()

    def __iter__(self) -> Iterator[Row]:
        while True:
            start = self._number
            line = self._next()
            if line is None:
                return
            if line.strip():
                yield start, self._row(line)

    def _next(self) -> bytes | None:
        line = self._waiting.popleft() if self._waiting else next(self._lines, None)
        self._number += line is not None
        return line

    def _row(self, line: bytes) -> list[str] | Unfit:
        taken = [line]
        quotes = line.count(b'"')
        size = len(line)
        while quotes % 2 and len(taken) < _ROW_LINES and size <= _LINE_BYTES:
            further = self._next()
            if further is None:
                break
            taken.append(further)
            quotes += further.count(b'"')
            size += len(further)
        if quotes % 2:
            self._put_back(taken[1:])
            return _OPEN_QUOTE
        try:
            return fields_of(text_of(b"\n".join(taken)), self._delimiter)
        except Unfit as unfit:
            return unfit

    def _put_back(self, lines: list[bytes]) -> None:
        self._waiting.extendleft(reversed(lines))
        self._number -= len(lines)


def csv_rows(path: Path, delimiter: str, skipped: int) -> Iterator[Row | RecordRefused]:
    """Rows after the first ``skipped`` lines; broken data at the end come out as a refusal."""
    lines = file_lines(path)
    try:
        for _ in range(skipped):
            next(lines, None)
        yield from CsvRows(lines, delimiter, skipped + 1)
    except RecordRefused as refused:
        yield refused
