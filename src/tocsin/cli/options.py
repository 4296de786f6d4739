"""Options that several commands share, said once."""

from __future__ import annotations

from contextvars import ContextVar
from pathlib import Path
from typing import Annotated, Any

import typer

from tocsin.cli.looks import note_look
from tocsin.engines.project import Project
from tocsin.errors import UsageError
from tocsin.logs import configure
from tocsin.model import ChannelProfile
from tocsin.sources import ReadOptions
from tocsin.sources.profiles import read_profiles

ProjectOption = Annotated[
    Path,
    typer.Option("--project", "-p", help="The project's folder; default: here, or the next above."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
MapOption = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="NEW=OLD",
        help="Rename a column: our name, then the file's, e.g. --map posted_at=date. Repeatable.",
    ),
]
ChannelsOption = Annotated[
    Path | None,
    typer.Option(
        "--channels",
        metavar="FILE",
        help="What is known of channels (CSV or JSON Lines): channel, name, home_place, "
        "time_zone, languages, subscribers, as_of, reliability.",
    ),
]
FormatOption = Annotated[
    str | None, typer.Option("--format", help="Force a format instead of detecting it.")
]
AsOption = Annotated[
    str | None, typer.Option("--as", metavar="NAME", help="Who decides; kept in the ledger.")
]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; kept with the decision.")]
LogLevelOption = Annotated[
    str | None,
    typer.Option("--log-level", metavar="LEVEL", help="Of the log: debug, info, warning, error."),
]
LogFormatOption = Annotated[
    str | None,
    typer.Option("--log-format", metavar="FORM", help="human, json or auto: json, where no "
        "terminal is."),
]  # fmt: skip
WorkersOption = Annotated[
    int | None,
    typer.Option("--workers", min=0, help="Reading processes; default: one per core; 0: none."),
]


def open_project(folder: Path, **overrides: Any) -> Project:
    """The project named on the command line; None among overrides means: not said."""
    said = {name.replace("__", "."): v for name, v in overrides.items() if v is not None}
    desk = Project.open(_named(folder), said)
    note_look(desk)
    return desk


def open_logged(folder: Path, level: str | None, shape: str | None, **overrides: Any) -> Project:
    """The same, for a command that goes on for long: its log is set up."""
    desk = open_project(folder, log__level=level, log__format=shape, **overrides)
    configure(desk.settings)
    return desk


def locate_project(folder: Path) -> Project:
    """The same, locked or not: for lock and unlock alone."""
    return Project.locate(_named(folder))


def before_subcommand(folder: Path) -> None:
    """Remember a ``--project`` that stands before a subcommand; each call starts without one."""
    _before.set(folder)


_before: ContextVar[Path] = ContextVar("project before the subcommand", default=Path())


def _named(folder: Path) -> Path:
    """``tocsin warnings --project DIR show ID`` means the same as with ``--project`` last."""
    return _before.get() if folder == Path() else folder


def column_map(pairs: list[str] | None) -> dict[str, str]:
    """``["id=msg_id"]`` → ``{"id": "msg_id"}``.

    Raises:
        UsageError: a pair without "=", or one name given twice.
    """
    mapping: dict[str, str] = {}
    for pair in pairs or ():
        new, equals, old = pair.partition("=")
        if not equals or not new.strip() or not old.strip():
            raise UsageError(f"--map {pair}: write it as NEW=OLD, e.g. --map posted_at=date")
        if new.strip() in mapping:
            raise UsageError(f"--map {pair}: {new.strip()} is mapped twice")
        mapping[new.strip()] = old.strip()
    return mapping


def read_options(pairs: list[str] | None, channel: str | None = None) -> ReadOptions:
    """Reading options from the command line."""
    return ReadOptions(
        column_map=column_map(pairs), channel=channel.removeprefix("@") if channel else None
    )


def known_channels(path: Path | None) -> dict[str, ChannelProfile]:
    """Profiles of a ``--channels`` file by channel; none without a file."""
    if path is None:
        return {}
    return {profile.channel: profile for profile in read_profiles(path)}


def named_person(name: str | None) -> str:
    """The ``--as`` name, which every decision needs.

    Raises:
        UsageError: it is missing.
    """
    if not name or not name.strip():
        raise UsageError("a decision needs the name or handle of who makes it: add --as NAME")
    return name.strip()
