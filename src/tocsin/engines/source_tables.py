"""The ``[[sources]]`` of ``tocsin.toml``: reading, checking, adding and removing them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from pathlib import Path
from typing import Any

from tocsin.errors import UsageError
from tocsin.settings import FILE_NAME, put_text, quoted
from tocsin.sources import ReadOptions
from tocsin.sources.kafka_topic import kafka_address
from tocsin.sources.telegram_live import public_username

KINDS: Mapping[str, str] = {
    "feed": "url",
    "folder": "path",
    "kafka": "url",
    "telegram": "channel",
}
"""Kind of source → what of its table says where to look."""

_NAME = re.compile(r"\w[\w.-]{0,63}")
_WEB = re.compile(r"https?://[^\s/@]+(/\S*)?", re.IGNORECASE)
_HEADER = re.compile(r"\s*\[")
_OWN_HEADER = re.compile(r"\s*\[\[\s*sources\s*\]\]")
_USUAL = {"feed": 15.0, "folder": 1.0, "kafka": 1.0, "telegram": 5.0}


@dataclass(frozen=True, slots=True)
class SourceTable:
    """One configured source.

    Args:
        kind: one of KINDS.
        name: unique; of a feed also the channel of its posts, of a topic that of posts without.
        url: of a feed; kafka://HOST:PORT/TOPIC of a topic.
        path: of a folder, relative to the project.
        channel: public @channel of a Telegram source, or of the exports in a folder.
        format: of the files in a folder, where it cannot be told.
        every_minutes: the usual time between two looks; 0: what is usual for the kind.
        silent_after_hours: with nothing new for this long it counts as silent; 0: never.
        private_addresses: a feed may lie in a private network.
        max_megabytes: of one answer of a feed, of one look at a topic.
    """

    kind: str
    name: str
    url: str = ""
    path: str = ""
    channel: str = ""
    format: str = ""
    every_minutes: float = 0.0
    silent_after_hours: float = 24.0
    private_addresses: bool = False
    max_megabytes: float = 8.0

    @property
    def every(self) -> timedelta:
        """The usual time between two looks."""
        return timedelta(minutes=self.every_minutes or _USUAL[self.kind])

    @property
    def silent_after(self) -> timedelta | None:
        """With nothing new for this long it is silent; None: never."""
        return timedelta(hours=self.silent_after_hours) if self.silent_after_hours else None

    @property
    def where(self) -> str:
        """Where it looks."""
        return str(getattr(self, KINDS[self.kind]))


def read_tables(folder: Path) -> tuple[SourceTable, ...]:
    """The sources of the project in ``folder``, in the order of the file.

    Raises:
        UsageError: a table is wrong; says which and what is known.
    """
    path = folder / FILE_NAME
    return tables_from(_parsed(_text(path), path).get("sources", []), str(path))


def tables_from(found: Any, origin: str) -> tuple[SourceTable, ...]:
    """Checked tables from what TOML gave.

    Raises:
        UsageError: see :func:`read_tables`.
    """
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise UsageError(f"{origin}: write each source under a line of its own: [[sources]]")
    tables = tuple(_checked(one, f"{origin}: source {n}") for n, one in enumerate(found, 1))
    seen: set[str] = set()
    for table in tables:
        if table.name.casefold() in seen:
            raise UsageError(f"{origin}: two sources are called {table.name!r}; rename one")
        seen.add(table.name.casefold())
    return tables


def _checked(found: Mapping[str, Any], origin: str) -> SourceTable:
    known = {field.name: field for field in fields(SourceTable)}
    values: dict[str, Any] = {}
    for key, value in found.items():
        if key not in known:
            raise UsageError(f"{origin}: no entry {key!r}; known: {', '.join(known)}")
        values[key] = _typed(value, str(known[key].type), f"{origin}: {key}")
    for key in ("kind", "name"):
        if not values.get(key):
            raise UsageError(f"{origin}: {key} is missing")
    return checked_table(SourceTable(**values), origin)


def _typed(value: Any, wanted: str, origin: str) -> Any:
    if wanted == "float" and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if wanted == "bool" and isinstance(value, bool):
        return value
    if wanted == "str" and isinstance(value, str):
        return value
    words = {"float": "a number", "bool": "true or false", "str": "a text"}[wanted]
    raise UsageError(f"{origin} must be {words}, not {value!r}")


def checked_table(table: SourceTable, origin: str) -> SourceTable:
    """``table``, if everything in it can be.

    Raises:
        UsageError: says what cannot.
    """
    if table.kind not in KINDS:
        raise UsageError(f"{origin}: no kind {table.kind!r}; known: {', '.join(KINDS)}")
    if not _NAME.fullmatch(table.name):
        raise UsageError(
            f"{origin}: the name {table.name!r} must be letters, digits, '_', '-' or '.', at most "
            "64, for it names the channel of its posts"
        )
    if not table.where:
        raise UsageError(f"{origin} ({table.name}): {KINDS[table.kind]} is missing")
    _check_numbers(table, f"{origin} ({table.name})")
    _check_where(table, f"{origin} ({table.name})")
    return table


def _check_numbers(table: SourceTable, origin: str) -> None:
    if table.every_minutes and not 1 <= table.every_minutes <= 10_080:
        raise UsageError(f"{origin}: every_minutes must be from 1 to 10080 (a week)")
    if not 0 <= table.silent_after_hours <= 8_760:
        raise UsageError(f"{origin}: silent_after_hours must be from 0 (never) to 8760 (a year)")
    if not 0 < table.max_megabytes <= 256:
        raise UsageError(f"{origin}: max_megabytes must be above 0 and at most 256")


def _check_where(table: SourceTable, origin: str) -> None:
    try:
        if table.kind == "telegram":
            public_username(table.channel)
        elif table.kind == "kafka":
            kafka_address(table.url)
        elif table.channel:
            ReadOptions(channel=table.channel)
    except UsageError as error:
        raise UsageError(f"{origin}: {error}") from None
    if table.kind == "feed" and not _WEB.fullmatch(table.url):
        raise UsageError(f"{origin}: {table.url!r} is no web address; write it as https://…")


def add_table(folder: Path, table: SourceTable) -> None:
    """Append one source to ``tocsin.toml``; everything else in the file stays as it is.

    Raises:
        UsageError: it cannot be, or there is one of that name.
    """
    path = folder / FILE_NAME
    text = _text(path)
    block = "\n".join(["[[sources]]", *_lines(checked_table(table, str(path)))])
    _replace(path, f"{text.rstrip()}\n\n{block}\n")


def _lines(table: SourceTable) -> Iterator[str]:
    for field in fields(SourceTable):
        value = getattr(table, field.name)
        if value != field.default:
            yield f"{field.name} = {_written(value)}"


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    return quoted(str(value))


def remove_table(folder: Path, name: str) -> SourceTable:
    """Take one source out of ``tocsin.toml``; returns it.

    Raises:
        UsageError: there is none of that name.
    """
    path = folder / FILE_NAME
    tables = read_tables(folder)
    named = {table.name: number for number, table in enumerate(tables)}
    if name not in named:
        known = ", ".join(named) or "none"
        raise UsageError(f"no source is called {name!r}; known: {known}")
    lines = _text(path).splitlines(keepends=True)
    starts = [n for n, line in enumerate(lines) if _OWN_HEADER.match(line)]
    if len(starts) != len(tables):
        raise UsageError(f"{path}: remove the source {name!r} by hand")
    start = starts[named[name]]
    after = (n for n in range(start + 1, len(lines)) if _HEADER.match(lines[n]))
    end = next(after, len(lines))
    kept = "".join(lines[:start] + lines[end:]).rstrip() + "\n"
    expected = [table for table in tables if table.name != name]
    if list(tables_from(_parsed(kept, path).get("sources", []), str(path))) != expected:
        raise UsageError(f"{path}: remove the source {name!r} by hand")
    _replace(path, kept)
    return tables[named[name]]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: not valid UTF-8 ({error}); correct it by hand") from None


def _parsed(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: not valid TOML ({error}); correct it by hand") from None


def _replace(path: Path, text: str) -> None:
    """Put a checked text in the place of the file, all of it or nothing."""
    tables_from(_parsed(text, path).get("sources", []), str(path))
    put_text(path, text)
