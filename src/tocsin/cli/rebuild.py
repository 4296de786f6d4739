"""``tocsin rebuild``: the store again, from the archive alone."""

from __future__ import annotations

from pathlib import Path

from tocsin.archive import Archive
from tocsin.cli.options import JsonOption, ProjectOption, WorkersOption, open_project
from tocsin.cli.output import say, show, show_json
from tocsin.cli.run import cores, watched
from tocsin.engines.local import reading_plan, versions
from tocsin.engines.project import filing
from tocsin.engines.rebuild import RebuildReport
from tocsin.engines.rebuild import rebuild as rebuild_store


def rebuild(
    project: ProjectOption = Path(),
    workers: WorkersOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make the working database again from the archive.

    Readings and rumours are computed again, run by run; warnings and people's decisions are
    replayed as they were recorded. What would be decided otherwise today is reported.
    """
    desk = open_project(project, run__workers=cores() if workers is None else workers)
    with (
        filing(desk.folder),
        Archive.open(desk.archive_folder, writable=True) as archive,
        watched("rebuild") as watch,
    ):
        current = versions(desk.settings, reading_plan(desk.settings, {}))
        report = rebuild_store(desk, archive, current, lambda _: watch)
    if as_json:
        show_json(_form(report))
        return
    show(f"rebuilt: {report.posts:,} posts in {report.runs} runs")
    for part in sorted(report.changed_versions):
        say(f"changed since then: {part}")
    if report.outbox_lost:
        say("the old store could not be read: messages that waited in the outbox are gone")
    if report.same:
        show("every recorded warning would be given again today, and no other")
    for word, keys in (("not again", report.not_again), ("only now", report.only_now)):
        for warning, action, at in keys:
            show(f"{word}: {action} of warning {warning} at {at}")


def _form(report: RebuildReport) -> dict[str, object]:
    return {
        "posts": report.posts,
        "runs": report.runs,
        "not_again": [list(key) for key in report.not_again],
        "only_now": [list(key) for key in report.only_now],
        "changed_versions": sorted(report.changed_versions),
        "outbox_lost": report.outbox_lost,
    }
