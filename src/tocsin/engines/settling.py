"""Letting people's decisions take effect at once, instead of when the next posts come."""

from __future__ import annotations

from tocsin.engines.local import RunSummary, run_project, waits
from tocsin.engines.project import Project


def settle(project: Project) -> RunSummary | None:
    """Run what was decided since the last run; None where posts wait, which a run takes with them.

    Raises:
        Locked: another tocsin is writing here, and will see to it.
        EnvironmentFailed: disk or database; what is done is kept.
    """
    with project.writing() as (archive, store):
        return None if waits(store) else run_project(project, archive, store)
