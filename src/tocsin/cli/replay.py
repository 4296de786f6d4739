"""``tocsin replay``: posts on their own clock, without touching a project."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace as changed
from datetime import datetime
from pathlib import Path
from typing import IO, Annotated

import orjson
import typer

from tocsin import wire
from tocsin.backtest.replay import Replay, ReplayOptions
from tocsin.cli.gazetteer import prepare_gazetteer
from tocsin.cli.options import (
    ChannelsOption,
    FormatOption,
    MapOption,
    WorkersOption,
    known_channels,
    read_options,
)
from tocsin.cli.output import progress, say
from tocsin.cli.run import cores
from tocsin.engines.project import filing
from tocsin.errors import EXIT_REFUSED, RecordRefused, UsageError
from tocsin.model import RawItem
from tocsin.plugins import load_sources
from tocsin.settings import Settings
from tocsin.sources import ReadOptions, detect


def replay(
    posts: Annotated[list[Path], typer.Argument(metavar="POSTS…", help="Exports or tables.")],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Where warnings go, JSON Lines; -: stdout.")
    ] = Path("-"),
    start: Annotated[
        str | None, typer.Option("--from", metavar="T", help="Tell nothing before T (ISO 8601).")
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", metavar="T", help="Stop at T; the clock runs on to T.")
    ] = None,
    forced: FormatOption = None,
    mapping: MapOption = None,
    channels: ChannelsOption = None,
    workers: WorkersOption = None,
) -> None:
    """Replay posts as if they came in live; write one line per warning action.

    Touches no project. A naive T is UTC. Example:

        tocsin replay posts.jsonl --channels channels.csv --out warnings.jsonl
    """
    options = ReplayOptions(
        start=moment_of("--from", start),
        end=moment_of("--to", end),
        settings=Settings({"run.workers": cores() if workers is None else workers}, "--workers"),
    )
    refused: list[str] = []
    prepare_gazetteer()
    with Replay(known_channels(channels)) as replaying, filing(out):
        spool(replaying, items_of(posts, forced, read_options(mapping), refused))
        counts = _write(replaying, options, out)
    told = ", ".join(f"{n} {what}" for what, n in sorted(counts.items())) or "no warnings"
    say(f"{replaying.posts:,} posts replayed: {told}")
    if refused:
        raise typer.Exit(EXIT_REFUSED)


def spool(replaying: Replay, items: Iterable[RawItem]) -> None:
    """Take items into a replay, with a bar."""
    with progress("read files") as (bar, task):
        replaying.add(_counted(items, lambda n: bar.update(task, completed=n)))


def _write(replaying: Replay, options: ReplayOptions, out: Path) -> Counter[str]:
    counts: Counter[str] = Counter()
    with _opened(out) as file, progress("replay", replaying.posts) as (bar, task):
        telling = changed(options, progress=lambda n: bar.update(task, completed=n))
        for action in replaying.actions(telling):
            counts[f"{action.action.value} {action.level.word}"] += 1
            file.write(orjson.dumps(wire.warning_line(action)) + b"\n")
            file.flush()
    return counts


def _opened(out: Path) -> IO[bytes]:
    if str(out) != "-":
        return out.open("wb")
    return open(1, "wb", closefd=False)


def items_of(
    paths: list[Path], forced: str | None, options: ReadOptions, refused: list[str]
) -> Iterator[RawItem]:
    """Items of all files in order; each refusal is said, and added to ``refused``."""
    sources = load_sources()
    for path in paths:
        for item in detect(path, sources, forced).read(path, options):
            if isinstance(item, RecordRefused):
                refused.append(str(item))
                say(f"refused: {item}")
            else:
                yield item


def _counted(items: Iterable[RawItem], tell: Callable[[int], None]) -> Iterator[RawItem]:
    for number, item in enumerate(items, 1):
        if number % 1000 == 0:
            tell(number)
        yield item


def moment_of(option: str, text: str | None) -> datetime | None:
    """The moment given to an option.

    Raises:
        UsageError: it is not a time.
    """
    try:
        return wire.moment(text)
    except ValueError:
        raise UsageError(
            f"{option} {text}: not a time; write it as 2023-10-29T07:30:00+00:00"
        ) from None
