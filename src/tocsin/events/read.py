"""Event files → MobEvent, one row at a time; which format a file has is told by its header."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import orjson

from tocsin.errors import RecordRefused, UsageError
from tocsin.events import acled, arvig, plain, scad, ucdp
from tocsin.events.lines import csv_rows, fields_of, file_lines, text_of
from tocsin.events.shape import DEFAULT_LAG, Shape
from tocsin.events.unfit import WHOLE_FILE, Unfit, refusal
from tocsin.events.values import Fields
from tocsin.model import MobEvent

SHAPES = {
    shape.name: shape for shape in (acled.SHAPE, ucdp.SHAPE, scad.SHAPE, arvig.SHAPE, plain.SHAPE)
}
"""In the order in which they are tried; the plain one last, for it needs least."""

_DELIMITERS = ",;\t"

Found = tuple[int, Fields | Unfit]


def read_events(
    path: Path, *, forced: str | None = None, known_after: timedelta = DEFAULT_LAG
) -> Iterator[MobEvent | RecordRefused]:
    """Events in file order; a wrong row comes out as its refusal, and the next is read.

    Args:
        path: CSV or JSON Lines in UTF-8, gzipped or not.
        forced: a name of ``SHAPES``, instead of what the header tells.
        known_after: the reporting lag where the file does not say when a row was known.

    Raises:
        UsageError: no format is called ``forced``, or the lag is below zero.
        RecordRefused: the file as a whole cannot be read: not there, empty, of no known format.
        EnvironmentFailed: the system will not let us read it.
    """
    if forced is not None and forced not in SHAPES:
        raise UsageError(
            f"--format {forced}: there is no such format; known: {', '.join(sorted(SHAPES))}"
        )
    if known_after < timedelta(0):
        raise UsageError("--known-after: nothing is known before it happens; give 0 or more days")
    shape, rows = _open(path, forced)
    return _events(path, shape, rows, known_after)


def _open(path: Path, forced: str | None) -> tuple[Shape, Iterator[Found | RecordRefused]]:
    skipped, first = _first_line(path)
    try:
        text = text_of(first)
        if text.startswith("{"):
            return _json_lines(path, forced)
        delimiter, header = _header(text)
        if len(header) == 1:
            header = []
        if forced in (None, ucdp.NAME) and ucdp.is_headless(header):
            shape, header, skipped = ucdp.SHAPE, list(ucdp.COLUMNS), skipped - 1
        else:
            header = [name.strip().lower() for name in header]
            shape = _shape(header, forced)
    except Unfit as unfit:
        raise refusal(path, WHOLE_FILE, unfit) from unfit
    return shape, _named(csv_rows(path, delimiter, skipped), header)


def _first_line(path: Path) -> tuple[int, bytes]:
    """The first line that is not blank, and how many lines that is from the start."""
    for number, line in enumerate(file_lines(path), 1):
        if line.strip():
            return number, line
    raise refusal(path, WHOLE_FILE, Unfit("the file is empty", "download it again"))


def _header(text: str) -> tuple[str, list[str]]:
    split = [(delimiter, fields_of(text, delimiter)) for delimiter in _DELIMITERS]
    return max(split, key=lambda found: len(found[1]))


def _shape(header: list[str], forced: str | None) -> Shape:
    columns = frozenset(header)
    if forced is not None:
        lacking = SHAPES[forced].lacks(columns)
        if lacking:
            problem = f"its header lacks {', '.join(lacking)}"
            raise Unfit(problem, "name the columns so, or another --format")
        found = SHAPES[forced]
    else:
        fitting = [shape for shape in SHAPES.values() if not shape.lacks(columns)]
        if not fitting:
            raise _no_shape(columns)
        found = fitting[0]
    doubled = sorted(name for name, times in Counter(header).items() if name and times > 1)
    if doubled:
        raise Unfit(f"two columns are called {doubled[0][:64]!r}", "rename one of them")
    return found


def _no_shape(columns: frozenset[str]) -> Unfit:
    nearest = min(SHAPES.values(), key=lambda shape: len(shape.lacks(columns)) / len(shape.needed))
    lacking = nearest.lacks(columns)
    if len(lacking) == len(nearest.needed):
        problem = "its first line is no header of a format that tocsin knows"
    else:
        problem = f"no known format; {nearest.name} is nearest, and lacks {', '.join(lacking)}"
    return Unfit(problem, f"see docs/events.md; formats: {', '.join(sorted(SHAPES))}")


def _named(
    rows: Iterator[tuple[int, list[str] | Unfit] | RecordRefused], header: list[str]
) -> Iterator[Found | RecordRefused]:
    for row in rows:
        if isinstance(row, RecordRefused):
            yield row
            continue
        number, fields = row
        if isinstance(fields, Unfit):
            yield number, fields
        elif len(fields) != len(header):
            problem = f"{len(fields)} fields under {len(header)} columns"
            yield number, Unfit(problem, "put texts with delimiters in double quotes")
        else:
            yield number, Fields(dict(zip(header, fields, strict=True)))


def _json_lines(path: Path, forced: str | None) -> tuple[Shape, Iterator[Found | RecordRefused]]:
    return SHAPES[forced or plain.NAME], _json_rows(path)


def _json_rows(path: Path) -> Iterator[Found | RecordRefused]:
    try:
        for number, line in enumerate(file_lines(path), 1):
            if line.strip():
                yield number, _object(line)
    except RecordRefused as refused:
        yield refused


def _object(line: bytes) -> Fields | Unfit:
    advice = "write one flat JSON object per line"
    try:
        row = orjson.loads(text_of(line))
        if not isinstance(row, dict):
            return Unfit("not a JSON object", advice)
        return Fields({key.strip().lower(): _text(value) for key, value in row.items()})
    except orjson.JSONDecodeError as error:
        return Unfit(f"not valid JSON ({error.msg})", advice)
    except Unfit as unfit:
        return unfit


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Unfit("a value that is neither text nor number", "write flat JSON objects")
    return str(value)


def _events(
    path: Path, shape: Shape, rows: Iterator[Found | RecordRefused], lag: timedelta
) -> Iterator[MobEvent | RecordRefused]:
    seen: Counter[str] = Counter()
    for row in rows:
        if isinstance(row, RecordRefused):
            yield row
            continue
        number, fields = row
        try:
            if isinstance(fields, Unfit):
                raise fields
            event = shape.make(fields, lag)
        except Unfit as unfit:
            yield refusal(path, f"line {number}", unfit)
            continue
        yield _told_apart(event, seen) if shape.counts_rows else event


def _told_apart(event: MobEvent, seen: Counter[str]) -> MobEvent:
    seen[event.id] += 1
    times = seen[event.id]
    return event if times == 1 else replace(event, id=f"{event.id}#{times}")
