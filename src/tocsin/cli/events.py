"""``tocsin events``: past events, listed and imported."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from tocsin import wire
from tocsin.cli.options import (
    FormatOption,
    JsonOption,
    ProjectOption,
    before_subcommand,
    open_project,
)
from tocsin.cli.output import progress, say, say_refused, show, show_json, show_rows, show_taken_in
from tocsin.clock import SystemClock
from tocsin.engines.events import EventImport, EventImportOptions, events_known, import_events
from tocsin.engines.project import Project, filing
from tocsin.errors import EXIT_REFUSED, RecordRefused, UsageError
from tocsin.events import DEFAULT_LAG, event_form
from tocsin.model import MobEvent, Violence
from tocsin.risk.distance import haversine_km
from tocsin.store.events import EventFilter

app = typer.Typer(help="Past events: list (the default), import.", invoke_without_command=True)
_COLUMNS = ("event_time", "unsure", "place", "kind", "violence", "target")
_DAY_HOURS = 12.0
"""Half-width of a whole day."""

_KM_A_DEGREE = 110.0
"""Less than any degree of latitude is long, so that nothing within reach is left out."""

FromOption = Annotated[
    str | None, typer.Option("--from", metavar="T", help="Not before T (ISO 8601).")
]
ToOption = Annotated[str | None, typer.Option("--to", metavar="T", help="Before T.")]
KnownByOption = Annotated[
    str | None,
    typer.Option("--known-by", metavar="T", help="Only what was known at T, as it read then."),
]
NearOption = Annotated[
    str | None, typer.Option("--near", metavar="LAT,LON", help="Around this point.")
]
WithinOption = Annotated[float, typer.Option("--within", min=0, help="With --near: kilometres.")]
LimitOption = Annotated[int, typer.Option(min=0, help="How many, the latest; 0: all.")]


@app.callback()
def events(
    context: typer.Context,
    project: ProjectOption = Path(),
    limit: LimitOption = 50,
    as_json: JsonOption = False,
) -> None:
    """List past events, the latest first."""
    if context.invoked_subcommand is not None:
        before_subcommand(project)
        return
    _show(_known(open_project(project), EventFilter()), limit, as_json)


@app.command("list")
def list_events(
    project: ProjectOption = Path(),
    near: NearOption = None,
    within: WithinOption = 50.0,
    start: FromOption = None,
    end: ToOption = None,
    known_by: KnownByOption = None,
    limit: LimitOption = 50,
    as_json: JsonOption = False,
) -> None:
    """List past events, the latest first; what --json prints can be imported again. Example:

    tocsin events list --near 42.98,47.50 --within 100 --from 2023-01-01
    """
    point = None if near is None else _point(near)
    reach = within / _KM_A_DEGREE
    wanted = EventFilter(
        known_by=_moment("--known-by", known_by),
        start=_moment("--from", start),
        end=_moment("--to", end),
        latitudes=None if point is None else (point[0] - reach, point[0] + reach),
    )
    found = _known(open_project(project), wanted)
    if point is not None:
        found = [
            event
            for event in found
            if haversine_km(*point, event.latitude, event.longitude) <= within
        ]
    _show(found, limit, as_json)


@app.command("import")
def import_files(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE…", help="ACLED, UCDP GED, SCAD, ARVIG, or a plain table."),
    ],
    project: ProjectOption = Path(),
    forced: FormatOption = None,
    known_after: Annotated[
        int,
        typer.Option(
            "--known-after",
            metavar="DAYS",
            min=0,
            max=36500,
            help="How long after an event it was known, where the file does not say.",
        ),
    ] = DEFAULT_LAG.days,
    as_json: JsonOption = False,
) -> None:
    """Take in files of past events; the format is told by the header.

    The same file again adds nothing; a row that was changed adds a version. Wrong rows are
    refused one by one, and the others kept. Examples:

        tocsin events import acled.csv

        tocsin events import our-list.csv --known-after 2
    """
    desk = open_project(project)
    options = EventImportOptions(
        forced=forced,
        known_after=timedelta(days=known_after),
        operator=desk.settings.text("project.operator"),
    )
    if _import_all(desk, files, options, as_json):
        raise typer.Exit(EXIT_REFUSED)


def _import_all(
    desk: Project, files: list[Path], options: EventImportOptions, as_json: bool
) -> int:
    refused = 0
    with desk.writing() as opened:
        for path in files:
            with filing(path), progress(f"import {path.name}"):
                try:
                    summary = import_events(opened, path, options, SystemClock())
                except RecordRefused as error:
                    summary = EventImport(refused=[str(error)])
            refused += len(summary.refused)
            _tell(path, summary, as_json)
    return refused


def _tell(path: Path, summary: EventImport, as_json: bool) -> None:
    say_refused(path, summary.refused)
    if as_json:
        show_json(_summary_form(path, summary))
        return
    others = {
        "changed": summary.versions,
        "already here": summary.unchanged,
        "refused": len(summary.refused),
    }
    show_taken_in(path, summary.added, others)
    if summary.seen:
        show(f"  {_sorts(summary.sorts)}")


def _summary_form(path: Path, summary: EventImport) -> dict[str, Any]:
    return {
        "file": str(path),
        "added": summary.added,
        "versions": summary.versions,
        "unchanged": summary.unchanged,
        "refused": summary.refused,
        "violence": {sort.value: summary.sorts[sort] for sort in Violence if summary.sorts[sort]},
    }


def _sorts(sorts: Mapping[Violence, int]) -> str:
    mob = sum(count for sort, count in sorts.items() if sort.is_mob_violence)
    named = [f"{sort.value} {sorts[sort]:,}" for sort in Violence if sorts.get(sort)]
    return f"of these mob violence: {mob:,} ({', '.join(named)})"


def _known(desk: Project, wanted: EventFilter) -> list[MobEvent]:
    with desk.reading() as store:
        return events_known(store, wanted)


def _show(found: list[MobEvent], limit: int, as_json: bool) -> None:
    latest = found[::-1][: limit or None]
    if not found and not as_json:
        show("no events: tocsin events import FILE")
        return
    forms = map(event_form, latest)
    show_rows(list(forms if as_json else map(_brief, forms)), _COLUMNS, as_json)
    if len(latest) < len(found):
        say(f"{len(latest):,} of {len(found):,} shown; --limit 0 shows all")


def _brief(form: Mapping[str, Any]) -> dict[str, Any]:
    """A row for people: a time to the minute only where that is known."""
    half_width = form["precision_hours"]
    length = 16 if half_width < _DAY_HOURS else 10
    unsure = f"±{half_width / 24:g} d" if half_width > _DAY_HOURS else ""
    return {**form, "event_time": form["event_time"][:length].replace("T", " "), "unsure": unsure}


def _point(text: str) -> tuple[float, float]:
    try:
        latitude, longitude = map(float, text.split(","))
    except ValueError:
        latitude, longitude = 91.0, 0.0
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        raise UsageError(f"--near {text}: not a point; write it as LAT,LON, like 42.98,47.50")
    return latitude, longitude


def _moment(option: str, text: str | None) -> datetime | None:
    try:
        return wire.moment(text)
    except (ValueError, OverflowError):
        raise UsageError(
            f"{option} {text}: not a time; write it as 2023-10-29T07:30:00+00:00"
        ) from None
