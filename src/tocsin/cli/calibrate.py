"""``tocsin calibrate``: what recorded outcomes teach about told probabilities."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from tocsin.cli.decide import record
from tocsin.cli.options import AsOption, JsonOption, ProjectOption, ReasonOption, open_project
from tocsin.cli.output import say, show, show_json, show_rows
from tocsin.engines.known import calibration_text, outcomes
from tocsin.model import DecisionKind
from tocsin.risk import Calibration, KnownOutcome
from tocsin.risk.calibration import ENOUGH, ENOUGH_OF_EACH
from tocsin.risk.calibration import calibrate as fit

_COLUMNS = ("region", "outcomes", "occurred", "intercept", "slope", "calibrated")


def calibrate(
    project: ProjectOption = Path(),
    by: AsOption = None,
    reason: ReasonOption = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what it would be; put nothing in force.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Learn from the outcomes you recorded (tocsin warnings outcome), region by region.

    A region counts as calibrated from 30 outcomes on, 5 of each kind at least; before that the
    desk goes on seeing bands in words. Outcomes "prevented?" and "unknown" are left out: they do
    not show that a warning was wrong. Takes effect from the next run. Example:

        tocsin calibrate --as ana --reason "outcomes of spring"
    """
    desk = open_project(project)
    with desk.reading() as store:
        known = outcomes(store)
    if not known:
        show("no outcomes recorded yet; record them with: tocsin warnings outcome ID VALUE")
        return
    found = fit(known)
    if as_json:
        for row in _rows(found, known):
            show_json(row)
    else:
        show_rows(_rows(found, known), _COLUMNS, as_json=False)
    if dry_run:
        say("nothing put in force (--dry-run)")
        return
    record(desk, DecisionKind.CALIBRATION, "project", calibration_text(found), (by, reason))
    say(f"in force from the next run; a region is calibrated from {ENOUGH} outcomes on")


def _rows(found: Calibration, known: list[KnownOutcome]) -> list[dict[str, Any]]:
    rows = []
    for name, one in sorted(found.regions.items()):
        occurred = sum(o.occurred for o in known if o.region == name)
        missing = max(ENOUGH - one.outcomes, ENOUGH_OF_EACH - occurred, 0)
        rows.append(
            {
                "region": name,
                "outcomes": one.outcomes,
                "occurred": occurred,
                "intercept": round(one.intercept, 3),
                "slope": round(one.slope, 3),
                "calibrated": "yes" if one.calibrated else f"no, {missing} more needed",
            }
        )
    return rows
