"""The ``--channels`` file: what is known of channels (CSV or JSON Lines)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson

from tocsin.errors import RecordRefused
from tocsin.model import ChannelProfile

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


def read_profiles(path: Path) -> list[ChannelProfile]:
    """All channels of the file, in its order.

    Raises:
        RecordRefused: the first line that is wrong, by number; nothing is taken then, because
            half a list of channels would silently lose the other half's homes and sizes.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise _refused(path, "the whole file", str(error.strerror), "name a file") from None
    except UnicodeDecodeError:
        raise _refused(path, "the whole file", "not UTF-8", "save it as UTF-8") from None
    if not text.strip():
        raise _refused(path, "the whole file", "empty", _ADVICE)
    rows = _json_lines(path, text) if text.lstrip().startswith("{") else _csv(path, text)
    return [_profile(path, line, row) for line, row in rows]


def _json_lines(path: Path, text: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError:
            raise _refused(path, f"line {number}", "not JSON", "one JSON object a line") from None
        if not isinstance(row, dict):
            raise _refused(path, f"line {number}", "not a JSON object", _ADVICE)
        yield f"line {number}", row


def _csv(path: Path, text: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    first = text.splitlines()[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.DictReader(io.StringIO(text), delimiter=delimiter)
    unknown = [name for name in reader.fieldnames or () if name.strip() not in COLUMNS]
    if "channel" not in [name.strip() for name in reader.fieldnames or ()]:
        raise _refused(path, "line 1", "no column 'channel'", _ADVICE)
    if unknown:
        raise _refused(path, "line 1", f"unknown column {unknown[0]!r}", _ADVICE)
    for row in reader:
        named = {str(k).strip(): v for k, v in row.items() if k is not None}
        yield f"line {reader.line_num}", named


def _profile(path: Path, line: str, row: Mapping[str, Any]) -> ChannelProfile:
    channel = str(row.get("channel") or "").strip()
    if not channel:
        raise _refused(path, line, "no channel", "give the id under which its posts arrive")
    unknown = sorted(set(row) - set(COLUMNS))
    if unknown:
        raise _refused(path, line, f"unknown column {unknown[0]!r}", _ADVICE)
    return ChannelProfile(
        channel=channel.removeprefix("@"),
        name=_text(row, "name").removeprefix("@") or None,
        home_place=_text(row, "home_place") or None,
        time_zone=_zone(path, line, row),
        languages=_languages(row),
        subscribers=_count(path, line, row),
        as_of=_time(path, line, row, "as_of"),
        reliability=_grade(path, line, row),
        created_at=_time(path, line, row, "created_at"),
    )


def _text(row: Mapping[str, Any], column: str) -> str:
    return str(row.get(column) or "").strip()


def _zone(path: Path, line: str, row: Mapping[str, Any]) -> str | None:
    name = _text(row, "time_zone")
    if not name:
        return None
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise _refused(path, line, f"no time zone {name!r}", "e.g. Europe/Moscow") from None
    return name


def _languages(row: Mapping[str, Any]) -> tuple[str, ...]:
    value = row.get("languages") or ()
    if isinstance(value, str):
        value = value.replace(";", " ").replace(",", " ").split()
    return tuple(str(code).strip().lower() for code in value)


def _count(path: Path, line: str, row: Mapping[str, Any]) -> int | None:
    value = _text(row, "subscribers")
    if not value:
        return None
    digits = value.replace(" ", "").replace("_", "")
    if not digits.isdecimal():
        raise _refused(path, line, f"subscribers {value!r} is no count", "a whole number")
    return int(digits)


def _grade(path: Path, line: str, row: Mapping[str, Any]) -> str:
    grade = _text(row, "reliability").upper() or "F"
    if grade not in _GRADES:
        raise _refused(path, line, f"reliability {grade!r}", "a grade from A to F")
    return grade


def _time(path: Path, line: str, row: Mapping[str, Any], column: str) -> datetime | None:
    value = _text(row, column)
    if not value:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise _refused(path, line, f"{column} {value!r} is no time", "e.g. 2023-10-11") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _refused(path: Path, record: str, problem: str, advice: str) -> RecordRefused:
    return RecordRefused(str(path), record, problem, advice)
