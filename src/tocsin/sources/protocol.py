"""What every reader of exports and tables offers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tocsin.errors import RecordRefused, UsageError
from tocsin.model import RawItem
from tocsin.sources.channel_names import ChannelNames

POST_COLUMNS = (
    "id",
    "channel",
    "posted_at",
    "text",
    "captured_at",
    "lang",
    "views",
    "subscribers",
    "is_forward",
    "forward_from",
    "forward_posted_at",
    "reply_to",
    "edited_at",
    "url",
    "media",
)
"""The columns of a post in a table, in the order they are documented."""

INVITE_LINK = re.compile(r"joinchat|t\.me/\+|^\+", re.IGNORECASE)
"""An invite link (or a phone number) in place of a public name."""

_PUBLIC_LINK = re.compile(r"^(https?://)?(t\.me|telegram\.me)/(s/)?", re.IGNORECASE)
_MIN_TEXT = 1


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What the operator says about a file that the file does not say itself.

    Args:
        column_map: our column → theirs, from ``--map posted_at=date``.
        channel: the public @channel, kept without "@". For a Telegram export it is the name of
            the channel; for a table it fills in where the table names none.
        max_text: characters; a record with a longer text is refused.
        zone: IANA name of the exporter's time zone, for exports that hold local times alone.
        names: what the channels are called that the desk knows already.

    Raises:
        UsageError: a column that posts do not have, an invite link, a limit below 1, no such zone.
    """

    column_map: Mapping[str, str] = field(default_factory=dict)
    channel: str | None = None
    max_text: int = 1_000_000
    zone: str | None = None
    names: ChannelNames = field(default_factory=ChannelNames)

    def __post_init__(self) -> None:
        for ours in self.column_map:
            if ours not in POST_COLUMNS:
                known = ", ".join(POST_COLUMNS)
                raise UsageError(f"--map {ours}=…: posts have no column {ours!r}; known: {known}")
        if self.max_text < _MIN_TEXT:
            raise UsageError("max_text must be at least 1 character")
        if self.channel is not None:
            object.__setattr__(self, "channel", _public_name(self.channel))
        if self.zone is not None:
            _zone(self.zone)

    @property
    def clock_zone(self) -> ZoneInfo | None:
        """The zone of local times, where the operator said it."""
        return None if self.zone is None else _zone(self.zone)

    @property
    def stated(self) -> dict[str, str]:
        """What the operator said that the file does not: noted in the capture record."""
        said = {"channel": self.channel, "zone": self.zone}
        return {what: value for what, value in said.items() if value is not None}

    def refuse_map(self, source: str) -> None:
        """For a source whose fields are fixed.

        Raises:
            UsageError: ``--map`` was given.
        """
        if self.column_map:
            raise UsageError(
                f"--map renames columns of tables, and {source} has fixed fields: leave it out, or "
                "read the file as a table with --format table"
            )


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UsageError(f"--zone {name}: no such time zone; e.g. Europe/Moscow") from error


def _public_name(given: str) -> str:
    name = given.strip()
    if INVITE_LINK.search(name):
        raise UsageError("an invite link is not a public channel; name the public @channel")
    name = _PUBLIC_LINK.sub("", name).lstrip("@").rstrip("/")
    if not name or re.search(r"[\s/]", name) or not name.isprintable():
        raise UsageError(f"{given!r} is not the name of a public channel; write it as @channel")
    return name


class Source(Protocol):
    """A reader of one format: outside → RawItem, one record at a time, in constant memory."""

    name: str
    """As given to ``--format``."""
    summary: str
    """One line for ``--help``."""

    def sniff(self, path: Path, head: bytes) -> bool:
        """Whether this is our format, judged from ``head``: the first 64 KiB of the file."""
        ...

    def read(self, path: Path, options: ReadOptions) -> Iterator[RawItem | RecordRefused]:
        """The records in file order; a refused one comes out as its refusal, in its place.

        Raises:
            RecordRefused: nothing in the file can be read (at the first ``next``).
            UsageError: the options do not fit this file.
        """
        ...
