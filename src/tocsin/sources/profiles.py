"""The ``--channels`` file: what is known of channels (CSV or JSON Lines)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tocsin.model import ChannelProfile
from tocsin.sources import values
from tocsin.sources.delimited import split_header
from tocsin.sources.files import UTF8_MARK, is_text, read_head, why_unreadable
from tocsin.sources.instants import instant
from tocsin.sources.json_lines import parse_line
from tocsin.sources.refusals import Unfit, refuse, refuse_file

COLUMNS = (
    "channel",
    "name",
    "home_place",
    "time_zone",
    "languages",
    "subscribers",
    "as_of",
    "reliability",
    "created_at",
)
_GRADES = frozenset("ABCDEF")
_ADVICE = f"known columns: {', '.join(COLUMNS)}"
_MAX_LINE = 1 << 20
_MAX_FIELD = 100_000

Row = Mapping[str, Any]


def read_profiles(path: Path) -> list[ChannelProfile]:
    """All channels of the file, in its order.

    Raises:
        RecordRefused: the first line that is wrong, by number; nothing is taken then, because
            half a list of channels would silently lose the other half's homes and sizes.
    """
    head = read_head(path)
    if not is_text(head):
        raise why_unreadable(path, head, "a list of channels (CSV or JSON Lines)")
    content = path.read_bytes().removeprefix(UTF8_MARK)
    if not content.strip():
        raise refuse_file(path, "empty", _ADVICE)
    rows = _json_lines(content) if content.lstrip().startswith(b"{") else _csv(content)
    return list(_profiles(str(path), rows))


def _profiles(file: str, rows: Iterator[tuple[int, Row | Unfit]]) -> Iterator[ChannelProfile]:
    for number, row in rows:
        try:
            yield _profile(row)
        except Unfit as unfit:
            raise refuse(file, f"line {number}", unfit) from unfit


def _json_lines(content: bytes) -> Iterator[tuple[int, Row | Unfit]]:
    for number, line in enumerate(content.split(b"\n"), 1):
        if line.strip():
            try:
                yield number, parse_line(line, _MAX_LINE)
            except Unfit as unfit:
                yield number, unfit


def _csv(content: bytes) -> Iterator[tuple[int, Row | Unfit]]:
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        yield content.count(b"\n", 0, error.start) + 1, Unfit("not UTF-8", "save it as UTF-8")
        return
    first = next((line for line in text.splitlines() if line.strip()), "")
    number, header = 1, list[str]()
    try:
        delimiter = split_header(first, set(COLUMNS))[1]
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        for fields in rows:
            number = rows.line_num
            if header and fields:
                yield number, _named(header, fields)
            header = header or _header(fields)
    except csv.Error as error:
        yield number + 1, Unfit(f"not a row of a CSV file ({error})", "check its quotes")
    except Unfit as unfit:
        yield number, unfit


def _header(fields: list[str]) -> list[str]:
    if max(map(len, fields), default=0) > _MAX_FIELD:
        raise Unfit("not a header: a column name is far too long", _ADVICE)
    return [field.strip() for field in fields]


def _named(header: list[str], fields: list[str]) -> Row | Unfit:
    # The csv module has a limit of its own, but one for the whole process, which others move.
    if max(map(len, fields)) > _MAX_FIELD:
        return Unfit("not a row of a CSV file (a field is far too long)", "check its quotes")
    if len(fields) > len(header):
        return Unfit(
            f"{len(fields)} fields under {len(header)} columns", "put lists in double quotes"
        )
    return dict(zip(header, fields, strict=False))


def _profile(row: Row | Unfit) -> ChannelProfile:
    if isinstance(row, Unfit):
        raise row
    unknown = sorted(set(row).difference(COLUMNS))
    if unknown:
        raise Unfit(f"unknown column {unknown[0]!r}", _ADVICE)
    channel = values.channel(row.get("channel"))
    if channel is None:
        raise Unfit("no channel", "give the id under which its posts arrive")
    name = values.name(row.get("name"), "name")
    return ChannelProfile(
        channel=channel,
        name=name.removeprefix("@") if name else None,
        home_place=values.name(row.get("home_place"), "home_place"),
        time_zone=_zone(row),
        languages=_languages(row.get("languages")),
        subscribers=values.count(row.get("subscribers"), "subscribers"),
        as_of=_moment(row, "as_of"),
        reliability=_grade(row),
        created_at=_moment(row, "created_at"),
    )


def _zone(row: Row) -> str | None:
    name = values.name(row.get("time_zone"), "time_zone")
    if name is None:
        return None
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Unfit(f"no time zone {name!r}", "e.g. Europe/Moscow") from error
    return name


def _languages(found: Any) -> tuple[str, ...]:
    if isinstance(found, str):
        found = found.replace(";", " ").replace(",", " ").split()
    if not isinstance(found, list | None):
        raise Unfit("languages are not a list", "write codes, like ru en")
    codes = (values.name(code, "languages") for code in found or ())
    return tuple(code.lower() for code in codes if code)


def _grade(row: Row) -> str:
    grade = (values.name(row.get("reliability"), "reliability") or "F").upper()
    if grade not in _GRADES:
        raise Unfit(f"reliability {grade!r}", "a grade from A to F")
    return grade


def _moment(row: Row, column: str) -> datetime | None:
    try:
        found = instant(row.get(column))
    except Unfit as unfit:
        raise Unfit(f"{column}: {unfit.problem}", unfit.advice) from unfit
    return datetime.fromisoformat(found) if found else None
