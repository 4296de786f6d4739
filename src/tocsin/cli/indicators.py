"""``tocsin indicators``: the register of signs, what people saw, and what may be evidence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from tocsin.cli import indicators_change, indicators_define
from tocsin.cli.indicators_register import AsOfOption, moment_of
from tocsin.cli.options import JsonOption, ProjectOption, before_subcommand, open_project
from tocsin.cli.output import show, show_json, show_rows
from tocsin.engines.register import known_sign, register, said, state_row
from tocsin.indicators import (
    checked_place,
    definition_form,
    log_likelihood_ratio,
    proposals_for,
)
from tocsin.store.indicators import posts_as_read
from tocsin.store.lists import decisions_about
from tocsin.wire import iso

app = typer.Typer(
    help="Signs defined in advance: list (the default), show, add, edit, status, looked, retire, "
    "proposals, history.",
    invoke_without_command=True,
)
SignId = Annotated[str, typer.Argument(metavar="ID", help="A sign's id, from the list.")]
_COLUMNS = ("id", "status", "grade", "decay_left", "last_looked", "owner")

for _command in (
    indicators_define.add,
    indicators_define.edit,
    indicators_change.status,
    indicators_change.looked,
    indicators_change.retire,
):
    app.command()(_command)


@app.callback()
def indicators(
    context: typer.Context,
    project: ProjectOption = Path(),
    as_of: AsOfOption = None,
    place: Annotated[
        str, typer.Option(help="Only what is said of this id or two-letter country, or of all.")
    ] = "",
    group: Annotated[str, typer.Option(help="Only what is said of this group, or of all.")] = "",
    everything: Annotated[bool, typer.Option("--all", help="Retired signs too.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List signs with their status. Nobody looked is never the same as not there."""
    if context.invoked_subcommand is not None:
        before_subcommand(project)
        return
    moment = moment_of("--as-of", as_of)
    with open_project(project).reading() as store:
        known = register(store, moment).values()
    places = (checked_place(place, "--place"),) if place else ()
    states = [state.about(places, group) for state in known]
    rows = [state_row(s, moment) for s in states if everything or s.retired_by is None]
    if as_json:
        show_rows(rows, _COLUMNS, True)
        return
    show_rows([_readable(row) for row in rows], _COLUMNS, False)
    looked = sum(row["last_looked"] is not None for row in rows)
    show(f"\n{looked} of {len(rows)} signs were ever looked for; of the others nothing is known")


def _readable(row: dict[str, Any]) -> dict[str, Any]:
    status = {"unobserved": "never looked", "absent": "looked, not there"}
    shown = status.get(row["status"], row["status"]) + (", disputed" if row["disputed"] else "")
    if row["retired_by"] is not None:
        shown += f"; retired by {row['retired_by']}"
    return {
        **row,
        "status": shown,
        "grade": row["grade"] or "–",
        "decay_left": "–" if row["decay_left"] is None else f"{row['decay_left']:.0%}",
        "last_looked": _looked(row),
    }


def _looked(row: dict[str, Any]) -> str:
    """Day, person and where, in one cell: a terminal is narrow."""
    if row["last_looked"] is None:
        return "never"
    return f"{row['last_looked'][:10]} {row['looked_by']}: {row['looked_where']}"


@app.command("show")
def show_sign(
    sign: SignId,
    project: ProjectOption = Path(),
    as_of: AsOfOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show one sign: its definition, what people say of it, and when anybody last looked."""
    moment = moment_of("--as-of", as_of)
    with open_project(project).reading() as store:
        state = known_sign(register(store, moment), sign)
    told = [*map(said, state.findings), *map(said, state.looks)]
    if as_json:
        definition = definition_form(state.indicator)
        show_json({**state_row(state, moment), "definition": definition, "said": told})
        return
    for key, value in definition_form(state.indicator).items():
        shown = json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value
        show(f"{key.replace('_', ' ')}: {', '.join(shown) if isinstance(shown, list) else shown}")
    weight = log_likelihood_ratio(state.indicator.diagnosticity)
    show(f"weight when just observed, graded A1: {weight:.2f} in log-odds")
    show(f"defined by: {state.defined_by or 'tocsin, starter set'}")
    show(f"status: {_readable(state_row(state, moment))['status']}")
    for form in told:
        show("  ".join(str(value) for value in form.values() if value))


@app.command()
def history(sign: SignId, project: ProjectOption = Path(), as_json: JsonOption = False) -> None:
    """Show every decision about a sign, oldest first."""
    with open_project(project).reading() as store:
        known_sign(register(store, moment_of("", None)), sign)
        rows = decisions_about(store, sign)
    if not rows and not as_json:
        show(f"{sign}: nobody has decided anything about it")
        return
    show_rows(rows, ("at", "kind", "by", "value", "reason"), as_json)


@app.command()
def proposals(
    project: ProjectOption = Path(),
    sign: Annotated[str | None, typer.Option("--sign", metavar="ID", help="Only this one.")] = None,
    since: Annotated[
        str | None, typer.Option(metavar="T", help="Only posts known since T (ISO 8601).")
    ] = None,
    as_of: AsOfOption = None,
    as_json: JsonOption = False,
) -> None:
    """List posts that may be evidence of a sign: ids only. No proposal is a status."""
    moment = moment_of("--as-of", as_of)
    start = None if since is None else moment_of("--since", since)
    with open_project(project).reading() as store:
        states = register(store, moment)
        wanted = states.values() if sign is None else (known_sign(states, sign),)
        signs = [state.indicator for state in wanted if state.retired_by is None]
        rows = [
            {"indicator": name, "post": reading.ref, "version": reading.version, "at": iso(known)}
            for known, reading, text in posts_as_read(store, moment, start)
            for name in proposals_for(signs, reading, text)
        ]
    if not rows and not as_json:
        show("no proposals; that says nothing about what is not seen here")
        return
    show_rows(rows, ("indicator", "post", "version", "at"), as_json)
