"""``tocsin warnings``: list, show, and decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from tocsin.cli.decide import record
from tocsin.cli.digest import show_digest
from tocsin.cli.options import (
    AsOption,
    JsonOption,
    ProjectOption,
    ReasonOption,
    before_subcommand,
    open_project,
)
from tocsin.cli.output import say, show, show_json, show_rows
from tocsin.engines.desk import without_outcome
from tocsin.engines.known import similar
from tocsin.engines.likelihood import how_it_ended, likelihood
from tocsin.engines.load import proposed, weekly_load
from tocsin.errors import UsageError
from tocsin.model import DecisionKind, Level, Outcome
from tocsin.store import Store
from tocsin.store.erasures import erased_refs
from tocsin.store.lists import decided, decisions_about, warning_life, warnings_now

app = typer.Typer(
    help="Warnings: list (the default), show, confirm, dismiss, acknowledge, outcome.",
    invoke_without_command=True,
)
WarningId = Annotated[str, typer.Argument(metavar="ID", help="A warning's id, from the list.")]
_COLUMNS = (
    "id",
    "level",
    "action",
    "issued_at",
    "place",
    "target",
    "window_start",
    "decided",
    "outcome",
)
_MOST_NAMED = 10
_LEVELS = tuple(level.word for level in Level if level is not Level.NONE)


@app.callback()
def warnings(
    context: typer.Context,
    project: ProjectOption = Path(),
    level: Annotated[str | None, typer.Option(help="Only watch, alert or alarm.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List warnings, the newest first. Probabilities are not calibrated yet: see "show"."""
    if context.invoked_subcommand is not None:
        before_subcommand(project)
        return
    if level is not None and level not in _LEVELS:
        raise UsageError(f"--level {level}: say one of {', '.join(_LEVELS)}")
    with open_project(project).reading() as store:
        known = {kind: decided(store, kind.value) for kind in DecisionKind}
        due = without_outcome(store)
        rows = [_with_decisions(row, known, due) for row in warnings_now(store, level)]
    if not rows and not as_json:
        show("no warnings")
        return
    show_rows(rows, _COLUMNS, as_json)
    if due and not as_json:
        named = ", ".join(due[:_MOST_NAMED]) + (" …" if len(due) > _MOST_NAMED else "")
        say(f"ended, and no outcome yet: {named}; next: tocsin warnings outcome ID --help")


@app.command("show")
def show_warning(
    warning: WarningId,
    project: ProjectOption = Path(),
    numbers: Annotated[
        bool, typer.Option("--numbers", help="Also the numbers where they are not calibrated.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show one warning's whole life: what was known, why, and the posts it rests on."""
    with open_project(project).reading() as store:
        life = _life(store, warning)
        decisions = decisions_about(store, warning)
        known = similar(store, life[-1])
        gone = erased_refs(store, {ref for line in life for ref in line["posts"]})
    if as_json:
        for line in life:
            erased = [ref for ref in line["posts"] if ref in gone]
            show_json({**line, "erased": erased} if erased else line)
        for line in decisions:
            show_json(line)
        return
    show_digest(life, updates=True)
    newest = life[-1]
    for ref in sorted(gone):
        show(f"      {ref}: erased", "dim")
    show()
    for sentence in likelihood(newest, known, numbers=numbers):
        show(sentence)
    for line in newest["unseen"]:
        show(f"not seen here: {line}")
    ended = how_it_ended(newest, [row["value"] for row in decisions])
    if ended:
        show(ended)
    for row in decisions:
        show(f"{row['at']}  {row['kind']}: {row['value']}, by {row['by']}  {row['reason']}")


@app.command()
def budget(project: ProjectOption = Path(), as_json: JsonOption = False) -> None:
    """Propose a threshold for watches from your own quiet weeks, so that the desk can bear them.

    A quiet week is one without any outcome that came. The proposal concerns watches alone: an
    alert is never kept back. Put it in force in tocsin.toml: [warnings] watch = 0.02
    """
    desk = open_project(project)
    allowed = desk.settings.whole("warnings.budget_per_week")
    with desk.reading() as store:
        found = weekly_load(store)
    threshold = proposed(found, allowed)
    if as_json:
        show_json({**found.form(), "budget_per_week": allowed, "proposed_watch": threshold})
        return
    for line in found.sentences(allowed, threshold):
        show(line)


@app.command()
def confirm(
    warning: WarningId,
    by: AsOption = None,
    reason: ReasonOption = "",
    project: ProjectOption = Path(),
) -> None:
    """Confirm that what a warning says is so; it may then become an alarm at the next run."""
    _decide(project, DecisionKind.WARNING_CONFIRM, warning, "confirmed", by, reason)


@app.command()
def dismiss(
    warning: WarningId,
    by: AsOption = None,
    reason: ReasonOption = "",
    project: ProjectOption = Path(),
) -> None:
    """Dismiss a warning, with a reason; it is cancelled at the next run."""
    if not reason.strip():
        raise UsageError("a dismissal needs its reason: add --reason '…'")
    _decide(project, DecisionKind.WARNING_DISMISS, warning, "dismissed", by, reason)


@app.command()
def acknowledge(
    warning: WarningId,
    by: AsOption = None,
    reason: ReasonOption = "",
    project: ProjectOption = Path(),
) -> None:
    """Say that you have seen a warning and are on it."""
    _decide(project, DecisionKind.WARNING_ACKNOWLEDGE, warning, "acknowledged", by, reason)


@app.command()
def outcome(
    warning: WarningId,
    value: Annotated[str, typer.Argument(help=", ".join(o.value for o in Outcome))],
    by: AsOption = None,
    reason: ReasonOption = "",
    project: ProjectOption = Path(),
) -> None:
    """Record what happened after a warning."""
    known = [o.value for o in Outcome]
    if value not in known:
        raise UsageError(f"outcome {value}: say one of {', '.join(known)}")
    _decide(project, DecisionKind.WARNING_OUTCOME, warning, value, by, reason)


def _decide(
    project: Path, kind: DecisionKind, warning: str, value: str, by: str | None, reason: str
) -> None:
    desk = open_project(project)
    with desk.reading() as store:
        _life(store, warning)
    record(desk, kind, warning, value, (by, reason))
    show(f"{warning}: {value}")


def _life(store: Store, warning: str) -> list[dict[str, Any]]:
    life = warning_life(store, warning)
    if not life:
        raise UsageError(f"no warning {warning}; the list: tocsin warnings")
    return life


def _with_decisions(
    row: dict[str, Any], known: Mapping[DecisionKind, dict[str, str]], due: Sequence[str]
) -> dict[str, Any]:
    """A warning with what people decided; ``known``: kind → subject → value."""
    found = [of_kind.get(row["id"]) for of_kind in known.values()]
    outcome = known[DecisionKind.WARNING_OUTCOME].get(row["id"], "")
    outcome = "due" if row["id"] in due else outcome
    return {**row, "decided": [value for value in found if value], "outcome": outcome}
