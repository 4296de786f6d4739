"""``tocsin backtest``: a replay, scored against events and held beside baselines."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from pathlib import Path
from typing import Annotated, Any

import typer

from tocsin.backtest.evaluation import Played, evaluate
from tocsin.backtest.mentions import Mentions
from tocsin.backtest.outcomes import read_outcomes
from tocsin.backtest.replay import Replay, ReplayOptions
from tocsin.backtest.report import write_report
from tocsin.backtest.rules import Rules, Window
from tocsin.backtest.sentences import findings, limits
from tocsin.cli.gazetteer import prepare_gazetteer
from tocsin.cli.options import (
    ChannelsOption,
    FormatOption,
    JsonOption,
    MapOption,
    WorkersOption,
    known_channels,
    read_options,
)
from tocsin.cli.output import progress, say, show, show_json
from tocsin.cli.replay import items_of, moment_of, spool
from tocsin.cli.run import cores
from tocsin.engines.project import filing
from tocsin.errors import EXIT_REFUSED, RecordRefused, UsageError
from tocsin.events import read_events
from tocsin.model import MobEvent, RawItem, WarningAction
from tocsin.settings import Settings

EventsOption = Annotated[
    Path, typer.Option("--events", metavar="FILE", help="What happened: an event file.")
]
ReportOption = Annotated[
    Path, typer.Option("--report", metavar="DIR", help="Where index.html and report.json go.")
]
FromOption = Annotated[
    str | None, typer.Option("--from", metavar="T", help="Score nothing before T (ISO 8601).")
]
ToOption = Annotated[
    str | None, typer.Option("--to", metavar="T", help="Stop at T; default: the last post.")
]
OutcomesOption = Annotated[
    Path | None,
    typer.Option(
        "--outcomes",
        metavar="FILE",
        help="A person's verdicts, CSV with warning and outcome: occurred, partly, did_not, "
        "prevented?, unknown, spurious.",
    ),
]
KmOption = Annotated[
    float, typer.Option("--km", min=1, max=500, help="How near an alert must be to an event.")
]
HoursOption = Annotated[
    float, typer.Option("--hours", min=1, max=336, help="How long an alert stands by itself.")
]
LoadOption = Annotated[
    float | None,
    typer.Option(
        "--load", min=0, help="Alerts a week that baselines are set to; default: as ours."
    ),
]


@dataclass(frozen=True, slots=True)
class _Span:
    """What was asked to be scored; None: as far as the posts go."""

    start: datetime | None
    end: datetime | None


def backtest(
    posts: Annotated[list[Path], typer.Argument(metavar="POSTS…", help="Exports or tables.")],
    events: EventsOption,
    report: ReportOption,
    start: FromOption = None,
    end: ToOption = None,
    outcomes: OutcomesOption = None,
    km: KmOption = 50.0,
    hours: HoursOption = 72.0,
    load: LoadOption = None,
    forced: FormatOption = None,
    mapping: MapOption = None,
    channels: ChannelsOption = None,
    workers: WorkersOption = None,
    as_json: JsonOption = False,
) -> None:
    """Replay posts, score the warnings against events, and hold them beside baselines.

    Touches no project. Posts before --from are read all the same, and events before it make the
    base rates. A naive T is UTC. Example:

        tocsin backtest posts.jsonl --events events.csv --report report
    """
    span = _span(start, end)
    settings = Settings({"run.workers": cores() if workers is None else workers}, "--workers")
    refused: list[str] = []
    with filing(report):
        rules = _rules(km, hours, load)
        happened = _events(events, refused)
        said = {} if outcomes is None else read_outcomes(outcomes)
        mentions = Mentions(rules.place_p)
        items = items_of(posts, forced, read_options(mapping), refused)
        with Replay(known_channels(channels)) as replay:
            actions = _replayed(replay, items, mentions, span, (settings, happened))
        played = Played(actions, mentions, said, _inputs([*posts, events]))
        found = evaluate(played, happened, _window(mentions, span), rules)
        written = write_report(found, report)
    _tell(found, written, as_json)
    if refused:
        raise typer.Exit(EXIT_REFUSED)


def _rules(km: float, hours: float, load: float | None) -> Rules:
    """The rules with what was asked for.

    Raises:
        UsageError: one is without end.
    """
    for option, value in (("--km", km), ("--hours", hours), ("--load", load)):
        if value is not None and not isfinite(value):
            raise UsageError(f"{option} {value}: not a plain number; give one such as 2.5")
    return Rules(km=km, hold_h=hours, load=load)


def _span(start: str | None, end: str | None) -> _Span:
    span = _Span(moment_of("--from", start), moment_of("--to", end))
    if span.start and span.end and span.start >= span.end:
        raise UsageError("--from is not before --to; give an earlier --from or a later --to")
    return span


def _events(path: Path, refused: list[str]) -> list[MobEvent]:
    """Events of a file; refused rows are said and left out."""
    found: list[MobEvent] = []
    for event in read_events(path):
        if isinstance(event, RecordRefused):
            refused.append(str(event))
            say(f"refused: {event}")
        else:
            found.append(event)
    return found


def _inputs(paths: Iterable[Path]) -> list[tuple[str, str]]:
    """Name and SHA-256 of each file, without its folders."""
    found: list[tuple[str, str]] = []
    for path in paths:
        if path.is_file():
            with path.open("rb") as file:
                found.append((path.name, hashlib.file_digest(file, "sha256").hexdigest()))
    return found


def _replayed(
    replay: Replay,
    items: Iterable[RawItem],
    mentions: Mentions,
    span: _Span,
    known: tuple[Settings, list[MobEvent]],
) -> list[WarningAction]:
    prepare_gazetteer()
    spool(replay, items)
    with progress("replay", replay.posts) as (bar, task):
        options = ReplayOptions(
            end=span.end,
            settings=known[0],
            events=known[1],
            progress=lambda n: bar.update(task, completed=n),
            observer=mentions.observe,
        )
        return list(replay.actions(options))


def _window(mentions: Mentions, span: _Span) -> Window:
    """What is scored.

    Raises:
        UsageError: there are no posts in it.
    """
    if mentions.first is None or mentions.last is None:
        raise UsageError("no posts to replay; check the files, and --to if it was given")
    start, end = span.start or mentions.first, span.end or mentions.last
    if mentions.last < start:
        raise UsageError(
            f"the last post is of {mentions.last:%Y-%m-%d %H:%M}, before --from; "
            "give an earlier --from or later posts"
        )
    return Window(start, end)


def _tell(report: dict[str, Any], written: tuple[Path, Path], as_json: bool) -> None:
    page, data = written
    if as_json:
        show_json(report)
        return
    for sentence in findings(report):
        show(sentence)
    show(limits(report)[0], style="dim")
    say(f"written: {page} (for people), {data} (for programs)")
